"""Holes as edits make them: silhouettes of street objects, brush strokes, strips at the border."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from amodal.data.shapes import Shape
from amodal.visibility import dilate

_TRIES = 100
LEAST_SEEN = 0.15  # share of an island that is known, at least


@dataclass(frozen=True)
class HoleConfig:
    """What holes look like. Lengths are shares of the picture's side.

    Args:
        kinds: shares of silhouettes, brush strokes and border strips.
        object_side: smallest and largest longer side of a silhouette.
        rim: smallest and largest width by which a silhouette is widened, as edits do.
        most: share of the picture that may be missing at most.
        islands: share of the pictures of which only a silhouette counts and is known, as when the
            hidden colours of an object are invented.
        island_side: smallest and largest longer side of such a silhouette.
    """

    kinds: tuple[float, float, float] = (0.7, 0.2, 0.1)
    object_side: tuple[float, float] = (0.12, 0.6)
    rim: tuple[float, float] = (0.0, 0.03)
    most: float = 0.45
    islands: float = 0.3
    island_side: tuple[float, float] = (0.5, 1.0)


class Holes:
    """Draws holes.

    Args:
        shapes: whole masks, whose silhouettes are used.
        config: sizes and shares.

    Raises:
        ValueError: there are no shapes.
    """

    def __init__(self, shapes: Sequence[Shape], config: HoleConfig = HoleConfig()) -> None:
        if not shapes:
            raise ValueError("shapes: got none, expected at least one")
        self.shapes = shapes
        self.config = config

    def task(self, rng: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray]:
        """What of a square picture is known, and what counts, each (side, side) bool.

        Beyond what counts nothing is known. Something that counts is not known.
        """
        if rng.random() >= self.config.islands:
            return ~self.draw(rng, side), np.ones((side, side), bool)
        for _ in range(_TRIES):
            island = self._silhouette(rng, side, self.config.island_side)
            known = island & ~self.draw(rng, side)
            if LEAST_SEEN * island.sum() < known.sum() < island.sum():
                return known, island
        raise ValueError("config: no hole leaves a part of an island")

    def draw(self, rng: np.random.Generator, side: int) -> np.ndarray:
        """A hole in a square picture, (side, side) bool: not empty, not too large."""
        kinds = (self.silhouettes, strokes, strip)
        kind: Callable = kinds[rng.choice(len(kinds), p=self.config.kinds)]
        for _ in range(_TRIES):
            hole = kind(rng, side)
            if hole.any() and hole.mean() <= self.config.most:
                return hole
        raise ValueError(f"config: no hole fits into {self.config.most:.0%} of the picture")

    def silhouettes(self, rng: np.random.Generator, side: int) -> np.ndarray:
        """One object, or two or three; they may leave the picture."""
        hole = np.zeros((side, side), bool)
        for _ in range(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])):
            hole |= self._silhouette(rng, side, self.config.object_side)
        rim = round(side * rng.uniform(*self.config.rim))
        return dilate(hole, rim, rim) if rim else hole

    def _silhouette(
        self, rng: np.random.Generator, side: int, longer: tuple[float, float]
    ) -> np.ndarray:
        """One object somewhere, its longer side between two shares of the picture's."""
        mask = self.shapes[rng.integers(len(self.shapes))].mask
        mask = mask[:, ::-1] if rng.random() < 0.5 else mask
        scale = side * np.exp(rng.uniform(*np.log(longer))) / max(mask.shape)
        height, width = (max(round(length * scale), 1) for length in mask.shape)
        soft = cv2.resize(mask.astype(np.float32), (width, height))
        y, x = (int(rng.uniform(-0.3 * n, side - 0.7 * n)) for n in (height, width))
        top, left = max(y, 0), max(x, 0)
        inside = soft[top - y : side - y, left - x : side - x] >= 0.5
        picture = np.zeros((side, side), bool)
        picture[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
        return picture


def strokes(rng: np.random.Generator, side: int) -> np.ndarray:
    """A few thick bent lines, as a hand draws them."""
    canvas = np.zeros((side, side), np.uint8)
    for _ in range(rng.integers(1, 4)):
        steps = rng.normal(0, 0.16 * side, (rng.integers(2, 7), 2))
        points = rng.uniform(0, side, 2) + np.cumsum(steps, axis=0)
        width = max(round(side * rng.uniform(0.02, 0.1)), 1)
        cv2.polylines(canvas, [np.rint(points).astype(np.int32)], False, 1, width)
    return canvas.astype(bool)


def strip(rng: np.random.Generator, side: int) -> np.ndarray:
    """A piece of the border: what an object leaves that the photo cuts off."""
    hole = np.zeros((side, side), bool)
    depth, length = (max(round(side * rng.uniform(*span)), 1) for span in ((0.05, 0.35), (0.2, 1)))
    first = rng.integers(0, side - length + 1)
    hole[:depth, first : first + length] = True
    return np.ascontiguousarray(np.rot90(hole, rng.integers(4)))
