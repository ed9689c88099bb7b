"""A whole mask for a really hidden object, borrowed from frames in which it is fully visible.

The voters: of the sources (clean whole masks of the same track, near in time, in viewing angle and
in the label box's aspect), each carried by the two label boxes and fitted to the visible pixels by
at most 6 % (transfer.py), those that agree best: three for a car, one for a person, whose pose
changes from frame to frame. The truth is what is visible, and of the voters' majority what lies
under something that may hide it: what is seen as background is not the object. Rims and specks of
that are left out: they are the annotation's noise. Nothing here looks at any prediction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from amodal.data.kitti_mots import TrackMask
from amodal.data.shapes import is_clean_whole
from amodal.evaluation.surroundings import Frames, Surroundings, contact, grow, look_around
from amodal.evaluation.transfer import Shift, agreement, fit, transfer
from amodal.geometry import Box

SLIT = 2  # pixels: masks of neighbours leave a slit between them, which hides too
PIECE = 0.04  # radius of a disc, over the root of the whole area: see solid


@dataclass(frozen=True)
class Rules:
    """What a source and a borrowed truth must fulfil. Shares and IoUs in 0..1.

    Args:
        frames: largest distance of a source in time, frames (10 a second).
        angle: largest difference in viewing angle, degrees.
        aspect: largest difference of the label boxes' logarithmic aspects.
        tried: sources that are fitted, the nearest first: in time and angle, each as a share of
            what is allowed.
        voters: whose majority is taken, at most.
        least_voters: and at least.
        contact: largest share of a source's outline that touches what may hide it.
        area: fewest visible pixels, of the object and of a source.
        agreement: least agreement of each voter with what is seen.
        consistency: least mean IoU of the voters' invisible parts with their majority's.
        explained: least share of the majority's invisible part that lies under something annotated.
        anchored: least share of the outline along which nothing hides the object; the voters are
            fitted there.
        occlusion: least occlusion rate.
        depth: least radius of a disc within the invisible part, over the root of the whole area.
    """

    frames: int = 30
    angle: float = 7.0
    aspect: float = 0.12
    tried: int = 16
    voters: int = 3
    least_voters: int = 2
    contact: float = 0.3
    area: int = 400
    agreement: float = 0.9
    consistency: float = 0.8
    explained: float = 0.7
    anchored: float = 0.3
    occlusion: float = 0.05
    depth: float = 0.06


RULES = {
    "car": Rules(),
    "person": Rules(angle=10.0, voters=1, least_voters=1, agreement=0.8),
}

Voter = tuple[TrackMask, Shift]


class Wholes:
    """The clean whole masks of each track, with how much of their outline may be hidden."""

    def __init__(self, items: Iterable[TrackMask], frames: Frames) -> None:
        self.frames = frames
        self.tracks = defaultdict(list)
        self._contact: dict[tuple[int, int, int], float] = {}
        for item in items:
            if item.category and is_clean_whole(item):
                self.tracks[item.sequence, item.track].append(item)

    def contact(self, item: TrackMask) -> float:
        if item.key not in self._contact:
            around = look_around(item, self.frames[item.sequence, item.frame])
            self._contact[item.key] = contact(around.visible, around.hiding)
        return self._contact[item.key]

    def sources(
        self, item: TrackMask, rules: Rules, gap: int = 1, least_turn: float = 0.0
    ) -> list[TrackMask]:
        """The sources of a labelled object, nearest first.

        Args:
            gap: fewest frames between them.
            least_turn: least difference in viewing angle, degrees.
        """
        found = []
        for source in self.tracks.get((item.sequence, item.track), ()):
            apart, turned = abs(source.frame - item.frame), turn(source, item)
            if (
                gap <= apart <= rules.frames
                and least_turn <= turned <= rules.angle
                and abs(aspect(source.label.box) - aspect(item.label.box)) <= rules.aspect
                and source.mask.sum() >= rules.area
                and self.contact(source) <= rules.contact
            ):
                distance = apart / rules.frames + turned / rules.angle
                found.append((distance, source.frame, source))
        found.sort(key=lambda entry: entry[:2])
        return [source for _, _, source in found[: rules.tried]]


@dataclass(frozen=True, eq=False)
class Borrowed:
    """A truth and what speaks for it.

    Args:
        whole: the truth, (h, w) bool in the window.
        voters: whose majority it is, the one that agrees best first.
        agreement: the least of the voters'.
        consistency, explained, occlusion, depth: see Rules.
    """

    whole: np.ndarray
    voters: tuple[Voter, ...]
    agreement: float
    consistency: float
    explained: float
    occlusion: float
    depth: float

    def fault(self, rules: Rules) -> str | None:
        """The first rule that the truth breaks; None where it fulfils all."""
        names = ("agreement", "occlusion", "explained", "depth", "consistency")
        if len(self.voters) < rules.least_voters:
            return "too few sources"
        return next((name for name in names if getattr(self, name) < getattr(rules, name)), None)


def early_fault(around: Surroundings, rules: Rules) -> str | None:
    """The first rule that an object's surroundings break, whatever its sources."""
    touched = contact(around.visible, around.hiding)
    if touched == 0:
        return "nothing hides it"
    return "anchored" if 1 - touched < rules.anchored else None


