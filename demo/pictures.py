"""What the user looks at: outlines, thumbnails of shapes, the probability map. Pixels only.

Colours belong to the object's number, so that an object keeps its colour on every picture.
"""

from __future__ import annotations

import colorsys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from amodal.geometry import tight_box
from amodal.looks import Appearance
from amodal.scene import Completion, Completions, Instance, paste_window

HUES = (205, 28, 150, 340, 265, 50, 180, 310, 95, 0)  # degrees; neighbours differ
THUMBNAIL = (384, 216)  # width, height
LONGEST = 300  # of a thumbnail, pixels
ENLARGE = 4.0  # a thumbnail never shows the photo larger than this
CHEQUER = 8  # pixels of a thumbnail
SKETCHED = 200  # a sketch of a shape tells about so many pixels apart along its longer side
INVENTED = 0.62  # how strongly the invented part is tinted

Window = tuple[int, int, int, int]
"""x0, y0, width, height in image pixels; may leave the photo."""


def hue(number: int) -> int:
    """The colour of an object, in degrees."""
    return HUES[number % len(HUES)]


def rgb(degrees: int) -> np.ndarray:
    """A strong, light colour of this hue, (3,) float32 in 0..255."""
    return np.array(colorsys.hls_to_rgb(degrees / 360, 0.56, 0.9), np.float32) * 255


