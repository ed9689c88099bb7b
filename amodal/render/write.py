"""A rendered street on disk: one folder, `scene.json` with masks, PNG masks on request.

`scene.json` is a COCO document of one photo, which amodal.data.coco.read_instances reads. An
annotation has, besides id, image_id, category_id, category and iscrowd,

    segmentation    RLE of the visible part; bbox [x, y, width, height] and area of it
    amodal          the whole: segmentation, its RLE inside the photo; bbox and area of all of it;
                    where it leaves the photo `window`, {"x0", "y0", "segmentation"}, the RLE of
                    the whole mask whose corner is the photo's pixel (x0, y0)
    complete        false where the whole reaches behind the camera or too far beyond the photo
    occlusion_rate  hidden share of the pixels inside the photo
    truncation      share of the whole beyond the photo
    depth           metres to its nearest point along the camera's axis
    occluded_by     ids of what covers some of it; 0 stands for scenery. Objects that are too
                    small to be listed hide others too
    pose            position in metres, turn in radians, scale (see scene.py)

`hidden` lists objects of which nothing is to be seen, without segmentation, bbox and area. `info`
holds seed, camera and light.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from amodal.classes import CLASSES
from amodal.data.runs import code
from amodal.data.segmentation import encode_rle
from amodal.render.raster import Seen, rasterise
from amodal.render.scene import Street, Thing

PHOTO = "photo.png"
SMALLEST = 12  # pixels: objects that are thinner are left out


def write_scene(street: Street, folder: Path, pngs: bool = False) -> tuple[Seen, ...]:
    """Write the masks of a street.

    Args:
        street: to rasterise.
        folder: for `scene.json`; made if it is not there.
        pngs: whether each object's masks are written as pictures too, `modal_ID.png` and
            `amodal_ID.png`, as large as the photo.

    Returns:
        The objects that were written, nearest first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    seen = tuple(item for item in rasterise(street) if min(item.amodal.shape) >= SMALLEST)
    text = json.dumps(document(street, seen), indent=1)
    (folder / "scene.json").write_text(text + "\n", encoding="utf-8")
    for item in seen if pngs else ():
        for name, mask in (("modal", item.modal), ("amodal", item.amodal)):
            cv2.imwrite(str(folder / f"{name}_{item.id:03d}.png"), _on_photo(item, mask))
    return seen


def document(street: Street, seen: Sequence[Seen]) -> dict[str, Any]:
    """What `scene.json` holds of a street and its objects."""
    camera = street.camera
    things = {thing.id: thing for thing in street.things}
    entries = [(item, _entry(item, things[item.id])) for item in seen]
    image = {"id": 1, "file_name": PHOTO, "height": camera.height, "width": camera.width}
    return {
        "info": {"seed": street.seed, "camera": asdict(camera), "light": asdict(street.light)},
        "images": [image],
        "categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES, 1)],
        "annotations": [entry | _visible(item) for item, entry in entries if item.modal.any()],
        "hidden": [entry for item, entry in entries if not item.modal.any()],
    }


def _entry(item: Seen, thing: Thing) -> dict[str, Any]:
    """All of an annotation but the visible part."""
    return {
        "id": item.id,
        "image_id": 1,
        "category_id": CLASSES.index(item.category) + 1,
        "category": item.category,
        "iscrowd": 0,
        "amodal": _whole(item),
        "complete": item.complete,
        "occlusion_rate": round(item.occlusion_rate, 4),
        "truncation": round(item.truncation, 4),
        "depth": round(item.depth, 3),
        "occluded_by": list(item.hidden_by),
        "pose": {
            "position": [round(float(value), 4) for value in thing.position],
            "turn": round(float(thing.turn), 5),
            "scale": round(float(thing.scale), 4),
        },
    }


def _whole(item: Seen) -> dict[str, Any]:
    height, width = item.amodal.shape
    entry = {
        "segmentation": code(item.amodal, item.x0, item.y0, *item.size),
        "bbox": [item.x0, item.y0, width, height],
        "area": int(item.amodal.sum()),
    }
    if item.truncation > 0:
        window = encode_rle(item.amodal)
        entry["window"] = {"x0": item.x0, "y0": item.y0, "segmentation": window}
    return entry


def _visible(item: Seen) -> dict[str, Any]:
    rows, columns = (np.flatnonzero(item.modal.any(axis=axis)) for axis in (1, 0))
    left, top = int(columns[0]), int(rows[0])
    size = int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top
    return {
        "segmentation": code(item.modal, item.x0, item.y0, *item.size),
        "bbox": [item.x0 + left, item.y0 + top, *size],
        "area": int(item.modal.sum()),
    }


def _on_photo(item: Seen, mask: np.ndarray) -> np.ndarray:
    """A window's mask on the photo, (H, W) uint8 of 0 and 255."""
    photo = np.zeros(item.size, np.uint8)
    rows, columns = item.window
    part = photo[rows.start + item.y0 : rows.stop + item.y0]
    part[:, columns.start + item.x0 : columns.stop + item.x0] = 255 * mask[rows, columns]
    return photo
