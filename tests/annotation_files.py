"""Writers of small data sets in the exact formats of KINS, COCOA and Cityscapes.

The same street is drawn in each photo: things as polygons with a class, from back to front.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from amodal.data.cityscapes import LABELS
from amodal.data.segmentation import encode_rle

HEIGHT, WIDTH = 120, 240
KINS_IDS = {"cyclist": 1, "pedestrian": 2, "car": 4, "tram": 5, "truck": 6, "van": 7, "misc": 8}


@dataclass(frozen=True)
class Thing:
    """A polygon [[x, y], ...] of a class, as one of the three data sets calls it."""

    name: str
    polygon: list[list[int]]

    @property
    def flat(self) -> list[float]:
        return [float(value) for point in self.polygon for value in point]

    @property
    def mask(self) -> np.ndarray:
        canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.fillPoly(canvas, [np.array(self.polygon)], 1)
        return canvas.astype(bool)


def car(x: int, y: int, name: str = "car") -> Thing:
    """60 x 30 pixels, wheels at (x, y)."""
    points = [(0, 0), (0, -15), (12, -18), (20, -30), (44, -30), (50, -17), (60, -14), (60, 0)]
    return Thing(name, [[x + dx, y + dy] for dx, dy in points])


def person(x: int, y: int, name: str = "pedestrian") -> Thing:
    """16 x 46 pixels, feet at (x, y)."""
    points = [(0, 0), (2, -30), (4, -46), (12, -46), (14, -30), (16, 0)]
    return Thing(name, [[x + dx, y + dy] for dx, dy in points])


def street(number: int = 0, walker: str = "pedestrian") -> list[Thing]:
    """Back to front: a car hidden by a second one, a walker before that, a car and a walker alone.

    Indices: 0 is occluded by 1, 1 by 2; 3 and 4 are whole.
    """
    x = 12 + 3 * (number % 8)
    return [
        car(x, 70),
        car(x + 36, 78),
        person(x + 70, 100, walker),
        car(x + 110, 60),
        person(x + 190, 90, walker),
    ]


def visible(things: list[Thing]) -> list[np.ndarray]:
    """What is seen of each, (H, W) bool."""
    masks = [thing.mask for thing in things]
    for index in range(len(masks)):
        for nearer in things[index + 1 :]:
            masks[index] = masks[index] & ~nearer.mask
    return masks


def _box(mask: np.ndarray) -> list[int]:
    return list(cv2.boundingRect(mask.astype(np.uint8)))


def _outlines(mask: np.ndarray) -> list[list[float]]:
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return [outline.ravel().astype(float).tolist() for outline in found if len(outline) > 2]


def kins(photos: int = 3, release: str = "2019", things: Any = street) -> dict[str, Any]:
    """A KINS file: release "2019" or "2020"."""
    images, annotations = [], []
    for number in range(photos):
        images.append(
            {"id": number, "file_name": f"{number:06d}.png", "height": HEIGHT, "width": WIDTH}
        )
        drawn = things(number)
        for rank, (thing, modal) in enumerate(zip(drawn, visible(drawn), strict=True)):
            whole = thing.mask
            entry = {
                "id": len(annotations) + 1,
                "image_id": number,
                "category_id": KINS_IDS[thing.name],
                "iscrowd": 0,
            }
            if release == "2019":
                entry |= {
                    "area": int(whole.sum()),
                    "bbox": _box(whole),
                    "segmentation": [thing.flat],
                    "inmodal_bbox": _box(modal),
                    "inmodal_seg": encode_rle(modal),
                }
            else:
                entry |= {
                    "a_area": int(whole.sum()),
                    "a_bbox": _box(whole),
                    "a_segm": [thing.flat],
                    "i_area": int(modal.sum()),
                    "i_bbox": _box(modal),
                    "i_segm": _outlines(modal),
                    "oco_id": 1,
                    "ico_id": len(drawn) - rank,
                }
            annotations.append(entry)
    categories = [
        {"id": key, "name": name, "supercategory": "road"} for name, key in KINS_IDS.items()
    ]
    return {"images": images, "annotations": annotations, "categories": categories}


def write_kins(root: Path, release: str = "2019", photos: int = 3) -> Path:
    """Both splits and the photos."""
    names = {
        "2019": ("instances_train.json", "instances_val.json"),
        "2020": ("update_train_2020.json", "update_test_2020.json"),
    }[release]
    for name, folder in zip(names, ("training", "testing"), strict=True):
        write_json(root / name, kins(photos, release))
        for number in range(photos):
            _write_photo(root / folder / "image_2" / f"{number:06d}.png", street(number))
    return root


def cocoa(photos: int = 3, split: str = "train", things: Any = None) -> dict[str, Any]:
    """A COCOA file: regions front to back, with the road as stuff behind all."""
    things = things or (lambda number: street(number, "woman "))
    images, annotations = [], []
    for number in range(photos):
        key = 1000 + number
        name = f"COCO_{split}2014_{key:012d}.jpg"
        images.append({"id": key, "file_name": name, "height": HEIGHT, "width": WIDTH})
        road = Thing("road", [[0, 40], [WIDTH - 1, 40], [WIDTH - 1, HEIGHT - 1], [0, HEIGHT - 1]])
        drawn = [road, *things(number)]
        regions = []
        for thing, modal in list(zip(drawn, visible(drawn), strict=True))[::-1]:
            hidden = thing.mask & ~modal
            region = {
                "segmentation": thing.flat,
                "name": thing.name,
                "area": int(thing.mask.sum()),
                "isStuff": int(thing is road),
                "occlude_rate": float(hidden.sum() / thing.mask.sum()),
                "order": len(regions) + 1,
            }
            if hidden.any():
                region["visible_mask"] = encode_rle(modal)
                region["invisible_mask"] = encode_rle(hidden)
            regions.append(region)
        annotations.append(
            {
                "id": number + 1,
                "image_id": key,
                "author": "test",
                "url": f"https://example.org/{name}",
                "regions": regions,
                "size": len(regions),
                "depth_constraint": "1-2,2-3",
            }
        )
    return {"images": images, "annotations": annotations}


def write_cocoa(root: Path, photos: int = 3) -> Path:
    """Both splits and the photos."""
    for split in ("train", "val"):
        document = cocoa(photos, split)
        write_json(root / "annotations" / f"COCO_amodal_{split}2014.json", document)
        for number, image in enumerate(document["images"]):
            _write_photo(root / f"{split}2014" / image["file_name"], street(number))
    return root


def cocoa_cls(photos: int = 3) -> dict[str, Any]:
    """A COCOA-cls file: an annotation an object, COCO's classes, both masks as RLE."""
    classes = {"car": 3, "person": 1}
    annotations, images = [], []
    for image in cocoa(photos)["images"]:
        images.append(image)
        drawn = street(image["id"] - 1000, "person")
        for rank, (thing, modal) in enumerate(zip(drawn, visible(drawn), strict=True)):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image["id"],
                    "category_id": classes[thing.name],
                    "segmentation": encode_rle(thing.mask),
                    "visible_mask": encode_rle(modal),
                    "bbox": [float(side) for side in _box(thing.mask)],
                    "area": float(thing.mask.sum()),
                    "iscrowd": 0,
                    "occlude_rate": float(1 - modal.sum() / thing.mask.sum()),
                    "amodal_region": {"isStuff": 0, "order": len(drawn) - rank},
                }
            )
    categories = [{"id": key, "name": name} for name, key in classes.items()]
    return {"images": images, "annotations": annotations, "categories": categories}


