"""What a camera does to a picture after the lens: sharpening, noise, eight bits; and pasting.

Pictures are (H, W, 3) float32 RGB in 0..1, as a screen shows them.
"""

from __future__ import annotations

import cv2
import numpy as np

from amodal.render.blender_scene import Box

_SHARP = 0.35
_NOISE = 0.008  # standard deviation in mid tones, of 1
_SAME, _OTHER = 1.0 / 255, 3.5 / 255  # differences that do not and that do count as a change
_FEATHER = 1 / 50  # of the width: how far an edit fades into the photo where its box ends


def develop(picture: np.ndarray, seed: int) -> np.ndarray:
    """A camera's uint8 picture, slightly sharpened and noisy.

    The noise is a function of the seed and the size alone, so that pictures of one street share
    it: what two of them have in common stays equal.
    """
    soft = cv2.GaussianBlur(picture, (0, 0), 1.0)
    sharp = picture + _SHARP * (picture - soft)
    noisy = sharp + _grain(picture.shape[:2], seed) * (1.0 - 0.6 * soft)
    return (np.clip(noisy, 0, 1) * 255).round().astype(np.uint8)


def _grain(size: tuple[int, int], seed: int) -> np.ndarray:
    """Noise of a sensor, (H, W, 3): mostly of brightness, its grains wider than a pixel."""
    rng = np.random.default_rng([seed, 7])
    grey = rng.normal(size=(*size, 1)).astype(np.float32)
    colour = rng.normal(size=(*size, 3)).astype(np.float32)
    coarse = cv2.GaussianBlur(grey + 0.45 * colour, (0, 0), 0.55)
    return _NOISE * coarse / coarse.std()


def pasted(photo: np.ndarray, edited: np.ndarray, box: Box) -> tuple[np.ndarray, np.ndarray]:
    """The photo with what an edit changed inside the box that was rendered again.

    Noise of rendering and of the denoiser differs a little from picture to picture; where nothing
    else does, the photo is kept.

    Returns:
        The picture, and (H, W) bool: where it may differ from the photo.
    """
    x0, y0, x1, y1 = box
    height, width = photo.shape[:2]
    inside = np.s_[y0:y1, x0:x1]
    difference = np.abs(edited[inside] - photo[inside]).max(axis=-1)
    difference = cv2.GaussianBlur(difference, (0, 0), 1.5)
    share = np.clip((difference - _SAME) / (_OTHER - _SAME), 0, 1)
    share = cv2.GaussianBlur(cv2.dilate(share, np.ones((7, 7))), (0, 0), 2.0)
    share = np.clip(share * 1.02 - 0.01, 0, 1) * _feather(box, (height, width))
    result = photo.copy()
    result[inside] += share[..., None] * (edited[inside] - photo[inside])
    changed = np.zeros((height, width), bool)
    changed[inside] = share > 0
    return result, changed


def _feather(box: Box, size: tuple[int, int]) -> np.ndarray:
    """1 in a box, falling to 0 at its edges but for those that are the picture's own."""
    x0, y0, x1, y1 = box
    height, width = size
    far = max(4.0, _FEATHER * width)
    falls = []
    for low, high, last in ((x0, x1, width), (y0, y1, height)):
        at = np.arange(low, high) + 0.5
        start = np.full(high - low, 1.0) if low == 0 else (at - low) / far
        end = np.full(high - low, 1.0) if high == last else (high - at) / far
        falls.append(np.clip(np.minimum(start, end), 0, 1).astype(np.float32))
    return falls[1][:, None] * falls[0][None]
