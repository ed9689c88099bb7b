"""A car in a square picture: its box in the middle, its longer side a fixed share of the square."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from amodal.geometry import tight_box

FILL = 0.92  # of the square's side


class Framing(NamedTuple):
    """Where a tight box of a picture goes in a square.

    Args:
        x0, y0, x1, y1: the box, pixels of the picture.
        side: of the square, pixels.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    side: int

    @property
    def scale(self) -> float:
        """Pixels of the square ÷ pixels of the picture."""
        return FILL * self.side / max(self.x1 - self.x0, self.y1 - self.y0)

    @property
    def inside(self) -> tuple[slice, slice]:
        """Rows and columns of the square that the box takes."""
        height, width = (
            max(round(self.scale * length), 1) for length in (self.y1 - self.y0, self.x1 - self.x0)
        )
        y, x = (self.side - height) // 2, (self.side - width) // 2
        return slice(y, y + height), slice(x, x + width)

    def squared(self, picture: np.ndarray, labels: bool = False) -> np.ndarray:
        """The box of a picture (h, w) or (h, w, C) uint8 in its square, 0 around it.

        Args:
            labels: whether values are numbers of things, which can't be mixed.
        """
        rows, columns = self.inside
        box = np.ascontiguousarray(picture[self.y0 : self.y1, self.x0 : self.x1])
        how = cv2.INTER_NEAREST if labels else cv2.INTER_AREA if self.scale < 1 else cv2.INTER_CUBIC
        size = columns.stop - columns.start, rows.stop - rows.start
        out = np.zeros((self.side, self.side, *picture.shape[2:]), picture.dtype)
        out[rows, columns] = cv2.resize(box, size, interpolation=how)
        return out


def premultiplied(rgba: np.ndarray) -> np.ndarray:
    """Colours times alpha, (h, w, 4) uint8: only these can be resized without dark edges."""
    alpha = rgba[..., 3:].astype(np.uint16)
    colours = (rgba[..., :3] * alpha + 127) // 255
    return np.concatenate([colours.astype(np.uint8), rgba[..., 3:]], axis=2)


def as_car(picture: np.ndarray) -> np.ndarray:
    """A premultiplied picture (S, S, 4) uint8 as the network has it, (4, S, S) float32 in 0..1."""
    return picture.transpose(2, 0, 1).astype(np.float32) / 255


def framing(mask: np.ndarray, side: int) -> Framing:
    """The framing of a mask's tight box; the mask is (h, w) bool and not empty."""
    box = tight_box(mask)
    return Framing(int(box.x0), int(box.y0), int(box.x1), int(box.y1), side)
