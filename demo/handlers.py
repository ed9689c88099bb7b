"""Every user action as a function of the session. Holds no per-user state.

An action takes the session and what the widgets say and returns a View. A user's mistake becomes a
toast, and the session stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import gradio as gr
import numpy as np
from gradio import processing_utils
from gradio.utils import get_upload_folder

from amodal.data.coco import read_instances
from amodal.decompose import Decomposer
from amodal.errors import AmodalError
from amodal.geometry import Box
from amodal.layers import LayeredScene
from amodal.objects import add_object, correct_object, is_edited, topmost
from amodal.photo import load_photo
from amodal.pipeline import Pipeline
from amodal.scene import Instance
from amodal.segment.brush import clean_up, erase, paint, stroke
from amodal.visibility import BACKGROUND
from demo import text
from demo.examples import Example
from demo.save import layers_bytes, masks_bytes, picture_bytes
from demo.session import Answer, Choice, Draft, Session, Settings, Sight, Step
from demo.stage import Gesture
from demo.view import View, show

PROGRESS = gr.Progress()
P = ParamSpec("P")
T = TypeVar("T")


def told(action: Callable[P, T]) -> Callable[P, T]:
    """Show our own errors as a toast; real bugs keep their traceback in the log."""

    @wraps(action)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return action(*args, **kwargs)
        except AmodalError as error:
            raise gr.Error(str(error), title=text.TOAST, print_exception=False) from error

    return wrapper


class Handlers:
    """The actions, over a pipeline that all users share and none changes."""

    def __init__(self, pipeline: Pipeline, examples: Sequence[Example] = ()) -> None:
        self.pipeline = pipeline
        self.examples = tuple(examples)

    # Opening

    @told
    def open_first(self, session: Session) -> View:
        """A page that was just opened: show the first example, if there is one."""
        if session.step is not None or not self.examples:
            return self._show(session, session)
        return self._open_example(session, 0)

    @told
    def open_example(self, session: Session, event: gr.SelectData) -> View:
        """A click on a thumbnail: open that example."""
        return self._open_example(session, event.index)

    @told
    def open_photo(self, session: Session, path: str) -> View:
        """An uploaded picture replaces the photo."""
        after = self._opened(session, Path(path).stem, load_photo(path), ())
        return self._show(after, session)

    @told
    def import_masks(self, session: Session, path: str) -> View:
        """A COCO-style JSON of masks replaces the objects; undo brings them back."""
        scene = _scene_of(session)
        instances = read_instances(path, *scene.photo.shape[:2])
        scene = self.pipeline.scene(scene.photo, instances)
        after = replace(session.edited(scene, {}), picked=None, answers={}, draft=None)
        return self._show(self._render(after), session)

    # The picture

    @told
    def use_tool(self, session: Session, tool: str) -> View:
        """Change what a gesture on the picture does."""
        return self._show(replace(session, tool=tool), session)

    @told
    def use_brush(self, session: Session, radius: float) -> View:
        """Change the brush."""
        return self._show(replace(session, radius=float(radius)), session)

    @told
    def gesture(
        self,
        session: Session,
        off: bool,
        event: gr.EventData,
        progress: gr.Progress = PROGRESS,
    ) -> View:
        """Whatever the user did on the picture, with the tool in hand."""
        _scene_of(session)
        gesture = Gesture.read(event)
        if gesture.kind == "pick":
            after = self._pick(session, f"object-{gesture.index + 1}")
        elif session.tool == "add":
            after = self._mark(session, gesture, bool(off) or gesture.off, progress)
        elif session.tool in ("brush", "erase"):
            after = self._stroke(session, gesture)
        elif session.tool == "extent":
            after = self._extent(session, gesture)
        elif session.tool == "move":
            after = self._move_by_hand(session, gesture, progress)
        else:
            after = self._pick_at(session, gesture)
        return self._show(after, session)

    # An object without a mask

    @told
    def add_draft(self, session: Session, category: str) -> View:
        """The marked object joins the scene and is selected."""
        if session.draft is None or session.draft.mask is None:
            raise AmodalError(text.HINTS["add"])
        mask = clean_up(session.draft.mask)
        name = _free_name(category, session)
        instance = Instance(mask, category, name)
        answer = self._ask(session, instance)
        scene, id = add_object(session.scene, instance, answer.completions.mode)
        after = session.edited(scene)
        answers = {**session.answers, id: answer}
        after = replace(after, answers=answers, picked=id, draft=None, tool="pick")
        return self._show(self._render(after), session)

    @told
    def discard_draft(self, session: Session) -> View:
        """Forget the object that was being marked."""
        return self._show(replace(session, draft=None), session)

    # Its shapes

    @told
    def resample(self, session: Session, samples: int, seed: int, temperature: float) -> View:
        """Draw other shapes for the selected object; the chosen one stays until another is."""
        if samples is None or seed is None or temperature is None:
            raise AmodalError(text.NEED_NUMBERS)
        settings = Settings(int(samples), int(seed), float(temperature))
        return self._show(self._asked(replace(session, settings=settings)), session)

    @told
    def choose(
        self, session: Session, event: gr.SelectData, progress: gr.Progress = PROGRESS
    ) -> View:
        """A click on a shape: the selected object has it from now on."""
        id, answer = _picked(session), session.answer
        shapes = (answer.completions.mode, *answer.completions.samples)
        if not 0 <= event.index < len(shapes):
            raise ValueError(f"shape: got {event.index}, expected 0 to {len(shapes) - 1}")
        scene = session.scene.with_completion(id, shapes[event.index])
        chosen = {**session.step.chosen, id: Choice(event.index, answer.settings)}
        return self._show(self._render(session.edited(scene, chosen), progress), session)

    @told
    def classify(self, session: Session, category: str) -> View:
        """Say what the selected object is; its shapes are drawn anew."""
        instance = session.scene.layer(_picked(session)).instance
        return self._show(self._corrected(session, replace(instance, category=category)), session)

    @told
    def forget_box(self, session: Session) -> View:
        """Take the full-extent box of the selected object away."""
        instance = session.scene.layer(_picked(session)).instance
        return self._show(self._corrected(session, replace(instance, box=None)), session)

    # Edits of the selected object

    @told
    def delete(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Take it out of the picture."""
        scene = session.scene.delete(_picked(session))
        after = replace(session.edited(scene), picked=None)
        return self._show(self._render(after, progress), session)

    @told
    def bring_forward(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """In front of what hides it."""
        return self._edit(session, session.scene.bring_forward(_picked(session)), progress)

    @told
    def send_back(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Behind what it hides."""
        return self._edit(session, session.scene.send_back(_picked(session)), progress)

    @told
    def flip(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Mirror it."""
        return self._edit(session, session.scene.flip(_picked(session)), progress)

    @told
    def put_back(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Let it stand as in the photo."""
        return self._edit(session, session.scene.put_back(_picked(session)), progress)

    @told
    def move(
        self, session: Session, right: float, down: float, progress: gr.Progress = PROGRESS
    ) -> View:
        """Shift it by pixels."""
        shift = float(right or 0), float(down or 0)
        return self._edit(session, session.scene.move(_picked(session), *shift), progress)

    @told
    def resize(self, session: Session, percent: float, progress: gr.Progress = PROGRESS) -> View:
        """Give it this size, relative to the photo."""
        id = _picked(session)
        factor = float(percent) / 100 / session.scene.layer(id).placement.scale
        return self._edit(session, session.scene.scale(id, factor), progress)

    # History

    @told
    def undo(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """One step back."""
        return self._show(self._render(self._asked(session.undone()), progress), session)

    @told
    def redo(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """One step forward again."""
        return self._show(self._render(self._asked(session.redone()), progress), session)

    @told
    def reset(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Every object as in the photo; undo brings the edits back."""
        return self._edit(session, _scene_of(session).reset(), progress)

    # Saving

    @told
    def save_picture(self, session: Session) -> str:
        """The picture as it is now, at full size, as a PNG file."""
        _scene_of(session)
        return file_for_browser(picture_bytes(session.sight.picture), f"{session.title}.png")

    @told
    def save_masks(self, session: Session) -> str:
        """Visible and whole masks of all objects, as a COCO-style JSON file."""
        if not _scene_of(session).layers:
            raise AmodalError(text.NO_OBJECTS)
        return file_for_browser(masks_bytes(session), f"{session.title} masks.json")

    @told
    def save_layers(self, session: Session, progress: gr.Progress = PROGRESS) -> str:
        """The background and every object whole, as a ZIP file."""
        scene = _scene_of(session)
        inpainter = self.pipeline.inpainter(_bytes(progress, text.PROGRESS_INPAINTER))
        steps = _steps(progress, text.PROGRESS_FILL)
        plate, scene = Decomposer(inpainter).take_apart(scene, steps)
        return file_for_browser(layers_bytes(plate, scene), f"{session.title} layers.zip")

    # Parts of the actions: sessions in, sessions out

    def _show(self, after: Session, before: Session) -> View:
        return show(after, before, self.pipeline.notices)

    def _open_example(self, session: Session, index: int) -> View:
        example = self.examples[index]
        return self._show(self._opened(session, example.title, *example.open()), session)

    def _opened(
        self, before: Session, title: str, photo: np.ndarray, instances: Sequence[Instance]
    ) -> Session:
        """A new document; the brush and the settings stay in the user's hands."""
        step = Step(self.pipeline.scene(photo, instances))
        return self._render(Session(title, step, radius=before.radius, settings=before.settings))

    def _render(self, session: Session, progress: gr.Progress | None = None) -> Session:
        """Paint the session's step. A scene without edits needs no network: it is the photo."""
        if session.step is None:
            return session
        scene, picture = session.scene, session.scene.photo
        if is_edited(scene):
            self.pipeline.inpainter(_bytes(progress, text.PROGRESS_INPAINTER))
            picture, scene = self.pipeline.render(scene, _steps(progress, text.PROGRESS_FILL))
        return session.rendered(Sight(picture, topmost(scene)), scene)

    def _edit(self, session: Session, scene: LayeredScene, progress: gr.Progress) -> View:
        return self._show(self._render(session.edited(scene), progress), session)

    def _ask(self, session: Session, instance: Instance, id: str | None = None) -> Answer:
        """The model's answer about an instance; all other objects may hide it."""
        others = [layer.instance for layer in session.layers if layer.id != id]
        settings = session.settings
        completions = self.pipeline.complete(instance, others, **settings._asdict())
        return Answer(completions, settings)

    def _pick(self, session: Session, id: str) -> Session:
        """Select an object; ask the model unless it has answered this very question."""
        return self._asked(replace(session, picked=id))

    def _asked(self, session: Session) -> Session:
        """The same session with an answer about the selected object."""
        id, answer = session.picked, session.answer
        if id is None or (answer is not None and answer.settings == session.settings):
            return session
        answer = self._ask(session, session.scene.layer(id).instance, id)
        return replace(session, answers={**session.answers, id: answer})

    def _pick_at(self, session: Session, gesture: Gesture) -> Session:
        id = object_at(session, *gesture.points[-1], gesture.reach)
        if id is None:
            gr.Info(text.NOTHING_HERE)
            return replace(session, picked=None)
        return self._pick(session, id)

    def _mark(
        self, session: Session, gesture: Gesture, off: bool, progress: gr.Progress
    ) -> Session:
        """One more click or a box for the object that is being marked."""
        draft = session.draft or Draft()
        if gesture.kind == "drag":
            draft = replace(draft, box=_box(gesture), points=(), labels=())
        else:
            draft = replace(
                draft, points=(*draft.points, gesture.points[0]), labels=(*draft.labels, not off)
            )
        self.pipeline.segmenter(_bytes(progress, text.PROGRESS_SEGMENTER))
        progress(None, desc=text.PROGRESS_LOOK)
        photo = session.scene.photo
        mask = self.pipeline.segment(photo, draft.points, draft.labels, draft.box)[0].mask
        draft = replace(draft, mask=mask, classes=self.pipeline.suggest_class(mask))
        return replace(session, draft=draft, picked=None)

    def _stroke(self, session: Session, gesture: Gesture) -> Session:
        """Correct the mask that is being marked, or else the selected object's."""
        change = paint if session.tool == "brush" else erase
        painted = stroke(*session.scene.photo.shape[:2], gesture.points, session.radius)
        draft = session.draft
        if draft is not None and draft.mask is not None:
            mask = change(draft.mask, painted)
            if not mask.any():
                raise AmodalError(text.ALL_ERASED)
            return replace(session, draft=replace(draft, mask=mask))
        instance = session.scene.layer(_picked(session)).instance
        mask = change(instance.modal, painted)
        if not mask.any():
            raise AmodalError(text.ALL_ERASED)
        return self._corrected(session, replace(instance, modal=mask))

    def _extent(self, session: Session, gesture: Gesture) -> Session:
        """A box around the selected object's full extent is evidence for its shape."""
        instance = session.scene.layer(_picked(session)).instance
        if gesture.kind != "drag":
            raise AmodalError(text.HINTS["extent"])
        return self._corrected(session, replace(instance, box=_box(gesture)))

    def _corrected(self, session: Session, instance: Instance) -> Session:
        """The selected object with another mask, class or box, and the mode as its shape."""
        id = _picked(session)
        answer = self._ask(session, instance, id)
        scene = correct_object(session.scene, id, instance, answer.completions.mode)
        after = session.edited(scene, {**session.step.chosen, id: Choice()})
        return self._render(replace(after, answers={**session.answers, id: answer}))

    def _move_by_hand(self, session: Session, gesture: Gesture, progress: gr.Progress) -> Session:
        """Drag an object, nudge the selected one, or click where its foot should stand."""
        grabbed = object_at(session, *gesture.points[0], 0) if gesture.kind == "drag" else None
        id = grabbed or session.picked
        if id is None:
            return self._pick_at(session, gesture)
        session = self._pick(session, id)
        layer = session.layer
        if gesture.kind == "drag":
            (x0, y0), (x1, y1) = gesture.points
            shift = x1 - x0, y1 - y0
        elif gesture.kind == "nudge":
            shift = gesture.points[0]
        else:
            (x, y), (foot_x, foot_y) = gesture.points[0], layer.foot
            shift = x - foot_x - layer.placement.dx, y - foot_y - layer.placement.dy
        # Whole pixels: a moved object stays as sharp as it was.
        scene = session.scene.move(id, *(round(pixels) for pixels in shift))
        return self._render(session.edited(scene), progress)


def object_at(session: Session, x: float, y: float, reach: float) -> str | None:
    """The id of the object seen at (x, y), or of the nearest one within `reach` pixels."""
    top = session.sight.top
    height, width = top.shape
    column, row = int(np.clip(x, 0, width - 1)), int(np.clip(y, 0, height - 1))
    if top[row, column] == BACKGROUND:
        reach = int(np.clip(reach, 0, 64))
        rows = slice(max(row - reach, 0), row + reach + 1)
        columns = slice(max(column - reach, 0), column + reach + 1)
        corner = np.array([rows.start, columns.start])
        near = np.argwhere(top[rows, columns] != BACKGROUND) + corner
        distance = ((near - (row, column)) ** 2).sum(axis=1)
        if not near.size or distance.min() > reach**2:
            return None
        row, column = near[distance.argmin()]
    return session.scene.depth[top[row, column]]


def _scene_of(session: Session) -> LayeredScene:
    if session.scene is None:
        raise AmodalError(text.NEED_PHOTO)
    return session.scene


def file_for_browser(data: bytes, name: str) -> str:
    """A file in Gradio's cache, from which the browser may fetch it."""
    return processing_utils.save_bytes_to_cache(data, name, get_upload_folder())


def _picked(session: Session) -> str:
    _scene_of(session)
    if session.picked is None:
        raise AmodalError(text.NEED_OBJECT)
    return session.picked


def _box(gesture: Gesture) -> Box:
    (x0, y0), (x1, y1) = gesture.points
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _free_name(category: str, session: Session) -> str:
    """ "car 3" when there are two cars."""
    same = sum(layer.instance.category == category for layer in session.layers)
    return f"{category} {same + 1}"


def _bytes(progress: gr.Progress | None, what: str) -> Callable[[int, int], None] | None:
    """Show a download as a bar with megabytes."""
    if progress is None:
        return None

    def shown(done: int, total: int) -> None:
        progress(done / max(total, 1), desc=f"{what}, {text.megabytes(done, total)}")

    return shown


def _steps(progress: gr.Progress | None, what: str) -> Callable[[int, int], None] | None:
    """Show counted steps as a bar."""
    if progress is None:
        return None
    return lambda done, total: progress((done, total), desc=what)
