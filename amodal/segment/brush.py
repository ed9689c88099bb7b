"""Correct a mask by hand: paint, erase, tidy up. Pure functions; the mask given is never changed.

Convention: masks (H, W) bool; points (x, y) in pixel edges, so a stroke covers the pixels whose
centres (at half-integers) lie within its radius.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from amodal.geometry import tight_box

SPECK = 0.01  # of the largest piece's area: smaller pieces are specks
PINHOLE = 0.002  # of the mask's area: smaller holes are pinholes
ALPHA = 128  # of 255: where the brush of an image editor counts as painted


def stroke(
    height: int, width: int, points: Sequence[tuple[float, float]], radius: float
) -> np.ndarray:
    """Where a round brush passes, drawn from point to point.

    Args:
        height, width: of the photo.
        points: (x, y) along the stroke, in the photo's pixels; may leave the photo. One is a dab.
        radius: of the brush in pixels, above 0.

    Returns:
        (height, width) bool.
    """
    if not len(points) or not radius > 0:
        raise ValueError(f"stroke: got {len(points)} points, radius {radius}, expected some, > 0")
    path = np.asarray(points, np.float64).reshape(-1, 2)
    painted = np.zeros((height, width), bool)
    for start, end in zip(path, path[1:] if len(path) > 1 else path, strict=False):
        low = np.floor(np.minimum(start, end) - radius).astype(int).clip(0)
        high = np.ceil(np.maximum(start, end) + radius).astype(int).clip(0, (width, height))
        if (low >= high).any():
            continue  # this part of the stroke is off the photo
        window = np.s_[low[1] : high[1], low[0] : high[0]]
        painted[window] |= _near_segment(low, high, start, end, radius)
    return painted


def _near_segment(
    low: np.ndarray, high: np.ndarray, start: np.ndarray, end: np.ndarray, radius: float
) -> np.ndarray:
    """Pixels of the window `low` to `high` (x, y) whose centres are near the segment, bool."""
    x = np.arange(low[0], high[0]) + 0.5 - start[0]  # (w,)
    y = (np.arange(low[1], high[1]) + 0.5 - start[1])[:, None]  # (h, 1)
    along_x, along_y = end - start
    length = along_x**2 + along_y**2
    share = ((x * along_x + y * along_y) / length).clip(0, 1) if length else 0.0
    return (x - share * along_x) ** 2 + (y - share * along_y) ** 2 <= radius**2


def stroke_from_layer(layer: np.ndarray) -> np.ndarray:
    """What was painted on a layer of an image editor.

    Args:
        layer: (H, W, 4) uint8 RGBA, painted where it is opaque, or (H, W) uint8 or bool.

    Returns:
        (H, W) bool.
    """
    if layer.ndim == 3 and layer.shape[2] == 4:
        layer = layer[..., 3]
    if layer.ndim != 2 or layer.dtype not in (np.uint8, bool):
        raise ValueError(
            f"layer: got {layer.dtype} {layer.shape}, expected uint8 (H, W, 4) or (H, W)"
        )
    return layer.copy() if layer.dtype == bool else layer >= ALPHA


def paint(mask: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """Add a stroke (H, W) bool to a mask (H, W) bool."""
    return mask | painted


def erase(mask: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """Take a stroke (H, W) bool out of a mask (H, W) bool. The result may be empty."""
    return mask & ~painted


def clean_up(mask: np.ndarray, speck: float = SPECK, pinhole: float = PINHOLE) -> np.ndarray:
    """Remove specks and fill pinholes.

    Large pieces all stay: an object behind a lamp post is seen in two.

    Args:
        mask: (H, W) bool.
        speck: a piece with less than this share of the largest piece's area goes.
        pinhole: a hole with less than this share of the mask's area is filled. A gap at the photo's
            border isn't a hole.
    """
    cleaned = np.zeros_like(mask)
    if mask.any():
        x0, y0, x1, y1 = tight_box(mask)
        window = np.s_[max(y0 - 1, 0) : y1 + 1, max(x0 - 1, 0) : x1 + 1]
        cleaned[window] = _fill_pinholes(_drop_specks(mask[window], speck), pinhole)
    return cleaned


def _drop_specks(mask: np.ndarray, speck: float) -> np.ndarray:
    pieces, areas = _pieces(mask, connectivity=8)
    keep = areas >= speck * areas[1:].max()
    keep[0] = False  # what isn't mask
    return keep[pieces]


def _fill_pinholes(mask: np.ndarray, pinhole: float) -> np.ndarray:
    holes, areas = _pieces(~mask, connectivity=4)
    fill = areas < pinhole * mask.sum()
    fill[0] = False  # the mask itself
    fill[np.concatenate([holes[0], holes[-1], holes[:, 0], holes[:, -1]])] = False
    return mask | fill[holes]


def _pieces(mask: np.ndarray, connectivity: int) -> tuple[np.ndarray, np.ndarray]:
    """Number the connected pieces: labels (H, W) int32, 0 off the mask, and areas by label."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=connectivity
    )
    return labels, stats[:, cv2.CC_STAT_AREA]
