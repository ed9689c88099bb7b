"""Instances and completions as COCO documents: plain data that json.dump takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from amodal.data.runs import code
from amodal.data.segmentation import encode_rle
from amodal.geometry import tight_box
from amodal.scene import CLASSES, Completion, Completions, Instance


def write_instances(
    instances: Sequence[Instance], file_name: str, size: tuple[int, int] | None = None
) -> dict[str, Any]:
    """A COCO document of instances, which read_instances reads.

    Each annotation: id, image_id, category_id, category, name, iscrowd, segmentation (RLE of the
    visible part), bbox and area of it, amodal_bbox where the user gave a box.

    Args:
        instances: none of the masks is empty.
        file_name: the photo's.
        size: (height, width) of the photo; needed when there are no instances.
    """
    annotations = [
        _head(number, instance) | _described(instance.modal) | _box_entry(instance)
        for number, instance in enumerate(instances, start=1)
    ]
    return _document(annotations, size or instances[0].modal.shape, file_name)


def write_completions(
    instances: Sequence[Instance],
    completions: Sequence[Completions],
    file_name: str,
    run: Mapping[str, int | float | str],
) -> dict[str, Any]:
    """A COCO document of whole objects.

    Each annotation: id, image_id, category_id, category, name, iscrowd, amodal_bbox where the user
    gave a box; `modal`, the RLE of the visible part; the entries of the mode; and `samples`, the
    same entries for each sample. The entries of a completion:

        segmentation    RLE of the amodal mask inside the photo
        bbox            [x, y, width, height] of the whole object; may leave the photo
        area            pixels of the whole object, those beyond the photo included
        visible_iou     how well the decoded shape alone explains the visible pixels, 0..1
        window          only where the object leaves the photo: the whole amodal mask, as
                        {"x0", "y0", "segmentation"}, (x0, y0) the RLE's corner in the photo

    `info` holds `run`. read_instances reads the visible parts again.

    Args:
        instances: at least one.
        completions: one for each.
        file_name: the photo's.
        run: the settings that made them, such as seed, samples and temperature.
    """
    height, width = instances[0].modal.shape
    annotations = []
    pairs = zip(instances, completions, strict=True)
    for number, (instance, result) in enumerate(pairs, start=1):
        entry = _head(number, instance) | _box_entry(instance)
        entry["modal"] = encode_rle(instance.modal)
        entry |= completion_entry(result.mode, height, width)
        entry["samples"] = [completion_entry(item, height, width) for item in result.samples]
        annotations.append(entry)
    return _document(annotations, (height, width), file_name) | {"info": dict(run)}


def _head(number: int, instance: Instance) -> dict[str, Any]:
    return {
        "id": number,
        "image_id": 1,
        "category_id": CLASSES.index(instance.category) + 1,
        "category": instance.category,
        "name": instance.name,
        "iscrowd": 0,
    }


def _box_entry(instance: Instance) -> dict[str, Any]:
    return {"amodal_bbox": _xywh(instance.box)} if instance.box is not None else {}


def _described(mask: np.ndarray) -> dict[str, Any]:
    return {
        "segmentation": encode_rle(mask),
        "bbox": _xywh(tight_box(mask)),
        "area": int(mask.sum()),
    }


def completion_entry(completion: Completion, height: int, width: int) -> dict[str, Any]:
    """The entries of one completion (see write_completions) on a photo of this size."""
    tight = tight_box(completion.mask)
    left, top, right, bottom = (int(value) for value in tight)
    window = completion.mask[top:bottom, left:right]
    x0, y0 = completion.x0 + left, completion.y0 + top
    entry: dict[str, Any] = {
        "segmentation": code(window, x0, y0, height, width),
        "bbox": [x0, y0, right - left, bottom - top],
        "area": int(window.sum()),
        "visible_iou": round(completion.visible_iou, 6),
    }
    if x0 < 0 or y0 < 0 or x0 + right - left > width or y0 + bottom - top > height:
        entry["window"] = {"x0": x0, "y0": y0, "segmentation": encode_rle(window)}
    return entry


def _xywh(box: Iterable[float]) -> list[float]:
    x0, y0, x1, y1 = box
    return [x0, y0, x1 - x0, y1 - y0]


def _document(
    annotations: list[dict[str, Any]], size: tuple[int, int], file_name: str
) -> dict[str, Any]:
    height, width = size
    return {
        "images": [{"id": 1, "file_name": file_name, "height": height, "width": width}],
        "categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES, 1)],
        "annotations": annotations,
    }
