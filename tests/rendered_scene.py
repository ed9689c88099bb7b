"""A small rendered street without a renderer, in the very files that amodal.render writes.

Four objects on a gradient, hard edges, no shadows: laying the true layers over the plate, back to
front, gives the photo back byte by byte. The car hides a part of the van; a part of the bus lies
beyond the photo's left border. Numbers are no positions, and the file names the nearest first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from amodal.render.mesh import Mesh
from amodal.render.raster import Seen
from amodal.render.scene import Camera, Light, Street, Thing
from amodal.render.write import document

HEIGHT, WIDTH = 120, 200
CAR, PERSON, VAN, BUS = 5, 2, 9, 4
ORDER = (BUS, VAN, PERSON, CAR)  # back to front
SHIFT = (22, -3)  # of the person's foot in the edit "sideways", pixels


@dataclass(frozen=True)
class Part:
    """An object to paint: its box may leave the photo."""

    category: str
    box: tuple[int, int, int, int]
    colour: tuple[int, int, int]
    depth: float


PARTS: Mapping[int, Part] = {
    CAR: Part("car", (70, 46, 130, 98), (196, 40, 36), 8.0),
    PERSON: Part("person", (148, 40, 164, 92), (60, 70, 200), 9.5),
    VAN: Part("van", (40, 26, 104, 80), (50, 150, 70), 14.0),
    BUS: Part("bus", (-24, 12, 26, 66), (210, 180, 40), 22.0),
}


def write_rendered_street(folder: Path) -> Path:
    """Write the street; the folder is made. Its edits: "delete" (the car), "sideways" (the person).

    Returns:
        The folder.
    """
    (folder / "objects").mkdir(parents=True)
    (folder / "edits").mkdir()
    text = json.dumps(document(_street(), _seen()))
    (folder / "scene.json").write_text(text + "\n", encoding="utf-8")
    photo = painted(ORDER)
    _save(photo, folder / "photo.png")
    _save(painted(()), folder / "plate.png")
    for number in PARTS:
        _save(layer(number), folder / "objects" / f"{number}.png")
    rest = tuple(number for number in ORDER if number != CAR)
    move = {"id": PERSON, "dx": SHIFT[0], "dy": SHIFT[1], "scale": 1.0}
    notes = [
        _edit(folder, "delete", photo, painted(rest), removed=(CAR,), order=rest),
        _edit(folder, "sideways", photo, painted(ORDER, {PERSON: SHIFT}), moves=(move,)),
    ]
    (folder / "edits.json").write_text(json.dumps(notes) + "\n", encoding="utf-8")
    return folder


def whole(number: int) -> tuple[np.ndarray, int, int]:
    """The amodal mask in its tight window, (h, w) bool, and the window's corner."""
    x0, y0, x1, y1 = PARTS[number].box
    mask = np.ones((y1 - y0, x1 - x0), bool)
    across = np.arange(x1 - x0)
    slope = np.minimum(across, across[::-1])  # the upper corners are cut off
    mask[np.arange(y1 - y0)[:, None] + slope < (x1 - x0) // 4] = False
    return mask, x0, y0


def layer(number: int, shift: tuple[int, int] = (0, 0)) -> np.ndarray:
    """The object's true colours as if it stood alone, (HEIGHT, WIDTH, 4) uint8, alpha 0 or 255."""
    mask, x0, y0 = whole(number)
    height, width = mask.shape
    noise = np.random.default_rng(number).integers(-8, 9, (height, width, 3))
    light = 40 * np.linspace(1, -1, height)[:, None, None]
    rgb = np.clip(np.array(PARTS[number].colour) + light + noise, 0, 255).astype(np.uint8)
    rgba = np.where(mask[..., None], np.dstack([rgb, np.full_like(rgb[..., :1], 255)]), 0)
    x0, y0 = x0 + shift[0], y0 + shift[1]
    out = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    left, top = max(x0, 0), max(y0, 0)
    right, bottom = min(x0 + width, WIDTH), min(y0 + height, HEIGHT)
    out[top:bottom, left:right] = rgba[top - y0 : bottom - y0, left - x0 : right - x0]
    return out


def painted(
    order: Sequence[int], shifts: Mapping[int, tuple[int, int]] | None = None
) -> np.ndarray:
    """The plate with these objects on it, back to front, (HEIGHT, WIDTH, 3) uint8 RGB."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    noise = np.random.default_rng(0).integers(-5, 6, (HEIGHT, WIDTH, 3))
    sky = np.stack([90 + x // 3, 150 - y // 2, 170 - y], axis=2)
    picture = np.clip(sky + noise, 0, 255).astype(np.uint8)
    for number in order:
        rgba = layer(number, (shifts or {}).get(number, (0, 0)))
        picture = np.where(rgba[..., 3:] > 0, rgba[..., :3], picture)
    return picture


def _seen() -> list[Seen]:
    """What is seen of each object, nearest first."""
    taken = np.zeros((HEIGHT, WIDTH), bool)
    found, nearer = [], []
    for number in reversed(ORDER):
        mask, x0, y0 = whole(number)
        here = layer(number)[..., 3] > 0
        hiders = [other for other in nearer if (here & (layer(other)[..., 3] > 0)).any()]
        rows, columns = np.mgrid[y0 : y0 + mask.shape[0], x0 : x0 + mask.shape[1]]
        inside = (rows >= 0) & (rows < HEIGHT) & (columns >= 0) & (columns < WIDTH)
        modal = mask & inside
        modal[inside] &= ~taken[rows[inside], columns[inside]]
        part = PARTS[number]
        found.append(
            Seen(
                id=number,
                category=part.category,
                amodal=mask,
                modal=modal,
                x0=x0,
                y0=y0,
                depth=part.depth,
                complete=True,
                hidden_by=tuple(sorted(hiders)),
                size=(HEIGHT, WIDTH),
            )
        )
        taken |= here
        nearer.append(number)
    return found


def _street() -> Street:
    """Only where things stand counts: `document` looks at no mesh."""
    none = np.zeros((0, 3))
    mesh = Mesh(none.astype(np.float32), none.astype(np.int32), (), none[:, 0], none[:, 0] > 0)
    things = tuple(
        Thing(number, part.category, mesh, (part.box[0] / 20, part.depth, 0.0))
        for number, part in sorted(PARTS.items())
    )
    camera = Camera(WIDTH, HEIGHT, 150.0, (0.0, 0.0, 1.6))
    return Street(0, camera, Light(0.8, 0.3), things, ())


def _edit(
    folder: Path,
    kind: str,
    photo: np.ndarray,
    picture: np.ndarray,
    removed: Sequence[int] = (),
    moves: Sequence[Mapping] = (),
    order: Sequence[int] = ORDER,
) -> dict:
    """Save an edit's picture in the box of what changes; returns its note in edits.json."""
    changed = (picture != photo).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    x0, x1, y0, y1 = (int(v) for v in (columns[0], columns[-1] + 1, rows[0], rows[-1] + 1))
    _save(picture[y0:y1, x0:x1], folder / "edits" / f"{kind}.png")
    return {
        "name": kind,
        "kind": kind,
        "removed": list(removed),
        "moves": list(moves),
        "order": list(order),
        "factor": 1.0,
        "box": [x0, y0, x1, y1],
    }


def _save(picture: np.ndarray, path: Path) -> None:
    Image.fromarray(np.ascontiguousarray(picture)).save(path)