def outline(mask: np.ndarray, x0: int = 0, y0: int = 0, step: int = 1) -> str:
    """An SVG path along the border of a mask (h, w) bool whose corner is at (x0, y0).

    Args:
        step: image pixels that a pixel of the mask is wide and high.
    """
    if not mask.any():
        return ""
    box = tight_box(mask)
    x0, y0 = x0 + step * int(box.x0), y0 + step * int(box.y0)
    part = mask[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)].astype(np.uint8)
    # Every pixel doubled and a border around: the path follows pixel edges.
    double = cv2.resize(part, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    double = cv2.copyMakeBorder(double, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    found, _ = cv2.findContours(double, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    parts = []
    for contour in found:
        points = cv2.approxPolyDP(contour, 1.2, True)[:, 0].astype(np.float64)
        points = (points - 0.5) / 2 * step + (x0, y0)
        parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    return "".join(parts)


def sketch(completion: Completion) -> str:
    """The outline of a shape for a quick look: a large one to a few pixels, an SVG path."""
    step = max(max(completion.mask.shape) // SKETCHED, 1)
    thinned = np.ascontiguousarray(completion.mask[::step, ::step])
    return outline(thinned, completion.x0, completion.y0, step)


def window_around(instance: Instance, completions: Completions) -> Window:
    """A window that holds every completion with some air, in one shape for all thumbnails."""
    boxes = [tight_box(instance.modal)]
    for item in (completions.mode, *completions.samples):
        if item.mask.any():
            boxes.append(item.box)
    whole = boxes[0]
    for box in boxes[1:]:
        whole = whole.union(box)
    air = max(6.0, 0.15 * max(whole.width, whole.height))
    width, height = whole.width + 2 * air, whole.height + 2 * air
    # Between 4:3 and 3:4, so that a row of thumbnails reads as a row.
    width, height = max(width, height * 0.75), max(height, width * 0.75)
    x0 = (whole.x0 + whole.x1 - width) / 2
    y0 = (whole.y0 + whole.y1 - height) / 2
    return round(x0), round(y0), round(width), round(height)


def thumbnail(path: Path) -> np.ndarray:
    """A small 16:9 picture of an example, (h, w, 3) uint8."""
    with Image.open(path) as image:
        image.draft("RGB", THUMBNAIL)
        return np.asarray(ImageOps.fit(image.convert("RGB"), THUMBNAIL))


def cutout(look: Appearance, window: Window) -> np.ndarray:
    """An object's own colours on a chequered ground, (h, w, 3) uint8."""
    x0, y0, width, height = window
    rgba = paste_window(look.rgba, look.x0 - x0, look.y0 - y0, height, width)
    size = _fit(window)
    how = cv2.INTER_CUBIC if width < size[0] else cv2.INTER_AREA
    alpha = rgba[..., 3:].astype(np.float32) / 255
    colour = cv2.resize(rgba[..., :3] * alpha, size, interpolation=how)
    alpha = np.clip(cv2.resize(alpha, size, interpolation=how), 0, 1)[..., None]
    x, y = np.arange(size[0]) // CHEQUER, np.arange(size[1]) // CHEQUER
    ground = np.where((x + y[:, None]) % 2, 92.0, 72.0)[..., None]
    return np.clip(colour + ground * (1 - alpha), 0, 255).astype(np.uint8)


def _cut(values: np.ndarray, window: Window) -> np.ndarray:
    """The window of a photo-sized array; 0 beyond the photo."""
    x0, y0, width, height = window
    return paste_window(values, -x0, -y0, height, width)


def _cut_completion(item: Completion, window: Window) -> np.ndarray:
    x0, y0, width, height = window
    return paste_window(item.mask, item.x0 - x0, item.y0 - y0, height, width)


def _fit(window: Window, longest: int = LONGEST) -> tuple[int, int]:
    """(width, height) of the thumbnail for a window."""
    _, _, width, height = window
    scale = min(longest / max(width, height), ENLARGE * longest / LONGEST)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def _soft(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A mask resized to (width, height), (h, w, 1) float32 in 0..1."""
    step = max(mask.shape[1] // (2 * size[0]), 1)  # averaging all of a large one takes long
    mask = mask[::step, ::step]
    interpolation = cv2.INTER_AREA if mask.shape[1] > size[0] else cv2.INTER_LINEAR
    return cv2.resize(mask.astype(np.float32), size, interpolation=interpolation)[..., None]


class Backdrop:
    """The photo around one object, cut and dimmed once for all of its thumbnails.

    Args:
        photo: (H, W, 3) uint8 RGB.
        instance: the object.
        window: what to show.
        number: the object's, for its colour.
        longest: side of the thumbnails, pixels.
    """

    def __init__(
        self,
        photo: np.ndarray,
        instance: Instance,
        window: Window,
        number: int,
        longest: int = LONGEST,
    ) -> None:
        self.window = window
        self.size = _fit(window, longest)
        self.colour = rgb(hue(number))
        cut = _cut(photo, window)
        inside = _cut(np.ones(photo.shape[:2], np.uint8), window)
        larger = cut.shape[1] < self.size[0]
        how = cv2.INTER_CUBIC if larger else cv2.INTER_AREA
        clear = cv2.resize(cut, self.size, interpolation=how).astype(np.float32)
        grey = clear.mean(axis=2, keepdims=True) * 0.42 + 60
        self.clear = clear
        self.dimmed = np.where(_soft(inside, self.size) > 0.5, grey, 42.0).astype(np.float32)
        self.modal = _soft(_cut(instance.modal, window), self.size)

    def seen(self) -> np.ndarray:
        """The photo as it is, with a line around the object's visible part."""
        return self._edge(self.clear, self.modal)

    def shape(self, completion: Completion) -> np.ndarray:
        """One whole shape: its visible part as in the photo, the rest in the object's colour."""
        whole = _soft(_cut_completion(completion, self.window), self.size)
        out = self.dimmed * (1 - self.modal) + self.clear * self.modal
        invented = np.clip(whole - self.modal, 0, 1) * INVENTED
        out = out * (1 - invented) + self.colour * invented
        return self._edge(out, whole)

    def probability(self, completions: Completions) -> np.ndarray:
        """Where the samples agree: how many of them cover each point."""
        return self._map(completions, completions.probability, cv2.COLORMAP_VIRIDIS)

    def uncertainty(self, completions: Completions) -> np.ndarray:
        """Where they don't: the entropy of each point."""
        return self._map(completions, completions.entropy, cv2.COLORMAP_INFERNO)

    def _map(self, completions: Completions, values: np.ndarray, colours: int) -> np.ndarray:
        """Values in 0..1 of the probability's window, in uniform colours; 0 is clear."""
        x0, y0, width, height = self.window
        share = paste_window(values, completions.x0 - x0, completions.y0 - y0, height, width)
        heat = cv2.applyColorMap(np.uint8(share * 255), colours)[..., ::-1]
        heat = cv2.resize(np.ascontiguousarray(heat), self.size, interpolation=cv2.INTER_LINEAR)
        alpha = np.clip(_soft(share, self.size) * 4, 0, 1) * 0.88
        out = self.dimmed * (1 - alpha) + heat.astype(np.float32) * alpha
        return self._edge(out, self.modal)

    def _edge(self, picture: np.ndarray, soft: np.ndarray) -> np.ndarray:
        """Draw the outline of a soft mask in white."""
        picture = np.clip(picture, 0, 255).astype(np.uint8)
        contours, _ = cv2.findContours(
            (soft[..., 0] > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        return cv2.drawContours(picture, contours, -1, (255, 255, 255), 1, cv2.LINE_AA)
