"""The JSON of the API as JSON Schemas: what programs send, and what they get.

Answers are closed: what is in them is all here. COCO documents that are sent may hold more, which
is ignored. Whoever changes a schema changes API_VERSION too (tests/test_api_schema.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amodal.completer import MAX_SAMPLES
from amodal.data.coco import MAX_INSTANCES
from amodal.scene import CLASSES
from demo.notes import HOTTEST, LARGEST_SEED

Schema = Mapping[str, Any]

API_VERSION = 1
INSTANCES_FORMAT = "amodal-instances/1"
COMPLETIONS_FORMAT = "amodal-completions/1"
VERSION_FORMAT = "amodal-version/1"
MAX_EDITS = 256
EXPORTS = ("layers", "masks", "openraster", "project")

NUMBER: Schema = {"type": "number"}
TEXT: Schema = {"type": "string"}
CATEGORY: Schema = {"type": "string", "enum": list(CLASSES)}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
SAMPLES: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_SAMPLES}
SEED: Schema = {"type": "integer", "minimum": 0, "maximum": LARGEST_SEED}
TEMPERATURE: Schema = {"type": "number", "minimum": 0, "maximum": HOTTEST}
NATURAL: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
EXPORT: Schema = {"type": "string", "enum": list(EXPORTS)}


def array(items: Schema, exactly: int | None = None) -> Schema:
    """A list, of a fixed length if one is given."""
    length = {} if exactly is None else {"minItems": exactly, "maxItems": exactly}
    return {"type": "array", "items": items, **length}


def either(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


def optional(schema: Schema) -> Schema:
    """The same, or null."""
    return either(schema, {"type": "null"})


def record(needed: Mapping[str, Schema], **more: Schema) -> Schema:
    """An object of these keys and no others; `more` may be left out."""
    properties = {**needed, **more}
    return {
        "type": "object",
        "properties": properties,
        "required": list(needed),
        "additionalProperties": False,
    }


POINTS = array(array(NUMBER, 2))
BOX = array(NUMBER, 4)
BOXES = array(BOX)
FLAGS = array(FLAG)
CATEGORIES = array(CATEGORY)

# Files: what a program sends, after it has uploaded them, and what it gets.
UPLOADED: Schema = {
    "type": "object",
    "properties": {"path": TEXT, "meta": record({"_type": {"const": "gradio.FileData"}})},
    "required": ["path", "meta"],
}
FILE: Schema = {
    "type": "object",
    "properties": {"path": TEXT, "url": TEXT},
    "required": ["path", "url"],
}
PICTURE: Schema = dict(FILE)
PICTURES = array(
    {"type": "object", "properties": {"image": PICTURE}, "required": ["image"]},
)

# Edits: the keys of each, by what it does.
MARKS: Mapping[str, Schema] = {
    "inside": optional(POINTS),
    "outside": optional(POINTS),
    "absent": optional(BOXES),
}


def _edit(do: str, needed: Mapping[str, Schema], **more: Schema) -> Schema:
    return record({"do": {"const": do}, "object": NATURAL, **needed}, **more)


EDIT: Mapping[str, Schema] = {
    **{do: _edit(do, {}) for do in ("delete", "put_back", "flip", "bring_forward", "send_back")},
    "move": _edit("move", {"dx": NUMBER, "dy": NUMBER}),
    "scale": _edit("scale", {"factor": NUMBER}),
    "choose": _edit(
        "choose", {"shape": NATURAL}, samples=SAMPLES, seed=SEED, temperature=TEMPERATURE, **MARKS
    ),
}
EDITS: Schema = {**array(either(*EDIT.values())), "maxItems": MAX_EDITS}

# COCO documents.
RLE = record({"size": array({"type": "integer"}, 2), "counts": TEXT})
_PLAIN_RLE = record({"size": array({"type": "integer"}, 2), "counts": array(NATURAL)})
_POLYGONS = array(array(NUMBER))
_IMAGES = array(record({"id": NATURAL, "file_name": TEXT, "height": NATURAL, "width": NATURAL}), 1)
_NAMED = array(record({"id": NATURAL, "name": CATEGORY}))
_HEAD: Mapping[str, Schema] = {
    "id": NATURAL,
    "image_id": {"const": 1},
    "category_id": {"type": "integer", "minimum": 1, "maximum": len(CLASSES)},
    "category": CATEGORY,
    "name": TEXT,
    "iscrowd": {"const": 0},
}
_SHAPE: Mapping[str, Schema] = {
    "segmentation": RLE,
    "bbox": BOX,
    "area": NATURAL,
    "visible_iou": SHARE,
}
_WINDOW = record({"x0": {"type": "integer"}, "y0": {"type": "integer"}, "segmentation": RLE})


def _open(properties: Mapping[str, Schema], *needed: str) -> Schema:
    """An object that may hold more than is listed."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(needed),
        "additionalProperties": True,
    }


