"""What a program asks for, read and checked. Complaints say which argument is wrong, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from amodal.classes import CLASSES
from amodal.completer import MAX_SAMPLES
from amodal.data.coco import read_instances
from amodal.data.segmentation import short
from amodal.errors import AmodalError
from amodal.evidence import Evidence
from amodal.fields import Fields, as_fields
from amodal.geometry import Box
from amodal.layers import LayeredScene
from amodal.photo import load_photo
from amodal.scene import Instance
from demo.api_schema import EDIT, EXPORTS, MAX_EDITS
from demo.notes import HOTTEST, LARGEST_SEED
from demo.pointing import without
from demo.session import Settings
from demo.values import MAX_MARKS
from demo.values import path as file_path

REMEDY = "see docs/api.md"

# The edits of a placement; "choose" needs the network and is told by the caller.
PLACE: Mapping[str, Callable[[LayeredScene, str, Fields], LayeredScene]] = {
    "delete": lambda scene, id, edit: scene.delete(id),
    "put_back": lambda scene, id, edit: scene.put_back(id),
    "flip": lambda scene, id, edit: scene.flip(id),
    "bring_forward": lambda scene, id, edit: scene.bring_forward(id),
    "send_back": lambda scene, id, edit: scene.send_back(id),
    "move": lambda scene, id, edit: scene.move(id, edit.number("dx"), edit.number("dy")),
    "scale": lambda scene, id, edit: scene.scale(id, edit.number("factor")),
}


@dataclass(frozen=True, eq=False)
class Target:
    """One object among the others.

    Args:
        number: from 0, in the order of the instances.
        instance: the object.
        others: all the rest.
    """

    number: int
    instance: Instance
    others: tuple[Instance, ...]

    @property
    def id(self) -> str:
        """Its layer's."""
        return f"object-{self.number + 1}"


def arguments(endpoint: str, **values: Any) -> Fields:
    """An endpoint's arguments, to be read one by one."""
    return Fields(values, f"/{endpoint}", REMEDY)


def read_photo(photo: Any) -> np.ndarray:
    """(H, W, 3) uint8 RGB."""
    if photo is None:
        raise AmodalError("The photo is missing: upload a file and name it as `photo`.")
    return load_photo(file_path(photo))


def read_scene(photo: str | None, instances: Any) -> tuple[np.ndarray, tuple[Instance, ...]]:
    """A photo and its objects."""
    if not isinstance(instances, dict | list):
        raise AmodalError(
            f"Instances: got {short(instances)}, expected COCO-style JSON, an object or a list."
        )
    pixels = read_photo(photo)
    return pixels, read_instances(instances, *pixels.shape[:2])


def read_target(fields: Fields, objects: Sequence[Instance]) -> Target:
    """The object that `object` numbers."""
    number = fields.whole("object", 0, len(objects) - 1)
    return Target(number, objects[number], (*objects[:number], *objects[number + 1 :]))


def read_settings(fields: Fields) -> Settings:
    """How shapes are drawn; what is left out is as in the app."""
    usual = Settings()
    return Settings(
        fields.whole("samples", 1, MAX_SAMPLES) if "samples" in fields else usual.samples,
        fields.whole("seed", 0, LARGEST_SEED) if "seed" in fields else usual.seed,
        fields.number("temperature", 0, HOTTEST) if "temperature" in fields else usual.temperature,
    )


def read_evidence(fields: Fields, instance: Instance) -> Evidence:
    """The points `inside` and `outside`, and the boxes `absent`."""
    region = None
    for box in _marks(fields, "absent"):
        region = without(instance.modal, _box(box, f"{fields.where}, absent"), region)
    return Evidence(read_points(fields, "inside"), read_points(fields, "outside"), absent=region)


def read_points(fields: Fields, key: str) -> tuple[tuple[float, float], ...]:
    """Points [x, y]; none if the key is left out."""
    return fields.points(key) if _marks(fields, key) else ()


def _marks(fields: Fields, key: str) -> list[Any]:
    """What a request says about an object under a key, none if it is left out."""
    marks = fields.items(key) if key in fields else []
    if len(marks) > MAX_MARKS:
        raise fields.error(key, f"at most {MAX_MARKS} of them")
    return marks


def read_labels(fields: Fields, points: int) -> list[bool]:
    """Whether each of the points is on the object; all are if the key is left out."""
    if "labels" not in fields:
        return [True] * points
    labels = fields.items("labels")
    if len(labels) != points or not all(isinstance(label, bool) for label in labels):
        raise fields.error("labels", f"true or false for each of the {points} points")
    return labels


def read_box(fields: Fields, key: str) -> Box | None:
    """A box [x0, y0, x1, y1], if there is one."""
    return _box(fields.values[key], f"{fields.where}, {key}") if key in fields else None


def read_categories(fields: Fields) -> tuple[str, ...]:
    """Names of classes; all that have a name if the key is left out."""
    if "categories" not in fields:
        return tuple(name for name in CLASSES if name != "unknown")
    names = fields.items("categories")
    if not all(name in CLASSES for name in names):
        raise fields.error("categories", f"a list of {', '.join(CLASSES)}")
    return tuple(names)


def read_export(fields: Fields) -> str:
    """One of EXPORTS."""
    form = fields.text("format")
    if form not in EXPORTS:
        raise fields.error("format", f"one of {', '.join(EXPORTS)}")
    return form


def read_edits(edits: Any, objects: Sequence[Instance]) -> tuple[tuple[Fields, Target], ...]:
    """Edits with the object of each. Their own numbers are read when they are applied."""
    if not isinstance(edits, list):
        raise AmodalError(
            f'Edits: got {short(edits)}, expected a list such as [{{"do": "delete", "object": 0}}].'
        )
    if len(edits) > MAX_EDITS:
        raise AmodalError(
            f"Edits: got {len(edits)}, expected at most {MAX_EDITS}: send several requests."
        )
    read = []
    for number, edit in enumerate(edits, start=1):
        fields = as_fields(edit, f"Edit {number}", REMEDY)
        _check_keys(fields)
        read.append((fields, read_target(fields, objects)))
    return tuple(read)


def _check_keys(edit: Fields) -> None:
    do = edit.text("do")
    if do not in EDIT:
        raise edit.error("do", f"one of {', '.join(EDIT)}")
    unknown = sorted(set(edit.values) - set(EDIT[do]["properties"]))
    if unknown:
        known = ", ".join(EDIT[do]["properties"])
        raise AmodalError(f"{edit.where}: `{unknown[0]}` is no key of {do}, expected {known}.")


def _box(box: Any, where: str) -> Box:
    read = Fields({"box": box}, where, "give [x0, y0, x1, y1] in pixels of the photo")
    return Box(*read.numbers("box", 4))
