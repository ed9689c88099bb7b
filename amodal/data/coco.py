"""COCO-style JSON: instances in, instances and completions out.

What is read: a whole COCO file, {"images", "annotations", "categories"}, or a bare list of
annotations of one photo. An annotation has

    segmentation    polygons, RLE (compressed or not), or the path of a mask PNG in the JSON's
                    folder: the visible part. `mask` may stand for it. Where one of `modal`,
                    `inmodal_seg` (KINS) or `i_segm` (KINS 2020) is there, that is the visible part
    category_id     with `categories`; or `category` or `category_name`, a name of categories.py.
                    An id without `categories` and a name that is not known mean "unknown"
    name            optional, what the user reads; else "car 1", "car 2", ...
    amodal_bbox     optional, [x, y, width, height]: the full extent that somebody guessed
    iscrowd         1 marks a region of several objects; it is left out

What is written: see write_instances and write_completions (coco_write.py). Both are read again.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from amodal.data.categories import category_of
from amodal.data.coco_write import write_completions, write_instances
from amodal.data.segmentation import (
    check_reach,
    decode_rle,
    encode_rle,
    is_number,
    mask_of,
    short,
)
from amodal.errors import AmodalError
from amodal.geometry import Box, tight_box
from amodal.names import check_name
from amodal.scene import Instance

__all__ = ["decode_rle", "encode_rle", "read_instances", "write_completions", "write_instances"]

MAX_INSTANCES = 256
MAX_MASK_BYTES = 1_000_000_000  # of all masks of a photo together, a byte a pixel

VISIBLE_KEYS = ("modal", "inmodal_seg", "i_segm", "segmentation", "mask")
_CATEGORY_KEYS = ("category", "category_name", "category_id")


def read_instances(
    source: str | os.PathLike | Mapping[str, Any] | Sequence[Any],
    height: int,
    width: int,
    image: str | None = None,
) -> tuple[Instance, ...]:
    """Read the instances of one photo.

    Args:
        source: a JSON file, JSON text (starting with "{" or "["), or what json.load gives.
        height, width: of the photo, pixels.
        image: its file name, to find it in a file of several photos; not needed for one.

    Returns:
        At least one instance, in the file's order, masks (height, width).

    Raises:
        AmodalError: names the annotation and what is wrong with it.
    """
    document, folder = load_document(source)
    annotations, categories = _of_one_photo(document, height, width, image)
    annotations = [
        (number, annotation)
        for number, annotation in annotations
        if not (isinstance(annotation, Mapping) and annotation.get("iscrowd"))
    ]
    if not annotations:
        raise AmodalError("The JSON holds no object of this photo: add at least one annotation.")
    check_count(len(annotations), height, width, "The JSON holds")
    instances, seen = [], Counter()
    for number, annotation in annotations:
        try:
            instance = _read_annotation(annotation, categories, height, width, folder)
        except AmodalError as error:
            raise AmodalError(f"{_title(number, annotation)}: {error}") from error
        seen[instance.category] += 1
        if not instance.name:
            kind = "object" if instance.category == "unknown" else instance.category
            instance = replace(instance, name=f"{kind} {seen[instance.category]}")
        instances.append(instance)
    return tuple(instances)


def check_count(count: int, height: int, width: int, who: str) -> None:
    """Refuse more objects than fit in memory with a photo of this size.

    Args:
        who: what holds them, as the start of a sentence: "The JSON holds".
    """
    most = min(MAX_INSTANCES, MAX_MASK_BYTES // (height * width))
    if count > most:
        raise AmodalError(
            f"{who} {count} objects, expected at most {most} for a photo of {width} x {height} "
            "pixels: keep those that matter."
        )


def load_document(source: Any) -> tuple[Any, Path | None]:
    """The parsed JSON of a file, a text, or what json.load gives; and the folder that it lies in.

    Raises:
        AmodalError: it can't be read or is not JSON.
    """
    if not isinstance(source, str | os.PathLike):
        return source, None
    folder, name = None, "The text"
    text: str | bytes = str(source)
    if isinstance(source, os.PathLike) or not source.lstrip().startswith(("{", "[")):
        path = Path(source)
        folder, name = path.parent, path.name
        try:
            text = path.read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise AmodalError(
                f"Can't read {short(str(path))} ({reason}): check the name."
            ) from error
    try:
        return json.loads(text.decode("utf-8-sig") if isinstance(text, bytes) else text), folder
    except (ValueError, RecursionError) as error:
        raise AmodalError(
            f"{name} is not valid JSON ({error}): export the instances again as COCO JSON."
        ) from error


def _of_one_photo(
    document: Any, height: int, width: int, image: str | None
) -> tuple[list[tuple[int, Any]], dict[Any, str]]:
    """The photo's annotations, each with its number in the file from 1 on; names by category id."""
    if isinstance(document, list | tuple):
        document = {"annotations": document}
    if not isinstance(document, Mapping) or not isinstance(
        document.get("annotations"), list | tuple
    ):
        raise AmodalError(
            'The JSON has no list of annotations: expected COCO\'s {"images", "annotations", '
            '"categories"} or a list of annotations.'
        )
    annotations = list(enumerate(document["annotations"], start=1))
    photo = _find_photo(_entries(document, "images"), image)
    if photo is None:
        ids = {str(item["image_id"]) for _, item in annotations if _has(item, "image_id")}
        if len(ids) > 1:
            raise AmodalError(
                f"The annotations are of {len(ids)} photos ({short(sorted(ids))}) and the JSON "
                "does not say which is which: add `images` or keep those of one photo."
            )
    else:
        _check_photo(photo, height, width)
        annotations = [
            (number, item)
            for number, item in annotations
            if not (_has(item, "image_id") and _has(photo, "id"))
            or str(item["image_id"]) == str(photo["id"])
        ]
    categories = {
        str(item.get("id")): str(item.get("name")) for item in _entries(document, "categories")
    }
    return annotations, categories


