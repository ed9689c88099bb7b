"""What evidence buys: the completer with a simulated user who knows the truth, or with the photo.

The click of the simulated user: of the pixels where the mode and the truth differ, inside the
photo and not visible, take the largest 4-connected region (by area; ties: the first in reading
order) and its point farthest from the region's border (Euclidean); say whether that pixel is part
of the object. A second click answers the mode that the first one led to. A user with nothing to
correct doesn't click.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from amodal.completer import Completer
from amodal.evaluation.case import Case, instance_of, on_canvas, padding
from amodal.evidence import NO_EVIDENCE, Evidence
from amodal.geometry import Box
from amodal.scene import Completion, Completions

Answers = Iterator[Completion | Completions]


def clicked(
    completer: Completer, cases: Iterable[Case], *, clicks: int, samples: int = 0, seed: int = 0
) -> Answers:
    """Complete each case after this many clicks. `samples` 0 gives the mode alone."""
    for index, case in enumerate(cases):
        evidence = NO_EVIDENCE
        for _ in range(clicks):
            answer = _ask(completer, case, evidence, 0, seed + index)
            evidence = add_click(evidence, answer, case)
        yield _ask(completer, case, evidence, samples, seed + index)


def boxed(
    completer: Completer,
    cases: Iterable[Case],
    *,
    cue: bool = True,
    samples: int = 0,
    seed: int = 0,
) -> Answers:
    """Complete each case with the truth's box as evidence.

    Args:
        cue: as Completer.complete uses a box, through the network's cue; else by its likelihood.
    """
    for index, case in enumerate(cases):
        left, top, _, _ = padding(case)
        x0, y0, x1, y1 = case.full_extent
        evidence = Evidence(box=Box(x0 + left, y0 + top, x1 + left, y1 + top))
        yield _ask(completer, case, evidence, samples, seed + index, cue=cue)


def with_background(
    completer: Completer, cases: Iterable[Case], *, samples: int = 0, seed: int = 0
) -> Answers:
    """Complete each case knowing all other objects: it can't be where none of them hides it.

    Raises:
        ValueError: the protocol doesn't know the other objects.
    """
    for index, case in enumerate(cases):
        if case.others is None:
            raise ValueError("others: got None, expected a protocol that knows the other objects")
        evidence = Evidence(absent=on_canvas(case, ~case.others & ~case.modal))
        yield _ask(completer, case, evidence, samples, seed + index)


def add_click(evidence: Evidence, answer: Completion, case: Case) -> Evidence:
    """The evidence with the simulated user's next click; the same one if nothing is wrong.

    Raises:
        ValueError: the case has no true mask.
    """
    if case.whole is None:
        raise ValueError("whole: got None, expected a case with a true mask")
    truth = on_canvas(case, case.whole)
    wrong = (answer.on_photo(*truth.shape) ^ truth) & ~on_canvas(case, case.modal)
    if not wrong.any():
        return evidence
    x, y = centre_of_largest(wrong)
    point = (x + 0.5, y + 0.5)
    if truth[y, x]:
        return replace(evidence, inside=(*evidence.inside, point))
    return replace(evidence, outside=(*evidence.outside, point))


def centre_of_largest(mask: np.ndarray) -> tuple[int, int]:
    """(column, row) of the point deepest inside the largest 4-connected region of (H, W) bool."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    region = np.pad(labels == largest, 1).astype(np.uint8)
    depth = cv2.distanceTransform(region, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(column), int(row)


def _ask(
    completer: Completer,
    case: Case,
    evidence: Evidence,
    samples: int,
    seed: int,
    *,
    cue: bool = True,
) -> Completion | Completions:
    instance, _ = instance_of(case)
    answer = completer.complete(
        instance, samples=max(samples, 1), seed=seed, evidence=evidence, box_as_cue=cue
    )
    return answer if samples else answer.mode
