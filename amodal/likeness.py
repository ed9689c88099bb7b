"""How like two pictures are inside a region: arrays in, numbers out.

Pictures are (H, W, 3) uint8 RGB of one size, regions (H, W) bool with at least one pixel.
"""

from __future__ import annotations

import numpy as np

from amodal.visibility import dilate, erode

LEVEL = 8  # of 255: a channel that differs by no more has not changed
CLOSE, GROW = 3, 2  # pixels
ROUNDING = 1 / 12  # mean squared error of rounding to whole levels
BEST_PSNR = float(10 * np.log10(255**2 / ROUNDING))  # 58.9 dB, of equal pictures


def changed_region(before: np.ndarray, after: np.ndarray, level: int = LEVEL) -> np.ndarray:
    """Where one picture shows something else than another, (H, W) bool; may be empty.

    These are the pixels of which a channel differs by more than `level` of 255 levels; their set is
    closed by a disc of CLOSE pixels' radius, so that it has no small holes, and grown by GROW
    pixels, so that the edges of what came and went belong to it. Fainter changes, such as light
    that bounces off a moved object, do not.
    """
    check_sizes(before, after)
    different = np.abs(before.astype(np.int16) - after).max(axis=2) > level
    closed = different | erode(dilate(different, CLOSE, CLOSE), CLOSE, CLOSE)
    return dilate(closed, GROW, GROW)


def psnr(picture: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
    """Peak signal-to-noise ratio in decibels, over the pixels of a region and all channels.

    The mean squared error counts as at least ROUNDING, since pictures of bytes are known no
    better: equal pictures have BEST_PSNR and not infinity, so that means stay defined.
    """
    check_sizes(picture, truth, region)
    return psnr_of(picture[region], truth[region])


def psnr_of(colours: np.ndarray, truth: np.ndarray) -> float:
    """The same for lists of colours, (n, 3) uint8, n > 0."""
    error = np.square(colours.astype(np.float64) - truth).mean()
    return float(10 * np.log10(255**2 / max(error, ROUNDING)))


def same(picture: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Which pixels are byte-identical, (H, W) bool."""
    check_sizes(picture, other)
    return (picture == other).all(axis=2)


def check_sizes(picture: np.ndarray, truth: np.ndarray, region: np.ndarray | None = None) -> None:
    """Raise ValueError for what would be broadcast in silence."""
    for name, array in (("picture", picture), ("truth", truth)):
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
            raise ValueError(f"{name}: got {array.dtype} {array.shape}, expected uint8 (H, W, 3)")
    if picture.shape != truth.shape:
        raise ValueError(f"picture: got {picture.shape}, expected the truth's {truth.shape}")
    if region is not None:
        if region.dtype != bool or region.shape != truth.shape[:2]:
            raise ValueError(
                f"region: got {region.dtype} {region.shape}, expected bool {truth.shape[:2]}"
            )
        if not region.any():
            raise ValueError("region: got an empty one, expected at least one pixel")
