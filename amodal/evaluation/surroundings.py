"""What is seen around an object in one frame: itself, what may hide it, what lies behind it.

Convention: a window of the photo, edges at whole pixels; arrays (h, w) bool in the window.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from amodal.data.kitti_mots import TrackMask
from amodal.geometry import Box
from amodal.scene import paste_window

MARGIN = 0.3  # of the object's box, on each side
Frames = dict[tuple[int, int], list[TrackMask]]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """An object's window.

    Args:
        window: image frame.
        visible: the object's own pixels.
        hiding: pixels of what may hide it: nearer objects, ignore regions.
        behind: pixels of objects that are farther away.
        photo: the photo's extent in the window's frame.
    """

    window: Box
    visible: np.ndarray
    hiding: np.ndarray
    behind: np.ndarray
    photo: Box


def by_frame(items: Iterable[TrackMask]) -> Frames:
    """Group masks by (sequence, frame)."""
    frames = defaultdict(list)
    for item in items:
        frames[item.sequence, item.frame].append(item)
    return dict(frames)


def look_around(item: TrackMask, frame: Sequence[TrackMask]) -> Surroundings:
    """Look at a labelled object of a frame.

    Args:
        item: has a label.
        frame: all masks of its frame, itself included.
    """
    window = _window(item)
    visible = _stamp(item, window)
    hiding, behind = np.zeros_like(visible), np.zeros_like(visible)
    for other in frame:
        if other is not item and other.box.iou(window) > 0:
            farther = other.label is not None and other.label.depth > item.label.depth
            layer = behind if farther else hiding
            layer |= _stamp(other, window)
    height, width = item.photo_size
    photo = Box(-window.x0, -window.y0, width - window.x0, height - window.y0)
    return Surroundings(window, visible, hiding, behind, photo)


def contact(visible: np.ndarray, hiding: np.ndarray) -> float:
    """The share of an object's outline along which something may hide it, 0..1."""
    outline = grow(visible, 1) & ~visible
    return np.count_nonzero(outline & grow(hiding, 1)) / max(np.count_nonzero(outline), 1)


def grow(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Dilate a mask (h, w) bool by whole pixels in all directions."""
    kernel = np.ones((2 * pixels + 1,) * 2, np.uint8)
    return cv2.dilate(mask.astype(np.uint8), kernel) > 0


def _window(item: TrackMask) -> Box:
    box = item.box.union(item.label.box)
    height, width = item.photo_size
    margin_x, margin_y = MARGIN * box.width, MARGIN * box.height
    return Box(
        max(int(np.floor(box.x0 - margin_x)), 0),
        max(int(np.floor(box.y0 - margin_y)), 0),
        min(int(np.ceil(box.x1 + margin_x)), width),
        min(int(np.ceil(box.y1 + margin_y)), height),
    )


def _stamp(item: TrackMask, window: Box) -> np.ndarray:
    x, y = item.x0 - int(window.x0), item.y0 - int(window.y0)
    return paste_window(item.mask, x, y, int(window.height), int(window.width))
