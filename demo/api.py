"""The whole path for programs, without a session: named endpoints for gradio_client.

Every endpoint takes the photo and all that it needs. Objects are numbered from 0 in the order of
the instances. Instances are COCO-style JSON, as `segment` and `example` return them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr
import numpy as np

from amodal.data.coco import read_instances, write_completions, write_instances
from amodal.decompose import Decomposer
from amodal.errors import AmodalError
from amodal.evidence import Evidence
from amodal.export import layers_zip
from amodal.geometry import Box
from amodal.layers import LayeredScene
from amodal.photo import load_photo
from amodal.pipeline import Pipeline
from amodal.scene import Completion, Instance
from demo.examples import Example
from demo.pictures import Backdrop, window_around
from demo.pointing import without
from demo.stage import file_for_browser
from demo.told import told

EDITS: Mapping[str, Callable[[LayeredScene, str, Mapping[str, Any]], LayeredScene]] = {
    "delete": lambda scene, id, edit: scene.delete(id),
    "flip": lambda scene, id, edit: scene.flip(id),
    "put_back": lambda scene, id, edit: scene.put_back(id),
    "bring_forward": lambda scene, id, edit: scene.bring_forward(id),
    "send_back": lambda scene, id, edit: scene.send_back(id),
    "move": lambda scene, id, edit: scene.move(id, _number(edit, "dx"), _number(edit, "dy")),
    "scale": lambda scene, id, edit: scene.scale(id, _number(edit, "factor")),
}


class Api:
    """The endpoints, over a pipeline that all users share."""

    def __init__(self, pipeline: Pipeline, examples: Sequence[Example] = ()) -> None:
        self.pipeline = pipeline
        self.by_name = {example.name: example for example in examples}

    @told
    def example(self, name: str) -> tuple[str, dict]:
        """A scene that comes with the app: its photo and its instances."""
        if name not in self.by_name:
            raise AmodalError(f"Example: got {name!r}, expected one of {sorted(self.by_name)}.")
        example = self.by_name[name]
        instances = example.open().instances
        return str(example.photo), write_instances(instances, example.photo.name)

    @told
    def segment(
        self, photo: str, points: list | None, labels: list | None, box: list | None
    ) -> dict:
        """The mask of one object, from points [[x, y], ...] and labels, or from a box.

        Its class is the one under which the model explains the mask best; `info.classes` has all.
        """
        pixels = load_photo(photo)
        where = None if box is None else _box(box)
        guess = self.pipeline.segment(pixels, _points(points), labels or (), where)[0]
        classes = self.pipeline.suggest_class(guess.mask)
        instance = Instance(guess.mask, classes[0][0], classes[0][0])
        document = write_instances([instance], "photo")
        return document | {"info": {"score": guess.score, "classes": dict(classes)}}

    @told
    def complete(
        self,
        photo: str,
        instances: Any,
        index: int,
        samples: int,
        seed: int,
        temperature: float,
        inside: list | None = None,
        outside: list | None = None,
        absent: list | None = None,
    ) -> tuple[dict, list]:
        """Whole shapes of one object: masks, and pictures (mode, samples, probability).

        Evidence: points [[x, y], ...] that are part of it (`inside`) or not (`outside`), and boxes
        [[x0, y0, x1, y1], ...] without hidden parts of it (`absent`). `info.support` is the share
        of the samples that agree with all of it.
        """
        pixels, objects = _opened(photo, instances)
        instance, others = _split(objects, index)
        settings = {"samples": int(samples), "seed": int(seed), "temperature": float(temperature)}
        evidence = _evidence(instance, inside, outside, absent)
        answer = self.pipeline.complete(instance, others, **settings, evidence=evidence)
        run = {**settings, "support": answer.support}
        document = write_completions([instance], [answer], "photo", run)
        backdrop = Backdrop(pixels, instance, window_around(instance, answer), int(index))
        shapes = [backdrop.shape(item) for item in (answer.mode, *answer.samples)]
        return document, [*shapes, backdrop.probability(answer)]

    @told
    def edit(self, photo: str, instances: Any, edits: list) -> np.ndarray:
        """The photo after a list of edits, each {"do": ..., "object": number, ...}.

        do: delete, flip, put_back, bring_forward, send_back, move (dx, dy), scale (factor), choose
        (shape: 0 the mode, 1 the first sample; samples, seed, temperature, inside, outside, absent
        as in `complete`).
        """
        return self.pipeline.render(self._edited(photo, instances, edits))[0]

    @told
    def layers(self, photo: str, instances: Any, edits: list) -> str:
        """A ZIP of the background and of every object whole."""
        scene = self._edited(photo, instances, edits)
        plate, scene = Decomposer(self.pipeline.inpainter()).take_apart(scene)
        return file_for_browser(layers_zip(plate, scene), "layers.zip")

    def _edited(self, photo: str, instances: Any, edits: Any) -> LayeredScene:
        pixels, objects = _opened(photo, instances)
        scene = self.pipeline.scene(pixels, objects)
        if not isinstance(edits, list) or not all(isinstance(edit, dict) for edit in edits):
            raise AmodalError('Edits: expected a list such as [{"do": "delete", "object": 0}].')
        for edit in edits:
            scene = self._apply(scene, objects, edit)
        return scene

    def _apply(
        self, scene: LayeredScene, objects: Sequence[Instance], edit: Mapping[str, Any]
    ) -> LayeredScene:
        index, do = edit.get("object"), edit.get("do")
        _split(objects, index)
        id = f"object-{int(index) + 1}"
        if do == "choose":
            return scene.with_completion(id, self._chosen(objects, int(index), edit))
        if do not in EDITS:
            raise AmodalError(f"Edit: got {do!r}, expected one of {[*EDITS, 'choose']}.")
        return EDITS[do](scene, id, edit)

    def _chosen(
        self, objects: Sequence[Instance], index: int, edit: Mapping[str, Any]
    ) -> Completion:
        instance, others = _split(objects, index)
        answer = self.pipeline.complete(
            instance,
            others,
            samples=int(_number(edit, "samples", 20)),
            seed=int(_number(edit, "seed", 0)),
            temperature=_number(edit, "temperature", 1.0),
            evidence=_evidence(instance, *map(edit.get, ("inside", "outside", "absent"))),
        )
        shapes, number = (answer.mode, *answer.samples), int(_number(edit, "shape"))
        if not 0 <= number < len(shapes):
            raise AmodalError(f"Shape: got {number}, expected 0 to {len(shapes) - 1}.")
        return shapes[number]


def _opened(photo: str, instances: Any) -> tuple[np.ndarray, tuple[Instance, ...]]:
    if not isinstance(instances, dict | list):
        raise AmodalError("Instances: expected COCO-style JSON, an object or a list.")
    pixels = load_photo(photo)
    return pixels, read_instances(instances, *pixels.shape[:2])


def _split(objects: Sequence[Instance], index: Any) -> tuple[Instance, list[Instance]]:
    """One object and the others."""
    if not isinstance(index, int | float) or int(index) not in range(len(objects)):
        raise AmodalError(f"Object: got {index!r}, expected a number from 0 to {len(objects) - 1}.")
    index = int(index)
    return objects[index], [*objects[:index], *objects[index + 1 :]]


def _number(edit: Mapping[str, Any], key: str, default: float | None = None) -> float:
    value = edit.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise AmodalError(f"{key} of the edit: got {value!r}, expected a number.")
    return float(value)


def _points(points: Any) -> list[tuple[float, float]]:
    try:
        return [(float(x), float(y)) for x, y in points or ()]
    except (TypeError, ValueError):
        raise AmodalError(f"Points: got {points!r}, expected [[x, y], ...].") from None


def _evidence(instance: Instance, inside: Any, outside: Any, absent: Any) -> Evidence:
    if not isinstance(absent, list | None):
        raise AmodalError(f"Absent: got {absent!r}, expected [[x0, y0, x1, y1], ...].")
    region = None
    for box in absent or ():
        region = without(instance.modal, _box(box), region)
    return Evidence(tuple(_points(inside)), tuple(_points(outside)), absent=region)


def _box(box: Any) -> Box:
    try:
        x0, y0, x1, y1 = (float(edge) for edge in box)
    except (TypeError, ValueError):
        raise AmodalError(f"Box: got {box!r}, expected [x0, y0, x1, y1].") from None
    return Box(x0, y0, x1, y1)


def build_api(api: Api, **queue: object) -> None:
    """Add the endpoints to the page, on components that are never shown.

    Files go through gr.File, which lets a client name only what it has uploaded.
    """
    with gr.Column(visible=False):
        photo = gr.File(label="photo", type="filepath")
        instances = gr.JSON(label="instances")
        button = gr.Button()

        def endpoint(action: Callable, inputs: list, outputs: list) -> None:
            button.click(action, inputs, outputs, api_name=action.__name__, js=None, **queue)

        endpoint(api.example, [gr.Textbox(label="name")], [gr.File(label="photo"), gr.JSON()])
        prompt = [gr.JSON(label=name) for name in ("points", "labels", "box")]
        endpoint(api.segment, [photo, *prompt], [gr.JSON(label="instances")])
        settings = [
            gr.Number(0, label="index", precision=0),
            gr.Number(20, label="samples", precision=0),
            gr.Number(0, label="seed", precision=0),
            gr.Number(1.0, label="temperature"),
        ]
        shapes = [gr.JSON(label="shapes"), gr.Gallery(label="pictures", format="png")]
        evidence = [gr.JSON([], label=name) for name in ("inside", "outside", "absent")]
        endpoint(api.complete, [photo, instances, *settings, *evidence], shapes)
        edits = gr.JSON([], label="edits")
        picture = gr.Image(label="picture", format="png")
        endpoint(api.edit, [photo, instances, edits], [picture])
        endpoint(api.layers, [photo, instances, edits], [gr.File(label="layers")])