_ANNOTATION = _open(
    {
        "segmentation": either(RLE, _PLAIN_RLE, _POLYGONS),
        "modal": either(RLE, _PLAIN_RLE, _POLYGONS),
        "category": TEXT,
        "category_id": {"type": "integer"},
        "name": TEXT,
        "amodal_bbox": BOX,
        "iscrowd": {"type": "integer"},
    }
)
COCO: Schema = either(
    _open(
        {
            "annotations": {**array(_ANNOTATION), "minItems": 1, "maxItems": MAX_INSTANCES},
            "images": array(_open({})),
            "categories": array(_open({})),
        },
        "annotations",
    ),
    array(_ANNOTATION),
)
INSTANCES = record(
    {
        "images": _IMAGES,
        "categories": _NAMED,
        "annotations": array(
            record(
                {**_HEAD, "segmentation": RLE, "bbox": BOX, "area": NATURAL},
                amodal_bbox=BOX,
                score=SHARE,
                label=TEXT,
            )
        ),
        "info": record(
            {"format": {"const": INSTANCES_FORMAT}},
            score=SHARE,
            classes={"type": "object", "additionalProperties": SHARE},
        ),
    }
)
COMPLETIONS = record(
    {
        "images": _IMAGES,
        "categories": _NAMED,
        "annotations": array(
            record(
                {
                    **_HEAD,
                    **_SHAPE,
                    "modal": RLE,
                    "samples": array(record(_SHAPE, window=_WINDOW)),
                },
                window=_WINDOW,
                amodal_bbox=BOX,
            )
        ),
        "info": record(
            {"format": {"const": COMPLETIONS_FORMAT}},
            samples=SAMPLES,
            seed=SEED,
            temperature=TEMPERATURE,
            support=SHARE,
        ),
    }
)

# What runs here.
_FILE_OF_WEIGHTS = record({"file": TEXT, "sha256": TEXT})
VERSION = record(
    {
        "format": {"const": VERSION_FORMAT},
        "api": {"const": API_VERSION},
        "program": TEXT,
        "gradio": TEXT,
        "torch": TEXT,
        "model": record(
            {
                "stage": {"type": "integer"},
                "size": NATURAL,
                "latent": NATURAL,
                "threshold": SHARE,
                "classes": CATEGORIES,
                "trained_classes": CATEGORIES,
                "sha256": optional(TEXT),
            }
        ),
        "weights": array(
            record(
                {
                    "name": TEXT,
                    "what": TEXT,
                    "licence": TEXT,
                    "files": array(_FILE_OF_WEIGHTS),
                },
                licence_note=TEXT,
                source=TEXT,
            )
        ),
        "fallbacks": array(TEXT),
        "examples": array(TEXT),
        "limits": record(
            {"samples": NATURAL, "objects": NATURAL, "pixels": NATURAL, "edits": NATURAL}
        ),
    }
)
