"""Batches with colours for RGB-Amodal-VAE's stages 2 and 3.

They are PairBatch and PartialBatch with a `Seen` (rgb.py) in place of the partial mask, so the
losses of the stages take them as they are. Pixels of a simulated occluder show another object's
photo, laid over the same canvas: whatever hides an object does not have its colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from amodal.baselines.photo_masks import PhotoPartial, PhotoShape
from amodal.cues import cues
from amodal.data.layouts import Layout
from amodal.data.pretext import NO_BORDERS, Pretext
from amodal.geometry import Box, box_to_theta, squeeze, tight_box
from amodal.model import ModelConfig
from amodal.rgb import Seen, cut_photo
from amodal.training.pairs import PairBatch, PairConfig, grown
from amodal.training.partial import PartialBatch, Partials


class PhotoPairs(Dataset):
    """Stage 2's pairs with colours. Item `step` is a whole batch, a function of (seed, step)."""

    mirrored = 0.5  # share

    def __init__(
        self,
        shapes: Sequence[PhotoShape],
        model: ModelConfig,
        *,
        side: int,
        batch: int,
        steps: int,
        seed: int,
        config: PairConfig = PairConfig(),
        layouts: Sequence[Layout] = (),
    ) -> None:
        self.shapes = shapes
        self.model = model
        self.side = side
        self.batch = batch
        self.steps = steps
        self.seed = seed
        self.config = config
        self.pretext = Pretext(shapes, layouts, config.pretext)

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> PairBatch:
        rng = np.random.default_rng([self.seed, step])
        rows = []
        while len(rows) < self.batch:
            row = self._pair(rng)
            if row is not None:
                rows.append(row)
        columns = [torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True)]
        photo, *columns = columns
        pairs = PairBatch(*columns)
        return replace(pairs, modal=Seen(pairs.modal, photo))

    def _pair(self, rng: np.random.Generator) -> tuple[np.ndarray, ...] | None:
        """The RGB crop, and the fields of a PairBatch, for one object."""
        shape = self.shapes[self.pretext.draw(rng)]
        mask, photo = shape.mask, shape.photo
        if rng.random() < self.mirrored:
            mask, photo = mask[:, ::-1], photo[:, ::-1]
        hidden = self.pretext.hide(mask, shape.category, rng)
        if hidden is None:
            return None
        stranger = self.shapes[self.pretext.draw(rng)].photo
        stranger = cv2.resize(stranger, (photo.shape[1], photo.shape[0]))
        photo = np.where(hidden.others[..., None], stranger, photo)
        height, width = mask.shape
        full = Box(width // 2, height // 2, width // 2 + width, height // 2 + height)
        modal = tight_box(hidden.modal)
        known = rng.random() < self.config.full_extent
        crop = full.union(modal) if known else modal
        class_id = self.model.classes.index(shape.category)
        hidden_class = rng.random() < self.config.unknown_class
        size = self.model.size
        return (
            cut_photo(photo, crop, self.side, self.side).transpose(2, 0, 1),
            squeeze(hidden.whole, full, size)[None],
            cues(full, NO_BORDERS, True),
            squeeze(hidden.modal, crop, size)[None],
            cues(crop, hidden.borders, known),
            np.int64(0 if hidden_class else class_id),
            np.int64(class_id),
            box_to_theta(full, crop),
            squeeze(hidden.others, grown(crop), size)[None],
        )


class PhotoPartials(Partials):
    """Stage 3's real partial masks with colours."""

    partials: Sequence[PhotoPartial]

    def __getitem__(self, step: int) -> PartialBatch:
        batch = super().__getitem__(step)
        # The same numbers as there: first which, then whether mirrored.
        rng = np.random.default_rng([self.seed, step])
        chosen = rng.choice(len(self.partials), self.batch, p=self.share)
        mirrored = rng.random(self.batch) < 0.5
        photos = np.stack([self.partials[index].photo for index in chosen])  # (B, P, P, 3)
        photos[mirrored] = photos[mirrored][:, :, ::-1]
        photo = torch.from_numpy(photos.transpose(0, 3, 1, 2).astype(np.float32) / 255)
        return replace(batch, modal=Seen(batch.modal, photo))
