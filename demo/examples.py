"""The scenes that open with the app: photographs, and rendered streets with the truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from amodal import truth
from amodal.data.coco import read_instances
from amodal.errors import AmodalError
from amodal.photo import load_photo
from amodal.scene import Instance
from amodal.truth import Truth, read_truth

FOLDER = Path(__file__).resolve().parent.parent / "examples"
INDEX = "index.json"
MASKS = "instances.json"


class Opened(NamedTuple):
    """An example that was read.

    Args:
        photo: (H, W, 3) uint8 RGB.
        instances: its objects.
        truth: what is behind them; None for a photograph.
    """

    photo: np.ndarray
    instances: tuple[Instance, ...]
    truth: Truth | None


@dataclass(frozen=True)
class Example:
    """One scene of the examples folder.

    Args:
        name: of its folder; the name in the API.
        title: what the user reads.
        photo: the picture file.
        masks: COCO-style JSON with the visible masks.
        teaches: what a rendered street is there for; empty for a photograph.
        first: name of the object that is selected for those who see the page for the first time.
    """

    name: str
    title: str
    photo: Path
    masks: Path
    teaches: str = ""
    first: str = ""

    def open(self) -> Opened:
        """Read the scene."""
        if self.masks.name == truth.MASKS:
            known = read_truth(self.masks.parent)
            return Opened(known.photo, known.instances, known)
        photo = load_photo(self.photo)
        return Opened(photo, read_instances(self.masks, *photo.shape[:2]), None)


def find_examples(folder: Path = FOLDER) -> tuple[Example, ...]:
    """The scenes that the folder's index lists, in its order.

    A photograph is NAME/photo.* with NAME/instances.json, a street with the truth the files that
    amodal.truth reads.

    Raises:
        AmodalError: a listed scene has no photo or no masks.
    """
    listed = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    return tuple(_find(folder / entry["name"], entry) for entry in listed)


def _find(folder: Path, entry: Mapping[str, Any]) -> Example:
    photo = next(folder.glob("photo.*"), None)
    masks = next(
        (folder / name for name in (MASKS, truth.MASKS) if (folder / name).is_file()), None
    )
    if photo is None or masks is None:
        raise AmodalError(f"The example {folder.name} is incomplete: add photo.* and {MASKS}.")
    words = (entry.get(key, "") for key in ("teaches", "first"))
    return Example(folder.name, entry["title"], photo, masks, *words)
