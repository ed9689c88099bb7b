"""Small pictures of all layers in one, so that a list of them costs one request."""

from __future__ import annotations

import io
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

from amodal.geometry import tight_box
from amodal.scene import Instance

CELL = (112, 80)  # width, height in pixels: twice what is shown, for sharp screens
COLUMNS = 8
AIR = 4  # pixels around a thumbnail
ENLARGE = 2.0  # a thumbnail never shows the photo larger than this
ENOUGH = 3  # pixels of the photo for one of a thumbnail; more make it slower, not better


def contact_sheet(photo: np.ndarray, instances: Sequence[Instance]) -> np.ndarray:
    """What can be seen of each object, cut out, and last what the photo shows beside them.

    Args:
        photo: (H, W, 3) uint8 RGB.
        instances: its objects; the n-th has the n-th cell, row by row, COLUMNS in a row.

    Returns:
        (rows * CELL[1], COLUMNS * CELL[0], 4) uint8 RGBA, clear where nothing is.
    """
    width, height = CELL
    rows = -(-(len(instances) + 1) // COLUMNS)
    sheet = np.zeros((rows * height, COLUMNS * width, 4), np.uint8)
    rest = np.ones(photo.shape[:2], bool)
    for instance in instances:
        rest &= ~instance.modal
    for number, mask in enumerate([*(each.modal for each in instances), rest]):
        row, column = divmod(number, COLUMNS)
        cell = sheet[row * height :, column * width :][:height, :width]
        if mask.any():
            _paste_middle(cell, _small(photo, mask))
    return sheet


def sheet_bytes(photo: np.ndarray, instances: Sequence[Instance]) -> bytes:
    """The contact sheet as a WebP file."""
    out = io.BytesIO()
    Image.fromarray(contact_sheet(photo, instances)).save(out, "WEBP", quality=85, method=0)
    return out.getvalue()


def _small(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The masked part of the photo at a size that fits a cell, (h, w, 4) uint8 RGBA."""
    box = tight_box(mask)
    most = CELL[0] - 2 * AIR, CELL[1] - 2 * AIR
    scale = min(most[0] / box.width, most[1] / box.height, ENLARGE)
    size = max(round(box.width * scale), 1), max(round(box.height * scale), 1)
    step = max(int(1 / (scale * ENOUGH)), 1)
    part = slice(int(box.y0), int(box.y1), step), slice(int(box.x0), int(box.x1), step)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    # Black where the object isn't, and divided by alpha again: nothing beside it bleeds in.
    alpha = mask[part][..., None].view(np.uint8)  # (h, w, 1) of 0 and 1
    cut = np.concatenate([photo[part] * alpha, 255 * alpha], axis=2)
    cut = cv2.resize(cut, size, interpolation=how)
    colour = cut[..., :3] * (255 / np.maximum(cut[..., 3:], 1.0))
    return np.dstack([np.clip(colour, 0, 255).round().astype(np.uint8), cut[..., 3]])


def _paste_middle(cell: np.ndarray, picture: np.ndarray) -> None:
    height, width = picture.shape[:2]
    y, x = (cell.shape[0] - height) // 2, (cell.shape[1] - width) // 2
    cell[y : y + height, x : x + width] = picture
