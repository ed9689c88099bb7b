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
    """All scenes of a folder, by name: each a folder with `photo.*` and `instances.json`.

    Raises:
        AmodalError: masks have no photo beside them.
    """
    return tuple(_read(masks) for masks in sorted(folder.glob(f"*/{MASKS}")))


def _read(masks: Path) -> Example:
    photo = next(masks.parent.glob("photo.*"), None)
    if photo is None:
        raise AmodalError(f"{masks} has no photo beside it: add photo.jpg or photo.png.")
    info = json.loads(masks.read_text(encoding="utf-8")).get("info") or {}
    name = masks.parent.name
    title = info.get("description") or name.replace("_", " ").capitalize()
    return Example(name, title, photo, masks)
