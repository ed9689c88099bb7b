"""Run lengths: masks as COCO codes them, read and written without a mask as large as the photo.

Convention: pixels are counted down the columns, the leftmost column first, so pixel (row y, column
x) of a photo has the number y + x * height. `counts` (n,) int64 alternate between pixels outside
and inside, starting outside, and add up to the photo's pixels.

Only numbers are checked here; what a file may hold is checked in segmentation.py.
"""

from __future__ import annotations

import numpy as np
from pycocotools import mask as coco_mask

_MAX_DIGITS = 12  # of 5 bits: fits int64


def expand(text: str) -> np.ndarray | None:
    """The counts of a compressed string as pycocotools writes it; None if it is not one.

    A number is some characters of 5 bits, low ones first; bit 6 says that the number goes on, the
    last character's fifth bit is the sign. From the fourth on they are differences to the number
    before the last.
    """
    if not text.isascii():
        return None
    codes = np.frombuffer(text.encode("ascii"), np.uint8) - np.uint8(48)  # below 48 wraps round
    if not len(codes):
        return np.zeros(0, np.int64)
    ends = (codes < 32).nonzero()[0]
    if codes.max() > 63 or codes[-1] > 31:
        return None
    starts = np.zeros_like(ends)
    starts[1:] = ends[:-1] + 1
    digits = ends - starts + 1
    if digits.max() > _MAX_DIGITS:
        return None
    digit = np.arange(len(codes)) - starts.repeat(digits)
    counts = np.add.reduceat((codes & 31).astype(np.int64) << (5 * digit), starts)
    counts -= (codes[ends] > 15).astype(np.int64) << (5 * digits)
    counts[1::2] = counts[1::2].cumsum()
    counts[2::2] = counts[2::2].cumsum()
    return counts


def fill(counts: np.ndarray, height: int, width: int) -> np.ndarray:
    """The mask (height, width) bool of counts that add up to its pixels."""
    return _spread(counts).reshape(width, height).T.copy()


def cut(counts: np.ndarray, height: int) -> tuple[np.ndarray, int, int] | None:
    """Decode the tight box of a mask only.

    Args:
        counts: of the whole photo.
        height: of the photo.

    Returns:
        (mask (h, w) bool, x0, y0), the box's top-left corner in the photo; None if it is empty.
    """
    edges = counts.cumsum()
    starts, ends = edges[: len(edges) // 2 * 2 : 2], edges[1::2]
    if not counts[1::2].all():
        some = ends > starts
        starts, ends = starts[some], ends[some]
    if not len(starts):
        return None
    (left, top), (right, bottom) = np.divmod(starts, height), np.divmod(ends - 1, height)
    x0, columns = int(left[0]), int(right[-1] - left[0]) + 1
    if (left < right).any():  # a run that goes on in the next column touches both borders
        y0, rows = 0, height
    else:
        y0 = int(top.min())
        rows = int(bottom.max()) - y0 + 1
    bounds = np.empty(2 * len(starts) + 2, np.int64)
    bounds[0], bounds[-1] = 0, columns * rows
    bounds[1:-1:2] = (left - x0) * rows + top - y0
    bounds[2:-1:2] = (right - x0) * rows + bottom - y0 + 1
    flat = _spread(bounds[1:] - bounds[:-1])
    return flat.reshape(columns, rows).T.copy(), x0, y0


def _spread(counts: np.ndarray) -> np.ndarray:
    """Its pixels one by one, bool."""
    inside = np.zeros(len(counts), bool)
    inside[1::2] = True
    return inside.repeat(counts)


def code(mask: np.ndarray, x0: int, y0: int, height: int, width: int) -> dict[str, object]:
    """Code the part of a window that lies inside a photo: {"size": [height, width], "counts": str}.

    The same as coding the photo-sized mask.

    Args:
        mask: (h, w) bool.
        x0, y0: the window's top-left corner in the photo; may lie outside.
        height, width: of the photo.
    """
    inside = mask[max(-y0, 0) : max(height - y0, 0), max(-x0, 0) : max(width - x0, 0)]
    x0, y0 = max(x0, 0), max(y0, 0)
    rows, columns = inside.shape
    # An empty row below keeps runs inside their column, unless columns follow on each other.
    period = rows if rows == height else rows + 1
    flat = np.zeros(columns * period + 2, bool)
    flat[1:-1].reshape(columns, period)[:, :rows] = inside.T
    edges = (flat[1:] != flat[:-1]).nonzero()[0]
    column, row = np.divmod(edges, period)
    bounds = np.empty(len(edges) + 2, np.int64)
    bounds[0], bounds[-1] = 0, height * width
    bounds[1:-1] = (column + x0) * height + row + y0
    counts = bounds[1:] - bounds[:-1]
    if not counts[-1]:
        counts = counts[:-1]
    rle = coco_mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return {"size": [height, width], "counts": rle["counts"].decode("ascii")}
