"""Frames and boxes: the one place for coordinate conventions.

Convention: points (x, y), x to the right, y down. Boxes are half-open (x0, y0, x1, y1) in pixel
*edges*: a mask with the single pixel (row 2, column 5) has the box (5, 2, 6, 3). Sizes are
(height, width). Pixel centres lie at half-integers, which is align_corners=False everywhere.

Three frames:
    image      photo pixels.
    crop       the tight modal box, squeezed to S x S; normalised to [-1, 1] on both axes.
    canonical  the decoder's whole mask, tight, S x S; normalised to [-1, 1] on both axes.

`theta` = (tx, ty, sx, sy) is the paper's A_theta (eq. 6): it sends a canonical point (u, v) to the
crop point (sx u + tx, sy v + ty). So the completed object's box, in crop frame, is t ± s.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from amodal.errors import AmodalError


class Box(NamedTuple):
    """Half-open (x0, y0, x1, y1) in pixel edges; floats are fine; may leave the photo."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    def contains(self, other: Box) -> bool:
        return (
            self.x0 <= other.x0
            and self.y0 <= other.y0
            and self.x1 >= other.x1
            and self.y1 >= other.y1
        )

    def union(self, other: Box) -> Box:
        return Box(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )

    def clip(self, limits: Box) -> Box:
        """The part inside `limits`; the two must overlap."""
        return Box(
            max(self.x0, limits.x0),
            max(self.y0, limits.y0),
            min(self.x1, limits.x1),
            min(self.y1, limits.y1),
        )

    def shifted(self, dx: float, dy: float) -> Box:
        """The same box in a frame whose origin is at (-dx, -dy)."""
        return Box(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def iou(self, other: Box) -> float:
        """Intersection over union of two boxes, 0..1."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        if width <= 0 or height <= 0:
            return 0.0
        both = width * height
        return both / (self.width * self.height + other.width * other.height - both)


def mask_iou(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two masks (H, W) bool, not both empty."""
    return float(np.count_nonzero(one & other) / np.count_nonzero(one | other))


def tight_box(mask: np.ndarray) -> Box:
    """The smallest box around the true pixels of a mask (H, W).

    Raises:
        AmodalError: the mask is empty.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        raise AmodalError("The mask is empty: mark at least one pixel of the object.")
    columns = np.flatnonzero(mask[rows[0] : rows[-1] + 1].any(axis=0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def hull(mask: np.ndarray) -> np.ndarray:
    """The convex hull of a mask (h, w) bool that isn't empty, (h, w) bool."""
    points = np.argwhere(mask)[:, ::-1].astype(np.int32)
    out = np.zeros(mask.shape, np.uint8)
    return cv2.fillConvexPoly(out, cv2.convexHull(points), 1).astype(bool)


def squeeze(mask: np.ndarray, box: Box, size: int) -> np.ndarray:
    """Image frame to crop frame: cut `box` out of `mask` and squeeze it to (size, size).

    Pixels of the box outside the photo are empty. Shrinking averages areas, so that thin parts
    fade instead of vanishing.

    Args:
        mask: (H, W) bool or uint8 in {0, 1}.
        box: rounded outwards to whole pixels.
        size: S.

    Returns:
        (S, S) float32 in 0..1.
    """
    x0, y0 = int(np.floor(box.x0)), int(np.floor(box.y0))
    x1, y1 = max(int(np.ceil(box.x1)), x0 + 1), max(int(np.ceil(box.y1)), y0 + 1)
    cut = mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)].astype(np.float32)
    if cut.shape != (y1 - y0, x1 - x0):
        padded = np.zeros((y1 - y0, x1 - x0), np.float32)
        top, left = max(-y0, 0), max(-x0, 0)
        padded[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
        cut = padded
    return resize(cut, size, size)


def resize(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize a float32 (h, w): area average along an axis that shrinks, linear where it grows."""
    if values.shape[0] > height:
        values = cv2.resize(values, (values.shape[1], height), interpolation=cv2.INTER_AREA)
    if values.shape[1] > width:
        values = cv2.resize(values, (width, values.shape[0]), interpolation=cv2.INTER_AREA)
    if values.shape != (height, width):
        values = cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
    return values


def unsqueeze(canonical: np.ndarray, box: Box) -> tuple[np.ndarray, int, int]:
    """Canonical frame to image frame: stretch probabilities (S, S) over `box`.

    Returns:
        (window, x0, y0): (h, w) float32 in 0..1, the smallest pixel window around the box, and its
        top-left corner in image pixels; outside the box the probability is 0.
    """
    x0, y0 = int(np.floor(box.x0)), int(np.floor(box.y0))
    width, height = int(np.ceil(box.x1)) - x0, int(np.ceil(box.y1)) - y0
    width, height = max(width, 1), max(height, 1)
    # Average before sampling where the object is smaller than the canonical frame.
    canonical = resize(canonical, min(canonical.shape[0], height), min(canonical.shape[1], width))
    rows, columns = canonical.shape
    scale_x, scale_y = columns / box.width, rows / box.height
    # cv2 counts pixel centres as integers: shift by half a pixel on both sides.
    affine = np.array(
        [
            [scale_x, 0, (x0 - box.x0 + 0.5) * scale_x - 0.5],
            [0, scale_y, (y0 - box.y0 + 0.5) * scale_y - 0.5],
        ]
    )
    window = cv2.warpAffine(
        canonical,
        affine,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    return window, x0, y0


def theta_to_box(theta: np.ndarray, crop: Box) -> Box:
    """The completed object's box in image frame.

    Args:
        theta: (4,) tx, ty, sx, sy in crop frame.
        crop: the box that was squeezed to the crop frame, image frame.
    """
    tx, ty, sx, sy = (float(value) for value in theta)
    half_width, half_height = crop.width / 2, crop.height / 2
    centre_x = crop.x0 + half_width * (1 + tx)
    centre_y = crop.y0 + half_height * (1 + ty)
    return Box(
        centre_x - sx * half_width,
        centre_y - sy * half_height,
        centre_x + sx * half_width,
        centre_y + sy * half_height,
    )


def box_to_theta(box: Box, crop: Box) -> np.ndarray:
    """Inverse of theta_to_box: (4,) float32 tx, ty, sx, sy."""
    return np.array(
        [
            (box.x0 + box.x1 - crop.x0 - crop.x1) / crop.width,
            (box.y0 + box.y1 - crop.y0 - crop.y1) / crop.height,
            box.width / crop.width,
            box.height / crop.height,
        ],
        np.float32,
    )


def warp(
    mask: Tensor, theta: Tensor, window: Tensor | None = None, size: int | None = None
) -> Tensor:
    """Move `mask` from canonical to crop frame by `theta`, differentiably (paper section 4.2).

    Takes probabilities, never logits: outside the mask grid_sample reads 0, which means "absent"
    for a probability but "fifty-fifty" for a logit.

    Args:
        mask: (B, 1, S, S) in 0..1, canonical.
        theta: (B, 4) tx, ty, sx, sy.
        window: (B, 4), the part of the crop frame to look at, in the same form as theta (centre and
            half size); None is the crop frame itself. A completed object leaves the crop frame.
        size: R, side of the result; None is the mask's own.

    Returns:
        (B, 1, R, R) in 0..1.
    """
    t, s = theta[:, :2], theta[:, 2:]  # (B, 2) each
    if window is None:
        scale, shift = 1 / s, -t / s
    else:
        scale, shift = window[:, 2:] / s, (window[:, :2] - t) / s
    zero = torch.zeros_like(scale[:, 0])
    inverse = torch.stack(
        [scale[:, 0], zero, shift[:, 0], zero, scale[:, 1], shift[:, 1]], dim=1
    ).view(-1, 2, 3)
    with torch.autocast(mask.device.type, enabled=False):  # bfloat16 is too coarse for positions
        shape = [*mask.shape[:2], *((size, size) if size else mask.shape[2:])]
        grid = F.affine_grid(inverse.float(), shape, align_corners=False)
        return _look_up(mask, grid)


def at_points(mask: Tensor, theta: Tensor, points: Tensor) -> Tensor:
    """What placed masks say at points, differentiably; 0 outside of a mask.

    Args:
        mask: (B, 1, S, S) in 0..1, canonical.
        theta: (B, 4) tx, ty, sx, sy.
        points: (P, 2) x, y in crop frame.

    Returns:
        (B, P) in 0..1.
    """
    grid = (points - theta[:, None, :2]) / theta[:, None, 2:]  # (B, P, 2) canonical
    return _look_up(mask, grid[:, None])[:, 0, 0]


def _look_up(mask: Tensor, grid: Tensor) -> Tensor:
    return F.grid_sample(mask.float(), grid, padding_mode="zeros", align_corners=False)
