"""Rendered cars as photographs show them: dark, blurred, noisy, with glaring lamps and rough masks.

The network learns from rendered cars alone and is then asked about photographed ones.
"""

from __future__ import annotations

import cv2
import numpy as np

EXPOSURE = (-2.2, 0.4)  # powers of two, from night to bright sun


def light(rng: np.random.Generator) -> np.ndarray:
    """What to multiply colours by, (3,): the exposure, in half of the cases of another scene, and
    a tint."""
    exposure = 2 ** rng.uniform(*EXPOSURE) if rng.random() < 0.5 else rng.uniform(0.8, 1.2)
    return exposure * rng.uniform(0.9, 1.1, 3)


def recoloured(picture: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """A premultiplied picture (S, S, 4) uint8 in another light: its colours times a gain (3,)."""
    colours = np.minimum(picture[..., :3] * gain, picture[..., 3:]).astype(np.uint8)
    return np.dstack([colours, picture[..., 3]])


def photographed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a camera and a mask drawn by hand make of a premultiplied picture (S, S, 4) uint8."""
    out = picture.astype(np.float32)
    if rng.random() < 0.3:
        out = _with_rim(out, rng)
    if rng.random() < 0.3:
        out = _with_glare(out, rng)
    if rng.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.3, 1.6))
    out[..., :3] += rng.uniform(0, 10) * rng.standard_normal(out[..., :3].shape)
    out[..., :3] = np.clip(out[..., :3], 0, out[..., 3:])
    return np.rint(out).astype(np.uint8)


def _with_rim(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The mask too wide by some pixels, which show one colour of the surroundings."""
    kernel = np.ones((int(rng.integers(2, 6)),) * 2, np.uint8)
    alpha = cv2.dilate(picture[..., 3], kernel)
    around = (alpha - picture[..., 3])[..., None] / 255
    return np.dstack([picture[..., :3] + around * rng.uniform(0, 200, 3), alpha])


def _with_glare(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Up to four bright spots, as of lamps."""
    side = len(picture)
    glow = np.zeros((side, side), np.float32)
    for _ in range(rng.integers(1, 5)):
        centre = [int(value) for value in rng.integers(side // 8, side - side // 8, 2)]
        cv2.circle(glow, centre, int(rng.integers(1, max(side // 16, 2))), 1.0, -1)
    glow = cv2.GaussianBlur(glow, (0, 0), rng.uniform(0.5, 3.0))[..., None]
    lamp = rng.uniform((230, 160, 90), (255, 255, 255))
    alpha = picture[..., 3:]
    return np.dstack([picture[..., :3] * (1 - glow) + glow * lamp * alpha / 255, alpha])
