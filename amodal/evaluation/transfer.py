"""Carry a mask from one frame to another by two boxes, and fit it to what is visible there.

Convention: image frame. The two boxes are the same object's label boxes, in the source frame and in
the target frame; the affine that sends one to the other carries the mask. `window` is the part of
the target frame that is looked at; its edges are whole pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from amodal.data.kitti_mots import TrackMask
from amodal.geometry import Box, resize, unsqueeze
from amodal.scene import paste_window

STEP = 0.0075  # of the target box's size
LIMIT = 8  # steps: a shift or a scale changes by at most 6 %
STRIDES = (4, 2, 1)
GAIN = 0.001  # of the agreement: less does not justify a step
SIZE = 128  # pixels: fitting looks at windows of at most this size


class Shift(NamedTuple):
    """A small correction of the target box, in STEPs: of its centre, of its logarithmic size."""

    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0

    def apply(self, box: Box) -> Box:
        centre_x = (box.x0 + box.x1) / 2 + STEP * self.x * box.width
        centre_y = (box.y0 + box.y1) / 2 + STEP * self.y * box.height
        half_width = box.width / 2 * np.exp(STEP * self.width)
        half_height = box.height / 2 * np.exp(STEP * self.height)
        return Box(
            centre_x - half_width,
            centre_y - half_height,
            centre_x + half_width,
            centre_y + half_height,
        )


def carry(box: Box, source: Box, target: Box) -> Box:
    """Where `box` comes to lie under the affine that sends `source` to `target`."""
    scale_x, scale_y = target.width / source.width, target.height / source.height
    return Box(
        target.x0 + scale_x * (box.x0 - source.x0),
        target.y0 + scale_y * (box.y0 - source.y0),
        target.x0 + scale_x * (box.x1 - source.x0),
        target.y0 + scale_y * (box.y1 - source.y0),
    )


def paint(mask: np.ndarray, box: Box, window: Box) -> np.ndarray:
    """A mask (h, w), stretched over `box`, as seen in a window: (h', w') bool."""
    stretched, x0, y0 = unsqueeze(mask.astype(np.float32), box)
    x, y = x0 - int(window.x0), y0 - int(window.y0)
    return paste_window(stretched >= 0.5, x, y, int(window.height), int(window.width))


def transfer(source: TrackMask, target: Box, window: Box, shift: Shift = Shift()) -> np.ndarray:
    """The source's mask where the target frame has its label box: (h, w) bool in the window."""
    return paint(source.mask, carry(source.box, source.label.box, shift.apply(target)), window)


def agreement(mask: np.ndarray, visible: np.ndarray, known: np.ndarray) -> float:
    """IoU of a mask with the visible pixels where something is known, 0..1. All (h, w) bool."""
    union = visible | (mask & known)
    return np.count_nonzero(mask & visible) / max(np.count_nonzero(union), 1)


def fit(
    source: TrackMask, target: Box, window: Box, visible: np.ndarray, known: np.ndarray
) -> tuple[Shift, float]:
    """Find the shift by which the source's mask agrees best with what is visible.

    Args:
        source: the mask to carry, with its label.
        target: the label box in the target frame.
        window: where `visible` and `known` lie.
        visible: the object's pixels, (h, w) bool.
        known: pixels that nothing hides, (h, w) bool.

    Returns:
        (shift, agreement): of all shifts that single steps lead to, the best; and how good it is,
        0..1, at the reduced resolution.
    """
    height, width = visible.shape
    factor = min(1.0, SIZE / max(height, width))
    small = max(round(height * factor), 1), max(round(width * factor), 1)
    scale_x, scale_y = small[1] / width, small[0] / height
    mask = resize(source.mask.astype(np.float32), *(min(side, SIZE) for side in source.mask.shape))
    visible, known = (resize(m.astype(np.float32), *small) >= 0.5 for m in (visible, known))

    def quality(shift: Shift) -> float:
        x0, y0, x1, y1 = carry(source.box, source.label.box, shift.apply(target))
        box = Box(
            (x0 - window.x0) * scale_x,
            (y0 - window.y0) * scale_y,
            (x1 - window.x0) * scale_x,
            (y1 - window.y0) * scale_y,
        )
        return agreement(paint(mask, box, Box(0, 0, small[1], small[0])), visible, known)

    return climb(quality)


def climb(quality: Callable[[Shift], float]) -> tuple[Shift, float]:
    """The best shift that a climb from no shift reaches, one number at a time, ever finer."""
    best = Shift()
    value = quality(best)
    for stride in STRIDES:
        moved = True
        while moved:
            moved = False
            for name in Shift._fields:
                for step in (stride, -stride):
                    tried = best._replace(**{name: getattr(best, name) + step})
                    if (
                        abs(getattr(tried, name)) <= LIMIT
                        and (better := quality(tried)) > value + GAIN
                    ):
                        best, value, moved = tried, better, True
    return best, value
