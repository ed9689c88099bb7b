"""What a detector found on a photo, and which of it is wanted. Pure, without a network.

Convention: as everywhere (geometry.py), masks (H, W) bool, windows of them at (x0, y0).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from amodal.classes import CLASSES
from amodal.scene import paste_window
from amodal.segment.brush import clean_up

FREE = 0.5  # share of a mask that no surer object may cover: with less it is the same thing again
SMALLEST = 25  # pixels of a mask that are worth an outline


@dataclass(frozen=True, eq=False)
class Detection:
    """One object that a detector found. Its mask lives in a window of the photo.

    Args:
        mask: visible pixels inside the window, (h, w) bool.
        x0: left edge of the window in image pixels.
        y0: top edge of the window in image pixels.
        category: one of CLASSES; "unknown" for what none of them means.
        label: what the detector calls it.
        score: how sure the detector is, 0..1.
    """

    mask: np.ndarray
    x0: int
    y0: int
    category: str
    label: str
    score: float

    def __post_init__(self) -> None:
        if self.mask.dtype != bool or self.mask.ndim != 2:
            raise ValueError(f"mask: got {self.mask.dtype} {self.mask.shape}, expected bool (h, w)")
        if self.category not in CLASSES:
            raise ValueError(f"category: got {self.category!r}, expected one of {CLASSES}")

    @property
    def area(self) -> int:
        return int(self.mask.sum())

    def on_photo(self, height: int, width: int) -> np.ndarray:
        """The mask in a photo of this size, (height, width) bool."""
        return paste_window(self.mask, self.x0, self.y0, height, width)


def resolve(found: Sequence[Detection], height: int, width: int) -> tuple[Detection, ...]:
    """Give every pixel to one object at most, and drop what was found twice.

    Where masks overlap, the surer object is in front. An object that keeps less than half of its
    mask is the same thing under another name, or a part of it, and is dropped. What becomes of an
    object depends on surer ones only, so a higher least score changes no mask that stays.

    Args:
        found: inside the photo, in any order.
        height, width: of the photo.

    Returns:
        Surest first, with masks that don't overlap.
    """
    taken = np.zeros((height, width), bool)
    kept = []
    for item in sorted(found, key=lambda item: -item.score):
        h, w = item.mask.shape
        around = taken[item.y0 : item.y0 + h, item.x0 : item.x0 + w]
        free = item.mask & ~around
        if free.sum() < max(FREE * item.mask.sum(), SMALLEST):
            continue
        free = clean_up(free) & ~around
        around |= free
        kept.append(replace(item, mask=free))
    return tuple(kept)


def wanted(
    found: Iterable[Detection], score: float, categories: Iterable[str]
) -> tuple[Detection, ...]:
    """Those that are at least as sure as `score` and of one of the categories."""
    categories = frozenset(categories)
    return tuple(item for item in found if item.score >= score and item.category in categories)
