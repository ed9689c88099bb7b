"""A photo whose truth is known, as rendered streets have it: what is behind, and what edits give.

`read_truth` reads the folder that `python -m amodal.render` writes (docs/rendered.md). An object of
the truth is found by its number in the street, a layer of a scene by "object-N": the objects are
the scene's instances in the same order, so `Truth.layer_id` joins them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from amodal.data.coco import decode_rle, read_instances
from amodal.errors import AmodalError
from amodal.geometry import tight_box
from amodal.layers import Layer, LayeredScene
from amodal.looks import Appearance
from amodal.photo import load_photo
from amodal.scene import Completion, Instance

LEAST = 150  # visible pixels: smaller objects are left out
SAME = 0.5  # IoU of visible masks from which on they are one object's
FILES = MASKS, PHOTO, PLATE, EDITS = "scene.json", "photo.png", "plate.png", "edits.json"


@dataclass(frozen=True, eq=False)
class TrueObject:
    """One object and all that is known of it.

    Args:
        number: in its street.
        instance: what the photo shows.
        whole: its true amodal mask; may leave the photo.
        appearance: its true colours inside the photo, as if nothing stood before it; None where
            they were not rendered.
    """

    number: int
    instance: Instance
    whole: Completion
    appearance: Appearance | None


@dataclass(frozen=True, eq=False)
class TrueEdit:
    """The street after a change, rendered again.

    Args:
        name: unique in its street.
        kind: "delete", "sideways", "depth" or "swap".
        removed: numbers of the objects that are taken away.
        moves: number of an object to the shift of its foot (dx, dy), pixels, and its growth.
        order: numbers back to front, as they stand afterwards.
        picture: (H, W, 3) uint8 RGB.
        box: (x0, y0, x1, y1), pixels outside of which the picture is the photo.
    """

    name: str
    kind: str
    removed: tuple[int, ...]
    moves: Mapping[int, tuple[float, float, float]]
    order: tuple[int, ...]
    picture: np.ndarray
    box: tuple[int, int, int, int]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of all objects that are changed."""
        return (*self.removed, *self.moves)


@dataclass(frozen=True, eq=False)
class Truth:
    """All that is known of a photo.

    Args:
        photo: (H, W, 3) uint8 RGB.
        plate: the same without any object, (H, W, 3) uint8 RGB.
        objects: those of which enough is visible.
        edits: those whose objects are all among `objects`.
    """

    photo: np.ndarray
    plate: np.ndarray
    objects: tuple[TrueObject, ...]
    edits: tuple[TrueEdit, ...]

    @property
    def instances(self) -> tuple[Instance, ...]:
        return tuple(item.instance for item in self.objects)

    def layer_id(self, number: int) -> str:
        """The layer of an object in a scene that was made of `instances`."""
        position = next(i for i, item in enumerate(self.objects) if item.number == number)
        return f"object-{position + 1}"

    def object_of(self, layer: Layer) -> TrueObject | None:
        """The object that a layer is; None for one that the user has added or imported."""
        position = int(layer.id.rsplit("-", 1)[1]) - 1
        if position >= len(self.objects):
            return None
        item = self.objects[position]
        seen, modal = item.instance.modal, layer.instance.modal
        return item if (seen & modal).sum() >= SAME * (seen | modal).sum() else None

    def edited(self, scene: LayeredScene, edit: TrueEdit) -> LayeredScene:
        """The scene with every object as in the photo, but for what the edit changes.

        Objects are stacked as they truly stand after the edit; others stay at the back.
        """
        scene = scene.reset()
        for number in edit.removed:
            scene = scene.delete(self.layer_id(number))
        for number, (dx, dy, growth) in edit.moves.items():
            id = self.layer_id(number)
            # Whole pixels: a moved object stays as sharp as it was.
            scene = scene.move(id, round(dx), round(dy)).scale(id, growth)
        known = {item.number for item in self.objects}
        front = [self.layer_id(number) for number in edit.order if number in known]
        return scene.with_order([*(id for id in scene.depth if id not in front), *front])

    def edit_of(self, scene: LayeredScene) -> TrueEdit | None:
        """The edit that was rendered, if the scene's objects stand just as after one of them."""
        known = {item.number for item in map(self.object_of, scene.layers) if item is not None}
        now = {layer.id: layer.placement for layer in scene.layers}
        for edit in self.edits:
            if not known.issuperset(edit.numbers):
                continue
            then = {layer.id: layer.placement for layer in self.edited(scene, edit).layers}
            if now == then:
                return edit
        return None


