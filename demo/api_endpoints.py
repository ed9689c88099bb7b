"""The endpoints' names and types, and how they join the page."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.components.api_component import Api as Value  # any JSON, as gr.api() uses it
from gradio.utils import get_function_description

from demo import api_schema as schemas
from demo.api import Api
from demo.api_schema import Schema, optional


@dataclass(frozen=True)
class Endpoint:
    """One named endpoint. What it is for is in the docstring of the method of this name.

    Args:
        name: of the endpoint, and of Api's method.
        takes: the arguments' types, in the method's order.
        gives: the results' types, in order.
    """

    name: str
    takes: Mapping[str, Schema]
    gives: Mapping[str, Schema]

    @property
    def description(self) -> str:
        return self._described[0]

    @property
    def notes(self) -> Mapping[str, str]:
        """What each argument means, and each result."""
        _, arguments, results = self._described
        said = dict(line.strip().split(": ", 1) for line in results if ": " in line)
        return arguments | said

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Of the arguments that may be left out."""
        parameters = inspect.signature(getattr(Api, self.name)).parameters
        return {
            name: parameters[name].default
            for name in self.takes
            if parameters[name].default is not inspect.Parameter.empty
        }

    @property
    def _described(self) -> tuple[str, dict[str, str], list[str]]:
        return get_function_description(getattr(Api, self.name))


PHOTO = {"photo": schemas.UPLOADED}
SCENE = {**PHOTO, "instances": schemas.COCO}
EDITED = {**SCENE, "edits": schemas.EDITS}
ENDPOINTS = (
    Endpoint("version", {}, {"version": schemas.VERSION}),
    Endpoint(
        "example",
        {"name": schemas.TEXT},
        {"photo": schemas.FILE, "instances": schemas.INSTANCES},
    ),
    Endpoint(
        "segment",
        {
            **PHOTO,
            "points": optional(schemas.POINTS),
            "labels": optional(schemas.FLAGS),
            "box": optional(schemas.BOX),
        },
        {"instances": schemas.INSTANCES},
    ),
    Endpoint(
        "detect",
        {**PHOTO, "score": schemas.SHARE, "categories": optional(schemas.CATEGORIES)},
        {"instances": schemas.INSTANCES},
    ),
    Endpoint(
        "complete",
        {
            **SCENE,
            "object": schemas.NATURAL,
            "samples": schemas.SAMPLES,
            "seed": schemas.SEED,
            "temperature": schemas.TEMPERATURE,
            **schemas.MARKS,
        },
        {"completions": schemas.COMPLETIONS, "pictures": schemas.PICTURES},
    ),
    Endpoint("edit", EDITED, {"picture": schemas.PICTURE}),
    Endpoint("export", {**EDITED, "format": schemas.EXPORT}, {"file": schemas.FILE}),
)
EXAMPLES: Mapping[str, Any] = {
    "photo": {"path": "photo.jpg", "url": "photo.jpg", "meta": {"_type": "gradio.FileData"}},
    "name": "street_taxi_night",
    "instances": [{"category": "car", "segmentation": [[20, 40, 90, 40, 90, 80, 20, 80]]}],
    "edits": [{"do": "delete", "object": 0}],
    "points": [[55, 60]],
    "labels": [True],
    "box": [20, 40, 90, 80],
    "categories": ["car"],
    "object": 0,
    "inside": [[95, 60]],
    "outside": [[140, 60]],
    "absent": [[0, 0, 160, 30]],
    "format": "layers",
}
"""An argument of each name, for whoever reads the description."""


def build_api(api: Api, **queue: object) -> None:
    """Add the endpoints to the page, on components that are never shown.

    Files go through gr.File, which lets a client name only what it has uploaded; gr.api() would
    not ask. Call this before other events are wired: of two events that share a name, Gradio
    renames the later one, be it private or not.
    """
    shared: dict[tuple[str, str], Component] = {}  # arguments that several endpoints take
    with gr.Column(visible=False):
        button = gr.Button()
        for endpoint in ENDPOINTS:
            for name in endpoint.takes:
                key = (name, endpoint.notes[name])
                shared[key] = shared.get(key) or _input(endpoint, name)
            inputs = [shared[name, endpoint.notes[name]] for name in endpoint.takes]
            outputs = [_output(endpoint, name) for name in endpoint.gives]
            action = getattr(api, endpoint.name)
            button.click(action, inputs, outputs, api_name=endpoint.name, **queue)


def _input(endpoint: Endpoint, name: str) -> Component:
    schema, default = endpoint.takes[name], endpoint.defaults.get(name)
    if schema is schemas.UPLOADED:
        component = gr.File(label=name, type="filepath")
        info = component.api_info() | {"additional_description": endpoint.notes[name]}
        component.api_info = lambda: info
    else:
        component = Value(default, _noted(endpoint, name, schema), name)
    example = EXAMPLES.get(name, default)
    component.example_payload = lambda: example  # what the API page shows
    return component


def _output(endpoint: Endpoint, name: str) -> Component:
    schema = endpoint.gives[name]
    if schema is schemas.FILE:
        return gr.File(label=name)
    if schema is schemas.PICTURE:
        return gr.Image(label=name, format="png")
    if schema is schemas.PICTURES:
        return gr.Gallery(label=name, format="jpeg")
    return Value(None, _noted(endpoint, name, schema), name)


def _noted(endpoint: Endpoint, name: str, schema: Schema) -> dict[str, Any]:
    """The type with what it means; Gradio's page reads another key than everybody else."""
    note = endpoint.notes[name]
    return {**_without_closed(schema), "description": note, "additional_description": note}


def _without_closed(schema: Any) -> Any:
    """Gradio's clients can't read `additionalProperties: false`. The endpoints check it anyway."""
    if isinstance(schema, list):
        return [_without_closed(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: _without_closed(value)
        for key, value in schema.items()
        if not (key == "additionalProperties" and isinstance(value, bool))
    }
