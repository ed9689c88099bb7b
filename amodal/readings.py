"""The distinct readings of an object: samples of its posterior grouped by how their shapes overlap.

Two shapes are as far apart as 1 - IoU says. Groups are joined nearest first by complete linkage, so
any two shapes of a reading are at most FAR apart: one that lies between two readings can't chain
them together, as average linkage lets it.

Whole shapes are compared, not the invisible parts alone: where little is hidden these are a few
pixels that hardly ever agree, and an object that is seen nearly whole would have twenty readings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from amodal.scene import Completion, Completions

FAR = 0.3
"""1 - IoU of two shapes that are still the same reading. On the bundled photos, objects of which
half is hidden have two to eight readings, and those seen nearly whole have one, beside an outlier;
at 0.2 the former fall apart, at 0.4 they become one."""
FINEST = 160  # points of the grid along the shorter side; a quarter of a percent of IoU


@dataclass(frozen=True)
class Reading:
    """Samples that say the same.

    Args:
        members: numbers of the samples, 1 to K, most likely first.
        share: of all samples, 0..1.
        medoid: the member that is nearest to the others.
    """

    members: tuple[int, ...]
    share: float
    medoid: int


@dataclass(frozen=True)
class Readings:
    """All readings of one object, the largest first; together they hold each sample once.

    Args:
        readings: of equal shares the one with the most likely sample comes first.
        of_mode: index of the reading whose shapes are nearest to the mode on average; None where
            all are too far.
    """

    readings: tuple[Reading, ...]
    of_mode: int | None


def readings(completions: Completions, far: float = FAR) -> Readings:
    """Group the samples of an answer.

    Args:
        far: 1 - IoU of two shapes that are still the same reading. 0: equal shapes alone are. 1:
            all are.
    """
    if not 0 <= far <= 1:
        raise ValueError(f"far: got {far}, expected 0 to 1")
    samples = completions.samples
    distance = distances((completions.mode, *samples))  # (1 + K, 1 + K)
    # Sorted first, so that the order in which samples come decides nothing.
    order = sorted(range(1, len(samples) + 1), key=lambda number: _rank(samples, number))
    found = [_reading(group, distance) for group in linked(distance, order, far)]
    found.sort(key=lambda reading: (-len(reading.members), order.index(reading.members[0])))
    to_mode = [float(np.mean(distance[0, list(reading.members)])) for reading in found]
    nearest = int(np.argmin(to_mode))
    return Readings(tuple(found), nearest if to_mode[nearest] <= far else None)


def _rank(samples: Sequence[Completion], number: int) -> tuple:
    """Most likely first; of equally likely ones, by size and place."""
    item = samples[number - 1]
    return -item.log_posterior, item.area, item.x0, item.y0


def _reading(members: Sequence[int], distance: np.ndarray) -> Reading:
    total = distance[np.ix_(members, members)].sum(axis=1)
    share = len(members) / (len(distance) - 1)
    return Reading(tuple(members), share, members[int(np.argmin(total))])


def linked(distance: np.ndarray, items: Sequence[int], far: float) -> list[list[int]]:
    """Join the two nearest groups until all are farther apart than `far` (complete linkage).

    Args:
        distance: (N, N), symmetric.
        items: rows of `distance`; of equally near groups the earlier ones are joined first.

    Returns:
        Groups of items, each in the order in which `items` has them.
    """
    groups = [[item] for item in items]
    apart = distance[np.ix_(items, items)].astype(np.float64)
    np.fill_diagonal(apart, np.inf)
    while len(groups) > 1:
        one, two = divmod(int(np.argmin(apart)), len(groups))  # one < two: the first minimum
        if apart[one, two] > far:
            break
        apart[one] = apart[:, one] = np.maximum(apart[one], apart[two])
        apart[one, one] = np.inf
        apart = np.delete(np.delete(apart, two, axis=0), two, axis=1)
        groups[one] += groups.pop(two)
    place = {item: position for position, item in enumerate(items)}
    return [sorted(group, key=place.__getitem__) for group in groups]


def distances(shapes: Sequence[Completion]) -> np.ndarray:
    """1 - IoU of each two shapes, (N, N) float64 in 0..1. Large ones are compared on a grid."""
    left, top = min(item.x0 for item in shapes), min(item.y0 for item in shapes)
    right = max(item.x0 + item.mask.shape[1] for item in shapes)
    bottom = max(item.y0 + item.mask.shape[0] for item in shapes)
    step = max(min(bottom - top, right - left) // FINEST, 1)
    canvas = np.zeros((len(shapes), bottom - top, right - left), bool)
    for item, own in zip(shapes, canvas, strict=True):
        h, w = item.mask.shape
        own[item.y0 - top : item.y0 - top + h, item.x0 - left : item.x0 - left + w] = item.mask
    flat = canvas[:, ::step, ::step].reshape(len(shapes), -1)
    flat = flat.astype(np.float32)  # sums of ones, exact below 2 ** 24
    both = (flat @ flat.T).astype(np.float64)
    area = np.diag(both)
    either = area[:, None] + area - both
    return 1 - np.divide(both, either, out=np.ones_like(both), where=either > 0)
