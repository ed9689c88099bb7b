"""A blind study, without any page: which of two whole shapes looks more natural?

A question shows a hidden object of a rendered street and two whole shapes of it: the model's most
likely one, and either the true one or the convex hull of the visible pixels. Nothing is known of
who answers. Both shapes are drawn alike, but the truth has finer detail than a model that draws
64 x 64 pixels: who knows that may tell them apart.

The paper's study (table 6) was another: workers of Amazon Mechanical Turk compared Amodal-VAE,
which was given the box around the whole object, with the amodal masks that people had drawn for
KINS, on 3,260 objects of its test set. Here the true shape was rendered, not drawn, and the model
gets no box. So the paper's shares may stand beside ours, but the two can't be compared.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import sqrt
from typing import NamedTuple

import numpy as np

from amodal.completer import Completer
from amodal.errors import AmodalError
from amodal.geometry import hull
from amodal.scene import Completion, Instance, paste_window
from amodal.truth import TrueObject, Truth

EACH = 6  # questions of a kind
LEAST_HIDDEN, MOST_HIDDEN = 0.15, 0.9  # shares of the whole object
INSIDE = 0.9  # share of the whole object inside the photo
LEAST_SEEN = 400  # visible pixels: of less a person can't tell what it is
ALIKE = 0.97  # IoU above which a person sees no difference between two shapes
Z = 1.959964  # 95 % of a normal distribution lies within ± Z
COLUMNS = ("number", "street", "object", "kind", "model_side", "answer")


class Kind(StrEnum):
    """What the model's shape is compared with."""

    TRUTH = "truth"
    BASELINE = "baseline"


class Vote(StrEnum):
    """An answer: the left shape, the right one, or no preference."""

    LEFT = "left"
    RIGHT = "right"
    NEITHER = "neither"


class Tally(NamedTuple):
    """Numbers of votes for the model's shape, for the other one, and for none."""

    model: int
    other: int
    neither: int


PAPER = (0.4668, 0.3950, 0.138)
"""Shares that the paper's table 6 gives: Amodal-VAE with the box, human-drawn mask, none."""


@dataclass(frozen=True, eq=False)
class Hidden:
    """An object that something hides, with its whole shapes.

    Args:
        street: the name of its street.
        photo: (H, W, 3) uint8 RGB.
        instance: what the photo shows.
        model: the model's most likely shape.
        others: what it may be compared with.
    """

    street: str
    photo: np.ndarray
    instance: Instance
    model: Completion
    others: Mapping[Kind, Completion]


@dataclass(frozen=True, eq=False)
class Question:
    """An object and two of its shapes; `model` says which of them is the model's."""

    kind: Kind
    hidden: Hidden
    model: Vote

    @property
    def shapes(self) -> tuple[Completion, Completion]:
        """The left and the right one."""
        pair = self.hidden.model, self.hidden.others[self.kind]
        return pair if self.model is Vote.LEFT else pair[::-1]


@dataclass(frozen=True, eq=False)
class Study:
    """Questions in the order in which they are asked, and votes on the first of them."""

    questions: tuple[Question, ...]
    votes: tuple[Vote, ...] = ()

    @property
    def current(self) -> Question | None:
        """The question to answer next; None after the last one."""
        done = len(self.votes)
        return self.questions[done] if done < len(self.questions) else None

    def vote(self, vote: Vote) -> Study:
        """The study with one more answer.

        Raises:
            AmodalError: every question is answered.
        """
        if self.current is None:
            raise AmodalError("Every question is answered: start again to answer others.")
        return replace(self, votes=(*self.votes, vote))

    def tally(self, kind: Kind) -> Tally:
        """Count the votes on questions of a kind."""
        answered = zip(self.questions, self.votes, strict=False)
        votes = [(vote, asked.model) for asked, vote in answered if asked.kind is kind]
        model = sum(vote is side for vote, side in votes)
        neither = sum(vote is Vote.NEITHER for vote, _ in votes)
        return Tally(model, len(votes) - model - neither, neither)

    def csv(self) -> str:
        """One row a vote, below a line with COLUMNS; `object` is its name in the street."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for number, vote in enumerate(self.votes, 1):
            asked = self.questions[number - 1]
            hidden = asked.hidden
            row = (hidden.street, hidden.instance.name, asked.kind, asked.model, vote)
            writer.writerow((number, *row))
        return out.getvalue()


def hidden_objects(street: str, truth: Truth, completer: Completer) -> Iterator[Hidden]:
    """A street's objects that are hidden enough, yet seen enough, to be asked about.

    The model gets the visible mask and the class; all other objects may hide it.
    """
    covered = np.sum([instance.modal for instance in truth.instances], axis=0)
    for item in filter(_is_fit, truth.objects):
        modal = item.instance.modal
        model = completer.complete(item.instance, covered - modal > 0, samples=1).mode
        others = {Kind.TRUTH: item.whole, Kind.BASELINE: Completion(hull(modal) | modal, 0, 0)}
        yield Hidden(street, truth.photo, item.instance, model, others)


def _is_fit(item: TrueObject) -> bool:
    seen, whole = item.instance.area, item.whole.area
    inside = item.whole.on_photo(*item.instance.modal.shape).sum()
    hidden = 1 - seen / whole
    return seen >= LEAST_SEEN and inside >= INSIDE * whole and LEAST_HIDDEN <= hidden <= MOST_HIDDEN


def draw(objects: Sequence[Hidden], rng: np.random.Generator, each: int = EACH) -> Study:
    """Ask about `each` objects of either kind, or fewer if there are not as many.

    Objects, their order and the sides are random. No object comes twice: the shape that came twice
    would be the model's. Pairs that look alike are not asked.

    Raises:
        AmodalError: no object can be asked about.
    """
    wanted = dict.fromkeys(Kind, each)
    questions = []
    for position in rng.permutation(len(objects)):
        item = objects[position]
        kinds = [kind for kind in Kind if wanted[kind] and _differ(item, kind)]
        if kinds:
            kind = max(kinds, key=wanted.__getitem__)  # so that neither kind takes all objects
            wanted[kind] -= 1
            side = Vote.LEFT if rng.random() < 0.5 else Vote.RIGHT
            questions.append(Question(kind, item, side))
    if not questions:
        raise AmodalError("No street with known truth has a hidden object to ask about.")
    return Study(tuple(questions[i] for i in rng.permutation(len(questions))))


def _differ(item: Hidden, kind: Kind) -> bool:
    return iou(item.model, item.others[kind]) <= ALIKE


def iou(one: Completion, other: Completion) -> float:
    """Intersection over union of two whole shapes, 0..1; at least one has pixels."""
    x0, y0 = other.x0 - one.x0, other.y0 - one.y0
    both = (one.mask & paste_window(other.mask, x0, y0, *one.mask.shape)).sum()
    return float(both / (one.area + other.area - both))


def wilson(count: int, total: int) -> tuple[float, float]:
    """Wilson's score interval of a share `count / total`: 95 %, low and high, 0..1.

    Raises:
        ValueError: no votes at all, or a count beyond them.
    """
    if not 0 <= count <= total or total == 0:
        raise ValueError(f"count: got {count} of {total}, expected 0 to total, total > 0")
    middle = count + Z**2 / 2
    half = Z * sqrt(count * (total - count) / total + Z**2 / 4)
    low, high = (middle - half) / (total + Z**2), (middle + half) / (total + Z**2)
    # Rounding must not push an end beyond a share of 0 or 1.
    return min(max(low, 0.0), count / total), max(min(high, 1.0), count / total)