def write_cocoa_cls(root: Path, photos: int = 3) -> Path:
    """Both splits, without photos."""
    for split in ("train", "val"):
        name = f"COCO_amodal_{split}2014_with_classes.json"
        write_json(root / "annotations" / name, cocoa_cls(photos))
    return root


STUFF = {"road": 7, "pole": 17, "sky": 23, "out of roi": 3, "ego vehicle": 1, "license plate": -1}


def city_street(number: int = 0) -> list[Thing]:
    """The street between sky, road, one more whole car, a pole before the third car, and the rim.

    Objects in order: 0 to 4 as in `street`, but 3 is hidden by the pole; 5 is whole.
    """
    things = street(number, "person")
    x = things[3].polygon[0][0] + 30
    pole = Thing("pole", [[x, 5], [x + 3, 5], [x + 3, 80], [x, 80]])
    lone = car(things[0].polygon[0][0] + 4, 112)
    x, y = lone.polygon[0]
    corners = [[x + 25, y - 8], [x + 33, y - 8], [x + 33, y - 4], [x + 25, y - 4]]
    plate = Thing("license plate", corners)
    rim = Thing("out of roi", [[0, 0], [WIDTH - 1, 0], [WIDTH - 1, 2], [0, 2]])
    return [
        Thing("sky", [[0, 0], [WIDTH - 1, 0], [WIDTH - 1, 60], [0, 60]]),
        Thing("road", [[0, 50], [WIDTH - 1, 50], [WIDTH - 1, HEIGHT - 1], [0, HEIGHT - 1]]),
        *things,
        lone,
        plate,
        pole,
        rim,
    ]


def write_cityscapes(root: Path, photos: int = 3, things: Any = city_street) -> Path:
    """Splits train and val of one city each: polygons, instance ids and photos."""
    for split, city in (("train", "aachen"), ("val", "lindau")):
        for number in range(photos):
            stem = f"{city}_{number:06d}_000019"
            drawn = things(number)
            objects = [{"label": thing.name, "polygon": thing.polygon} for thing in drawn]
            folder = root / "gtFine" / split / city
            write_json(
                folder / f"{stem}_gtFine_polygons.json",
                {"imgHeight": HEIGHT, "imgWidth": WIDTH, "objects": objects},
            )
            ids = instance_ids(drawn)
            Image.fromarray(ids).save(folder / f"{stem}_gtFine_instanceIds.png")
            picture = root / "leftImg8bit" / split / city / f"{stem}_leftImg8bit.png"
            _write_photo(picture, [thing for thing in drawn if thing.name in LABELS])
    return root


def instance_ids(things: list[Thing]) -> np.ndarray:
    """(H, W) uint16, as Cityscapes' own script numbers and draws them."""
    canvas = Image.new("I", (WIDTH, HEIGHT), 0)
    pen, numbers = ImageDraw.Draw(canvas), {}
    for thing in things:
        if thing.name in LABELS:
            number = numbers.setdefault(thing.name, 0)
            numbers[thing.name] += 1
            pen.polygon([tuple(p) for p in thing.polygon], LABELS[thing.name] * 1000 + number)
        elif STUFF[thing.name] >= 0:
            pen.polygon([tuple(p) for p in thing.polygon], STUFF[thing.name])
    return np.asarray(canvas).astype(np.uint16)


def write_json(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def _write_photo(path: Path, things: list[Thing]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    photo = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    for index, thing in enumerate(things):
        cv2.fillPoly(photo, [np.array(thing.polygon)], (40 * index % 255, 200, 90))
    Image.fromarray(photo).save(path)
