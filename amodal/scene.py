"""The words of the project as data: instances, completions. All in image frame, all frozen.

Convention: masks (H, W) bool, images (H, W, 3) uint8 RGB, points (x, y), boxes half-open
(x0, y0, x1, y1) in pixel edges (see geometry.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amodal.classes import CLASSES
from amodal.geometry import Box, tight_box


@dataclass(frozen=True, eq=False)
class Instance:
    """An object of the photo, as far as it can be seen.

    Args:
        modal: visible pixels, (H, W) bool, as large as the photo.
        category: one of CLASSES.
        name: what the user reads, such as "car 2".
        box: the full extent that the user guessed (evidence), or None. May leave the photo.
    """

    modal: np.ndarray
    category: str = "unknown"
    name: str = ""
    box: Box | None = None

    def __post_init__(self) -> None:
        if self.modal.dtype != bool or self.modal.ndim != 2:
            raise ValueError(
                f"modal: got {self.modal.dtype} {self.modal.shape}, expected bool (H, W)"
            )
        if self.category not in CLASSES:
            raise ValueError(f"category: got {self.category!r}, expected one of {CLASSES}")

    @property
    def area(self) -> int:
        return int(self.modal.sum())


@dataclass(frozen=True, eq=False)
class Completion:
    """One whole shape. It lives in a window of the image plane that may leave the photo.

    Args:
        mask: the amodal mask inside the window, (h, w) bool; contains the visible pixels.
        x0: left edge of the window in image pixels; may be negative.
        y0: top edge of the window in image pixels; may be negative.
        visible_iou: how well the decoded shape alone explains the visible pixels, 0..1.
        log_posterior: log p(visible pixels, evidence | z) + log p(z) of its code, in nats and up to
            a constant of the object, so it compares completions of one answer only
            (likelihood.py). 0 where it was not computed, as in a project that was read.
    """

    mask: np.ndarray
    x0: int
    y0: int
    visible_iou: float = 1.0
    log_posterior: float = 0.0

    @property
    def area(self) -> int:
        return int(self.mask.sum())

    @property
    def box(self) -> Box:
        """The tight amodal box, image frame. Raises AmodalError for an empty mask."""
        return tight_box(self.mask).shifted(self.x0, self.y0)

    def on_photo(self, height: int, width: int) -> np.ndarray:
        """The part inside a photo of this size, (height, width) bool."""
        return paste_window(self.mask, self.x0, self.y0, height, width)


@dataclass(frozen=True, eq=False)
class Completions:
    """What the posterior says about one object: its mode, K samples, their mean.

    Args:
        mode: completion of the posterior mean.
        samples: K draws.
        probability: share of the samples that cover each pixel, (h, w) float32 in 0..1.
        x0: left edge of the probability window in image pixels.
        y0: top edge of the probability window in image pixels.
        support: share of the samples that agree with all of the given evidence, 0..1; 0 means that
            the evidence contradicts what the model can imagine. 1 without evidence.
    """

    mode: Completion
    samples: tuple[Completion, ...]
    probability: np.ndarray
    x0: int
    y0: int
    support: float = 1.0

    @property
    def entropy(self) -> np.ndarray:
        """How undecided each pixel is, (h, w) float32 in bits, in the probability's window.

        -p log2 p - (1 - p) log2 (1 - p): 0 where all samples agree, 1 where half of them cover it.
        """
        p = self.probability
        bits = np.zeros_like(p)
        undecided = (p > 0) & (p < 1)  # few pixels: most are certain
        p = p[undecided]
        bits[undecided] = -p * np.log2(p) - (1 - p) * np.log2(1 - p)
        return bits

    @property
    def uncertain_area(self) -> float:
        """The entropy's sum: as many pixels as if each were certain or wholly undecided."""
        return float(self.entropy.sum(dtype=np.float64))

    def probability_on_photo(self, height: int, width: int) -> np.ndarray:
        """The part inside a photo of this size, (height, width) float32."""
        return paste_window(self.probability, self.x0, self.y0, height, width)


def paste_window(window: np.ndarray, x0: int, y0: int, height: int, width: int) -> np.ndarray:
    """Copy a window (h, w, ...) whose corner is at (x0, y0) into an empty (height, width, ...)."""
    out = np.zeros((height, width, *window.shape[2:]), window.dtype)
    h, w = window.shape[:2]
    top, left = max(y0, 0), max(x0, 0)
    bottom, right = min(y0 + h, height), min(x0 + w, width)
    if top < bottom and left < right:
        out[top:bottom, left:right] = window[top - y0 : bottom - y0, left - x0 : right - x0]
    return out
