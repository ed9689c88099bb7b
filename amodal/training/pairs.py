"""Batches of simulated pairs (stages 1 and 2): a whole mask and what an occluder leaves of it.

A batch is a function of (seed, step) alone, so an interrupted training goes on with the very
batches that it would have seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from amodal.cues import cues
from amodal.data.layouts import Layout
from amodal.data.pretext import NO_BORDERS, Hidden, Pretext, PretextConfig
from amodal.data.shapes import Shape
from amodal.geometry import Box, box_to_theta, squeeze, tight_box

WINDOW = 2.0  # half size of the window that shows the occluders, in half sizes of the crop


@dataclass(frozen=True)
class PairConfig:
    """How pairs are drawn.

    Args:
        pretext: what hides a part of the whole.
        full_extent: share of pairs whose crop is the whole's box (the paper's GT-box mode).
        unknown_class: share of pairs whose class is hidden.
        stretch: spread of the log aspect beyond that of the masks: streets know more proportions.
    """

    pretext: PretextConfig = PretextConfig()
    full_extent: float = 0.15
    unknown_class: float = 0.15
    stretch: float = 0.04


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
        others: the occluders in the window (0, 0, WINDOW, WINDOW) of the crop frame; the network
            never sees them, baselines do.
    """

    whole: Tensor
    whole_cues: Tensor
    modal: Tensor
    modal_cues: Tensor
    class_id: Tensor
    category: Tensor
    theta: Tensor
    others: Tensor

    def to(self, device: torch.device) -> PairBatch:
        return PairBatch(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class Pair:
    """One object and what hides it, on its canvas (pretext.py).

    Args:
        index: of the whole among the shapes.
        mirrored: whether it is seen from the other side.
        hidden: the masks.
        full: box of the whole.
        crop: what the encoder's mask is squeezed from.
        known: whether the crop is the whole's box (GT-box mode).
        aspect: log of the factor by which the street is taken to be wider.
        hidden_class: whether the encoder is not told the class.
    """

    index: int
    mirrored: bool
    hidden: Hidden
    full: Box
    crop: Box
    known: bool
    aspect: float
    hidden_class: bool


class Pairs(Dataset):
    """Item `step` is the whole batch of that step; use with DataLoader(batch_size=None)."""

    mirrored = 0.5  # share of the objects that are seen from the other side

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
        layouts: Sequence[Layout] = (),
    ) -> None:
        self.shapes = shapes
        self.size = size
        self.class_ids = [classes.index(shape.category) for shape in shapes]
        self.batch = batch
        self.steps = steps
        self.seed = seed
        self.config = config
        self.pretext = Pretext(shapes, layouts, config.pretext)

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> PairBatch:
        return PairBatch(*self._columns(step))

    def _columns(self, step: int) -> list[Tensor]:
        """The fields of a batch."""
        rng = np.random.default_rng([self.seed, step])
        rows = []
        while len(rows) < self.batch:
            pair = self._draw(rng)
            if pair is not None:
                rows.append(self._row(pair, rng))
        return [torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True)]

    def _draw(self, rng: np.random.Generator) -> Pair | None:
        """One object and what hides it; None where no try hid a fitting part."""
        index = self.pretext.draw(rng)
        shape = self.shapes[index]
        mirrored = rng.random() < self.mirrored
        mask = shape.mask[:, ::-1] if mirrored else shape.mask
        hidden = self.pretext.hide(mask, shape.category, rng)
        if hidden is None:
            return None
        height, width = mask.shape
        full = Box(width // 2, height // 2, width // 2 + width, height // 2 + height)
        modal = tight_box(hidden.modal)
        known = rng.random() < self.config.full_extent
        return Pair(
            index,
            mirrored,
            hidden,
            full,
            full.union(modal) if known else modal,
            known,
            aspect=rng.normal(0, self.config.stretch),
            hidden_class=rng.random() < self.config.unknown_class,
        )

    def _row(self, pair: Pair, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """The fields of a PairBatch, for one object."""
        hidden, full, crop = pair.hidden, pair.full, pair.crop
        class_id = self.class_ids[pair.index]
        return (
            squeeze(hidden.whole, full, self.size)[None],
            stretched(cues(full, NO_BORDERS, True), pair.aspect),
            squeeze(hidden.modal, crop, self.size)[None],
            stretched(cues(crop, hidden.borders, pair.known), pair.aspect),
            np.int64(0 if pair.hidden_class else class_id),
            np.int64(class_id),
            box_to_theta(full, crop),
            squeeze(hidden.others, grown(crop), self.size)[None],
        )


def stretched(values: np.ndarray, aspect: float) -> np.ndarray:
    """Cues of the same mask, wider by a factor of exp(aspect)."""
    return np.concatenate([values[:1] + np.float32(aspect), values[1:]])


def grown(crop: Box) -> Box:
    """The window around a crop, WINDOW times as wide and high."""
    x, y = (crop.x0 + crop.x1) / 2, (crop.y0 + crop.y1) / 2
    half_width, half_height = WINDOW * crop.width / 2, WINDOW * crop.height / 2
    return Box(x - half_width, y - half_height, x + half_width, y + half_height)
