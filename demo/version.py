"""What runs here, as plain JSON: the answer of the endpoint /version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from amodal.completer import MAX_SAMPLES
from amodal.data.coco import MAX_INSTANCES
from amodal.hub import BUNDLED, Entry, read_manifest
from amodal.hub.manifest import FILE_NAME
from amodal.photo import MAX_PIXELS
from amodal.pipeline import Pipeline
from amodal.versions import versions
from demo.api_schema import API_VERSION, MAX_EDITS, VERSION_FORMAT


def version_of(pipeline: Pipeline, examples: Sequence[str]) -> dict[str, Any]:
    """The document (schema: api_schema.VERSION).

    `model` is the network that draws the shapes, and what its own file says; `weights` are those of
    the manifest, third-party ones included, whether they have been downloaded yet or not.
    """
    found = versions(pipeline.completer)
    info = pipeline.completer.info
    return {
        "format": VERSION_FORMAT,
        "api": API_VERSION,
        "program": found["amodal-vae"],
        "gradio": gr.__version__,
        "torch": found["torch"],
        "model": {
            "stage": info.stage,
            "size": info.model.size,
            "latent": info.model.latent,
            "threshold": info.threshold,
            "classes": list(info.model.classes),
            "trained_classes": list(info.trained_classes),
            "sha256": found.get("weights"),
        },
        "weights": [_weights(entry) for entry in _manifest(pipeline)],
        "fallbacks": [str(notice) for notice in pipeline.notices],
        "examples": list(examples),
        "limits": {
            "samples": MAX_SAMPLES,
            "objects": MAX_INSTANCES,
            "pixels": MAX_PIXELS,
            "edits": MAX_EDITS,
        },
    }


def _manifest(pipeline: Pipeline) -> tuple[Entry, ...]:
    """The manifest beside the shape weights that are in use replaces the bundled one's own."""
    bundled = read_manifest(BUNDLED / FILE_NAME)
    folder = pipeline.completer.folder
    if folder is None or folder == BUNDLED or not (folder / FILE_NAME).is_file():
        return bundled
    own = tuple(entry for entry in read_manifest(folder / FILE_NAME) if entry.is_own)
    names = {entry.name for entry in own}
    return (*own, *(entry for entry in bundled if entry.name not in names))


def _weights(entry: Entry) -> dict[str, Any]:
    listed = {
        "name": entry.name,
        "what": entry.what,
        "licence": entry.licence,
        "files": [{"file": file.file, "sha256": file.sha256} for file in entry.files],
    }
    source = f"{entry.repo}@{entry.revision}" if entry.repo else entry.url
    more = {"licence_note": entry.licence_note, "source": source}
    return listed | {key: value for key, value in more.items() if value}
