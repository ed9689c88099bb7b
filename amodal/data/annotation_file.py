"""What COCO-like annotation files share: lists of photos, classes and coded masks, none trusted.

The file as a whole is right or an AmodalError; a single entry is right or Unusable, which the
readers count.
"""

from __future__ import annotations

import json
import math
from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from amodal.data.annotated import Id, Photo, Skipped
from amodal.data.segmentation import decode_rle, is_number, mask_of, rle_size, short
from amodal.errors import AmodalError
from amodal.geometry import Box
from amodal.photo import MAX_PIXELS

MIN_INSIDE = 0.5  # share of the visible mask inside the amodal one; sloppy outlines are kept

_POLYGON_KEYS = ("segmentation", "a_segm", "i_segm", "polygon")


class Unusable(AmodalError):
    """Why one annotation can't be used: a reason that is counted, and the detail."""

    def __init__(self, reason: str, detail: object = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, eq=False)
class Listing:
    """A COCO-like file, its masks still coded.

    Args:
        photos: in the file's order.
        annotations: by the photo's id; each has a usable `id`.
        names: of the classes, by category id.
    """

    photos: tuple[Photo, ...]
    annotations: dict[Id, list[Mapping[str, Any]]]
    names: dict[Id, str]


def read_listing(path: Path, what: str, folder: str, skipped: Skipped) -> Listing:
    """Read {"images", "annotations", "categories"}; `categories` may be missing.

    Args:
        path: of the JSON file.
        what: which file of which data set is expected, for errors.
        folder: of the photos, relative to the data set's root.
        skipped: counts entries that say nothing usable.

    Raises:
        AmodalError: it can't be read, is not JSON or lacks a list.
    """
    document = load_json(path, what)
    for key in ("images", "annotations"):
        if not isinstance(document.get(key), list):
            raise AmodalError(f"{path.name} has no list `{key}`, expected {what}.")
    photos = _photos(document["images"], folder, skipped)
    annotations = _by_photo(document["annotations"], photos, skipped)
    return Listing(tuple(photos.values()), annotations, _names(document.get("categories")))


def find_file(root: Path, name: str, data: str) -> Path:
    """The file in `root` or `root`/annotations.

    Raises:
        AmodalError: it is in neither.
    """
    for folder in (root, root / "annotations"):
        if (folder / name).is_file():
            return folder / name
    raise AmodalError(f"There is no {name} in {root} or its annotations/: give {data}'s folder.")


