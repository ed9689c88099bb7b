"""Simulated occlusion: another object's mask, laid over a whole one (paper section 4.1, stage 2).

Convention: placements are in the pixels of the occludee's tight mask: (x, y) is where the scaled
occluder's top-left corner lands; it may be negative.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

VISIBLE_RANGE = (0.25, 0.97)


class Placement(NamedTuple):
    """Where an occluder lies: scaled to (width, height), corner at (x, y); maybe mirrored."""

    width: int
    height: int
    x: int
    y: int
    mirrored: bool = False


def occlude(whole: np.ndarray, occluder: np.ndarray, placement: Placement) -> np.ndarray:
    """What is left of `whole` (h, w) bool under the placed occluder: (h, w) bool."""
    modal = whole.copy()
    x0, y0 = max(placement.x, 0), max(placement.y, 0)
    x1 = min(placement.x + placement.width, whole.shape[1])
    y1 = min(placement.y + placement.height, whole.shape[0])
    if x0 >= x1 or y0 >= y1:
        return modal
    if placement.mirrored:
        occluder = occluder[:, ::-1]
    scaled = cv2.resize(
        occluder.astype(np.uint8),
        (placement.width, placement.height),
        interpolation=cv2.INTER_NEAREST,
    )
    cover = scaled[y0 - placement.y : y1 - placement.y, x0 - placement.x : x1 - placement.x]
    modal[y0:y1, x0:x1] &= cover == 0
    return modal


def random_placement(
    whole: np.ndarray, occluder: np.ndarray, rng: np.random.Generator
) -> Placement:
    """An occluder of similar size (0.5 to 2 times the occludee's), overlapping its box.

    Half of the time as streets do it: what is nearer stands lower in the picture. Half of the time
    anywhere (paper: "randomly positioning").
    """
    height, width = whole.shape
    ratio = np.exp(rng.uniform(np.log(0.5), np.log(2.0)))
    factor = ratio * np.sqrt(whole.size / occluder.size)
    w = max(round(occluder.shape[1] * factor), 1)
    h = max(round(occluder.shape[0] * factor), 1)
    x = int(rng.integers(-w + 1, width))
    if rng.random() < 0.5:
        y = round(height * (1 + rng.uniform(-0.1, 0.4))) - h
    else:
        y = int(rng.integers(-h + 1, height))
    return Placement(w, h, x, y, bool(rng.random() < 0.5))


def simulate(
    whole: np.ndarray,
    occluder: np.ndarray,
    rng: np.random.Generator,
    tries: int = 20,
) -> tuple[np.ndarray, Placement] | None:
    """Draw placements until the visible fraction lies in VISIBLE_RANGE.

    Returns:
        (modal (h, w) bool, its placement), or None when no try succeeded.
    """
    area = whole.sum()
    for _ in range(tries):
        placement = random_placement(whole, occluder, rng)
        modal = occlude(whole, occluder, placement)
        if VISIBLE_RANGE[0] <= modal.sum() / area <= VISIBLE_RANGE[1]:
            return modal, placement
    return None
