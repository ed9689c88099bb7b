"""What the rivals see and must draw, made of the very pairs that Amodal-VAE trains on.

*Regression*: sees the modal mask, its class and cues, just as Amodal-VAE does; every pixel of the
window counts the same.

*Partial completion*: the idea of De-occlusion (Zhan et al., "Self-Supervised Scene De-Occlusion",
CVPR 2020; its mask network is called PCNet-M), written anew. The network also sees an *eraser*, the
pixels of another object that may hide this one. In training there are two cases:

    1  (a share of `gamma` of the pairs) the eraser lies in front and took a part away; the network
       must draw the object as it was before;
    2  (the others) the eraser lies behind: only its part outside the object is seen, nothing was
       taken away and nothing must be added. So the network learns when not to go on.

Pixels under the eraser count `INSIDE` times as much as the others. gamma = 0.8 and INSIDE = 5 are
those of the authors' KINS configuration. Ours and different: the window and its size (theirs is a
square of about 1.7 times the box, 256 x 256), Adam with one cycle, class as an embedding where they
multiply the mask by the class's number, and cues, with which the photo's border can be told.

*Without order* ("NOG", no order grounding): with an order, the eraser at test time is what lies in
front of the object. Without, it is every neighbour, in front or behind: the other objects that
touch the modal mask (`neighbours`). Where a protocol has one other object and that is in front, as
in "simulated", this rival is told exactly where something can be hidden, which Amodal-VAE is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from amodal.baselines.unet import UNetConfig
from amodal.geometry import warp
from amodal.training.pairs import WINDOW, PairBatch, Pairs

GAMMA = 0.8
INSIDE = 5.0
FULL_EXTENT = 5  # the cue that says that the crop is the full extent


@dataclass(frozen=True, eq=False)
class WindowBatch:
    """B objects in their windows.

    Args:
        seen: (B, C, R, R) in 0..1: modal mask and, for "partial", eraser.
        target: (B, 1, R, R) in 0..1, the whole mask.
        class_id: (B,) int64.
        cues: (B, CUES).
    """

    seen: Tensor
    target: Tensor
    class_id: Tensor
    cues: Tensor

    def to(self, device: torch.device) -> WindowBatch:
        return WindowBatch(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


class Windows(Dataset):
    """Item `step` is the whole batch of that step; a function of (seed, step) alone."""

    def __init__(self, pairs: Pairs, config: UNetConfig) -> None:
        self.pairs = pairs
        self.config = config

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, step: int) -> WindowBatch:
        batch = self.pairs[step]
        if self.config.method == "regression":
            return regression_windows(batch, self.config)
        rng = np.random.default_rng([self.pairs.seed, step, 1])  # 1: not the pairs' own numbers
        front = torch.from_numpy(rng.random(len(batch.modal)) < GAMMA)
        return partial_windows(batch, front, self.config)


def boxes(count: int, half: float) -> Tensor:
    """Thetas (count, 4) of windows around the crop, `half` times its size; 1 is the crop itself."""
    return torch.tensor([0.0, 0.0, half, half]).repeat(count, 1)


def crop_in_window(crop: Tensor, config: UNetConfig) -> Tensor:
    """Crops (B, 1, S, S) in 0..1 as they lie in their windows, (B, 1, R, R)."""
    count = len(crop)
    return warp(crop, boxes(count, 1.0), boxes(count, config.window), config.side)


def regression_windows(batch: PairBatch, config: UNetConfig) -> WindowBatch:
    """Pairs as "regression" sees them."""
    window = boxes(len(batch.modal), config.window)
    target = warp(batch.whole, batch.theta, window, config.side)
    seen = crop_in_window(batch.modal, config)
    return WindowBatch(seen, target, batch.class_id, batch.modal_cues)


def partial_windows(batch: PairBatch, front: Tensor, config: UNetConfig) -> WindowBatch:
    """Pairs as "partial" sees them; `front` (B,) bool: the eraser lies in front (case 1)."""
    count = len(front)
    around_modal = boxes(count, config.window)
    others = boxes(count, WINDOW)
    first = regression_windows(batch, config)
    eraser = warp(batch.others, others, around_modal, config.side)
    first = replace(first, seen=torch.cat([first.seen, eraser], dim=1))

    # Case 2: nothing is hidden, so the window lies around the whole.
    around_whole = torch.cat([batch.theta[:, :2], config.window * batch.theta[:, 2:]], dim=1)
    target = crop_in_window(batch.whole, config)
    behind = (warp(batch.others, others, around_whole, config.side) - target).clamp(min=0)
    cues = batch.whole_cues.clone()
    cues[:, FULL_EXTENT] = 0
    second = WindowBatch(torch.cat([target, behind], dim=1), target, batch.class_id, cues)
    return WindowBatch(
        *(
            torch.where(
                front.view(-1, *[1] * (getattr(first, name).dim() - 1)),
                getattr(first, name),
                getattr(second, name),
            )
            for name in WindowBatch.__dataclass_fields__
        )
    )


def neighbours(modal: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The eraser without order: those of the other objects that touch the modal mask.

    Objects that touch each other count as one here, since `others` does not tell them apart.

    Args:
        modal: (H, W) bool.
        others: (H, W) bool, pixels of other objects.

    Returns:
        (H, W) bool.
    """
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    around = cv2.dilate(modal.astype(np.uint8), cross).astype(bool)
    _, pieces = cv2.connectedComponents((others & ~modal).astype(np.uint8), connectivity=4)
    touching = np.unique(pieces[around & (pieces > 0)])
    return np.isin(pieces, touching[touching > 0])
