"""A whole shape alone, and a box that hides a part of it: how unsure the model becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from amodal.completer import Completer
from amodal.geometry import Box, resize, tight_box
from amodal.model import PLACE
from amodal.scene import Completion, Completions, Instance, paste_window

SIDE = 144  # of the ground, pixels
SHAPE = 88  # longest side of the shape on it: a completion may reach farther than the shape


class Doubt(NamedTuple):
    """How unsure the model is.

    Args:
        spread: 1 - IoU of two draws, the mean over all pairs, 0..1: how wide the posterior is as
            shapes on the photo.
        undecided: entropy of the shape's pixels, bits: a pixel that half of the draws cover counts
            as one, a pixel on which they agree as none.
        share: the same as a share of the draws' mean area; may exceed 1.
        std: mean standard deviation of the posterior's D dimensions; the prior's is 1. It hardly
            changes with the occlusion (docs/explain.md): how far a step in code moves the shape
            depends on where the code is.
        kl: KL(q_hat || p), nats; 0 for the prior.
    """

    spread: float
    undecided: float
    share: float
    std: float
    kl: float


@dataclass(frozen=True, eq=False)
class Occluded:
    """A shape behind a box.

    Args:
        visible: what the box leaves of it, (SIDE, SIDE) bool.
        hidden: share of the shape behind the box, 0..1.
        completions: what the model imagines.
        doubt: how unsure it is.
    """

    visible: np.ndarray
    hidden: float
    completions: Completions
    doubt: Doubt


def stand(completion: Completion, category: str) -> Instance:
    """A whole shape in the middle of an empty ground of (SIDE, SIDE) pixels."""
    box = tight_box(completion.mask)
    cut = completion.mask[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    scale = SHAPE / max(cut.shape)
    height, width = (max(round(scale * side), 1) for side in cut.shape)
    small = resize(cut.astype(np.float32), height, width) >= 0.5
    if not small.any():  # all of it is thinner than a pixel
        small = resize(cut.astype(np.float32), height, width) > 0
    x0, y0 = (SIDE - width) // 2, (SIDE - height) // 2
    return Instance(paste_window(small, x0, y0, SIDE, SIDE), category)


def behind(instance: Instance, box: Box) -> np.ndarray:
    """Pixels of the ground behind a box, (SIDE, SIDE) bool."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    return (x >= box.x0) & (x < box.x1) & (y >= box.y0) & (y < box.y1)


def occlude(
    completer: Completer, instance: Instance, box: Box, *, samples: int = 20, seed: int = 0
) -> Occluded:
    """Hide what is behind a box, and imagine it.

    Args:
        instance: from `stand`.
        box: in pixels of the ground.

    Raises:
        AmodalError: nothing of the shape is left.
    """
    hidden = behind(instance, box)
    visible = instance.modal & ~hidden
    seen = Instance(visible, instance.category)
    completions = completer.complete(seen, hidden, samples=samples, seed=seed)
    posterior = completer.encode([completer.query(seen)])
    std = float((0.5 * posterior.logvar[0, :-PLACE]).exp().mean())
    bits = undecided(completions.probability)
    share = bits / max(float(completions.probability.sum()), 1.0)
    doubt = Doubt(spread(completions), bits, share, std, float(posterior.kl()[0]))
    return Occluded(visible, 1 - visible.sum() / instance.area, completions, doubt)


def spread(completions: Completions) -> float:
    """1 - IoU of two draws, the mean over all pairs of different ones, 0..1."""
    size = completions.probability.shape
    masks = np.stack(
        [
            paste_window(item.mask, item.x0 - completions.x0, item.y0 - completions.y0, *size)
            for item in completions.samples
        ]
    ).reshape(len(completions.samples), -1)
    if len(masks) < 2:
        return 0.0
    masks = masks.astype(np.float32)
    both = masks @ masks.T  # (K, K) pixels
    areas = masks.sum(axis=1)
    apart = 1 - both / (areas[:, None] + areas - both)
    return float(apart[np.triu_indices(len(masks), 1)].mean())


def undecided(probability: np.ndarray) -> float:
    """Entropy of independent pixels with these probabilities, bits."""
    p = np.clip(probability.astype(np.float64), 1e-12, 1 - 1e-12)
    return float(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)).sum())
