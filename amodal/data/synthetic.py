"""A large COCO file to try things out: `python -m amodal.data.synthetic --objects N --out FILE`.

With --root the visible masks of KITTI MOTS, again and again; else toy shapes that hide each other.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from amodal.command import command
from amodal.data import kitti_mots
from amodal.data.runs import code
from amodal.data.segmentation import encode_rle
from amodal.data.shapes import reduce, toy_shapes
from amodal.scene import paste_window

PHOTO = (375, 1242)  # height, width
IN_A_PHOTO = 6  # toy shapes; KITTI MOTS has 5 objects in a photo
NAMES = ("car", "person")

Object = tuple[dict[str, Any], str]  # RLE of the visible part, class
Photo = tuple[tuple[int, int], list[Object]]  # (height, width), its objects


def data_set(photos: Iterable[Photo], objects: int) -> dict[str, Any]:
    """The first photos, as a COCO document of `objects` annotations."""
    images, annotations = [], []
    for number, ((height, width), entries) in enumerate(photos, start=1):
        name = f"{number:06d}.png"
        images.append({"id": number, "file_name": name, "height": height, "width": width})
        for rle, category in entries[: objects - len(annotations)]:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": NAMES.index(category) + 1,
                    "iscrowd": 0,
                    "segmentation": rle,
                }
            )
        if len(annotations) == objects:
            break
    categories = [{"id": number, "name": name} for number, name in enumerate(NAMES, start=1)]
    return {"images": images, "annotations": annotations, "categories": categories}


def toy_photos(seed: int = 0) -> Iterator[Photo]:
    """Photos without end, of toy shapes of 20 to 96 pixels; each hides those before it."""
    rng = np.random.default_rng(seed)
    shapes = toy_shapes()
    while True:
        owner = np.full(PHOTO, -1, np.int8)
        names = []
        for index in range(IN_A_PHOTO):
            shape = shapes[rng.integers(len(shapes))]
            mask = reduce(shape.mask, int(rng.integers(20, 97)))
            x, y = int(rng.integers(-20, PHOTO[1] - 20)), int(rng.integers(100, PHOTO[0] - 20))
            owner[paste_window(mask, x, y, *PHOTO)] = index
            names.append(shape.category)
        seen = [(owner == index, name) for index, name in enumerate(names)]
        yield PHOTO, [(encode_rle(mask), name) for mask, name in seen if mask.any()]


def kitti_photos(root: Path) -> Iterator[Photo]:
    """The photos of KITTI MOTS with their objects, again and again.

    Raises:
        AmodalError: the masks are not there.
    """
    photos: dict[tuple[int, int], Photo] = {}
    for item in kitti_mots.read(root, range(21)):
        if item.category:
            rle = code(item.mask, item.x0, item.y0, *item.photo_size)
            frame = item.sequence, item.frame
            photos.setdefault(frame, (item.photo_size, []))[1].append((rle, item.category))
    yield from cycle(photos.values())


@command("amodal.data.synthetic")
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m amodal.data.synthetic", description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--root", type=Path, help="folder of KITTI MOTS")
    options = parser.parse_args(arguments)
    photos = kitti_photos(options.root) if options.root else islice(toy_photos(), 200)
    document = data_set(photos if options.root else cycle(list(photos)), options.objects)
    options.out.write_text(json.dumps(document))
    print(f"wrote {options.objects:,} objects of {len(document['images']):,} photos")


if __name__ == "__main__":
    sys.exit(main())