def _entries(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    entries = document.get(key) or []
    if not isinstance(entries, list | tuple) or not all(isinstance(e, Mapping) for e in entries):
        raise AmodalError(f"`{key}` in the JSON is {short(entries)}, expected a list of objects.")
    return list(entries)


def _find_photo(images: list[Mapping[str, Any]], image: str | None) -> Mapping[str, Any] | None:
    """The photo's entry; None if the JSON lists no photos."""
    if len(images) < 2:
        return images[0] if images else None
    names = [str(entry.get("file_name")) for entry in images]
    listed = short(names[:4])
    if image is None:
        raise AmodalError(f"The JSON holds {len(images)} photos ({listed}): say which one.")
    exact = [entry for entry, name in zip(images, names, strict=True) if name == image]
    same = [
        entry
        for entry, name in zip(images, names, strict=True)
        if PurePosixPath(name).name == PurePosixPath(image).name
    ]
    found = exact or same
    if len(found) != 1:
        raise AmodalError(
            f"The JSON holds {len(found) or 'no'} photos called {short(image)} among "
            f"{len(images)} ({listed}): the `file_name` must be the photo's."
        )
    return found[0]


def _check_photo(photo: Mapping[str, Any], height: int, width: int) -> None:
    size = photo.get("height", height), photo.get("width", width)
    if size != (height, width):
        raise AmodalError(
            f"The JSON is for a photo of {short(size[1])} x {short(size[0])} pixels, but the photo "
            f"is {width} x {height}: use the photo that the masks were drawn on, not resized."
        )


def _read_annotation(
    annotation: Any, categories: dict[str, str], height: int, width: int, folder: Path | None
) -> Instance:
    if not isinstance(annotation, Mapping):
        raise AmodalError(f"it is {short(annotation)}, expected an object with `segmentation`.")
    key = next((key for key in VISIBLE_KEYS if _has(annotation, key)), None)
    if key is None:
        raise AmodalError(
            "it has no `segmentation`: give the visible part as polygons, RLE or a mask PNG."
        )
    modal = mask_of(annotation[key], height, width, folder)
    name = annotation.get("name", "")
    if not isinstance(name, str):
        raise AmodalError(f"its `name` is {short(name)}, expected text.")
    name = check_name(" ".join(name.split()))
    box = None
    if _has(annotation, "amodal_bbox"):
        box = read_box(annotation["amodal_bbox"], tight_box(modal), height, width)
    return Instance(modal, read_category(annotation, categories), name, box)


def read_category(annotation: Mapping[str, Any], categories: Mapping[str, str]) -> str:
    """Our class of an annotation; `categories` are names by str(id).

    Raises:
        AmodalError: it is neither a name nor an id.
    """
    value = next((annotation[key] for key in _CATEGORY_KEYS if _has(annotation, key)), "unknown")
    if isinstance(value, list | dict):
        raise AmodalError(f"its category is {short(value)}, expected a name or an id.")
    return category_of(categories.get(str(value), str(value)))


def read_box(values: Any, modal: Box, height: int, width: int) -> Box:
    """An `amodal_bbox` of an object whose visible part has the tight box `modal`.

    Raises:
        AmodalError: it is not a box, far outside the photo or away from the visible part.
    """
    what = "its `amodal_bbox`"
    if not isinstance(values, list) or len(values) != 4 or not all(map(is_number, values)):
        raise AmodalError(f"{what} is {short(values)}, expected [x, y, width, height].")
    x, y, w, h = values
    if not (w > 0 and h > 0):
        raise AmodalError(f"{what} is {short(values)}, expected a width and height above 0.")
    box = Box(x, y, x + w, y + h)
    check_reach(box, height, width, what)
    if box.iou(modal) == 0:
        raise AmodalError(
            f"{what} is {short(values)} and nowhere meets the visible part: expected the box "
            "around the whole object."
        )
    return box


def _title(number: int, annotation: Any) -> str:
    """How an error names an annotation: its place in the file, its id and name if it has them."""
    parts = []
    if isinstance(annotation, Mapping):
        parts = [f"{key} {short(annotation[key])}" for key in ("id", "name") if key in annotation]
    return f"Annotation {number}" + (f" ({', '.join(parts)})" if parts else "")


def _has(annotation: Any, key: str) -> bool:
    return isinstance(annotation, Mapping) and annotation.get(key) is not None
