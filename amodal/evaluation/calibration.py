"""Is a pixel with probability 0.7 inside 7 times in 10?

The probability of a pixel is `Completions.probability`: the share of the samples that cover it (20
samples: steps of 0.05), or a network's own where a method has no samples. A pixel counts when it is
not a visible pixel of the object (those are given) and lies inside the photo, in a region:

    objects   the tight window around the truth and all pixels with probability >= 0.01. This is
              the definition behind "ece" and "curve"; it was fixed before the final training.
    wide      the truth's box, 1.5 times as wide and high; easy background makes it smaller.
    support   only pixels with probability >= 0.01: what the method says may be there, whatever the
              truth is. Most severe: no easy background at all, but blind for what is missed.

Pixels of all cases are pooled into 10 bins of equal width. A bin's confidence is the mean
probability, its accuracy the share of pixels inside the truth, and the expected calibration error
(ECE) the mean of |accuracy - confidence|, weighted by pixels. With 20 samples even a perfect
posterior has an ECE above 0, as shares of 20 draws scatter around the probabilities.
"""

from __future__ import annotations

import numpy as np

from amodal.evaluation.case import Case, padding
from amodal.geometry import Box, tight_box
from amodal.scene import Completions, paste_window

BINS = 10
LEAST = 0.01
WIDE = 1.5
REGIONS = ("objects", "wide", "support")
COLUMNS = len(REGIONS) * 3 * BINS


def tally(completions: Completions, case: Case) -> np.ndarray:
    """Add up a case's pixels by bin: (COLUMNS,) = (REGIONS, [pixels, probability, inside], BINS).

    Raises:
        ValueError: the case has no true mask.
    """
    if case.whole is None:
        raise ValueError("whole: got None, expected a case with a true mask")
    left, top, _, _ = padding(case)
    x0, y0 = completions.x0 - left, completions.y0 - top
    truth = tight_box(case.whole)
    likely = completions.probability >= LEAST
    objects = truth
    if likely.any():
        box = tight_box(likely)
        objects = truth.union(box.shifted(x0, y0))
    wide = _widen(truth)
    frame = objects.union(wide)
    if case.photo is not None:
        frame = frame.clip(case.photo)
    fx, fy, *_ = (round(edge) for edge in frame)
    size = round(frame.height), round(frame.width)
    probability = paste_window(completions.probability, x0 - fx, y0 - fy, *size)
    inside = paste_window(case.whole, -fx, -fy, *size)
    counts = ~paste_window(case.visible, -fx, -fy, *size)
    regions = (
        _inside(objects, fx, fy, size) & counts,
        _inside(wide, fx, fy, size) & counts,
        counts & (probability >= LEAST),
    )
    return np.concatenate([_bin(probability[r], inside[r]) for r in regions])


def expected_error(sums: np.ndarray, region: str = "objects") -> np.ndarray:
    """ECE of summed tallies (R, COLUMNS): (R,); not a number where no pixel counts."""
    pixels, probability, inside = _of_region(sums, region)
    total = pixels.sum(axis=-1)
    gaps = np.abs(probability - inside).sum(axis=-1)  # |accuracy - confidence| * pixels
    return np.divide(gaps, total, out=np.full(total.shape, np.nan), where=total > 0)


def curve(sums: np.ndarray, region: str = "objects") -> list[list[float]]:
    """The reliability curve of one summed tally (COLUMNS,): [confidence, accuracy, share] a bin.

    Empty bins are left out; the shares of pixels sum to 1.
    """
    pixels, probability, inside = _of_region(sums, region)
    return [
        [float(p / n), float(i / n), float(n / pixels.sum())]
        for n, p, i in zip(pixels, probability, inside, strict=True)
        if n > 0
    ]


def _of_region(sums: np.ndarray, region: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = sums.reshape(*sums.shape[:-1], len(REGIONS), 3, BINS)[..., REGIONS.index(region), :, :]
    return table[..., 0, :], table[..., 1, :], table[..., 2, :]


def _bin(probability: np.ndarray, inside: np.ndarray) -> np.ndarray:
    # A share such as 6 / 20 in float32 must not fall below the edge 0.3.
    index = np.minimum((probability * BINS + 1e-4).astype(np.int64), BINS - 1)
    return np.concatenate(
        [
            np.bincount(index, minlength=BINS),
            np.bincount(index, probability, minlength=BINS),
            np.bincount(index, inside, minlength=BINS),
        ]
    )


def _widen(box: Box) -> Box:
    dx, dy = round((WIDE - 1) / 2 * box.width), round((WIDE - 1) / 2 * box.height)
    return Box(box.x0 - dx, box.y0 - dy, box.x1 + dx, box.y1 + dy)


def _inside(box: Box, fx: int, fy: int, size: tuple[int, int]) -> np.ndarray:
    """The pixels of a frame with its corner at (fx, fy) that lie in the box, (height, width)."""
    out = np.zeros(size, bool)
    rows = slice(max(round(box.y0) - fy, 0), max(round(box.y1) - fy, 0))
    columns = slice(max(round(box.x0) - fx, 0), max(round(box.x1) - fx, 0))
    out[rows, columns] = True
    return out
