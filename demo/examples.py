"""The scenes that open with the app: a photo, its hand-checked masks, a title."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from amodal.data.coco import read_instances
from amodal.errors import AmodalError
from amodal.photo import load_photo
from amodal.scene import Instance

FOLDER = Path(__file__).resolve().parent.parent / "examples"
INDEX = "index.json"
MASKS = "instances.json"


@dataclass(frozen=True)
class Example:
    """One scene of the examples folder.

    Args:
        name: of its folder; the name in the API.
        title: what the user reads.
        photo: the picture file.
        masks: COCO-style JSON with the visible masks.
    """

    name: str
    title: str
    photo: Path
    masks: Path

    def open(self) -> tuple[np.ndarray, tuple[Instance, ...]]:
        """The photo (H, W, 3) uint8 and its instances."""
        photo = load_photo(self.photo)
        return photo, read_instances(self.masks, *photo.shape[:2])


def find_examples(folder: Path = FOLDER) -> tuple[Example, ...]:
    """The scenes that the folder's index lists, in its order: NAME/photo.* and NAME/instances.json.

    Raises:
        AmodalError: a listed scene has no photo or no masks.
    """
    listed = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    return tuple(_find(folder / entry["name"], entry["title"]) for entry in listed)


def _find(folder: Path, title: str) -> Example:
    photo, masks = next(folder.glob("photo.*"), None), folder / MASKS
    if photo is None or not masks.is_file():
        raise AmodalError(f"The example {folder.name} is incomplete: add photo.* and {MASKS}.")
    return Example(folder.name, title, photo, masks)
