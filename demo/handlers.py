"""Every event of the page as a function of the session. Holds no per-user state.

A handler takes the session and what the widgets say, and returns a View. A user's mistake becomes a
toast, and the session stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import gradio as gr

from amodal.data.coco import read_instances
from amodal.errors import AmodalError
from amodal.evidence import NO_EVIDENCE
from amodal.export import layers_zip, png_bytes
from amodal.layers import LayeredScene
from amodal.margins import Margins
from amodal.openraster import openraster
from amodal.photo import load_photo
from amodal.pipeline import Pipeline
from amodal.project import write_project
from amodal.project_read import read_project
from demo import text
from demo.actions import Actions
from demo.examples import Example
from demo.gesture import Gesture
from demo.notes import project_of, session_of
from demo.pointing import picked_of, scene_of
from demo.save import masks_bytes
from demo.session import Choice, Lesson, Session, Settings
from demo.stage import file_for_browser
from demo.told import told
from demo.view import View, show

PROGRESS = gr.Progress()


class Handlers:
    """The events, over a pipeline that all users share and none changes."""

    def __init__(self, pipeline: Pipeline, examples: Sequence[Example] = ()) -> None:
        self.pipeline = pipeline
        self.actions = Actions(pipeline)
        self.examples = tuple(examples)

    # Opening

    @told
    def open_first(self, session: Session) -> View:
        """A page that was just opened: show the first example, if there is one, and select an
        object of it, so that the first thing seen is a completed one."""
        if session.step is not None or not self.examples:
            return self._show(session, session)
        after = self._opened(session, self.examples[0])
        names = {layer.instance.name: layer.id for layer in after.scene.layers}
        first = names.get(self.examples[0].first)
        return self._show(self.actions.pick(after, first) if first else after, session)

    @told
    def open_example(self, session: Session, event: gr.SelectData) -> View:
        """A click on a thumbnail: open that example."""
        return self._show(self._opened(session, self.examples[event.index]), session)

    @told
    def open_photo(self, session: Session, path: str) -> View:
        """An uploaded picture replaces the photo."""
        return self._show(self.actions.open(session, Path(path).stem, load_photo(path)), session)

    @told
    def open_project(self, session: Session, path: str, progress: gr.Progress = PROGRESS) -> View:
        """A saved project replaces the photo and all that was done to it."""
        after = session_of(read_project(path), session)
        return self._show(self.actions.render(after, progress), session)

    @told
    def import_masks(self, session: Session, path: str) -> View:
        """A COCO-style JSON of masks replaces the objects; undo brings them back."""
        size = scene_of(session).photo.shape[:2]
        instances = read_instances(Path(path), *size)
        return self._show(self.actions.with_instances(session, instances), session)

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
        self, session: Session, mark: str, event: gr.EventData, progress: gr.Progress = PROGRESS
    ) -> View:
        """Whatever the user did on the picture, with the tool in hand.

        `mark` says what a click of the tools "add" and "clue" means: "on" or "off" the object.
        """
        scene_of(session)
        gesture = Gesture.read(event._data)
        if gesture.kind == "command":
            return getattr(self, gesture.command)(session, progress)
        after = self._gesture(session, replace(gesture, off=mark == "off" or gesture.off), progress)
        if session.tool == "pick" and after.picked is None:
            gr.Info(text.NOTHING_HERE)
        return self._show(after, session)

    # The truth about a rendered street

    @told
    def look_at_truth(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """The tab is opened: imagine what it compares."""
        return self._show(replace(session, comparing=session.lesson is not None), session, progress)

    @told
    def look_away(self, session: Session) -> View:
        """Another tab is opened."""
        return self._show(replace(session, comparing=False), session)

    @told
    def try_edit(self, session: Session, name: str, progress: gr.Progress = PROGRESS) -> View:
        """Do an edit of which the outcome was rendered."""
        if session.lesson is None:
            raise AmodalError(text.NO_LESSON)
        return self._show(self.actions.try_edit(session, name, progress), session, progress)

    # An object without a mask

    @told
    def add_draft(self, session: Session, category: str, progress: gr.Progress = PROGRESS) -> View:
        """The marked object joins the scene and is selected."""
        return self._show(self.actions.add_draft(session, category, progress), session)

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
        return self._show(self.actions.asked(replace(session, settings=settings)), session)

    @told
    def choose(
        self, session: Session, event: gr.SelectData, progress: gr.Progress = PROGRESS
    ) -> View:
        """A click on a shape: the selected object has it from now on."""
        id, answer = picked_of(session), session.answer
        shapes = (answer.completions.mode, *answer.completions.samples)
        if not 0 <= event.index < len(shapes):
            raise ValueError(f"shape: got {event.index}, expected 0 to {len(shapes) - 1}")
        scene = session.scene.with_completion(id, shapes[event.index])
        chosen = {**session.step.chosen, id: Choice(event.index, answer.settings)}
        after = self.actions.render(session.edited(scene, chosen), progress)
        return self._show(after, session)

    @told
    def classify(self, session: Session, category: str, progress: gr.Progress = PROGRESS) -> View:
        """Say what the selected object is; its shapes are drawn anew."""
        instance = session.scene.layer(picked_of(session)).instance
        corrected = replace(instance, category=category)
        return self._show(self.actions.correct(session, corrected, progress), session)

    @told
    def forget_clues(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Take what was said about the selected object's shape away."""
        picked_of(session)
        return self._show(self.actions.believe(session, NO_EVIDENCE, progress), session)

    @told
    def forget_box(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Take the full-extent box of the selected object away."""
        instance = session.scene.layer(picked_of(session)).instance
        corrected = replace(instance, box=None)
        return self._show(self.actions.correct(session, corrected, progress), session)

    # Edits of the selected object

    @told
    def delete(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Take it out of the picture."""
        after = session.edited(scene_of(session).delete(picked_of(session)))
        return self._show(self.actions.render(replace(after, picked=None), progress), session)

    @told
    def bring_forward(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """In front of what hides it."""
        scene = scene_of(session).bring_forward(picked_of(session))
        return self._edited(session, scene, progress)

    @told
    def send_back(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Behind what it hides."""
        return self._edited(session, scene_of(session).send_back(picked_of(session)), progress)

    @told
    def flip(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Mirror it."""
        return self._edited(session, scene_of(session).flip(picked_of(session)), progress)

    @told
    def put_back(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Let it stand as in the photo."""
        return self._edited(session, scene_of(session).put_back(picked_of(session)), progress)

    @told
    def move(
        self, session: Session, right: float, down: float, progress: gr.Progress = PROGRESS
    ) -> View:
        """Shift it by pixels."""
        scene = scene_of(session).move(picked_of(session), float(right or 0), float(down or 0))
        return self._edited(session, scene, progress)

    @told
    def resize(
        self, session: Session, percent: float | None, progress: gr.Progress = PROGRESS
    ) -> View:
        """Give it this size, relative to the photo."""
        if percent is None:
            raise AmodalError(text.NEED_SIZE)
        scene, id = scene_of(session), picked_of(session)
        factor = float(percent) / 100 / scene.layer(id).placement.scale
        return self._edited(session, scene.scale(id, factor), progress)

    @told
    def turn(
        self, session: Session, degrees: float | None, progress: gr.Progress = PROGRESS
    ) -> View:
        """Show a car in another pose."""
        if degrees is None:
            raise AmodalError(text.NEED_TURN)
        return self._show(self.actions.turn(session, float(degrees), progress), session)

    @told
    def margins(
        self, session: Session, rim: float, shadow: float, progress: gr.Progress = PROGRESS
    ) -> View:
        """Repaint more or less around all objects that leave their place (per cent)."""
        if rim is None or shadow is None:
            raise AmodalError(text.NEED_MARGINS)
        scene = scene_of(session).with_margins(Margins(rim / 100, shadow / 100))
        if scene is session.scene:
            return self._show(session, session)
        return self._edited(session, scene, progress)

    # History

    @told
    def undo(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """One step back."""
        return self._show(self.actions.render(session.undone(), progress), session)

    @told
    def redo(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """One step forward again."""
        return self._show(self.actions.render(session.redone(), progress), session)

    @told
    def reset(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Every object as in the photo; undo brings the edits back."""
        return self._edited(session, scene_of(session).reset(), progress)

    # Saving

    @told
    def save_picture(self, session: Session) -> str:
        """The picture as it is now, at full size, as a PNG file."""
        scene_of(session)
        return file_for_browser(png_bytes(session.sight.picture), f"{session.title}.png")

    @told
    def save_masks(self, session: Session) -> str:
        """Visible and whole masks of all objects, as a COCO-style JSON file."""
        if not scene_of(session).layers:
            raise AmodalError(text.NO_OBJECTS)
        return file_for_browser(masks_bytes(session), f"{session.title} masks.json")

    @told
    def save_layers(self, session: Session, progress: gr.Progress = PROGRESS) -> str:
        """The background and every object whole, as a ZIP file."""
        plate, scene = self.actions.take_apart(scene_of(session), progress)
        return file_for_browser(layers_zip(plate, scene), f"{session.title} layers.zip")

    @told
    def save_project(self, session: Session) -> str:
        """The document, to go on with later, as a ZIP file."""
        scene_of(session)
        data = write_project(project_of(session))
        return file_for_browser(data, f"{session.title} project.zip")

    @told
    def save_openraster(self, session: Session, progress: gr.Progress = PROGRESS) -> str:
        """The background and every object as layers for painting programs."""
        plate, scene = self.actions.take_apart(scene_of(session), progress)
        data = openraster(plate, scene, session.title)
        return file_for_browser(data, f"{session.title}.ora")

    # Parts

    def _show(self, after: Session, before: Session, progress: gr.Progress | None = None) -> View:
        after = self.actions.coloured(self.actions.asked(after), progress)
        return show(after, before, self.pipeline.notices)

    def _opened(self, session: Session, example: Example) -> Session:
        photo, instances, truth = example.open()
        lesson = Lesson(truth, example.teaches) if truth else None
        return self.actions.open(session, example.title, photo, instances, lesson)

    def _edited(self, session: Session, scene: LayeredScene, progress: gr.Progress) -> View:
        return self._show(self.actions.render(session.edited(scene), progress), session)

    def _gesture(self, session: Session, gesture: Gesture, progress: gr.Progress) -> Session:
        if gesture.kind == "pick":
            return self.actions.pick(session, f"object-{gesture.index + 1}")
        if gesture.kind == "scale":
            scaled = session.scene.scale(picked_of(session), gesture.factor)
            return self.actions.render(session.edited(scaled), progress)
        tools = {
            "pick": lambda: self.actions.pick_at(session, gesture),
            "move": lambda: self.actions.move_by_hand(session, gesture, progress),
            "add": lambda: self.actions.mark(session, gesture, progress),
            "clue": lambda: self.actions.clue(session, gesture, progress),
            "extent": lambda: self.actions.extent(session, gesture, progress),
            "brush": lambda: self.actions.paint_over(session, gesture, progress),
            "erase": lambda: self.actions.paint_over(session, gesture, progress),
        }
        return tools[session.tool]()
