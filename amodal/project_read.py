"""Opening a project that anybody may have written: every value is checked, nothing is repaired."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image

from amodal.archive import unpack
from amodal.classes import CLASSES
from amodal.data.coco import check_count
from amodal.data.segmentation import MAX_MASK_PIXELS, check_reach
from amodal.errors import AmodalError
from amodal.fields import REMEDY, Fields, as_fields, parse
from amodal.geometry import Box
from amodal.layers import MAX_SCALE, MAX_SHIFT, MIN_SCALE, Layer, LayeredScene
from amodal.looks import Appearance, Turned
from amodal.margins import Margins
from amodal.names import check_name
from amodal.photo import DECODING_ERRORS, MAX_PIXELS, load_photo
from amodal.placement import Placement
from amodal.project import (
    FORMAT,
    ID,
    LONGEST_TITLE,
    MAX_LAYERS,
    MAX_WINDOWS,
    PHOTO,
    PROJECT,
    Project,
    is_title,
)
from amodal.scene import Completion, Instance, paste_window

MASK, LOOK = ("1", "L"), ("RGBA",)
WINDOWS = ("visible", "whole", "turned")
FARTHEST = MAX_SHIFT + MAX_MASK_PIXELS  # of a window's corner


def read_project(source: str | os.PathLike | bytes) -> Project:
    """Open a project; see amodal/project.py for what is in it.

    Args:
        source: the ZIP file, or its bytes. Nothing of it is written anywhere or run.

    Returns:
        The project, whose scene renders to the picture that was saved.

    Raises:
        AmodalError: names the file or the field, what is wrong with it, and what to do.
    """
    files = unpack(source)
    fields = parse(_file(files, PROJECT), PROJECT)
    _check_format(fields)
    title = fields.text("title")
    if not is_title(title):
        raise fields.error("title", f"one line of at most {LONGEST_TITLE} bytes")
    photo = _read_photo(files, fields)
    entries = _entries(fields)
    check_count(len(entries), *photo.shape[:2], f"{PROJECT} lists")
    reader = _LayerReader(files, photo.shape[:2])
    layers = tuple(reader.read(entry) for entry in entries)
    margins = fields.inner("margins")
    scene = LayeredScene(
        photo,
        layers,
        _read_depth(fields, layers),
        margins=Margins(margins.number("rim"), margins.number("shadow")),
    )
    return Project(title, scene, fields.inner("notes").values)


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise AmodalError(
            f"The ZIP holds no {name}, expected what “Project (ZIP)” saves: choose another file."
        )
    return files[name]


def _check_format(fields: Fields) -> None:
    found = fields.text("format")
    if found != FORMAT:
        raise AmodalError(
            f"{PROJECT}: `format` is {found[:60]!r}, expected {FORMAT!r}: open the project with "
            "the version of the app that saved it."
        )


def _read_photo(files: Mapping[str, bytes], fields: Fields) -> np.ndarray:
    data = _file(files, PHOTO)
    try:
        photo = load_photo(data)
    except AmodalError as error:
        raise AmodalError(f"{PHOTO} in the ZIP: {error}") from error
    size = fields.whole("height", 1, MAX_PIXELS), fields.whole("width", 1, MAX_PIXELS)
    if photo.shape[:2] != size:
        raise AmodalError(
            f"{PHOTO} is {photo.shape[1]} x {photo.shape[0]} pixels, expected {size[1]} x "
            f"{size[0]} as {PROJECT} says: {REMEDY}."
        )
    photo.setflags(write=False)
    return photo


def _entries(fields: Fields) -> list[Fields]:
    """The layers' entries; no mask is decoded before all sizes are known."""
    listed = fields.items("layers")
    if len(listed) > MAX_LAYERS:
        raise AmodalError(
            f"{PROJECT} lists {len(listed)} objects, expected at most {MAX_LAYERS}: {REMEDY}."
        )
    entries = [
        as_fields(value, f"{PROJECT}, layer {number}")
        for number, value in enumerate(listed, start=1)
    ]
    windows = [entry.inner(key) for entry in entries for key in WINDOWS if key in entry]
    pixels = sum(height * width for height, width in map(_window_size, windows))
    if pixels > MAX_WINDOWS:
        raise AmodalError(
            f"The masks of the project have {pixels:,} pixels, expected at most {MAX_WINDOWS:,}: "
            "choose another file."
        )
    return entries


def _read_depth(fields: Fields, layers: tuple[Layer, ...]) -> tuple[str, ...]:
    ids = sorted(layer.id for layer in layers)
    twice = next((id for id, other in pairwise(ids) if id == other), None)
    if twice is not None:
        raise AmodalError(f"{PROJECT}: two layers have the `id` {twice!r}, expected one: {REMEDY}.")
    depth = fields.items("depth")
    if not all(isinstance(id, str) for id in depth) or sorted(depth) != ids:
        raise fields.error("depth", "the id of every layer once")
    return tuple(depth)


