"""Pictures of a street with Blender's Cycles: the photo, what lies behind, each object, edits.

Needs bpy in an environment of its own: pip install bpy==4.5.15
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from amodal.render.blender_edits import Edit, changed_box, draw_edits
from amodal.render.blender_photo import develop, pasted
from amodal.render.blender_scene import Box, Stage
from amodal.render.raster import Outline, outline
from amodal.render.scene import Street, Thing

SAMPLES = 16


def render(street: Street, folder: Path, *, samples: int = SAMPLES, edits: bool = True) -> None:
    """Render all pictures of a street; equal streets give equal bytes on one machine.

    Writes into `folder`:

    - photo.png: RGB, everything.
    - plate.png: RGB, without the objects.
    - objects/ID.png: RGBA of the photo's size, straight alpha; an object's whole appearance with
      nothing before it, in the light that it has in the photo, so that the shadows and mirror
      images of the others lie on it. Objects outside the picture have none.
    - edits.json and edits/NAME.png, if `edits`: the street rendered again after a change, cut to
      the `box` that edits.json names. Outside of it not a byte of the photo changes.

    Args:
        street: what to render.
        folder: is made if it doesn't exist.
        samples: paths per pixel at most; a denoiser follows.
        edits: whether to render edits as well.

    Raises:
        AmodalError: bpy isn't installed.
    """
    stage = Stage(street, samples)
    stage.expose()
    folder = Path(folder)
    (folder / "objects").mkdir(parents=True, exist_ok=True)
    photo = stage.picture()
    _save(develop(photo, street.seed), folder / "photo.png")
    _save(develop(stage.picture(hidden=stage.things), street.seed), folder / "plate.png")
    boxes = {thing.id: _box(outline(thing, street.camera), street) for thing in street.things}
    for id, picture in stage.cutouts({id: box for id, box in boxes.items() if box is not None}):
        _save(layer_of(picture, street.seed), folder / "objects" / f"{id}.png")
    if edits:
        _render_edits(stage, photo, folder)


def _render_edits(stage: Stage, photo: np.ndarray, folder: Path) -> None:
    """Render drawn edits and write what they are."""
    (folder / "edits").mkdir(exist_ok=True)
    street = stage.street
    notes = []
    for edit in draw_edits(street):
        box = changed_box(street, edit)
        if box is None:
            continue
        picture, changed = edited(stage, photo, edit, box)
        note = _note(street, edit, changed)
        x0, y0, x1, y1 = note["box"]
        if x1 > x0:
            _save(picture[y0:y1, x0:x1], folder / "edits" / f"{edit.name}.png")
            notes.append(note)
    (folder / "edits.json").write_text(json.dumps(notes, indent=1) + "\n")


def edited(stage: Stage, photo: np.ndarray, edit: Edit, box: Box) -> tuple[np.ndarray, np.ndarray]:
    """Render one edit.

    Args:
        stage: the street's.
        photo: the street before the edit, (H, W, 3) float32 in 0..1, from `stage.picture`.
        edit: what changes.
        box: the pixels to render again.

    Returns:
        (H, W, 3) uint8, and (H, W) bool: where it may differ from the developed photo.
    """
    for thing in edit.things:
        stage.place(thing)
    again = stage.picture(hidden=edit.removed, box=box)
    for thing in stage.street.things:
        if thing.id in edit.ids:
            stage.place(thing)
    mixed, changed = pasted(photo, again, box)
    before = develop(photo, stage.street.seed)
    # Sharpening reaches beyond a change; outside of it not a byte may differ.
    return np.where(changed[..., None], develop(mixed, stage.street.seed), before), changed


def _note(street: Street, edit: Edit, changed: np.ndarray) -> dict:
    """What edits.json says of an edit: positions in metres, angles in radians, pixels.

    `moves` says how an editor of pictures would do it: for each object that stays, the shift of its
    foot (the middle of its box's lower side) and how much larger its box becomes. `order` has the
    ids of what can be seen afterwards, from the farthest to the nearest.
    """
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    box = [0, 0, 0, 0]
    if len(rows):
        box = [int(v) for v in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)]
    before = [thing for thing in street.things if thing.id in edit.ids]
    return {
        "name": edit.name,
        "kind": edit.kind,
        "removed": list(edit.removed),
        "before": [_place(thing) for thing in before],
        "after": [_place(thing) for thing in edit.things],
        "factor": round(edit.factor, 6),
        "moves": [_move(street, thing) for thing in edit.things],
        "order": _order(street, edit),
        "box": box,
    }


def _move(street: Street, thing: Thing) -> dict:
    """How an object's whole mask shifts, pixels, and grows when it stands in its new place."""
    (old,) = street.only(thing.id).things
    before, after = (outline(each, street.camera) for each in (old, thing))
    (x0, y0), (x1, y1) = _foot(before), _foot(after)
    scale = (after.mask.sum() / before.mask.sum()) ** 0.5
    return {
        "id": thing.id,
        "dx": round(x1 - x0, 2),
        "dy": round(y1 - y0, 2),
        "scale": round(float(scale), 4),
    }


def _foot(seen: Outline) -> tuple[float, float]:
    height, width = seen.mask.shape
    return seen.x0 + width / 2, float(seen.y0 + height)


def _order(street: Street, edit: Edit) -> list[int]:
    things = street.without(*edit.ids).things + edit.things
    seen = [outline(thing, street.camera) for thing in things]
    seen = sorted((item for item in seen if item is not None), key=lambda item: -item.depth)
    return [item.thing.id for item in seen]


def _place(thing: Thing) -> dict:
    return {
        "id": thing.id,
        "category": thing.category,
        "position": [round(float(v), 6) for v in thing.position],
        "turn": round(float(thing.turn), 6),
        "scale": round(float(thing.scale), 6),
    }


def layer_of(picture: np.ndarray, seed: int) -> np.ndarray:
    """An object's layer as a camera would take it, (H, W, 4) uint8."""
    colour = develop(picture[..., :3], seed)
    alpha = (picture[..., 3:] * 255).round().astype(np.uint8)
    return np.concatenate([np.where(alpha > 0, colour, 0), alpha], axis=-1)


def _box(seen: Outline | None, street: Street) -> Box | None:
    """The pixels of an object inside the photo, with a margin for its soft edge."""
    if seen is None:
        return None
    height, width = seen.mask.shape
    size = (street.camera.width, street.camera.height)
    low = np.clip((seen.x0 - 3, seen.y0 - 3), 0, size)
    high = np.clip((seen.x0 + width + 3, seen.y0 + height + 3), 0, size)
    if (high <= low).any():
        return None
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _save(picture: np.ndarray, path: Path) -> None:
    channels = [2, 1, 0, 3][: picture.shape[2]]
    cv2.imwrite(str(path), np.ascontiguousarray(picture[..., channels]))
