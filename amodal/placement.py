"""Where an object stands now, and the warp that takes its pixels there.

Convention: shifts in pixels, x to the right, y down; scale and flip act about the foot, the bottom
centre of the object's amodal box in the photo.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Placement:
    """Where an object stands now, relative to the photo.

    Args:
        dx: shift to the right in pixels.
        dy: shift down in pixels.
        scale: size relative to the photo, about the foot.
        flip: mirrored left to right, about the foot.
        visible: False for a deleted object.
    """

    dx: float = 0.0
    dy: float = 0.0
    scale: float = 1.0
    flip: bool = False
    visible: bool = True

    @property
    def in_place(self) -> bool:
        """Whether the object stands as in the photo."""
        return self == Placement()

    def affine(self, foot: tuple[float, float]) -> np.ndarray:
        """(2, 3) float64: a point of the photo → where it is now, image frame."""
        x, y = foot
        along = -self.scale if self.flip else self.scale
        return np.array(
            [
                [along, 0, x + self.dx - along * x],
                [0, self.scale, y + self.dy - self.scale * y],
            ]
        )


def place(
    values: np.ndarray, x0: int, y0: int, affine: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, int, int]:
    """Take a window of the image plane through an affine map, onto a photo of (height, width).

    Whole-pixel shifts are exact; shrinking averages; outside the window everything is 0.

    Args:
        values: (h, w) or (h, w, C) float32; colours premultiplied by alpha.
        x0: left edge of the window in image pixels.
        y0: top edge of the window in image pixels.
        affine: (2, 3) without rotation, as from Placement.affine.

    Returns:
        (window, x0, y0): the part that lands on the photo, which may be empty, and its corner.
    """
    h, w = values.shape[:2]
    corners = affine[:, :2] @ np.array([[x0, x0 + w], [y0, y0 + h]], float) + affine[:, 2:]
    left, top = np.floor(corners.min(axis=1)).astype(int) - 1
    right, bottom = np.ceil(corners.max(axis=1)).astype(int) + 1
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if left >= right or top >= bottom:
        return np.zeros((0, 0, *values.shape[2:]), np.float32), 0, 0
    scale = affine[1, 1]
    if scale < 1:
        # Blur away what the smaller picture cannot hold.
        sigma = 0.5 * np.sqrt(scale**-2 - 1)
        values = cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    # cv2 counts pixel centres as integers, hence the halves.
    matrix = affine.copy()
    matrix[:, 2] += affine[:, :2] @ (x0 + 0.5, y0 + 0.5) - 0.5 - (left, top)
    window = cv2.warpAffine(
        values, matrix, (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR
    )
    return window, int(left), int(top)
