"""A pose as a picture: which part of a car is seen at each pixel."""

from __future__ import annotations

import numpy as np

PARTS = ("nothing", "paint", "glass", "tyre", "metal", "lamp", "tail lamp", "plate", "trim")


def planes(parts: np.ndarray) -> np.ndarray:
    """Numbers of PARTS (..., h, w) as one plane a part, (..., P, h, w) float32 of 0 and 1."""
    every = np.arange(len(PARTS))[:, None, None]
    return (parts[..., None, :, :] == every).astype(np.float32)