def borrow(box: Box, around: Surroundings, sources: Sequence[TrackMask], voters: int) -> Borrowed:
    """Make a truth.

    Args:
        box: the hidden object's label box, image frame.
        around: what is seen of it.
        sources: at least one.
        voters: how many of them vote, at most.
    """
    known = ~around.hiding
    fits = [(source, *fit(source, box, around.window, around.visible, known)) for source in sources]
    fits.sort(key=lambda found: -found[2])  # stable: the nearest first among equals
    chosen = tuple((source, shift) for source, shift, _ in fits[:voters])
    carried = [transfer(source, box, around.window, shift) for source, shift in chosen]
    voted = vote(carried)
    under = grow(around.hiding, SLIT) & ~around.visible
    beyond, covered = voted & ~around.visible, voted & under
    hidden = solid(covered, around.visible)
    whole = around.visible | hidden
    return Borrowed(
        whole,
        chosen,
        min(agreement(mask, around.visible, known) for mask in carried),
        float(np.mean([_iou(mask & under, covered) for mask in carried])),
        np.count_nonzero(covered) / max(np.count_nonzero(beyond), 1),
        np.count_nonzero(hidden) / np.count_nonzero(whole),
        float(_distance(hidden).max()) / float(np.sqrt(np.count_nonzero(whole))),
    )


def rebuild(box: Box, around: Surroundings, voters: Sequence[Voter]) -> np.ndarray:
    """The truth of known voters, (h, w) bool: the `whole` that `borrow` found."""
    under = grow(around.hiding, SLIT) & ~around.visible
    return around.visible | solid(majority(box, around, voters) & under, around.visible)


def majority(box: Box, around: Surroundings, voters: Sequence[Voter]) -> np.ndarray:
    """What most of the voters cover in the window, (h, w) bool."""
    return vote([transfer(source, box, around.window, shift) for source, shift in voters])


def solid(hidden: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """The connected pieces of `hidden` (h, w) bool that hold a disc of PIECE."""
    radius = PIECE * np.sqrt(np.count_nonzero(hidden | visible))
    count, labels = cv2.connectedComponents(hidden.astype(np.uint8))
    distance = _distance(hidden)
    kept = [label for label in range(1, count) if distance[labels == label].max() >= radius]
    return np.isin(labels, kept)


def vote(masks: Sequence[np.ndarray]) -> np.ndarray:
    """The pixels that more than half of the masks (h, w) cover; of two masks, the first decides."""
    votes = sum(mask.astype(np.int32) for mask in masks)
    return (2 * votes > len(masks)) | ((2 * votes == len(masks)) & masks[0])


def _iou(first: np.ndarray, second: np.ndarray) -> float:
    return np.count_nonzero(first & second) / max(np.count_nonzero(first | second), 1)


def _distance(mask: np.ndarray) -> np.ndarray:
    """From each pixel of a mask to the nearest one outside it or outside the window, pixels."""
    padded = np.pad(mask, 1).astype(np.uint8)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]


def turn(first: TrackMask, second: TrackMask) -> float:
    """The difference of two viewing angles: degrees, 0..180."""
    difference = first.label.angle - second.label.angle
    return float(np.degrees(abs((difference + np.pi) % (2 * np.pi) - np.pi)))


def aspect(box: Box) -> float:
    """The logarithm of width over height."""
    return float(np.log(box.width / box.height))
