"""A project: the document with all its edits in one ZIP, to go on another day.

Nothing that was invented is in it: hidden colours and backgrounds are painted again from the same
photo, masks and edits. Only a turned object's look is kept, since the pose network made it.

    project.json           see below
    photo.png              as it was opened
    ID/visible.png         what the photo shows of each object
    ID/whole.png           its chosen whole shape
    ID/turned.png          its look in another pose, RGBA, if it has been turned

The masks and looks are windows of the image plane, {"file", "x0", "y0", "width", "height"} with the
corner (x0, y0) in the photo. A whole shape may leave the photo, what is visible may not. The JSON:

    format                 FORMAT; another number means another layout
    title, width, height   of the photo
    margins                {"rim", "shadow"}, shares as in amodal.margins
    depth                  ids back to front, as the objects stand in the photo
    layers                 back to front as stacked now: {"id", "category", "name", "box" ([x0, y0,
                           x1, y1] or null), "visible" (a window), "whole" (a window and
                           "visible_iou"), "placement", "turned" (a window and "degrees", or null)}
    notes                  whatever the program that wrote it wants to find again
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from amodal.archive import MAX_BYTES, pack
from amodal.data.coco import MAX_INSTANCES
from amodal.data.segmentation import check_reach
from amodal.errors import AmodalError
from amodal.export import png_bytes
from amodal.geometry import tight_box
from amodal.layers import Layer, LayeredScene
from amodal.photo import MAX_PIXELS

FORMAT = "amodal-project/1"
PROJECT, PHOTO = "project.json", "photo.png"
ID = re.compile("object-[1-9][0-9]{0,8}")
LONGEST_TITLE = 200  # bytes: with an ending it is still a file's name
MAX_LAYERS = MAX_INSTANCES
MAX_WINDOWS = 25 * MAX_PIXELS  # pixels of all masks and looks together


@dataclass(frozen=True, eq=False)
class Project:
    """A document.

    Args:
        title: one line of at most LONGEST_TITLE bytes.
        scene: the photo, its objects, the edits.
        notes: what else is to be found again; plain values that json takes. Whoever reads them has
            to check them.
    """

    title: str
    scene: LayeredScene
    notes: Mapping[str, Any] = field(default_factory=dict)


def write_project(project: Project) -> bytes:
    """A project as the bytes of a ZIP file; equal projects give equal bytes.

    Raises:
        AmodalError: there is more in it than could be opened again.
        ValueError: the title isn't one line, or the notes aren't JSON.
    """
    if not is_title(project.title):
        raise ValueError(
            f"title: got {project.title!r}, expected a line of at most {LONGEST_TITLE} bytes"
        )
    scene = project.scene
    files = {PHOTO: png_bytes(scene.photo)}
    entries = []
    for layer in scene.layers:
        entry, masks = _entry(layer)
        entries.append(entry)
        files |= masks
    document = {
        "format": FORMAT,
        "title": project.title,
        "width": scene.photo.shape[1],
        "height": scene.photo.shape[0],
        "margins": asdict(scene.margins),
        "depth": list(scene.depth),
        "layers": entries,
        "notes": dict(project.notes),
    }
    text = json.dumps(document, indent=1, allow_nan=False)
    files = {PROJECT: text.encode(), **files}
    _check_size(files, entries)
    return pack(files)


def is_title(title: str) -> bool:
    """Whether a text can be a title, and with that a file's name."""
    return title.isprintable() and len(title.encode()) <= LONGEST_TITLE


def title_of(path: str) -> str:
    """A photo's title: its file's name, as far as a title can hold it."""
    letters = "".join(letter for letter in Path(path).stem if letter.isprintable())
    return letters.encode()[:LONGEST_TITLE].decode(errors="ignore")


def window_pixels(entry: Mapping[str, Any]) -> int:
    """The pixels of a layer's windows, from its entry in the JSON."""
    windows = (entry.get(key) for key in ("visible", "whole", "turned"))
    return sum(window["width"] * window["height"] for window in windows if window)


def _check_size(files: Mapping[str, bytes], entries: list[dict]) -> None:
    amounts = (
        (len(entries), MAX_LAYERS, "objects"),
        (sum(map(len, files.values())), MAX_BYTES, "bytes"),
        (sum(map(window_pixels, entries)), MAX_WINDOWS, "pixels of masks"),
    )
    for got, most, what in amounts:
        if got > most:
            raise AmodalError(
                f"The project holds {got:,} {what}, expected at most {most:,}: "
                "work on a smaller photo, or with fewer objects."
            )


def _entry(layer: Layer) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A layer in the JSON, and its files."""
    instance, whole, turned = layer.instance, layer.completion, layer.turned
    seen = tight_box(instance.modal)
    x0, y0, x1, y1 = map(int, seen)
    visible = _window(f"{layer.id}/visible.png", instance.modal[y0:y1, x0:x1], x0, y0)
    shape = _window(f"{layer.id}/whole.png", whole.mask, whole.x0, whole.y0)
    pictures = {visible["file"]: instance.modal[y0:y1, x0:x1], shape["file"]: whole.mask}
    pose = None
    if turned is not None:
        look = turned.look
        pose = _window(f"{layer.id}/turned.png", look.rgba, look.x0, look.y0)
        pictures[pose["file"]] = look.rgba
        pose["degrees"] = float(turned.degrees)
    place = layer.placement
    if instance.box is not None:
        check_reach(instance.box, *instance.modal.shape, f"the full-extent box of {instance.name}")
    entry = {
        "id": layer.id,
        "category": instance.category,
        "name": instance.name,
        "box": None if instance.box is None else [float(edge) for edge in instance.box],
        "visible": visible,
        "whole": shape | {"visible_iou": float(whole.visible_iou)},
        "placement": {
            "dx": float(place.dx),
            "dy": float(place.dy),
            "scale": float(place.scale),
            "flip": bool(place.flip),
            "visible": bool(place.visible),
        },
        "turned": pose,
    }
    return entry, {name: png_bytes(pixels) for name, pixels in pictures.items()}


def _window(file: str, pixels: np.ndarray, x0: int, y0: int) -> dict[str, Any]:
    height, width = pixels.shape[:2]
    return {"file": file, "x0": int(x0), "y0": int(y0), "width": width, "height": height}
