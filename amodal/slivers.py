"""Thin rims that a decoded shape leaves around a visible part are imprecision, not hidden parts."""

from __future__ import annotations

import cv2
import numpy as np

THINNEST = 0.06  # of the visible part's size (root of its area); chosen on held-out sequences


def without_slivers(added: np.ndarray, visible_area: int) -> np.ndarray:
    """Keep what is not thin of the pixels that a completion adds to the visible ones.

    The decoder draws 64 x 64 pixels, so its outline misses the true one by a fraction of a pixel
    all around; where the object is visible, its own outline is better.

    Args:
        added: (h, w) bool, the completion without the visible part.
        visible_area: pixels of the visible part.

    Returns:
        (h, w) bool, the morphological opening of `added` by a square.
    """
    half = round(THINNEST / 2 * np.sqrt(visible_area))
    if half < 1:
        return added
    square = np.ones((2 * half + 1,) * 2, np.uint8)
    return cv2.morphologyEx(added.astype(np.uint8), cv2.MORPH_OPEN, square).astype(bool)
