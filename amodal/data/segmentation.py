"""One mask in COCO's ways of writing it: polygons, run lengths, or a PNG beside the JSON.

Nothing in here trusts the file: every count, size and coordinate is checked before memory is
taken for it, since pycocotools reads on past what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask

from amodal.data import runs
from amodal.errors import AmodalError
from amodal.photo import MAX_PIXELS

# pycocotools walks along each outline in steps of a fifth of a pixel, 16 bytes a step, and sorts.
MAX_OUTLINE = 200_000  # of one object, pixels; a whole 40-megapixel photo has 26,000
# A whole object may reach beyond the photo, its window too.
MAX_MASK_PIXELS = 4 * MAX_PIXELS


def encode_rle(mask: np.ndarray) -> dict[str, Any]:
    """A mask (H, W) bool as COCO's compressed RLE: {"size": [H, W], "counts": str}."""
    rle = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": [int(side) for side in rle["size"]], "counts": rle["counts"].decode("ascii")}


def decode_rle(rle: Mapping[str, Any]) -> np.ndarray:
    """The mask (H, W) bool of an RLE, compressed (str or bytes) or not (a list of run lengths).

    Raises:
        AmodalError: it is not an RLE, or its runs don't add up to its size.
    """
    return runs.fill(_read_counts(rle), *rle_size(rle))


def _read_counts(rle: Mapping[str, Any]) -> np.ndarray:
    """Its run lengths (n,) int64, which add up to its size."""
    height, width = rle_size(rle)
    counts = rle.get("counts")
    if isinstance(counts, bytes):
        counts = counts.decode("ascii", "replace")
    if isinstance(counts, str):
        counts = runs.expand(counts)
        if counts is None:
            raise AmodalError("the RLE's `counts` are not a compressed string: export it again.")
    elif isinstance(counts, Sequence) and all(_is_count(count) for count in counts):
        counts = np.array(counts, np.int64)
    else:
        counts = None
    if counts is None or counts.min(initial=0) < 0:
        raise AmodalError(
            "the RLE's `counts` are not run lengths: expected a compressed string as pycocotools "
            "writes it, or a list of whole numbers from 0 on."
        )
    damaged = counts.max(initial=0) > height * width  # then the sum may not fit
    covered = sum(counts.tolist()) if damaged else int(counts.sum())
    if covered != height * width:
        raise AmodalError(
            f"the RLE's runs cover {covered} pixels, expected {height} x {width} = "
            f"{height * width}: its counts are damaged or its size is wrong; export it again."
        )
    return counts


def rle_size(rle: Mapping[str, Any]) -> tuple[int, int]:
    """(height, width) of an RLE.

    Raises:
        AmodalError: it is missing or not a size.
    """
    size = rle.get("size")
    is_size = (
        isinstance(size, Sequence)
        and len(size) == 2
        and all(_is_count(side) and side > 0 for side in size)
        and size[0] * size[1] <= MAX_MASK_PIXELS
    )
    if not is_size:
        raise AmodalError(f"the RLE's `size` is {short(size)}, expected [height, width].")
    return size[0], size[1]


def mask_of(segmentation: Any, height: int, width: int, folder: Path | None) -> np.ndarray:
    """Read a segmentation of any kind.

    Args:
        segmentation: polygons, one flat polygon, an RLE, or the path of a PNG.
        height, width: of the photo; RLE and PNG must have this size.
        folder: PNG paths are relative to it and must stay in it; None: there are no files.

    Returns:
        (height, width) bool, at least one pixel of it true.

    Raises:
        AmodalError: anything else.
    """
    counts = _counts_of(segmentation, height, width, folder)
    if not counts[1::2].any():
        raise AmodalError(
            f"the mask has no pixel inside the photo of {width} x {height}: mark the object's "
            "visible part."
        )
    return runs.fill(counts, height, width)


def cut_of(
    segmentation: Any, height: int, width: int, folder: Path | None
) -> tuple[np.ndarray, int, int] | None:
    """Read a segmentation of any kind, the tight box of the mask only; arguments as mask_of.

    Returns:
        (mask (h, w) bool, x0, y0), the box's top-left corner in the photo; None: it is empty.

    Raises:
        AmodalError: as mask_of.
    """
    return runs.cut(_counts_of(segmentation, height, width, folder), height)


