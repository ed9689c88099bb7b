"""Batches of simulated pairs (stages 1 and 2): a whole mask and what an occluder leaves of it.

A batch is a function of (seed, step) alone, so an interrupted training goes on with the very
batches that it would have seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from amodal.cues import cues
from amodal.data.occlusion import VISIBLE_RANGE, simulate
from amodal.data.shapes import Shape
from amodal.geometry import Box, box_to_theta, squeeze, tight_box

NO_BORDERS = np.zeros(4, bool)


@dataclass(frozen=True)
class PairConfig:
    """How pairs are drawn.

    Args:
        second_occluder: share of pairs with two occluders.
        border_cut: share of pairs cut by a simulated photo border.
        full_extent: share of pairs whose crop is the whole's box (the paper's GT-box mode).
        unknown_class: share of pairs whose class is hidden.
    """

    second_occluder: float = 0.2
    border_cut: float = 0.1
    full_extent: float = 0.15
    unknown_class: float = 0.15


@dataclass(frozen=True, eq=False)
class PairBatch:
    """B pairs. Masks (B, 1, S, S) float32 in 0..1.

    Args:
        whole: y, canonical frame.
        whole_cues: (B, CUES) of y's own box.
        modal: y_hat, crop frame.
        modal_cues: (B, CUES).
        class_id: (B,) int64, as given to the encoder; 0 where the class is hidden.
        category: (B,) int64, the true class.
        theta: (B, 4), where y lies in crop frame.
    """

    whole: Tensor
    whole_cues: Tensor
    modal: Tensor
    modal_cues: Tensor
    class_id: Tensor
    category: Tensor
    theta: Tensor

    def to(self, device: torch.device) -> PairBatch:
        return PairBatch(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


class Pairs(Dataset):
    """Item `step` is the whole batch of that step; use with DataLoader(batch_size=None)."""

    def __init__(
        self,
        shapes: Sequence[Shape],
        *,
        size: int,
        classes: Sequence[str],
        batch: int,
        steps: int,
        seed: int,
        config: PairConfig = PairConfig(),
    ) -> None:
        self.shapes = shapes
        self.size = size
        self.class_ids = [classes.index(shape.category) for shape in shapes]
        self.batch = batch
        self.steps = steps
        self.seed = seed
        self.config = config
        # Frames of one track look alike: a track counts by the square root of its length.
        lengths = Counter(shape.track for shape in shapes)
        weights = np.array([lengths[shape.track] ** -0.5 for shape in shapes])
        self.cumulative = np.cumsum(weights / weights.sum())

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> PairBatch:
        rng = np.random.default_rng([self.seed, step])
        rows = []
        while len(rows) < self.batch:
            row = self._pair(rng)
            if row is not None:
                rows.append(row)
        columns = [np.stack(column) for column in zip(*rows, strict=True)]
        whole, whole_cues, modal, modal_cues, *others = map(torch.from_numpy, columns)
        return PairBatch(whole[:, None], whole_cues, modal[:, None], modal_cues, *others)

    def _draw(self, rng: np.random.Generator) -> int:
        return min(int(np.searchsorted(self.cumulative, rng.random())), len(self.shapes) - 1)

    def _pair(self, rng: np.random.Generator) -> tuple[np.ndarray, ...] | None:
        index = self._draw(rng)
        whole = self.shapes[index].mask
        if rng.random() < 0.5:
            whole = whole[:, ::-1]
        modal, borders = self._hide(whole, rng)
        if modal is None:
            return None
        full = Box(0, 0, whole.shape[1], whole.shape[0])
        known = rng.random() < self.config.full_extent
        crop = full if known else tight_box(modal)
        hidden_class = rng.random() < self.config.unknown_class
        return (
            squeeze(whole, full, self.size),
            cues(full, NO_BORDERS, True),
            squeeze(modal, crop, self.size),
            cues(crop, borders, known),
            np.int64(0 if hidden_class else self.class_ids[index]),
            np.int64(self.class_ids[index]),
            box_to_theta(full, crop),
        )

    def _hide(
        self, whole: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """Cut `whole` by a border or by one or two occluders: (modal or None, borders (4,))."""
        if rng.random() < self.config.border_cut:
            return cut_by_border(whole, rng)
        result = simulate(whole, self.shapes[self._draw(rng)].mask, rng)
        if result is None:
            return None, NO_BORDERS
        modal = result[0]
        if rng.random() < self.config.second_occluder:
            again = simulate(modal, self.shapes[self._draw(rng)].mask, rng)
            if again is not None and again[0].sum() >= VISIBLE_RANGE[0] * whole.sum():
                modal = again[0]
        return modal, NO_BORDERS


def cut_by_border(
    whole: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray | None, np.ndarray]:
    """What a photo's border leaves of `whole` (h, w) bool: (modal or None, borders (4,))."""
    side = int(rng.choice(4, p=[0.35, 0.1, 0.35, 0.2]))  # left, top, right, bottom
    share = rng.uniform(0.05, 0.65)
    modal = whole.copy()
    height, width = whole.shape
    if side == 0:
        modal[:, : int(share * width)] = False
    elif side == 1:
        modal[: int(share * height)] = False
    elif side == 2:
        modal[:, width - int(share * width) :] = False
    else:
        modal[height - int(share * height) :] = False
    if modal.sum() < VISIBLE_RANGE[0] * whole.sum():
        return None, NO_BORDERS
    return modal, np.arange(4) == side
