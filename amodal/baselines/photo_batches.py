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

from amodal.baselines.photo_masks import PhotoPartial, PhotoShape
from amodal.rgb import Seen, cut_photo
from amodal.training.pairs import Pair, PairBatch, Pairs
from amodal.training.partial import PartialBatch, Partials


class PhotoPairs(Pairs):
    """Stage 2's pairs with colours."""

    shapes: Sequence[PhotoShape]

    def __init__(self, shapes: Sequence[PhotoShape], *, side: int, **how: object) -> None:
        """See Pairs; side is RGBConfig's."""
        super().__init__(shapes, **how)
        self.side = side

    def __getitem__(self, step: int) -> PairBatch:
        *columns, photo = self._columns(step)
        pairs = PairBatch(*columns)
        return replace(pairs, modal=Seen(pairs.modal, photo))

    def _row(self, pair: Pair, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """The fields of a PairBatch and the RGB crop, for one object."""
        photo = self.shapes[pair.index].photo
        if pair.mirrored:
            photo = photo[:, ::-1]
        stranger = self.shapes[self.pretext.draw(rng)].photo
        stranger = cv2.resize(stranger, (photo.shape[1], photo.shape[0]))
        photo = np.where(pair.hidden.others[..., None], stranger, photo)
        crop = cut_photo(photo, pair.crop, self.side, self.side)
        return (*super()._row(pair, rng), crop.transpose(2, 0, 1))


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
