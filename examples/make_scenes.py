"""Makes examples/rendered_*: streets that amodal.render draws, each chosen for what it teaches.

    python -m examples.make_scenes [NAME ...]

It runs in Blender's environment (docs/rendered.md) and takes some minutes a street. Files are those
of `python -m amodal.render`, without what the app would not show:

- objects/ID.png of objects that are seen as a whole or hardly at all;
- edits that show nothing of what the street is here for.

PNG files are packed as small as they get without loss. Seeds were found by looking at the masks of
a few hundred streets and at the pictures of the best.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from amodal.render.blender import render
from amodal.render.layout import street
from amodal.render.write import write_scene

FOLDER = Path(__file__).parent
LEAST = 150  # visible pixels, as amodal.truth.LEAST: the app leaves out what is smaller
MISSING = 0.01  # hidden or cut off share of an object from which on its truth is worth showing
PACKED = (cv2.IMWRITE_PNG_COMPRESSION, 9, cv2.IMWRITE_PNG_STRATEGY, 1)


@dataclass(frozen=True)
class Scene:
    """A street of the examples; its title and its lesson in full are in index.json.

    Args:
        name: of its folder.
        seed: of the street.
        teaches: the need that it was chosen for.
        edits: names of those that are kept.
    """

    name: str
    seed: int
    teaches: str
    edits: tuple[str, ...]


SCENES = (
    Scene("rendered_parked_row", 211, "light occlusion", ("delete", "sideways", "swap")),
    Scene("rendered_car_mostly_hidden", 173, "heavy occlusion", ("delete", "sideways", "swap")),
    Scene("rendered_only_a_roof", 100, "many possible wholes", ("delete", "sideways", "swap")),
    Scene("rendered_crowd_at_stop", 138, "a crowd", ("delete", "depth", "swap")),
    Scene("rendered_van_cut_off", 172, "the picture's border", ("delete", "sideways", "swap")),
    Scene("rendered_bus_behind_car", 263, "a bus behind a car", ("delete", "sideways", "depth")),
    Scene("rendered_cyclist_behind_car", 194, "a cyclist behind a car", ("delete", "depth")),
    Scene("rendered_two_in_a_row", 318, "order of two cars", ("delete", "sideways", "swap")),
)


def main(names: Sequence[str]) -> None:
    """Make the scenes of these names, or all."""
    unknown = set(names) - {scene.name for scene in SCENES}
    if unknown:
        sys.exit(f"No such scene: {', '.join(sorted(unknown))}.")
    for scene in SCENES:
        if not names or scene.name in names:
            folder = FOLDER / scene.name
            shutil.rmtree(folder, ignore_errors=True)
            drawn = street(scene.seed)
            write_scene(drawn, folder)
            render(drawn, folder)
            size = trim(folder, scene.edits)
            print(f"{scene.name}: {size / 1e6:.1f} MB")


def trim(folder: Path, edits: Sequence[str]) -> int:
    """Drop what the app would not show and pack the pictures.

    Args:
        folder: as `python -m amodal.render` writes it; must hold all of `edits`.
        edits: names of those that are kept.

    Returns:
        The bytes that are left.
    """
    document = json.loads((folder / "scene.json").read_text(encoding="utf-8"))
    shown = {
        str(entry["id"])
        for entry in document["annotations"]
        if entry["area"] >= LEAST and max(entry["occlusion_rate"], entry["truncation"]) >= MISSING
    }
    notes = {note["name"]: note for note in json.loads((folder / "edits.json").read_text())}
    kept = [notes[name] for name in edits]
    (folder / "edits.json").write_text(json.dumps(kept, indent=1) + "\n")
    for part, wanted in (("objects", shown), ("edits", set(edits))):
        for path in (folder / part).glob("*.png"):
            if path.stem not in wanted:
                path.unlink()
    for path in folder.rglob("*.png"):
        cv2.imwrite(str(path), cv2.imread(str(path), cv2.IMREAD_UNCHANGED), PACKED)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main(sys.argv[1:])
