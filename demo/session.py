"""What one browser tab has done so far, as one immutable value.

Nothing here knows a widget: the stage shows a session and reports gestures, and may be replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from amodal.evidence import NO_EVIDENCE, Evidence
from amodal.geometry import Box
from amodal.layers import Layer, LayeredScene
from amodal.scene import Completions, Instance
from amodal.segment.detection import Detection
from amodal.truth import Truth
from demo.kit import Kit
from demo.pictures import outline, sketch

UNDO_STEPS = 50
MAPS = ("probability", "uncertainty")
TOOLS = ("pick", "add", "clue", "extent", "brush", "erase")


class Settings(NamedTuple):
    """How shapes are drawn from the posterior."""

    samples: int = 20
    seed: int = 0
    temperature: float = 1.0


@dataclass(frozen=True, eq=False)
class Answer:
    """What the model said about an object, and what it was asked."""

    completions: Completions
    settings: Settings
    evidence: Evidence = NO_EVIDENCE

    @cached_property
    def outlines(self) -> tuple[str, ...]:
        """SVG paths of the mode and the samples, image pixels; drawn once an answer."""
        return tuple(map(sketch, (self.completions.mode, *self.completions.samples)))


@dataclass(frozen=True)
class Choice:
    """Which of an answer's shapes an object has: 0 the mode, 1 the first sample, and so on."""

    number: int = 0
    settings: Settings | None = None


@dataclass(frozen=True, eq=False)
class Draft:
    """An object that is being marked and isn't part of the scene yet.

    Args:
        points: clicks (x, y), image frame.
        labels: for each point, whether it lies on the object.
        box: the box drawn around its visible part, or None.
        mask: the mask found for them, corrected by the brush, (H, W) bool.
        classes: (class, share) best first, as Pipeline.suggest_class gives them.
    """

    points: tuple[tuple[float, float], ...] = ()
    labels: tuple[bool, ...] = ()
    box: Box | None = None
    mask: np.ndarray | None = None
    classes: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Step:
    """One state of the document; undo goes from step to step.

    Args:
        scene: the photo and its objects as edited.
        chosen: layer id to the chosen shape; objects that aren't named have the mode.
        evidence: layer id to what the user said about its shape, beside a full-extent box.
        detected: whether the detector's objects made this step; the next such step replaces it.
    """

    scene: LayeredScene
    chosen: Mapping[str, Choice] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    detected: bool = False