def _window_size(window: Fields) -> tuple[int, int]:
    """(height, width)."""
    height = window.whole("height", 1, MAX_MASK_PIXELS)
    width = window.whole("width", 1, MAX_MASK_PIXELS)
    if height * width > MAX_MASK_PIXELS:
        raise window.error("height", f"a window of at most {MAX_MASK_PIXELS:,} pixels")
    return height, width


@dataclass(frozen=True, eq=False)
class _LayerReader:
    """Reads layers from the files of a project.

    Args:
        files: by name.
        size: (height, width) of the photo.
    """

    files: Mapping[str, bytes]
    size: tuple[int, int]

    def read(self, entry: Fields) -> Layer:
        """One layer, from its entry in the JSON."""
        id, category = entry.text("id"), entry.text("category")
        if not ID.fullmatch(id):
            raise entry.error("id", "object-1, object-2, or so on")
        if category not in CLASSES:
            raise entry.error("category", f"one of {', '.join(CLASSES)}")
        name = check_name(entry.text("name"), f"{entry.where}: `name`")
        instance = Instance(self._visible(entry), category, name, self._box(entry))
        place = entry.inner("placement")
        return Layer(
            id,
            instance,
            self._whole(entry, instance.modal),
            Placement(
                place.number("dx", -MAX_SHIFT, MAX_SHIFT),
                place.number("dy", -MAX_SHIFT, MAX_SHIFT),
                place.number("scale", MIN_SCALE, MAX_SCALE),
                place.yes("flip"),
                place.yes("visible"),
            ),
            turned=self._turned(entry) if "turned" in entry else None,
        )

    def _visible(self, entry: Fields) -> np.ndarray:
        """(H, W) bool."""
        window = entry.inner("visible")
        mask, x0, y0 = self._mask(window)
        height, width = self.size
        inside = (
            x0 >= 0 and y0 >= 0 and x0 + mask.shape[1] <= width and y0 + mask.shape[0] <= height
        )
        if not inside:
            raise AmodalError(
                f"{window.where}: {mask.shape[1]} x {mask.shape[0]} pixels at ({x0}, {y0}) leave "
                f"the photo, expected a mask inside its {width} x {height}: {REMEDY}."
            )
        return paste_window(mask, x0, y0, height, width)

    def _whole(self, entry: Fields, modal: np.ndarray) -> Completion:
        window = entry.inner("whole")
        mask, x0, y0 = self._mask(window)
        completion = Completion(mask, x0, y0, window.number("visible_iou", 0, 1))
        left_out = int((modal & ~completion.on_photo(*self.size)).sum())
        if left_out:
            raise AmodalError(
                f"{window.where}: the mask leaves out {left_out} visible pixels of the object, "
                f"expected all of them in it: {REMEDY}."
            )
        return completion

    def _box(self, entry: Fields) -> Box | None:
        if "box" not in entry:
            return None
        box = Box(*entry.numbers("box", 4))
        if not (box.width > 0 and box.height > 0):
            raise entry.error("box", "[x0, y0, x1, y1] with x0 < x1 and y0 < y1")
        check_reach(box, *self.size, f"{entry.where}: `box`")
        return box

    def _turned(self, entry: Fields) -> Turned:
        window = entry.inner("turned")
        look = Appearance(*self._pixels(window, LOOK))
        return Turned(look, window.number("degrees"))

    def _mask(self, window: Fields) -> tuple[np.ndarray, int, int]:
        """(mask (h, w) bool, x0, y0)."""
        pixels, x0, y0 = self._pixels(window, MASK)
        mask = pixels if pixels.dtype == bool else pixels > 127
        if not mask.any():
            raise AmodalError(f"{window.where}: the mask is empty, expected a pixel: {REMEDY}.")
        return mask, x0, y0

    def _pixels(self, window: Fields, modes: tuple[str, ...]) -> tuple[np.ndarray, int, int]:
        """(pixels (h, w) or (h, w, 4), x0, y0) of a window."""
        height, width = _window_size(window)
        name = window.text("file")
        data = _file(self.files, name)
        try:
            with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
                if image.size != (width, height) or image.mode not in modes:
                    raise AmodalError(
                        f"{name} is a picture of {image.width} x {image.height} pixels in the mode "
                        f"{image.mode}, expected {width} x {height} and {' or '.join(modes)}: "
                        f"{REMEDY}."
                    )
                pixels = np.array(image)
        except (*DECODING_ERRORS, Image.DecompressionBombError) as error:
            raise AmodalError(
                f"{name} can't be read as a PNG ({error}), expected a mask or a look: {REMEDY}."
            ) from error
        corner = (window.whole(key, -FARTHEST, FARTHEST) for key in ("x0", "y0"))
        return pixels, *corner
