"""From a click or a box to the mask of an object that has none yet.

A Segmenter is stateless: `encode` a photo once (slow), then `segment` it with as many prompts as
wanted (fast). MobileSAM is the good one, GrabCut needs no weights, the brush corrects both.

Convention: as everywhere (geometry.py), points (x, y) and half-open boxes in pixel edges; the
pixel in row 2 and column 5 has its centre at (5.5, 2.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from amodal.errors import AmodalError
from amodal.geometry import Box

Embedding = Any  # what a segmenter knows of a photo: opaque, immutable, only for the same segmenter


@dataclass(frozen=True, eq=False)
class MaskGuess:
    """One answer to a prompt.

    Args:
        mask: visible pixels of the object, (H, W) bool, as large as the photo, never empty.
        score: how good the segmenter believes the mask to be, about 0..1.
    """

    mask: np.ndarray
    score: float


class Segmenter(Protocol):
    """Finds an object where the user points. Keeps nothing between calls."""

    name: str

    def encode(self, photo: np.ndarray) -> Embedding:
        """Look at a photo, (H, W, 3) uint8 RGB, once for all its prompts."""
        ...

    def segment(
        self,
        embedding: Embedding,
        points: Sequence[tuple[float, float]] = (),
        labels: Sequence[bool] = (),
        box: Box | None = None,
    ) -> tuple[MaskGuess, ...]:
        """Guess the mask of one object.

        Args:
            embedding: from `encode` of the same segmenter.
            points: (x, y) in the photo's pixels, inside the photo.
            labels: one for each point, True on the object, False off it; none means all True.
            box: around the visible part; what lies outside the photo is cut off.

        Returns:
            At least one guess, best first.

        Raises:
            AmodalError: a prompt that lies off the photo or is too small, no prompt on the
                object, or nothing found there.
        """
        ...


class Prompt(NamedTuple):
    """A checked prompt: points (N, 2) float64, labels (N,) bool, box inside the photo or None."""

    points: np.ndarray
    labels: np.ndarray
    box: Box | None


def check_photo(photo: np.ndarray) -> None:
    """Raise ValueError if `photo` isn't (H, W, 3) uint8."""
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
        raise ValueError(f"photo: got {photo.dtype} {photo.shape}, expected uint8 (H, W, 3)")


def check_prompt(
    height: int,
    width: int,
    points: Sequence[tuple[float, float]],
    labels: Sequence[bool],
    box: Box | None,
) -> Prompt:
    """Check a prompt against the photo's size, and cut the box at the photo's borders.

    Raises:
        AmodalError: a point or the whole box lies off the photo, the box is smaller than 2 pixels,
            or there is neither a box nor a point on the object.
        ValueError: not as many labels as points.
    """
    labels = labels if len(labels) else (True,) * len(points)
    if len(labels) != len(points):
        raise ValueError(f"labels: got {len(labels)} for {len(points)} points, expected as many")
    where = f"the photo, which is {width} x {height} pixels"
    for x, y in points:
        if not (0 <= x < width and 0 <= y < height):  # also refuses NaN
            raise AmodalError(f"The point ({x:g}, {y:g}) is outside {where}: click inside it.")
    if box is None and not any(labels):
        raise AmodalError("Nothing marks the object: click on it or draw a box around it.")
    if box is not None:
        box = _cut_box(Box(*(float(edge) for edge in box)), height, width, where)
    return Prompt(
        np.array(points, np.float64).reshape(-1, 2), np.array(labels, bool).reshape(-1), box
    )


def _cut_box(box: Box, height: int, width: int, where: str) -> Box:
    drawn = f"The box ({box.x0:g}, {box.y0:g}) to ({box.x1:g}, {box.y1:g})"
    if not (box.width >= 2 and box.height >= 2):
        raise AmodalError(f"{drawn} is too small: drag from one corner of the object to the other.")
    cut = Box(max(box.x0, 0.0), max(box.y0, 0.0), min(box.x1, width), min(box.y1, height))
    if not (cut.width >= 2 and cut.height >= 2):
        raise AmodalError(f"{drawn} is outside {where}: draw it around the object.")
    return cut
