"""The whole path for programs, without a session: what the named endpoints do.

Every endpoint takes the photo and all that it needs. Objects are numbered from 0 in the order of
the instances. Docstrings are what users read: in the API page, in the OpenAPI description and as
tools of the MCP server. Gradio reads one line for each argument and result.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from amodal.data.coco import write_completions, write_instances
from amodal.decompose import Decomposer
from amodal.export import layers_zip
from amodal.fields import Fields
from amodal.layers import LayeredScene
from amodal.openraster import openraster
from amodal.pipeline import Pipeline
from amodal.project import Project, is_title, write_project
from amodal.scene import Completion, Instance
from amodal.segment.detection import wanted
from amodal.versions import versions
from demo.api_requests import (
    PLACE,
    Target,
    arguments,
    read_box,
    read_categories,
    read_edits,
    read_evidence,
    read_export,
    read_labels,
    read_photo,
    read_points,
    read_scene,
    read_settings,
    read_target,
)
from demo.api_schema import COMPLETIONS_FORMAT, INSTANCES_FORMAT
from demo.browser_files import file_for_browser
from demo.examples import Example
from demo.found import SCORE
from demo.pictures import Backdrop, window_around
from demo.save import alone
from demo.told import told_plainly as told
from demo.values import one_of
from demo.version import version_of

PHOTO = "photo"  # the name of a photo without one


class Api:
    """The endpoints, over a pipeline that all users share."""

    def __init__(self, pipeline: Pipeline, examples: Sequence[Example] = ()) -> None:
        self.pipeline = pipeline
        self.by_name = {example.name: example for example in examples}

    @told
    def version(self) -> dict:
        """What runs here: versions, weights with licence and sha256, the model, limits, examples.

        Returns:
            version: The version document.
        """
        return version_of(self.pipeline, tuple(self.by_name))

    @told
    def example(self, name: str) -> tuple[str, dict]:
        """A scene that comes with the app: its photo and its instances.

        Args:
            name: Name of the example; /version lists them.

        Returns:
            photo: The photo.
            instances: Visible masks of its objects, as COCO-style JSON.
        """
        example = self.by_name[one_of(name, "Example", sorted(self.by_name))]
        instances = example.open().instances
        return str(example.photo), _document(instances, example.photo)

    @told
    def segment(
        self,
        photo: str,
        points: list | None = None,
        labels: list | None = None,
        box: list | None = None,
    ) -> dict:
        """Outline one object of a photo, from points, from a box around it, or from both.

        Its class is the one under which the model explains the mask best.

        Args:
            photo: The photo; for MCP, a data: URI or the address of a file of this app.
            points: Points [[x, y], ...] in pixels of the photo, on the object or beside it.
            labels: For each point, whether it is on the object; if left out, all are.
            box: A box [x0, y0, x1, y1] around what can be seen of the object.

        Returns:
            instances: COCO-style JSON of the one object; `info` has the score and all classes.
        """
        asked = arguments("segment", points=points, labels=labels, box=box)
        where = read_points(asked, "points")
        labels = read_labels(asked, len(where))
        pixels = read_photo(photo)
        guess = self.pipeline.segment(pixels, where, labels, read_box(asked, "box"))[0]
        classes = self.pipeline.suggest_class(guess.mask)
        instance = Instance(guess.mask, classes[0][0], classes[0][0])
        return _document([instance], photo, score=guess.score, classes=dict(classes))

    @told
    def detect(self, photo: str, score: float = SCORE, categories: list | None = None) -> dict:
        """Outline all objects of a photo that the detector is sure of, the surest first.

        Args:
            photo: The photo; for MCP, a data: URI or the address of a file of this app.
            score: How sure the detector must be at least, 0 to 1.
            categories: Classes that are wanted; if left out, all but "unknown".

        Returns:
            instances: COCO-style JSON; each annotation has the detector's `score` and `label`.
        """
        asked = arguments("detect", score=score, categories=categories)
        least, names = asked.number("score", 0, 1), read_categories(asked)
        pixels = read_photo(photo)
        found = wanted(self.pipeline.detector().detect(pixels), least, names)
        seen: Counter[str] = Counter()
        instances = []
        for item in found:
            seen[item.category] += 1
            name = f"{item.category} {seen[item.category]}"
            instances.append(Instance(item.on_photo(*pixels.shape[:2]), item.category, name))
        document = _document(instances, photo, size=pixels.shape[:2])
        for annotation, item in zip(document["annotations"], found, strict=True):
            annotation |= {"score": float(item.score), "label": item.label}
        return document

    @told
    def complete(
        self,
        photo: str,
        instances: Any,
        object: int,
        samples: int = 20,
        seed: int = 0,
        temperature: float = 1.0,
        inside: list | None = None,
        outside: list | None = None,
        absent: list | None = None,
    ) -> tuple[dict, list]:
        """Imagine the whole shape of one object: the mode, and samples of what it could be.

        Args:
            photo: The photo; for MCP, a data: URI or the address of a file of this app.
            instances: COCO-style JSON of the visible masks, as /segment, /detect, /example give it.
            object: Number of the object, from 0 in the order of the instances.
            samples: How many shapes to draw, 1 to 32.
            seed: Equal seeds give equal shapes.
            temperature: Spread of the samples, 0 to 2; 1 is the posterior.
            inside: Points [[x, y], ...] that are part of the object though hidden.
            outside: Points [[x, y], ...] that are not part of it.
            absent: Boxes [[x0, y0, x1, y1], ...] without hidden parts of it.

        Returns:
            completions: COCO-style JSON of the shapes; `info.support` is the share that agrees.
            pictures: The mode, each sample, and a map of how probable each pixel is.
        """
        asked = arguments(
            "complete",
            object=object,
            samples=samples,
            seed=seed,
            temperature=temperature,
            inside=inside,
            outside=outside,
            absent=absent,
        )
        settings = read_settings(asked)
        pixels, objects = read_scene(photo, instances)
        target = read_target(asked, objects)
        instance = target.instance
        answer = self.pipeline.complete(
            instance,
            target.others,
            **settings._asdict(),
            evidence=read_evidence(asked, instance),
        )
        run = {"format": COMPLETIONS_FORMAT, **settings._asdict(), "support": answer.support}
        document = write_completions([instance], [answer], Path(photo).name, run)
        backdrop = Backdrop(pixels, instance, window_around(instance, answer), target.number)
        shapes = [backdrop.shape(item) for item in (answer.mode, *answer.samples)]
        return document, [*shapes, backdrop.probability(answer)]

    @told
    def edit(self, photo: str, instances: Any, edits: list) -> np.ndarray:
        """The photo after edits, as a PNG picture; pixels that no edit touches stay as they are.

        Args:
            photo: The photo; for MCP, a data: URI or the address of a file of this app.
            instances: COCO-style JSON of the visible masks, as /segment, /detect, /example give it.
            edits: A list of edits, applied in order, such as [{"do": "delete", "object": 0}].

        Returns:
            picture: The edited picture.
        """
        return self.pipeline.render(self._edited(photo, instances, edits))[0]

    @told
    def export(self, photo: str, instances: Any, edits: list, format: str) -> str:
        """The scene after edits as a file: layers, masks, OpenRaster, or a project of the app.

        Args:
            photo: The photo; for MCP, a data: URI or the address of a file of this app.
            instances: COCO-style JSON of the visible masks, as /segment, /detect, /example give it.
            edits: A list of edits, applied in order, such as [{"do": "delete", "object": 0}].
            format: layers (ZIP of PNG), masks (COCO-style JSON), openraster (.ora), project (ZIP).

        Returns:
            file: The file.
        """
        form = read_export(arguments("export", format=format))
        scene = self._edited(photo, instances, edits)
        title = _title(photo)
        if form == "masks":
            return file_for_browser(_masks(scene, Path(photo).name), f"{title} masks.json")
        if form == "project":
            notes = {"versions": versions(self.pipeline.completer)}
            data = write_project(Project(title, scene, notes))
            return file_for_browser(data, f"{title} project.zip")
        plate, scene = Decomposer(self.pipeline.inpainter()).take_apart(scene)
        if form == "layers":
            return file_for_browser(layers_zip(plate, scene), f"{title} layers.zip")
        return file_for_browser(openraster(plate, scene, title), f"{title}.ora")

    def _edited(self, photo: str, instances: Any, edits: Any) -> LayeredScene:
        pixels, objects = read_scene(photo, instances)
        steps = read_edits(edits, objects)
        scene = self.pipeline.scene(pixels, objects)
        for edit, target in steps:
            if edit.text("do") == "choose":
                scene = scene.with_completion(target.id, self._chosen(edit, target))
            else:
                scene = PLACE[edit.text("do")](scene, target.id, edit)
        return scene

    def _chosen(self, edit: Fields, target: Target) -> Completion:
        settings = read_settings(edit)
        number = edit.whole("shape", 0, settings.samples)
        answer = self.pipeline.complete(
            target.instance,
            target.others,
            **settings._asdict(),
            evidence=read_evidence(edit, target.instance),
        )
        return (answer.mode, *answer.samples)[number]


def _document(
    instances: Sequence[Instance],
    photo: str | Path,
    size: tuple[int, int] | None = None,
    **info: object,
) -> dict[str, Any]:
    """Instances as a document of the API."""
    document = write_instances(instances, Path(photo).name, size)
    return document | {"info": {"format": INSTANCES_FORMAT, **info}}


def _masks(scene: LayeredScene, file_name: str) -> bytes:
    """Visible and whole masks of all objects, in their order, as the bytes of a JSON file."""
    layers = [scene.layer(f"object-{number}") for number in range(1, len(scene.layers) + 1)]
    document = write_completions(
        [layer.instance for layer in layers],
        [alone(layer.completion) for layer in layers],
        file_name,
        {"format": COMPLETIONS_FORMAT},
    )
    return json.dumps(document).encode()


def _title(photo: str) -> str:
    title = Path(photo).stem
    return title if is_title(title) else PHOTO