def _counts_of(segmentation: Any, height: int, width: int, folder: Path | None) -> np.ndarray:
    """The run lengths of a segmentation of any kind."""
    if isinstance(segmentation, Mapping):
        _check_size(*rle_size(segmentation), height, width)
        return _read_counts(segmentation)
    if isinstance(segmentation, str):
        return _read_counts(encode_rle(_mask_of_png(segmentation, height, width, folder)))
    if isinstance(segmentation, list) and segmentation:
        flat = all(is_number(value) for value in segmentation)
        return _counts_of_polygons([segmentation] if flat else segmentation, height, width)
    raise AmodalError(
        f"the segmentation is {short(segmentation)}, expected polygons, an RLE or the path "
        "of a mask PNG."
    )


def check_reach(values: Iterable[float], height: int, width: int, what: str) -> None:
    """Refuse coordinates x, y, x, y, ... farther from the photo than its own size."""
    for value, side in zip(values, cycle((width, height)), strict=False):
        if not -side <= value <= 2 * side:  # also true for NaN
            raise AmodalError(
                f"{what} has the coordinate {short(value)}, far outside the photo of {width} x "
                f"{height} pixels: coordinates are pixels of this photo."
            )


def _counts_of_polygons(polygons: list[Any], height: int, width: int) -> np.ndarray:
    whole = 0.0
    for number, polygon in enumerate(polygons, start=1):
        what = f"polygon {number}"
        if not isinstance(polygon, list) or not all(is_number(value) for value in polygon):
            raise AmodalError(f"{what} is {short(polygon)}, expected x0, y0, x1, y1, x2, y2, ...")
        if len(polygon) < 6 or len(polygon) % 2:
            raise AmodalError(
                f"{what} has {len(polygon)} numbers, expected an even count from 6 on: x0, y0, "
                "x1, y1, x2, y2, ..."
            )
        check_reach(polygon, height, width, what)
        points = np.array(polygon, float).reshape(-1, 2)
        whole += np.abs(points - np.roll(points, 1, axis=0)).max(axis=1).sum()
        if whole > MAX_OUTLINE:
            raise AmodalError(
                f"{what} and those before it have an outline of {whole:,.0f} pixels, expected at "
                f"most {MAX_OUTLINE:,}: simplify them or give the mask as an RLE."
            )
    outlines = [[float(value) for value in polygon] for polygon in polygons]
    return _read_counts(coco_mask.merge(coco_mask.frPyObjects(outlines, height, width)))


def _mask_of_png(name: str, height: int, width: int, folder: Path | None) -> np.ndarray:
    """Non-zero pixels of a PNG; where it has transparent ones, the opaque pixels."""
    if folder is None:
        raise AmodalError(
            f"the mask is a file, {short(name)}: give the JSON as a file too, with the mask "
            "in its folder."
        )
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise AmodalError(
                f"the mask file {short(name)} lies outside the JSON's folder: put it inside."
            )
        if not path.is_file():
            raise AmodalError(f"there is no mask file {short(name)} in the JSON's folder.")
        with Image.open(path, formats=("PNG",)) as image:
            _check_size(image.height, image.width, height, width)
            image.load()
            return _opaque(image) if image.has_transparency_data else _non_zero(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise AmodalError(
            f"the mask file {short(name)} can't be read as a PNG: save the mask as PNG, black "
            "where the object is not."
        ) from error


def _opaque(image: Image.Image) -> np.ndarray:
    alpha = np.asarray(image.convert("RGBA"))[:, :, 3] > 127
    return alpha & _non_zero(image.convert("RGB")) if alpha.all() else alpha


def _non_zero(image: Image.Image) -> np.ndarray:
    values = np.asarray(image)
    return values.astype(bool) if values.ndim == 2 else values.any(axis=2)


def _check_size(height: int, width: int, photo_height: int, photo_width: int) -> None:
    if (height, width) != (photo_height, photo_width):
        raise AmodalError(
            f"the mask is {width} x {height} pixels, but the photo is {photo_width} x "
            f"{photo_height}: use the photo that the masks were drawn on."
        )


def is_number(value: Any) -> bool:
    """An int that fits a float, or a float; also NaN and infinity, which json reads."""
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) < 2**53
    return isinstance(value, float)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def short(value: Any) -> str:
    """A value as it is shown in a sentence: one line, at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
