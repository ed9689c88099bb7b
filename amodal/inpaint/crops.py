"""Full resolution around any painter: crop around the hole, paint, paste the hole's pixels back.

A painter works on a small square. So each hole gets a generous square crop (three times its own
size, at least the painter's working size), which is shrunk only when it is larger than that. Holes
close to each other share a crop. Nothing outside the hole changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from amodal.errors import AmodalError
from amodal.geometry import tight_box

Painter = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(h, w, 3) uint8 RGB and (h, w) bool hole → (h, w, 3) uint8; what it does outside is ignored."""

CONTEXT = 3  # side of the crop ÷ longer side of the hole; with 2, too little of the scene is seen
NEAR = 16  # holes closer than this, in pixels, are one hole
FEATHER = 3  # width of the seam inside the hole, in pixels


def fill_by_crops(
    image: np.ndarray, hole: np.ndarray, paint: Painter, size: int, feather: int = FEATHER
) -> np.ndarray:
    """Fill a hole at full resolution, piece by piece, the largest first.

    Args:
        image: (H, W, 3) uint8 RGB.
        hole: (H, W) bool.
        paint: sees a crop of at most (size, size), smaller where the picture ends.
        size: the painter's working size in pixels.
        feather: width of the seam inside the hole, in pixels; 0 for a hard seam.

    Returns:
        (H, W, 3) uint8 RGB, byte-identical to `image` outside the hole.

    Raises:
        AmodalError: the hole covers the whole image.
        ValueError: an array of the wrong type or shape.
    """
    check(image, hole)
    out = image.copy()
    if not hole.any():
        return out
    if hole.all():
        raise AmodalError(
            "The hole covers the whole picture, so nothing is left to learn from: "
            "remove fewer or smaller objects."
        )
    left = hole.copy()
    for piece in pieces(hole):
        if not (left & piece).any():
            continue
        view = crop_around(piece, left, size)
        # Whatever else lies wholly in this view is filled with it.
        mine = left[view] & ~reaches_out(left, view)
        mine |= piece[view]
        # No painter may see what is in the hole, not even in the blur of its own rim.
        blank, distance = nearest_known(out[view], left[view])
        painted = paint_small(blank, left[view], paint, size)
        seam = np.clip(distance / (feather + 1), 0, 1)[..., None] if feather else 1.0
        mixed = seam * painted + (1 - seam) * blank
        out[view][mine] = np.clip(np.rint(mixed[mine]), 0, 255).astype(np.uint8)
        left[view] &= ~mine
    return out


def reaches_out(hole: np.ndarray, view: tuple[slice, slice]) -> np.ndarray:
    """The parts of the hole in a view that go on outside it, (h, w) bool in the view."""
    height, width = hole.shape
    rows, columns = view
    _, labels = cv2.connectedComponents(hole[view].astype(np.uint8))
    rim = [
        labels[0] if rows.start > 0 else [],
        labels[-1] if rows.stop < height else [],
        labels[:, 0] if columns.start > 0 else [],
        labels[:, -1] if columns.stop < width else [],
    ]
    cut = np.unique(np.concatenate(rim).astype(int))
    return np.isin(labels, cut[cut > 0])


def check(image: np.ndarray, hole: np.ndarray) -> None:
    """Raise ValueError unless image is (H, W, 3) uint8 and hole (H, W) bool."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"image: got {image.dtype} {image.shape}, expected uint8 (H, W, 3) RGB")
    if hole.dtype != bool or hole.shape != image.shape[:2]:
        raise ValueError(f"hole: got {hole.dtype} {hole.shape}, expected bool {image.shape[:2]}")


def pieces(hole: np.ndarray) -> Iterator[np.ndarray]:
    """The separate parts of a hole, each (H, W) bool, the largest first."""
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (NEAR + 1, NEAR + 1))
    count, labels = cv2.connectedComponents(cv2.dilate(hole.astype(np.uint8), ball))
    areas = np.bincount(labels[hole], minlength=count)
    for label in sorted(range(1, count), key=lambda label: (-areas[label], label)):
        yield hole & (labels == label)


def crop_around(piece: np.ndarray, hole: np.ndarray, size: int) -> tuple[slice, slice]:
    """Rows and columns of the crop for a piece: square, or cut by the picture's border.

    It grows until it holds some known pixels: a piece may lie amid other holes. Where nothing is
    known, it ends as the whole picture.
    """
    box = tight_box(piece)
    side = max(size, int(np.ceil(CONTEXT * max(box.width, box.height))))
    while True:
        rows = span(box.y0, box.y1, side, piece.shape[0])
        columns = span(box.x0, box.x1, side, piece.shape[1])
        if side >= max(piece.shape) or not hole[rows, columns].all():
            return rows, columns
        side *= 2


def span(start: float, stop: float, side: int, length: int) -> slice:
    """`side` pixels around start..stop, moved (and at last cut) to stay within 0..length."""
    side = min(side, length)
    first = round((start + stop - side) / 2)
    first = min(max(first, 0), length - side)
    return slice(first, first + side)


def paint_small(crop: np.ndarray, hole: np.ndarray, paint: Painter, size: int) -> np.ndarray:
    """Paint a crop (h, w, 3), shrunk for that where its longer side is larger than `size`."""
    height, width = hole.shape
    scale = size / max(height, width)
    if scale >= 1:
        return paint(crop, hole)
    small = (max(round(width * scale), 1), max(round(height * scale), 1))
    crop = cv2.resize(crop, small, interpolation=cv2.INTER_AREA)
    share = cv2.resize(hole.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    return cv2.resize(paint(crop, share > 0), (width, height), interpolation=cv2.INTER_CUBIC)


def nearest_known(image: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give every hole pixel the colour of the nearest known one.

    Returns:
        The image without its hole, (h, w, 3) uint8, and each pixel's distance to the known ones in
        pixels, (h, w) float32.
    """
    distance, labels = cv2.distanceTransformWithLabels(
        hole.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    palette = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    palette[labels[~hole]] = image[~hole]
    return palette[labels], distance