def load_json(path: Path, what: str) -> dict[str, Any]:
    """Read a JSON file whose top level is an object; polygons are packed to save memory.

    Raises:
        AmodalError: it can't be read or is something else.
    """
    try:
        document = json.loads(path.read_bytes(), object_hook=_pack)
    except OSError as error:
        raise AmodalError(
            f"Can't read {path} ({error.strerror or error}): expected {what}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise AmodalError(f"{path.name} is not valid JSON ({error}): expected {what}.") from error
    if not isinstance(document, dict):
        raise AmodalError(f"{path.name} holds {short(document)}, expected {what}.")
    return document


def _photos(listed: list[Any], folder: str, skipped: Skipped) -> dict[Id, Photo]:
    """By id, in the list's order."""
    photos: dict[Id, Photo] = {}
    for number, entry in enumerate(listed, start=1):
        try:
            photo = _photo(entry, folder)
            if photo.id in photos:
                raise Unusable("a photo is listed twice", f"id {short(photo.id)}")
        except Unusable as error:
            skipped.add(error.reason, f"image {number}", error.detail)
        else:
            photos[photo.id] = photo
    return photos


def _photo(entry: Any, folder: str) -> Photo:
    if not isinstance(entry, Mapping):
        raise Unusable("a photo's entry is not an object", short(entry))
    key, name = entry.get("id"), entry.get("file_name")
    if not is_id(key) or not isinstance(name, str):
        raise Unusable("a photo has no id or file name", short(entry))
    height, width = photo_size(entry.get("height"), entry.get("width"))
    return Photo(key, f"{folder}/{name}", height, width, Box(0, 0, width, height))


def _by_photo(
    annotations: list[Any], listed: Mapping[Id, Photo], skipped: Skipped
) -> dict[Id, list[Mapping[str, Any]]]:
    """The annotations of each listed photo."""
    by_photo = defaultdict(list)
    for number, entry in enumerate(annotations, start=1):
        where = f"entry {number}"
        if not isinstance(entry, Mapping):
            skipped.add("an annotation is not an object", where, short(entry))
        elif not is_id(entry.get("id")):
            skipped.add("it has no id", where)
        elif not is_id(entry.get("image_id")) or entry["image_id"] not in listed:
            skipped.add("its photo is not listed", where, f"photo {short(entry.get('image_id'))}")
        elif entry.get("iscrowd"):
            skipped.add("it is a crowd", where)
        else:
            by_photo[entry["image_id"]].append(entry)
    return by_photo


def _names(categories: Any) -> dict[Id, str]:
    return {
        entry["id"]: entry["name"]
        for entry in (categories if isinstance(categories, list) else ())
        if isinstance(entry, Mapping)
        and is_id(entry.get("id"))
        and isinstance(entry.get("name"), str)
    }


def photo_size(height: Any, width: Any) -> tuple[int, int]:
    """A photo's (height, width) from a file.

    Raises:
        Unusable: it is not a size, or a photo of this size is not handled.
    """
    sides = (height, width)
    if not all(isinstance(side, int) and not isinstance(side, bool) for side in sides):
        raise Unusable("a photo has no size", f"{short(width)} x {short(height)}")
    if min(sides) < 1 or max(sides) > MAX_PIXELS or height * width > MAX_PIXELS:
        raise Unusable("a photo's size is impossible", f"{short(width)} x {short(height)}")
    return height, width


def is_id(value: Any) -> bool:
    """Whether a value can name a photo or an annotation: a whole number or text."""
    return isinstance(value, int | str) and not isinstance(value, bool)


def read_mask(code: Any, height: int, width: int, what: str) -> np.ndarray:
    """Decode polygons, one flat polygon, an RLE or a list of RLEs.

    Args:
        code: as `load_json` returns it.
        height, width: of the photo.
        what: which mask, for the reason: "visible" or "amodal".

    Returns:
        (height, width) bool, not empty.

    Raises:
        Unusable: it is missing, empty or damaged.
    """
    code = _unpack(code)
    if code is None:
        raise Unusable(f"it has no {what} mask")
    empty = Unusable(f"its {what} mask is empty")
    if isinstance(code, list) and not any(code):
        raise empty
    try:
        if isinstance(code, list) and all(isinstance(part, Mapping) for part in code):
            mask = np.logical_or.reduce([_decode(part, height, width) for part in code])
        elif isinstance(code, Mapping):
            mask = _decode(code, height, width)
        else:
            mask = mask_of(code, height, width, None)
    except AmodalError as error:
        raise Unusable(f"its {what} mask can't be read", error) from error
    if not mask.any():
        raise empty
    return mask


def _decode(rle: Mapping[str, Any], height: int, width: int) -> np.ndarray:
    size = rle_size(rle)
    if size != (height, width):
        raise AmodalError(f"it is {size[1]} x {size[0]} pixels, the photo {width} x {height}")
    return decode_rle(rle)


def check_inside(modal: np.ndarray, amodal: np.ndarray) -> None:
    """Refuse a visible part (H, W) that lies outside the whole.

    Raises:
        Unusable: less than MIN_INSIDE of it is inside.
    """
    inside = (modal & amodal).sum() / modal.sum()
    if inside < MIN_INSIDE:
        detail = f"{inside:.0%} of it is inside"
        raise Unusable("its visible mask lies outside its amodal one", detail)


def check_box(annotation: Mapping[str, Any], key: str) -> None:
    """Refuse a box [x, y, width, height] without area. A missing one is fine: masks tell more.

    Raises:
        Unusable: it is no box, or nothing fits in it.
    """
    box = annotation.get(key)
    if box is None:
        return
    numbers = isinstance(box, list) and len(box) == 4 and all(map(is_number, box))
    if not numbers or not all(map(math.isfinite, box)) or box[2] <= 0 or box[3] <= 0:
        raise Unusable(f"its `{key}` is not a box or has no area", short(box))


def _pack(entry: dict[str, Any]) -> dict[str, Any]:
    """Polygons of one JSON object as arrays: a quarter of the memory of lists of floats."""
    for key in _POLYGON_KEYS:
        value = entry.get(key)
        if not isinstance(value, list) or not value:
            continue
        if all(map(is_number, value)):
            entry[key] = array("d", value)
        elif all(isinstance(part, list) and all(map(is_number, part)) for part in value):
            entry[key] = [array("d", part) for part in value]
    return entry


def _unpack(code: Any) -> Any:
    if isinstance(code, array):
        return code.tolist()
    if isinstance(code, list):
        return [part.tolist() if isinstance(part, array) else part for part in code]
    return code
