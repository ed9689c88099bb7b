"""Pixels that are not the photo's: an object's colours, the background behind it, a new pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SOLID = 200  # alpha from which on a pixel belongs to the silhouette of a turned object


@dataclass(frozen=True, eq=False)
class Appearance:
    """The colours of a whole object.

    Args:
        rgba: (h, w, 4) uint8, straight (not premultiplied) alpha; every pixel has a colour.
        x0: left edge of the window in image pixels; may be negative.
        y0: top edge of the window in image pixels; may be negative.
    """

    rgba: np.ndarray
    x0: int
    y0: int


@dataclass(frozen=True, eq=False)
class Patch:
    """The background where an object was.

    Args:
        pixels: (h, w, 3) uint8 RGB; counts inside the hole only.
        hole: (h, w) bool, which pixels of the photo it replaces.
        x0: left edge in image pixels.
        y0: top edge in image pixels.
    """

    pixels: np.ndarray
    hole: np.ndarray
    x0: int
    y0: int


PatchKey = tuple[str, frozenset[str]]
"""A layer's id, and the ids whose patches it was painted over."""


@dataclass(frozen=True, eq=False)
class Turned:
    """An object in another pose.

    Args:
        look: its colours in that pose, standing where the object stands in the photo.
        degrees: how far it has been turned to the left.
    """

    look: Appearance
    degrees: float

    @property
    def mask(self) -> np.ndarray:
        """Its silhouette in the window of `look`, (h, w) bool; a soft shadow is not part of it."""
        return self.look.rgba[..., 3] > SOLID
