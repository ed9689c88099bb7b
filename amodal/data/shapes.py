"""Whole masks to train on: where they come from, what they need to know of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from amodal.data.kitti_mots import TrackMask

MIN_AREA = 200
MIN_PIECE = 0.95
MIN_BOX_IOU = {"car": 0.65, "person": 0.45}  # boxes of walking persons are drawn wide


@dataclass(frozen=True, eq=False)
class Shape:
    """A whole object.

    Args:
        mask: (h, w) bool, tight.
        category: one of scene.CLASSES.
        track: shapes of one track look alike; equal for those.
        rendered: whether it comes from a rendered street.
    """

    mask: np.ndarray
    category: str
    track: tuple[int, ...]
    rendered: bool = field(default=False, kw_only=True)


def is_clean_whole(item: TrackMask) -> bool:
    """Whether a mask can serve as truth: whole, big enough, in one piece, and as its label says.

    The last rule drops masks that something unlabelled hides: their tight box is smaller than the
    label's.
    """
    if not item.is_whole or item.mask.sum() < MIN_AREA:
        return False
    if item.box.iou(item.label.box) < MIN_BOX_IOU[item.category]:
        return False
    _, _, stats, _ = cv2.connectedComponentsWithStats(item.mask.astype(np.uint8))
    return bool(stats[1:, cv2.CC_STAT_AREA].max() >= MIN_PIECE * item.mask.sum())


def whole_shapes(items: Sequence[TrackMask], limit: int = 128) -> list[Shape]:
    """The clean whole masks, reduced to at most `limit` pixels a side."""
    return [
        Shape(reduce(item.mask, limit), item.category, (item.sequence, item.track))
        for item in items
        if item.category and is_clean_whole(item)
    ]


def reduce(mask: np.ndarray, limit: int) -> np.ndarray:
    """Shrink a tight mask (h, w) bool to at most `limit` pixels a side."""
    factor = limit / max(mask.shape)
    if factor >= 1:
        return mask
    size = (max(round(mask.shape[1] * factor), 1), max(round(mask.shape[0] * factor), 1))
    small = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) >= 0.5
    return tight(small) if small.any() else np.ones((1, 1), bool)


def tight(mask: np.ndarray) -> np.ndarray:
    """Cut a mask (h, w) bool to its true pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def toy_shapes(count: int = 64, seed: int = 0) -> list[Shape]:
    """Ellipses ("car") and triangles ("person"), for tests and for trying the training out."""
    rng = np.random.default_rng(seed)
    shapes = []
    for index in range(count):
        canvas = np.zeros((96, 96), np.uint8)
        width, height = (int(value) for value in rng.integers(24, 44, size=2))
        if index % 2:
            corners = np.array([[48, 48 - height], [48 - width, 48 + height], [48 + width, 90]])
            cv2.fillPoly(canvas, [corners], 1)
        else:
            cv2.ellipse(canvas, (48, 48), (width, height), 0, 0, 360, 1, -1)
        category = "person" if index % 2 else "car"
        shapes.append(Shape(tight(canvas.astype(bool)), category, (index,)))
    return shapes
