"""Masks as PNG pictures, as large as the photo: instances in.

One picture holds all objects, each pixel naming its object:

    grey, 1 to 16 bits     0 is no object, every other value is one. If all values are KITTI MOTS
                           ids (class * 1000 + number), they tell the class; 10000 is left out
    palette                likewise by the index; where a colour of the palette is black, that one
                           is no object
    colour                 black or transparent is no object, every other colour is one

A black and white picture is one object, also if it is in pieces. Several pictures are one object
each: what is brighter than half, or not black, or not transparent.

The class is the one that the file's name starts with, such as "car_1.png"; else "unknown".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from amodal.data.categories import category_of
from amodal.data.coco import check_count
from amodal.data.kitti_mots import CATEGORY_OF_CLASS, IGNORE_CLASS
from amodal.data.segmentation import short
from amodal.errors import AmodalError
from amodal.photo import DECODING_ERRORS
from amodal.scene import Instance

FEW = 8  # objects of a picture that are never taken for soft edges
LONGEST_NAME = 40
MOTS_STEP = 1000


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded mask picture.

    Args:
        name: of the file.
        labels: (H, W) int32, 0: no object.
        levels: whether labels are brightnesses, in which case a single object may have soft edges.
    """

    name: str
    labels: np.ndarray
    levels: bool


def read_masks(files: Sequence[Path], height: int, width: int) -> tuple[Instance, ...]:
    """Read the objects of one photo from one picture of all of them, or from one picture each.

    Args:
        files: PNG files; their names tell the class.
        height, width: of the photo, pixels.

    Returns:
        At least one instance, masks (height, width). In the order of the files, or of the values
        in the one file.

    Raises:
        AmodalError: names the file and what is wrong with it.
    """
    if not files:
        raise AmodalError("No mask was chosen: choose one or more PNG files.")
    check_count(len(files), height, width, "You chose")
    if len(files) == 1:
        return _read_labels(files[0], height, width)
    instances = []
    for file in files:
        mask = _one_object(_decode(file, height, width))
        instances.append(Instance(mask, category_in(file.stem), _words(file.stem)))
    return _named(instances)


def category_in(stem: str) -> str:
    """The class that a file's name starts with: "car" for "car_1", "person" for "Pedestrian 02"."""
    words = re.findall(r"[^\W\d_]+", stem)
    # Of "person sitting" the longer name is the right one.
    starts = (" ".join(words[:count]) for count in range(min(len(words), 3), 0, -1))
    return next(
        (found for start in starts if (found := category_of(start)) != "unknown"), "unknown"
    )


def _read_labels(file: Path, height: int, width: int) -> tuple[Instance, ...]:
    picture = _decode(file, height, width)
    labels = picture.labels
    values = np.setdiff1d(labels, [0])
    if not values.size:
        raise _empty(picture)
    check_count(len(values), height, width, f"{picture.name} holds")
    classes = _mots_classes(values) if picture.levels else {}
    if not classes:
        _check_solid(picture, len(values))
        category = category_in(file.stem)
        return _named([Instance(labels == value, category) for value in values])
    objects = [
        Instance(labels == value, CATEGORY_OF_CLASS[classes[value]])
        for value in values.tolist()
        if classes[value] != IGNORE_CLASS
    ]
    if not objects:
        raise _empty(picture)
    return _named(objects)


def _mots_classes(values: np.ndarray) -> dict[int, int]:
    """The class of each id if all are KITTI MOTS ids; else nothing."""
    classes = {value: value // MOTS_STEP for value in values.tolist()}
    known = {*CATEGORY_OF_CLASS, IGNORE_CLASS}
    return classes if set(classes.values()) <= known else {}


def _one_object(picture: Picture) -> np.ndarray:
    """The only object of a picture, (H, W) bool."""
    labels = picture.labels
    largest = int(labels.max())
    mask = labels > largest / 2 if picture.levels else labels > 0
    if not largest:
        raise _empty(picture)
    return mask


def _check_solid(picture: Picture, count: int) -> None:
    """Refuse smoothed edges: their many values would become objects like threads."""
    if count <= FEW:
        return
    labels = picture.labels.astype(np.float32)
    square = np.ones((3, 3), np.uint8)
    solid = cv2.erode(labels, square) == cv2.dilate(labels, square)
    thick = np.unique(picture.labels[solid & (picture.labels != 0)]).size
    if thick < count / 2:
        raise AmodalError(
            f"{picture.name} holds {count} values or colours, and most of them only as thin lines: "
            "it seems to have soft edges. Save it without smoothing, one value for each object."
        )


def _decode(file: Path, height: int, width: int) -> Picture:
    """Read a picture of the photo's size. Nothing is decoded before its size is known."""
    name = short(file.name)
    try:
        with Image.open(file, formats=("PNG",)) as image:
            if image.size != (width, height):
                raise AmodalError(
                    f"{name} is {image.width} x {image.height} pixels, but the photo is "
                    f"{width} x {height}: masks must be as large as the photo."
                )
            image.load()
            return _labels_of(image, name)
    except Image.DecompressionBombError as error:
        raise AmodalError(
            f"{name} is far larger than the photo, {width} x {height} pixels: "
            "masks must be as large as the photo."
        ) from error
    except DECODING_ERRORS as error:
        raise AmodalError(
            f"{name} is not a PNG picture, or is damaged: export the mask as PNG again."
        ) from error


def _labels_of(image: Image.Image, name: str) -> Picture:
    if image.mode == "P" and "transparency" not in image.info:
        return Picture(name, _of_palette(image), levels=False)
    if image.mode in ("1", "L") or image.mode.startswith("I"):
        return Picture(name, np.asarray(image).astype(np.int32), levels=True)
    rgba = np.asarray(image.convert("RGBA")).astype(np.int32)
    seen = rgba[..., 3] >= 128
    colours = (rgba[..., 0] << 16 | rgba[..., 1] << 8 | rgba[..., 2]) + 1  # black is 1
    black = seen & (colours == 1)
    if seen.all():
        seen = ~black
        if not black.any():
            raise AmodalError(
                f"{name} has no background: make what is no object black or transparent."
            )
    return Picture(name, np.where(seen, colours, 0).astype(np.int32), levels=False)


def _of_palette(image: Image.Image) -> np.ndarray:
    """Labels by the index, (H, W) int32; the background becomes 0."""
    indices = np.asarray(image).astype(np.int32)
    colours = image.getpalette() or []
    used = [(i, tuple(colours[3 * i : 3 * i + 3])) for i in np.unique(indices).tolist()]
    black = [index for index, colour in used if colour == (0, 0, 0)]
    # Programs that make a palette themselves put black anywhere.
    if len(black) == 1 and black[0] != 0:
        return np.where(indices == black[0], 0, indices + 1)
    return indices


def _named(instances: Sequence[Instance]) -> tuple[Instance, ...]:
    """Those without a name, or with another's, get a free one: "car 1", "object 2"."""
    taken, out = set(), []
    for instance in instances:
        name = instance.name
        if not name or name in taken:
            kind = "object" if instance.category == "unknown" else instance.category
            names = (f"{kind} {number}" for number in range(1, len(instances) + 2))
            name = next(name for name in names if name not in taken)
        taken.add(name)
        out.append(replace(instance, name=name))
    return tuple(out)


def _words(stem: str) -> str:
    """A file's name as an object's."""
    return " ".join(re.sub(r"[\W_]+", " ", stem).split())[:LONGEST_NAME]


def _empty(picture: Picture) -> AmodalError:
    return AmodalError(
        f"{picture.name} shows no object, all of it is background: mark the object's pixels."
    )
