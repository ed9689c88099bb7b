"""What a segmenter makes of a mask: coarse borders, pieces missing, pieces of others added."""

from __future__ import annotations

import cv2
import numpy as np

REACH = 0.05  # blur's half size at strength 1, over the square root of the mask's area
SHIFT = 0.22  # spread of the border's level at strength 1: the mask shrinks or grows
RAGGED = 0.30  # spread of the border's level from place to place
FEWEST = 0.3  # of the mask's area must be left, else only the border changes


def roughen(modal: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Spoil a mask as a predictor does.

    Four things happen, each more at higher strength: the border loses its detail and moves in or
    out, as a whole and from place to place; bites and holes are cut; slits open where something
    thin crosses; bits of neighbours are added at the border. Strength 0.5 resembles a good
    segmenter (mean IoU with the mask of KITTI objects 0.90), 1 a poor one (0.79).

    Args:
        modal: the true visible mask, (h, w) bool, not empty. What grows beyond the array is lost.
        strength: 0 (nothing happens) to 1.
        rng: all randomness.

    Returns:
        (h, w) bool, never empty, new.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"strength: got {strength}, expected 0 to 1")
    area = int(np.count_nonzero(modal))
    if area == 0:
        raise ValueError("modal: got an empty mask, expected at least one pixel")
    if strength == 0:
        return modal.copy()
    out = _soften(modal, area, strength, rng)
    edges = _border_points(modal)
    for _ in range(rng.binomial(3, 0.5 * strength)):
        _blob(out, edges, strength, area, 1, rng)
    for _ in range(rng.binomial(3, 0.5 * strength)):
        _blob(out, edges, strength, area, 0, rng)
    if rng.random() < 0.4 * strength:
        _slit(out, edges, area, rng)
    if np.count_nonzero(out) < FEWEST * area:
        out = _soften(modal, area, strength / 2, rng)
    if np.count_nonzero(out) < FEWEST * area:  # thin masks vanish under a blur
        return modal.copy()
    return out.astype(bool)


def _soften(modal: np.ndarray, area: int, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Blur, and cut again at a level that varies from place to place: (h, w) uint8 in {0, 1}."""
    height, width = modal.shape
    reach = max(round(REACH * strength * np.sqrt(area) * rng.uniform(0.5, 1.5)), 1)
    soft = cv2.blur(
        modal.astype(np.float32), (2 * reach + 1, 2 * reach + 1), borderType=cv2.BORDER_CONSTANT
    )
    grain = reach * rng.uniform(1.5, 4)  # pixels from one bump to the next
    bumps = rng.standard_normal(
        (max(round(height / grain), 2), max(round(width / grain), 2)), np.float32
    )
    level = cv2.resize(bumps * np.float32(RAGGED * strength), (width, height))
    level += np.float32(0.5 + SHIFT * np.sqrt(strength) * rng.standard_normal())
    np.clip(level, 0.02, 0.98, out=level)
    return (soft > level).astype(np.uint8)


def _border_points(modal: np.ndarray) -> np.ndarray:
    """Points (x, y) on the outlines, (N, 2) int32."""
    outlines, _ = cv2.findContours(modal.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.concatenate(outlines)[:, 0]


def _blob(
    out: np.ndarray,
    edges: np.ndarray,
    strength: float,
    area: int,
    value: int,
    rng: np.random.Generator,
) -> None:
    """Paint an ellipse or a box near the border, up to about a twelfth of the mask: in place."""
    x, y = edges[rng.integers(len(edges))]
    half = np.sqrt(area * rng.uniform(0.005, 0.08) * strength / np.pi)
    stretch = np.exp(rng.uniform(-0.8, 0.8))
    axes = max(half * stretch, 0.5), max(half / stretch, 0.5)
    centre = np.array([x, y]) + half * rng.uniform(-1, 1, size=2)
    angle = rng.uniform(0, 180)
    if rng.random() < 0.5:
        corners = cv2.boxPoints((tuple(centre), (2 * axes[0], 2 * axes[1]), angle))
        cv2.fillConvexPoly(out, np.round(corners).astype(np.int32), value)
    else:
        size = tuple(round(axis) for axis in axes)
        cv2.ellipse(out, np.round(centre).astype(int).tolist(), size, angle, 0, 360, value, -1)


def _slit(out: np.ndarray, edges: np.ndarray, area: int, rng: np.random.Generator) -> None:
    """Cut a thin line from border to border, as a pole or a wire leaves it: in place."""
    start, end = edges[rng.integers(len(edges), size=2)]
    thickness = max(round(np.sqrt(area) * rng.uniform(0.01, 0.04)), 1)
    cv2.line(out, start.tolist(), end.tolist(), 0, thickness)
