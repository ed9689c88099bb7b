"""Pictures with holes, drawn from street photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from amodal.data.holes import Holes
from amodal.photo import load_photo

SMALLEST_VIEW = 0.6  # side of a crop ÷ shorter side of its photo, at least


@dataclass(frozen=True, eq=False)
class FillBatch:
    """Pictures to fill.

    Args:
        picture: (B, 3, S, S) float32 in 0..1, the truth, complete.
        known: (B, 1, S, S) float32, 0 in the hole, 1 elsewhere.
        counted: (B, 1, S, S) float32, 0 where it does not matter what is painted; nothing is known
            there.
    """

    picture: Tensor
    known: Tensor
    counted: Tensor

    def to(self, device: torch.device) -> FillBatch:
        picture = self.picture.to(device, memory_format=torch.channels_last)
        return FillBatch(picture, self.known.to(device), self.counted.to(device))


class FillBatches(Dataset):
    """One batch a step; a batch is a function of (seed, step).

    Args:
        paths: of the photos.
        holes: draws holes.
        side: of the pictures, pixels.
        batch: pictures a step.
        steps: batches in all.
        seed: of all that is drawn.
    """

    def __init__(
        self, paths: Sequence[Path], holes: Holes, *, side: int, batch: int, steps: int, seed: int
    ) -> None:
        self.paths = paths
        self.holes = holes
        self.side, self.batch, self.steps, self.seed = side, batch, steps, seed

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> FillBatch:
        rng = np.random.default_rng([self.seed, step])
        picked = rng.integers(len(self.paths), size=self.batch)
        pictures = [view(load_photo(self.paths[index]), rng, self.side) for index in picked]
        tasks = zip(*(self.holes.task(rng, self.side) for _ in picked), strict=True)
        pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255
        known, counted = (torch.from_numpy(np.stack(each))[:, None].float() for each in tasks)
        return FillBatch(pixels, known, counted)


def view(photo: np.ndarray, rng: np.random.Generator, side: int) -> np.ndarray:
    """A random square of a photo (H, W, 3) uint8, shrunk to (side, side, 3), in half of the cases
    mirrored. Only photos that are smaller than `side` are enlarged."""
    shorter = min(photo.shape[:2])
    least = min(max(round(SMALLEST_VIEW * shorter), side), shorter)
    length = int(rng.integers(least, shorter + 1))
    y, x = (int(rng.integers(0, size - length + 1)) for size in photo.shape[:2])
    square = photo[y : y + length, x : x + length]
    if length != side:
        how = cv2.INTER_AREA if length > side else cv2.INTER_CUBIC
        square = cv2.resize(square, (side, side), interpolation=how)
    return np.ascontiguousarray(square[:, ::-1] if rng.random() < 0.5 else square)
