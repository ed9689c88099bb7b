"""Layouts of the street: what really stands in front of partly hidden objects.

Two vehicles thrown together by chance overlap in ways that streets rarely show. The label of an
occluded object says by its full-extent box where it is, and the masks of the nearer objects and of
ignore regions say what covers it. A layout is that cover alone; laid over a whole mask of another
object, it makes a pair whose occlusion is real and whose truth is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from amodal.data.kitti_mots import TrackMask
from amodal.scene import paste_window

SIZE = 128
MIN_SIDE = 12  # pixels of the label's box
COVERED = 0.05, 0.9  # share of the box that is covered


@dataclass(frozen=True, eq=False)
class Layout:
    """A cover and whose it is.

    Args:
        cover: (SIZE, SIZE) uint8 in {0, 1}, stretched over the label's box grown by half its size
            on each side.
        aspect: log of the box's width over its height.
        category: of the covered object.
        track: layouts of one track look alike.
    """

    cover: np.ndarray
    aspect: float
    category: str
    track: tuple[int, ...]

    def over(self, height: int, width: int, mirrored: bool = False) -> np.ndarray:
        """The cover of an object of (height, width): (height + 2 * (height // 2), …) bool."""
        cover = self.cover[:, ::-1] if mirrored else self.cover
        size = width + 2 * (width // 2), height + 2 * (height // 2)
        return cv2.resize(cover, size, interpolation=cv2.INTER_NEAREST).astype(bool)


def layouts(items: Sequence[TrackMask]) -> list[Layout]:
    """Collect the layouts of all objects that nearer ones partly hide."""
    frames = defaultdict(list)
    for item in items:
        frames[item.sequence, item.frame].append(item)
    return [
        layout
        for frame in frames.values()
        for item in frame
        if item.category and item.label is not None and item.label.truncated == 0
        for layout in [_layout(item, frame)]
        if layout is not None
    ]


def _layout(item: TrackMask, frame: Sequence[TrackMask]) -> Layout | None:
    box = item.label.box
    if min(box.width, box.height) < MIN_SIDE:
        return None
    x0, y0 = round(box.x0 - box.width / 2), round(box.y0 - box.height / 2)
    cover = np.zeros((round(2 * box.height), round(2 * box.width)), bool)
    for other in frame:
        ignored = other.category == ""
        nearer = other.label is not None and other.label.depth < item.label.depth
        if other is not item and (nearer or ignored) and other.box.iou(box) > 0:
            cover |= paste_window(other.mask, other.x0 - x0, other.y0 - y0, *cover.shape)
    height, width = cover.shape
    inner = cover[height // 4 : height - height // 4, width // 4 : width - width // 4]
    if not COVERED[0] <= inner.mean() <= COVERED[1]:
        return None
    small = cv2.resize(cover.astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    aspect = float(np.log(box.width / box.height))
    return Layout(
        (small >= 0.5).astype(np.uint8), aspect, item.category, (item.sequence, item.track)
    )
