"""The pictures of the page "How it works". Pixels only."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from amodal.explain import Walk
from amodal.geometry import Box
from amodal.scene import Completion, Completions, Instance
from demo import text
from demo.figures import Figure
from demo.pictures import Backdrop, Window, hue, rgb, window_around

LONGEST = 560  # of a picture of the photo, pixels
DASH = 14  # pixels of the picture
WHITE = (255, 255, 255)


class Views:
    """The photo around one object, for all pictures of it.

    Args:
        photo: (H, W, 3) uint8 RGB.
        instance: the object.
        completion: its whole shape; the window holds it.
        number: the object's, for its colour.
    """

    def __init__(
        self, photo: np.ndarray, instance: Instance, completion: Completion, number: int
    ) -> None:
        shapes = Completions(completion, (), np.zeros((1, 1), np.float32), 0, 0)
        self.window: Window = window_around(instance, shapes)
        self.backdrop = Backdrop(photo, instance, self.window, number, LONGEST)
        self.colour = tuple(int(level) for level in rgb(hue(number)))

    def seen(self, walk: Walk) -> list[Figure]:
        """Step 1: the visible part in its box, and what the encoder gets."""
        photo = self._boxed(self.backdrop.seen(), walk.query.crop)
        crop = np.uint8(np.round(walk.query.mask * 255))
        return [
            Figure(photo, text.PHOTO_ALT, text.PHOTO_CAPTION),
            Figure(crop, text.CROP_ALT, f"{text.CROP_CAPTION}, {len(crop)} × {len(crop)}", True),
        ]

    def placed(self, walk: Walk) -> list[Figure]:
        """Step 4: where the canonical square lies."""
        picture = self._boxed(self.backdrop.seen(), walk.query.crop)
        picture = self._boxed(picture, walk.box, dashed=True)
        return [Figure(picture, text.PLACED_ALT, text.PLACED_CAPTION)]

    def pasted(self, completion: Completion, caption: str) -> list[Figure]:
        """Step 5: the whole shape."""
        return [Figure(self.backdrop.shape(completion), text.PASTED_ALT, caption)]

    def _boxed(self, picture: np.ndarray, box: Box, dashed: bool = False) -> np.ndarray:
        """Draw a box of the image frame: dark below, so that it shows on any ground."""
        x0, y0, width, height = self.window
        scale = np.array([picture.shape[1] / width, picture.shape[0] / height])
        corners = np.array([(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)])
        corners = (corners - (x0, y0)) * scale
        out = picture.copy()
        for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            for a, b in _dashes(start, end) if dashed else [(start, end)]:
                ends = np.round(a).astype(int).tolist(), np.round(b).astype(int).tolist()
                cv2.line(out, *ends, (20, 24, 32), 6, cv2.LINE_AA)
                cv2.line(out, *ends, self.colour if dashed else WHITE, 3, cv2.LINE_AA)
        return out


def _dashes(start: np.ndarray, end: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """A line as dashes, as many as fit."""
    pieces = max(round(float(np.linalg.norm(end - start)) / DASH) | 1, 1)
    at = np.linspace(start, end, pieces + 1)
    return [(at[i], at[i + 1]) for i in range(0, pieces, 2)]


def canonical(shape: np.ndarray, caption: str = text.CANONICAL_CAPTION) -> Figure:
    """Probabilities (S, S): violet improbable, yellow certain."""
    picture = cv2.applyColorMap(np.uint8(np.round(shape * 255)), cv2.COLORMAP_VIRIDIS)[..., ::-1]
    return Figure(np.ascontiguousarray(picture), text.CANONICAL_ALT, caption, True)


def strip(shapes: Sequence[np.ndarray]) -> list[Figure]:
    """Several canonical shapes beside each other."""
    return [canonical(shape, "") for shape in shapes]
