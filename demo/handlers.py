"""The events that select, imagine and edit, and with those of the other modules all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import gradio as gr

from amodal.classes import CLASSES
from amodal.completer import MAX_SAMPLES
from amodal.errors import AmodalError
from amodal.evidence import NO_EVIDENCE
from amodal.margins import Margins
from amodal.pipeline import Pipeline
from demo import text
from demo.detecting import Detecting
from demo.events import PROGRESS
from demo.examples import Example
from demo.gesture import Gesture
from demo.kit import Kit, make_kit
from demo.layers import Layers
from demo.notes import HOTTEST, LARGEST_SEED
from demo.once import Once
from demo.opening import Opening
from demo.pointing import editable_of, keeping_locked, scene_of
from demo.saving import Saving
from demo.session import MAPS, TOOLS, Choice, Session, Settings
from demo.stage import payload
from demo.told import told
from demo.values import number, one_of, whole
from demo.view import View, as_it_is, stage_view

LARGEST_RADIUS = 1000.0  # of the brush, pixels
MOST_DEGREES = 360.0


class Handlers(Opening, Layers, Detecting, Saving):
    """All events of the editor."""

    def __init__(self, pipeline: Pipeline, examples: Sequence[Example] = ()) -> None:
        super().__init__(pipeline, examples)
        self._kits = Once(make_kit)

    # The picture

    @told
    def use_tool(self, session: Session, tool: str) -> View:
        """Change what a gesture on the picture does."""
        return self.show(replace(session, tool=one_of(tool, "Tool", TOOLS)), session)

    @told
    def use_brush(self, session: Session, radius: float) -> View:
        """Change the brush."""
        radius = number(radius, "Radius", 0.5, LARGEST_RADIUS)
        return self.show(replace(session, radius=radius), session)

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
        return self.show(after, session)

    @told
    def kit(self, session: Session) -> Kit | None:
        """What the stage needs to show a drag by itself."""
        if session.step is None:
            return None
        if session.kit and session.kit.fits(session.scene):
            return session.kit  # its answer was overtaken by one from before it
        if session.example and not session.past and session.kit is None:
            return self._kits(session.scene)  # the same for all tabs
        return make_kit(session.scene, session.kit)

    def lift(self, session: Session, kit: Kit | None) -> tuple[Session, object]:
        """Give the stage a kit, unless another photo was opened meanwhile."""
        if kit is None or session.step is None or not kit.covers(session.scene):
            return session, gr.skip()
        after = replace(session, kit=kit)
        return after, payload(stage_view(after))

    # The truth about a rendered street

    @told
    def look_at_truth(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """The tab is opened: imagine what it compares."""
        return self.show(replace(session, comparing=session.lesson is not None), session, progress)

    @told
    def look_away(self, session: Session) -> View:
        """Another tab is opened; or the first one, of a page that has no photo yet."""
        if session.step is None:
            return as_it_is(session)
        return self.show(replace(session, comparing=False), session)

    @told
    def try_edit(self, session: Session, name: str, progress: gr.Progress = PROGRESS) -> View:
        """Do an edit of which the outcome was rendered."""
        if session.lesson is None:
            raise AmodalError(text.NO_LESSON)
        return self.show(self.actions.try_edit(session, name, progress), session, progress)

    # An object without a mask

    @told
    def add_draft(self, session: Session, category: str, progress: gr.Progress = PROGRESS) -> View:
        """The marked object joins the scene and is selected."""
        scene_of(session)
        category = one_of(category, "Class", CLASSES)
        return self.show(self.actions.add_draft(session, category, progress), session)

    @told
    def discard_draft(self, session: Session) -> View:
        """Forget the object that was being marked."""
        return self.show(replace(session, draft=None), session)

    # Its shapes

    @told
    def resample(self, session: Session, samples: int, seed: int, temperature: float) -> View:
        """Draw other shapes for the selected object; the chosen one stays until another is."""
        if samples is None or seed is None or temperature is None:
            raise AmodalError(text.NEED_NUMBERS)
        settings = Settings(
            whole(samples, "Samples", 1, MAX_SAMPLES),
            whole(seed, "Seed", 0, LARGEST_SEED),
            number(temperature, "Temperature", 0, HOTTEST),
        )
        return self.show(self.actions.asked(replace(session, settings=settings)), session)

    @told
    def choose(
        self, session: Session, event: gr.EventData, progress: gr.Progress = PROGRESS
    ) -> View:
        """A click on a shape: the selected object has it from now on."""
        id, answer, data = editable_of(session), session.answer, event._data
        if answer is None:
            raise AmodalError(text.NEED_OBJECT)
        shapes = (answer.completions.mode, *answer.completions.samples)
        sent = data.get("number") if isinstance(data, dict) else data
        place = whole(sent, "Shape", 0, len(shapes) - 1)
        scene = session.scene.with_completion(id, shapes[place])
        chosen = {**session.step.chosen, id: Choice(place, answer.settings)}
        after = self.actions.render(session.edited(scene, chosen), progress)
        return self.show(after, session)

    @told
    def use_map(self, session: Session, map: str) -> View:
        """Show another map of the samples."""
        return self.show(replace(session, map=one_of(map, "Map", MAPS)), session)

    @told
    def classify(self, session: Session, category: str, progress: gr.Progress = PROGRESS) -> View:
        """Say what the selected object is; its shapes are drawn anew."""
        instance = scene_of(session).layer(editable_of(session)).instance
        corrected = replace(instance, category=one_of(category, "Class", CLASSES))
        return self.show(self.actions.correct(session, corrected, progress), session)

    @told
    def forget_clues(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Take what was said about the selected object's shape away."""
        editable_of(session)
        return self.show(self.actions.believe(session, NO_EVIDENCE, progress), session)

    @told
    def forget_box(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Take the full-extent box of the selected object away."""
        instance = scene_of(session).layer(editable_of(session)).instance
        corrected = replace(instance, box=None)
        return self.show(self.actions.correct(session, corrected, progress), session)

    # Edits of the selected object

    @told
    def delete(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Take it out of the picture."""
        after = session.edited(scene_of(session).delete(editable_of(session)))
        return self.show(self.actions.render(replace(after, picked=None), progress), session)

    @told
    def bring_forward(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """In front of what hides it."""
        scene = scene_of(session).bring_forward(editable_of(session))
        return self.edited(session, scene, progress)

    @told
    def send_back(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Behind what it hides."""
        return self.edited(session, scene_of(session).send_back(editable_of(session)), progress)

    @told
    def flip(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Mirror it."""
        return self.edited(session, scene_of(session).flip(editable_of(session)), progress)

    @told
    def put_back(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Let it stand as in the photo."""
        return self.edited(session, scene_of(session).put_back(editable_of(session)), progress)

    @told
    def move(
        self, session: Session, right: float, down: float, progress: gr.Progress = PROGRESS
    ) -> View:
        """Shift it by pixels."""
        shift = [number(value or 0, name) for value, name in ((right, "Right"), (down, "Down"))]
        scene = scene_of(session).move(editable_of(session), *shift)
        return self.edited(session, scene, progress)

    @told
    def resize(
        self, session: Session, percent: float | None, progress: gr.Progress = PROGRESS
    ) -> View:
        """Give it this size, relative to the photo."""
        if percent is None:
            raise AmodalError(text.NEED_SIZE)
        scene, id = scene_of(session), editable_of(session)
        factor = number(percent, "Size") / 100 / scene.layer(id).placement.scale
        return self.edited(session, scene.scale(id, factor), progress)

    @told
    def turn(
        self, session: Session, degrees: float | None, progress: gr.Progress = PROGRESS
    ) -> View:
        """Show a car in another pose."""
        if degrees is None:
            raise AmodalError(text.NEED_TURN)
        degrees = number(degrees, "Turn", -MOST_DEGREES, MOST_DEGREES)
        return self.show(self.actions.turn(session, degrees, progress), session)

    @told
    def margins(
        self, session: Session, rim: float, shadow: float, progress: gr.Progress = PROGRESS
    ) -> View:
        """Repaint more or less around all objects that leave their place (per cent)."""
        if rim is None or shadow is None:
            raise AmodalError(text.NEED_MARGINS)
        shares = number(rim, "Rim") / 100, number(shadow, "Shadow") / 100
        scene = scene_of(session).with_margins(Margins(*shares))
        if scene is session.scene:
            return self.show(session, session)
        return self.edited(session, scene, progress)

    # History

    @told
    def undo(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """One step back."""
        return self.show(self.actions.render(session.undone(), progress), session)

    @told
    def redo(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """One step forward again."""
        return self.show(self.actions.render(session.redone(), progress), session)

    @told
    def reset(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Every object as in the photo; undo brings the edits back."""
        scene = keeping_locked(session, scene_of(session).reset())
        return self.edited(session, scene, progress)

    # Parts

    def _gesture(self, session: Session, gesture: Gesture, progress: gr.Progress) -> Session:
        if gesture.kind == "pick":
            return self.actions.pick(session, f"object-{gesture.index + 1}")
        if gesture.kind == "place":
            return self.actions.place(session, gesture, progress)
        tools = {
            "pick": lambda: self.actions.pick_at(session, gesture),
            "add": lambda: self.actions.mark(session, gesture, progress),
            "clue": lambda: self.actions.clue(session, gesture, progress),
            "extent": lambda: self.actions.extent(session, gesture, progress),
            "brush": lambda: self.actions.paint_over(session, gesture, progress),
            "erase": lambda: self.actions.paint_over(session, gesture, progress),
        }
        return tools[session.tool]()
