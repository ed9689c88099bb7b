"""Decoded shapes back in the image plane, joined with what is visible of the object."""

from __future__ import annotations

import numpy as np

from amodal.geometry import Box, theta_to_box, tight_box, unsqueeze
from amodal.scene import Completion, Completions, Instance, paste_window
from amodal.slivers import without_slivers


def paste(
    instance: Instance,
    crop: Box,
    canonical: np.ndarray,
    theta: np.ndarray,
    threshold: float,
    known: np.ndarray | None,
) -> Completion:
    """Paste one decoded shape into the image plane and join it with the visible pixels.

    Args:
        crop: the squeezed box, image frame.
        canonical: probabilities (S, S).
        theta: (4,).
        threshold: t.
        known: (H, W) bool, pixels where something else than the object is seen, or the object
            itself; they count in visible_iou. None: the object's own pixels only.
    """
    height, width = instance.modal.shape
    # No further than one photo beyond each border, which bounds the memory.
    box = theta_to_box(theta, crop).clip(Box(-width, -height, 2 * width, 2 * height))
    window, x0, y0 = unsqueeze(canonical, box)
    decoded = window >= threshold
    modal_box = tight_box(instance.modal)
    left, top = min(x0, int(modal_box.x0)), min(y0, int(modal_box.y0))
    right = max(x0 + decoded.shape[1], int(modal_box.x1))
    bottom = max(y0 + decoded.shape[0], int(modal_box.y1))
    size = bottom - top, right - left
    mask = paste_window(decoded, x0 - left, y0 - top, *size)
    modal = paste_window(instance.modal, -left, -top, *size)  # empty beyond the photo
    counted = modal if known is None else paste_window(known, -left, -top, *size)
    return join(mask, modal, counted, left, top)


def join(
    decoded: np.ndarray, modal: np.ndarray, counted: np.ndarray, x0: int, y0: int
) -> Completion:
    """A decoded shape and the visible pixels as one completion.

    What is thin of the added pixels is left out (slivers.py).

    Args:
        decoded, modal: (h, w) bool, the same window of the image plane.
        counted: (h, w) bool, the pixels that count in visible_iou.
        x0, y0: the window's top-left corner in image pixels.
    """
    union = modal | (decoded & counted)
    visible_iou = float(np.count_nonzero(decoded & modal) / np.count_nonzero(union))
    added = without_slivers(decoded & ~modal, np.count_nonzero(modal))
    return Completion(modal | added, x0, y0, visible_iou)


def gather(mode: Completion, samples: tuple[Completion, ...], support: float = 1.0) -> Completions:
    """Add the samples' mean over their common window."""
    everything = (mode, *samples)
    left = min(item.x0 for item in everything)
    top = min(item.y0 for item in everything)
    right = max(item.x0 + item.mask.shape[1] for item in everything)
    bottom = max(item.y0 + item.mask.shape[0] for item in everything)
    total = np.zeros((bottom - top, right - left), np.uint8)  # K is at most 32
    for item in samples:
        h, w = item.mask.shape
        y, x = item.y0 - top, item.x0 - left
        total[y : y + h, x : x + w] += item.mask
    return Completions(mode, samples, total / np.float32(len(samples)), left, top, support)
