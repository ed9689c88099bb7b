"""What squeezing a mask to a square loses, given back to the network as six numbers."""

from __future__ import annotations

import numpy as np

from amodal.geometry import Box


def cues(crop: Box, borders: np.ndarray, full_extent: bool) -> np.ndarray:
    """The network's cues about a crop, (6,) float32.

    Args:
        crop: the squeezed box, image frame.
        borders: whether the visible mask touches the photo's left, top, right, bottom border, (4,).
        full_extent: whether `crop` is the object's full extent (a box given as evidence) instead of
            the tight modal box.
    """
    aspect = np.log(crop.width / crop.height)
    return np.array([aspect, *borders, full_extent], np.float32)


def touched_borders(box: Box, height: int, width: int) -> np.ndarray:
    """Which borders of a (height, width) photo the box reaches: left, top, right, bottom."""
    return np.array([box.x0 <= 0, box.y0 <= 0, box.x1 >= width, box.y1 >= height])