@dataclass(frozen=True, eq=False)
class Found:
    """What the detector found on the photo, and which of it the user wants.

    Args:
        detections: surest first.
        score: how sure it must be at least.
        categories: of these classes.
        placed: by the position in `detections`, the layer that it became, as it was then. Those
            that have left the scene stay here, so that undo finds them again.
    """

    detections: tuple[Detection, ...]
    score: float
    categories: tuple[str, ...]
    placed: Mapping[int, Layer] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Sight:
    """A step as pixels.

    Args:
        picture: (H, W, 3) uint8 RGB.
        top: who is seen where, (H, W) int16, as from amodal.objects.topmost.
    """

    picture: np.ndarray
    top: np.ndarray

    @cached_property
    def outlines(self) -> tuple[str, ...]:
        """SVG paths of what is seen of the layers, by their place in the depth order."""
        return tuple(outline(self.top == place) for place in range(self.top.max() + 1))

    def outline(self, place: int) -> str:
        """The path of a layer; empty where something covers all of it."""
        return self.outlines[place] if place < len(self.outlines) else ""


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is known of a rendered street.

    Args:
        truth: what is behind its objects.
        teaches: what the street is there for.
    """

    truth: Truth
    teaches: str = ""


@dataclass(frozen=True, eq=False)
class Session:
    """All of a tab's work.

    Args:
        title: what the photo is called.
        step: the document now, or None before the first photo.
        past: earlier steps, oldest first.
        future: undone steps, nearest first.
        sight: the document as pixels, or None before the first photo.
        picked: id of the selected layer, or None.
        answers: what the model said about each layer that was asked for.
        draft: the object being marked, or None.
        tool: what a gesture on the picture does, one of TOOLS.
        radius: of the brush, in pixels of the photo.
        settings: how the next shapes are drawn.
        lesson: the truth about the photo, or None where nobody knows it.
        comparing: whether the user looks at the truth.
        kit: what the stage needs to show a drag by itself; may be of an earlier step.
        map: what is shown of all samples together, one of MAPS.
        locked: ids of the layers that are kept from edits.
        example: name of the example that is open, or empty: a link can name it.
        found: what the detector found on this photo, or None before it was asked.
    """

    title: str = ""
    step: Step | None = None
    past: tuple[Step, ...] = ()
    future: tuple[Step, ...] = ()
    sight: Sight | None = None
    picked: str | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    draft: Draft | None = None
    tool: str = "pick"
    radius: float = 8.0
    settings: Settings = Settings()
    lesson: Lesson | None = None
    comparing: bool = False
    kit: Kit | None = None
    map: str = MAPS[0]
    locked: frozenset[str] = frozenset()
    example: str = ""
    found: Found | None = None

    @property
    def scene(self) -> LayeredScene | None:
        return self.step.scene if self.step else None

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The scene's layers by age, so that numbers and colours don't depend on the depth."""
        if self.step is None:
            return ()
        return tuple(sorted(self.scene.layers, key=lambda layer: number_of(layer.id)))

    @property
    def layer(self) -> Layer | None:
        """The selected layer."""
        return self.scene.layer(self.picked) if self.picked else None

    @property
    def in_place(self) -> bool:
        """Whether the selected object stands where the photo shows it."""
        layer = self.layer
        return layer is not None and layer.in_place and layer.placement.visible

    @property
    def answer(self) -> Answer | None:
        """What the model said about the selected layer."""
        return self.answers.get(self.picked) if self.picked else None

    @property
    def choice(self) -> Choice:
        """Which shape the selected layer has."""
        return self.step.chosen.get(self.picked, Choice())

    @property
    def evidence(self) -> Evidence:
        """What the user said about the selected layer's shape."""
        return self.step.evidence.get(self.picked, NO_EVIDENCE) if self.step else NO_EVIDENCE

    def edited(
        self,
        scene: LayeredScene,
        chosen: Mapping[str, Choice] | None = None,
        evidence: Mapping[str, Evidence] | None = None,
    ) -> Session:
        """The next step; what was undone before is gone. None: as it is."""
        step = Step(
            scene,
            self.step.chosen if chosen is None else chosen,
            self.step.evidence if evidence is None else evidence,
        )
        past = (*self.past, self.step)[-UNDO_STEPS:]
        return replace(self, step=step, past=past, future=())

    def rendered(self, sight: Sight, scene: LayeredScene) -> Session:
        """The same document with its pixels, and with what the renderer has painted."""
        return replace(self, sight=sight, step=replace(self.step, scene=scene))

    def undone(self) -> Session:
        """One step back; the same session when there is none."""
        if not self.past:
            return self
        return self._at(self.past[-1], self.past[:-1], (self.step, *self.future))

    def redone(self) -> Session:
        """One step forward again; the same session when nothing was undone."""
        if not self.future:
            return self
        return self._at(self.future[0], (*self.past, self.step), self.future[1:])

    def _at(self, step: Step, past: tuple[Step, ...], future: tuple[Step, ...]) -> Session:
        """Another step of the history. What was said about objects that differ is forgotten."""
        here, there = _questions(self.step), _questions(step)
        answers = {id: a for id, a in self.answers.items() if there.get(id) == here.get(id)}
        picked = self.picked if self.picked in there else None
        # Ids are given anew: the lock of an object that is gone must not wait for the next one.
        locked = self.locked & there.keys()
        after = replace(self, step=step, past=past, future=future, answers=answers)
        return replace(after, picked=picked, draft=None, locked=locked)


def _questions(step: Step) -> dict[str, tuple[Instance, Evidence | None]]:
    """What the model is asked about each layer; equal where nothing was changed."""
    return {layer.id: (layer.instance, step.evidence.get(layer.id)) for layer in step.scene.layers}


def number_of(id: str) -> int:
    """The number of a layer id such as "object-3", counted from 0."""
    return int(id.rsplit("-", 1)[1]) - 1
