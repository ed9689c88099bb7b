"""What the actions do: a session in, a session out. Knows no widget, keeps nothing.

`progress` is called as gr.Progress is: a share in 0..1 or a count (done, in all), and `desc`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from amodal.decompose import Decomposer
from amodal.errors import AmodalError
from amodal.evidence import NO_EVIDENCE, Evidence
from amodal.layers import LayeredScene
from amodal.objects import add_object, correct_object, is_edited, topmost
from amodal.pipeline import Pipeline
from amodal.scene import Instance
from amodal.segment.brush import clean_up, erase, paint, stroke
from amodal.turn import turn
from demo import text
from demo.found import first_look, outlined
from demo.gesture import Gesture
from demo.pointing import (
    box_of,
    editable_of,
    in_place,
    keeping_locked,
    layer_of,
    object_at,
    with_clue,
)
from demo.session import Answer, Choice, Draft, Found, Lesson, Session, Sight, Step
from demo.values import one_of

Show = Callable[..., object]
Count = Callable[[int, int], None]


class Actions:
    """The actions, over a pipeline that all users share and none changes."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def open(
        self,
        title: str,
        photo: np.ndarray,
        instances: Sequence[Instance] = (),
        lesson: Lesson | None = None,
    ) -> Session:
        """A new document."""
        step = Step(self.pipeline.scene(photo, instances))
        return self.render(Session(title, step, lesson=lesson))

    def follow(self, before: Session, after: Session) -> Session:
        """A document just opened in a tab: the brush and the settings stay in the user's hands."""
        return replace(
            after,
            radius=before.radius,
            settings=before.settings,
            comparing=before.comparing and after.lesson is not None,
            map=before.map,
        )

    def with_instances(self, session: Session, instances: Sequence[Instance]) -> Session:
        """Other objects on the same photo, as one step."""
        scene = self.pipeline.scene(session.scene.photo, instances)
        after = replace(session.edited(scene, {}, {}), picked=None, answers={}, draft=None)
        return self.render(replace(after, locked=frozenset()))

    def render(self, session: Session, progress: Show | None = None) -> Session:
        """Paint the session's step. A scene without edits needs no network: it is the photo."""
        if session.step is None:
            return session
        scene, picture = session.scene, session.scene.photo
        if is_edited(scene):
            self.pipeline.inpainter(_megabytes(progress, text.PROGRESS_INPAINTER))
            picture, scene = self.pipeline.render(scene, _count(progress, text.PROGRESS_FILL))
        return session.rendered(Sight(picture, topmost(scene)), scene)

    def take_apart(self, scene: LayeredScene, progress: Show) -> tuple[np.ndarray, LayeredScene]:
        """The background (H, W, 3) uint8, and the scene with every object's whole appearance."""
        return self._decomposer(progress).take_apart(scene, _count(progress, text.PROGRESS_FILL))

    def coloured(self, session: Session, progress: Show | None = None) -> Session:
        """The same document with the selected object's colours, if there is a truth to compare."""
        layer = session.layer
        if layer is None or layer.appearance is not None or not session.comparing:
            return session
        count = _count(progress, text.PROGRESS_FILL)
        scene = self._decomposer(progress).colour(session.scene, [layer.id], count)
        return replace(session, step=replace(session.step, scene=scene))

    def try_edit(self, session: Session, name: str, progress: Show) -> Session:
        """Do an edit of which the true outcome is known."""
        truth = session.lesson.truth
        edits = {edit.name: edit for edit in truth.edits}
        edit = edits[one_of(name, "Edit", edits)]
        scene = keeping_locked(session, truth.edited(session.scene, edit))
        return self.render(session.edited(scene), progress)

    def asked(self, session: Session) -> Session:
        """The same session with an answer about the selected object."""
        id, answer = session.picked, session.answer
        asked = None if answer is None else (answer.settings, answer.evidence)
        if id is None or asked == (session.settings, session.evidence):
            return session
        answer = self._ask(session, session.layer.instance, id, session.evidence)
        return replace(session, answers={**session.answers, id: answer})

    def pick(self, session: Session, id: str) -> Session:
        """Select an object; ask the model unless it has answered this very question."""
        layer_of(session.scene, id)
        return self.asked(replace(session, picked=id))

    def pick_at(self, session: Session, gesture: Gesture) -> Session:
        """Select the object under a click; nothing when there is none."""
        id = object_at(session, *gesture.points[-1], gesture.reach)
        return replace(session, picked=None) if id is None else self.pick(session, id)

    def mark(self, session: Session, gesture: Gesture, progress: Show) -> Session:
        """One more click, or a box, for an object that has no mask yet."""
        draft = session.draft or Draft()
        if gesture.kind == "drag":
            draft = replace(draft, box=box_of(gesture), points=(), labels=())
        else:
            points = (*draft.points, gesture.points[0])
            draft = replace(draft, points=points, labels=(*draft.labels, not gesture.off))
        self.pipeline.segmenter(_megabytes(progress, text.PROGRESS_SEGMENTER))
        progress(0, desc=text.PROGRESS_LOOK)
        photo = session.scene.photo
        mask = self.pipeline.segment(photo, draft.points, draft.labels, draft.box)[0].mask
        draft = replace(draft, mask=mask, classes=self.pipeline.suggest_class(mask))
        return replace(session, draft=draft, picked=None)

    def add_draft(self, session: Session, category: str, progress: Show) -> Session:
        """The marked object joins the scene, in front, and is selected."""
        if session.draft is None or session.draft.mask is None:
            raise AmodalError(text.HINTS["add"])
        mask = clean_up(session.draft.mask)
        instance = Instance(mask, category, _free_name(category, session))
        answer = self._ask(session, instance)
        scene, id = add_object(session.scene, instance, answer.completions.mode)
        answers = {**session.answers, id: answer}
        after = replace(session.edited(scene), answers=answers, picked=id, draft=None, tool="pick")
        return self.render(after, progress)

    def fetch_detector(self, progress: Show) -> None:
        """Load the detector, which may be downloaded for it."""
        self.pipeline.detector(_megabytes(progress, text.PROGRESS_DETECTOR))

    def detect(self, session: Session, progress: Show) -> Found:
        """All objects of the photo."""
        self.fetch_detector(progress)
        progress(0, desc=text.PROGRESS_DETECT)
        return first_look(self.pipeline.detector().detect(session.scene.photo))

    def outline(self, session: Session, found: Found, progress: Show) -> Session:
        """The wanted ones of the detected objects join the scene, the others leave it."""
        return self.render(outlined(session, found, self.pipeline), progress)

    def paint_over(self, session: Session, gesture: Gesture, progress: Show) -> Session:
        """Correct the mask that is being marked, or else the selected object's."""
        change = paint if session.tool == "brush" else erase
        painted = stroke(*session.scene.photo.shape[:2], gesture.points, session.radius)
        draft = session.draft
        if draft is not None and draft.mask is not None:
            mask = _not_empty(change(draft.mask, painted))
            return replace(session, draft=replace(draft, mask=mask))
        instance = in_place(session)
        mask = _not_empty(change(instance.modal, painted))
        return self.correct(session, replace(instance, modal=mask), progress)

    def extent(self, session: Session, gesture: Gesture, progress: Show) -> Session:
        """A box around the selected object's full extent is evidence for its shape."""
        instance = in_place(session)
        if gesture.kind != "drag":
            raise AmodalError(text.HINTS["extent"])
        return self.correct(session, replace(instance, box=box_of(gesture)), progress)

    def clue(self, session: Session, gesture: Gesture, progress: Show) -> Session:
        """A point that is part of the selected object or not, or a box without it."""
        return self.believe(session, with_clue(session, gesture), progress)

    def believe(self, session: Session, evidence: Evidence, progress: Show) -> Session:
        """Other evidence about the selected object, and the mode as its shape."""
        id = editable_of(session)
        answer = self._ask(session, session.layer.instance, id, evidence)
        scene = session.scene.with_completion(id, answer.completions.mode)
        said = {**session.step.evidence, id: evidence}
        after = session.edited(scene, {**session.step.chosen, id: Choice()}, said)
        return self.render(replace(after, answers={**session.answers, id: answer}), progress)

    def correct(self, session: Session, instance: Instance, progress: Show) -> Session:
        """The selected object with another mask, class or box, and the mode as its shape."""
        id = editable_of(session)
        answer = self._ask(session, instance, id, session.evidence)
        scene = correct_object(session.scene, id, instance, answer.completions.mode)
        after = session.edited(scene, {**session.step.chosen, id: Choice()})
        return self.render(replace(after, answers={**session.answers, id: answer}), progress)

    def place(self, session: Session, gesture: Gesture, progress: Show) -> Session:
        """Let an object stand where the user has dragged it to, and select it."""
        session = self.pick(session, editable_of(session, f"object-{gesture.index + 1}"))
        id, now = session.picked, session.layer.placement
        scene = session.scene.move(id, gesture.dx - now.dx, gesture.dy - now.dy)
        scene = scene.scale(id, gesture.scale / now.scale)
        return self.render(session.edited(scene), progress)

    def turn(self, session: Session, degrees: float, progress: Show) -> Session:
        """The selected car in another pose; 0 is as in the photo."""
        id = editable_of(session)
        decomposer = self._decomposer(progress)
        progress(0, desc=text.PROGRESS_TURN)
        turner = self.pipeline.turner()
        scene = turn(session.scene, id, degrees, decomposer, turner)
        return self.render(session.edited(scene), progress)

    def _decomposer(self, progress: Show | None) -> Decomposer:
        """With the best inpainter there is, which may be downloaded for it."""
        return Decomposer(self.pipeline.inpainter(_megabytes(progress, text.PROGRESS_INPAINTER)))

    def _ask(
        self,
        session: Session,
        instance: Instance,
        id: str | None = None,
        evidence: Evidence = NO_EVIDENCE,
    ) -> Answer:
        """The model's answer about an instance; all other objects may hide it."""
        others = [layer.instance for layer in session.layers if layer.id != id]
        settings = session.settings
        completions = self.pipeline.complete(
            instance, others, **settings._asdict(), evidence=evidence
        )
        return Answer(completions, settings, evidence)


def _not_empty(mask: np.ndarray) -> np.ndarray:
    if not mask.any():
        raise AmodalError(text.ALL_ERASED)
    return mask


def _free_name(category: str, session: Session) -> str:
    """The class and the first number that is free: "car 3" when there are two cars."""
    taken = {layer.instance.name for layer in session.layers}
    numbers = range(1, len(taken) + 2)
    return next(name for n in numbers if (name := f"{category} {n}") not in taken)


def _megabytes(progress: Show | None, what: str) -> Count | None:
    """Show a download as a bar with megabytes."""
    if progress is None:
        return None

    def shown(done: int, total: int) -> None:
        progress(done / max(total, 1), desc=f"{what}, {text.megabytes(done, total)}")

    progress(0, desc=what)  # at once: loading takes a moment before the first byte comes
    return shown


def _count(progress: Show | None, what: str) -> Count | None:
    """Show counted steps as a bar."""
    if progress is None:
        return None
    return lambda done, total: progress((done, total), desc=what)