def has_truth(folder: Path) -> bool:
    """Whether `read_truth` can read the folder."""
    return all((folder / name).is_file() for name in FILES)


def read_truth(folder: Path) -> Truth:
    """Read a rendered street.

    Raises:
        AmodalError: a file is missing or not as `python -m amodal.render` writes it.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise AmodalError(
            f"{folder} is no rendered street, {', '.join(missing)} is missing: expected what "
            "`python -m amodal.render` writes with Blender."
        )
    photo, plate = load_photo(folder / PHOTO), load_photo(folder / PLATE)
    try:
        document = json.loads((folder / MASKS).read_text(encoding="utf-8"))
        notes = json.loads((folder / EDITS).read_text(encoding="utf-8"))
        objects = _objects(document, folder, photo.shape[:2])
        known = {item.number for item in objects}
        changed = [{*note["removed"], *(move["id"] for move in note["moves"])} for note in notes]
        edits = tuple(
            _edit(note, folder, photo)
            for note, ids in zip(notes, changed, strict=True)
            if ids <= known
        )
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise AmodalError(f"{folder}: not as `python -m amodal.render` writes it ({error}).") from (
            error
        )
    return Truth(photo, plate, objects, edits)


def _objects(
    document: dict[str, Any], folder: Path, size: tuple[int, int]
) -> tuple[TrueObject, ...]:
    entries = [entry for entry in document["annotations"] if entry["area"] >= LEAST]
    instances = read_instances({**document, "annotations": entries}, *size)
    return tuple(
        TrueObject(entry["id"], instance, _whole(entry["amodal"]), _appearance(entry["id"], folder))
        for entry, instance in zip(entries, instances, strict=True)
    )


def _whole(entry: dict[str, Any]) -> Completion:
    """A true mask in its tight window."""
    window = entry.get("window", {"x0": 0, "y0": 0, "segmentation": entry["segmentation"]})
    mask = decode_rle(window["segmentation"]).astype(bool)
    box = tight_box(mask)
    x0, y0, x1, y1 = (int(edge) for edge in box)
    return Completion(mask[y0:y1, x0:x1], window["x0"] + x0, window["y0"] + y0)


def _appearance(number: int, folder: Path) -> Appearance | None:
    path = folder / "objects" / f"{number}.png"
    if not path.is_file():
        return None
    with Image.open(path) as image:
        rgba = np.asarray(image.convert("RGBA"))
    if not rgba[..., 3].any():
        return None
    x0, y0, x1, y1 = (int(edge) for edge in tight_box(rgba[..., 3] > 0))
    return Appearance(rgba[y0:y1, x0:x1], x0, y0)


def _edit(note: dict[str, Any], folder: Path, photo: np.ndarray) -> TrueEdit:
    x0, y0, x1, y1 = box = tuple(int(edge) for edge in note["box"])
    picture = photo.copy()
    with Image.open(folder / "edits" / f"{note['name']}.png") as image:
        picture[y0:y1, x0:x1] = np.asarray(image.convert("RGB"))
    return TrueEdit(
        note["name"],
        note["kind"],
        tuple(note["removed"]),
        {move["id"]: (move["dx"], move["dy"], move["scale"]) for move in note["moves"]},
        tuple(note["order"]),
        picture,
        box,
    )
