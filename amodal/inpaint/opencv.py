"""OpenCV's Telea: always there, fast, smooth; it continues colours but invents no texture."""

from __future__ import annotations

import cv2
import numpy as np

from amodal.inpaint.crops import fill_by_crops

MARGIN = 2  # pixels


class OpenCV:
    """Fast marching (Telea, 2004). Needs no weights.

    Args:
        size: larger holes are painted at this size and enlarged, which bounds the time.
        radius: neighbourhood of a pixel, in pixels.
    """

    name = "OpenCV Telea"

    def __init__(self, size: int = 512, radius: float = 5.0) -> None:
        self.size = size
        self.radius = radius

    def fill(self, image: np.ndarray, hole: np.ndarray) -> np.ndarray:
        """See Inpainter.fill."""
        return fill_by_crops(image, hole, self._paint, self.size, feather=0)

    def _paint(self, crop: np.ndarray, hole: np.ndarray) -> np.ndarray:
        # In a picture one pixel high, cv2.inpaint reads beyond it: other bytes at each call.
        crop = np.pad(crop, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), mode="edge")
        mask = np.pad(hole.astype(np.uint8), MARGIN, mode="edge")
        painted = cv2.inpaint(crop, mask, self.radius, cv2.INPAINT_TELEA)
        return painted[MARGIN:-MARGIN, MARGIN:-MARGIN]
