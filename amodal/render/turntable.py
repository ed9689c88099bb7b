"""Cars on a turntable: `python -m amodal.render.turntable --cars N --views V --out DIR`.

Each car stands alone in a street of its own light and is turned on the spot, so that pictures of
the same car in other poses are known. One folder a car, named by its number: `K.png` (RGBA, the
car's whole appearance), `K-parts.png` (numbers of PARTS) and `views.json`. Needs bpy in an
environment of its own, as amodal.render does. Cars from layout.models.UNSEEN on are for tests.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np

from amodal.command import command
from amodal.errors import AmodalError
from amodal.render.layout.models import UNSEEN, painted
from amodal.render.layout.views import draw_light
from amodal.render.mesh import Material, Mesh
from amodal.render.scene import Street, Thing
from amodal.render.scenery.build import boxes, sheet
from amodal.render.views import View, camera_of, parts_map

SIDE = 176  # pixels of a picture; the car takes about two thirds of it
SAMPLES = 16
_DISTANCE, _HEIGHT = (7.0, 22.0), (1.1, 2.4)  # metres


def turntable(number: int, views: int) -> tuple[Street, list[View]]:
    """A car's street, and from where it is seen.

    Args:
        number: of the car; paint, light and surroundings are functions of it.
        views: how many, all around; the first turn is drawn.
    """
    rng = np.random.default_rng([number, 17])
    distance, height = rng.uniform(*_DISTANCE), rng.uniform(*_HEIGHT)
    first = rng.uniform(0, 2 * np.pi)
    turns = (first + 2 * np.pi * (np.arange(views) + rng.uniform(-0.3, 0.3, views)) / views) % (
        2 * np.pi
    )
    seen = [View(float(turn), float(distance), float(height)) for turn in turns]
    mesh = painted("car", number, rng)
    car = Thing(1, "car", mesh, (0.0, 0.0, 0.0), seen[0].turn)
    camera = camera_of(mesh, seen[0], SIDE)
    return Street(number, camera, draw_light(rng), (car,), _surroundings(rng)), seen


def _surroundings(rng: np.random.Generator) -> tuple[Mesh, ...]:
    """A road, and houses as plain blocks on both sides, which the paint mirrors."""
    asphalt = Material("asphalt", tuple([float(rng.uniform(0.03, 0.08))] * 3), roughness=0.9)
    found = [sheet((-60.0, 60.0), (-80.0, 80.0), 0.0, asphalt)]
    for side in (-1, 1):
        shade = rng.uniform(0.06, 0.45)
        wall = Material("plaster", tuple(float(v) for v in shade * rng.uniform(0.8, 1.1, 3)))
        near = side * rng.uniform(7, 14)
        far = near + side * 8
        low = np.array([[min(near, far), -60.0, 0.0]])
        high = np.array([[max(near, far), 60.0, float(rng.uniform(5, 16))]])
        found.append(boxes(low, high, wall))
    return tuple(found)


def render_car(number: int, views: int, folder: Path) -> None:
    """Render a car from all sides and write its folder; equal numbers give equal pictures."""
    from amodal.render.blender import layer_of
    from amodal.render.blender_scene import Stage

    street, seen = turntable(number, views)
    (car,) = street.things
    stage = Stage(street, SAMPLES)
    stage.expose()
    folder.mkdir(parents=True, exist_ok=True)
    for index, view in enumerate(seen):
        stage.place(replace(car, turn=view.turn))
        ((_, picture),) = stage.cutouts({1: (0, 0, SIDE, SIDE)})
        _save(layer_of(picture, number + index), folder / f"{index}.png")
        cv2.imwrite(str(folder / f"{index}-parts.png"), parts_map(car.mesh, view, SIDE))
    document = {"number": number, "views": [asdict(view) for view in seen]}
    (folder / "views.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _save(picture: np.ndarray, path: Path) -> None:
    cv2.imwrite(str(path), np.ascontiguousarray(picture[..., [2, 1, 0, 3]]))


@command("amodal.render.turntable")
def main(arguments: Sequence[str] | None = None) -> None:
    """Render cars that have no folder yet."""
    parser = argparse.ArgumentParser(prog="python -m amodal.render.turntable", description=__doc__)
    parser.add_argument("--cars", type=int, default=10)
    parser.add_argument("--views", type=int, default=12)
    parser.add_argument("--first", type=int, default=0, help="number of the first car")
    parser.add_argument("--unseen", action="store_true", help="cars for tests")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    if options.cars < 1 or options.views < 1 or options.first < 0:
        raise AmodalError("--cars and --views must be at least 1, --first at least 0.")
    first = options.first + (UNSEEN if options.unseen else 0)
    for number in range(first, first + options.cars):
        folder = options.out / f"{number:07d}"
        if not (folder / "views.json").exists():
            render_car(number, options.views, folder)
            print(folder, flush=True)


if __name__ == "__main__":
    sys.exit(main())
