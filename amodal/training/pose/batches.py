"""Pairs of poses of one car, drawn from turntables (amodal.render.turntable)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from amodal.errors import AmodalError
from amodal.pose.framing import as_car, framing, premultiplied
from amodal.pose.layout import planes
from amodal.training.pose.photographed import light, photographed, recoloured

SOLID = 127  # alpha above which a pixel is the car's


@dataclass(frozen=True, eq=False)
class PoseBatch:
    """Cars as they are seen, and in another pose.

    Args:
        car: (B, 4, S, S) float32, RGB in 0..1 times alpha, and alpha: what the encoder sees.
        layout: (B, P, S, S) float32 of 0 and 1, the other pose.
        target: (B, 3, S, S) float32 in 0..1, the car in it.
        alpha: (B, 1, S, S) float32, where it is.
    """

    car: Tensor
    layout: Tensor
    target: Tensor
    alpha: Tensor

    def to(self, device: torch.device) -> PoseBatch:
        parts = (self.car, self.layout, self.target, self.alpha)
        return PoseBatch(*(part.to(device, memory_format=torch.channels_last) for part in parts))


def car_folders(root: Path) -> list[Path]:
    """The cars of a turntable's folder.

    Raises:
        AmodalError: there are none with at least two views.
    """
    paths = sorted(root.glob("*/views.json")) if root.is_dir() else []
    found = [path.parent for path in paths if len(json.loads(path.read_text())["views"]) >= 2]
    if not found:
        raise AmodalError(
            f"{root} holds no cars: render some by `python -m amodal.render.turntable`."
        )
    return found


def read_view(folder: Path, index: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """A view in its square.

    Returns:
        The car (S, S, 4) uint8, RGB times alpha and alpha; its parts (S, S) uint8.
    """
    picture = cv2.imread(str(folder / f"{index}.png"), cv2.IMREAD_UNCHANGED)[..., [2, 1, 0, 3]]
    parts = cv2.imread(str(folder / f"{index}-parts.png"), cv2.IMREAD_UNCHANGED)
    frame = framing(parts > 0, side)
    return frame.squared(premultiplied(picture)), frame.squared(parts, labels=True)


class Turns(Dataset):
    """One batch a step; a batch is a function of (seed, step).

    Args:
        folders: of cars.
        side: S.
        batch: cars a step.
        steps: batches in all.
        seed: of all that is drawn.
        damaged: share of the cars of which a piece is missing.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        side: int,
        batch: int,
        steps: int,
        seed: int,
        damaged: float = 0.0,
    ) -> None:
        self.folders = folders
        self.counts = [len(json.loads((f / "views.json").read_text())["views"]) for f in folders]
        self.side, self.batch, self.steps = side, batch, steps
        self.seed, self.damaged = seed, damaged

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> PoseBatch:
        rng = np.random.default_rng([self.seed, step])
        rows = [self._row(rng) for _ in range(self.batch)]
        return PoseBatch(*(torch.from_numpy(np.stack(c)) for c in zip(*rows, strict=True)))

    def _row(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        number = int(rng.integers(len(self.folders)))
        shown, wanted = rng.choice(self.counts[number], 2, replace=False)
        car, _ = read_view(self.folders[number], int(shown), self.side)
        target, parts = read_view(self.folders[number], int(wanted), self.side)
        # Mirroring keeps the looks but for the plate; other hues make up for few paints.
        car = car[:, ::-1] if rng.random() < 0.5 else car
        if rng.random() < 0.5:
            target, parts = target[:, ::-1], parts[:, ::-1]
        gain = light(rng)
        car, target = (recoloured(each, gain) for each in (car, target))
        car = photographed(car, rng)
        if rng.random() < self.damaged:
            car = without_a_piece(car, rng)
        alpha = (parts > 0).astype(np.float32)[None]
        return as_car(car), planes(parts), straight(as_car(target)), alpha


def straight(values: np.ndarray) -> np.ndarray:
    """The colours (3, S, S) of a car (4, S, S) that has them times alpha."""
    return np.clip(values[:3] / np.maximum(values[3:], 1e-3), 0, 1)


def without_a_piece(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A band of the car in the mean colour of the rest, as invented colours are far from the
    visible ones."""
    side = len(picture)
    first, width = rng.uniform(0.05, 0.7), rng.uniform(0.15, 0.45)
    band = np.zeros((side, side), bool)
    band[:, int(first * side) : int((first + width) * side)] = True
    band = band.T if rng.random() < 0.5 else band
    solid = picture[..., 3] > SOLID
    if not (solid & ~band).any():
        return picture
    out = picture.copy()
    out[band & solid, :3] = picture[solid & ~band, :3].mean(axis=0)
    return out
