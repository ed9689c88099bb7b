"""A small scene, and a pipeline with a tiny trained network and no third-party weights."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from amodal.completer import Completer
from amodal.data.coco import write_instances
from amodal.export import png_bytes
from amodal.pipeline import Pipeline
from amodal.scene import Instance
from demo.examples import Example, find_examples
from demo.handlers import Handlers
from demo.session import Session
from demo.view import View

TINY = Path(__file__).parent / "data" / "tiny"
HEIGHT, WIDTH = 96, 160
CAR = (20, 40, 90, 80)  # x0, y0, x1, y1; the person stands in front of its right part
PERSON = (70, 20, 95, 90)
NOTHING = (140, 10)
ON_CAR = (40, 60)
ON_PERSON = (80, 50)


def offline_pipeline(cache: Path) -> Pipeline:
    """Real parts, quick and the same everywhere; both third-party networks are out of reach."""
    pipeline = Pipeline(Completer.load(TINY, device="cpu"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
        patch.setenv("HF_HUB_CACHE", str(cache))
        pipeline.segmenter()
        pipeline.inpainter()
    return pipeline


def photo() -> np.ndarray:
    """A street of rectangles on a gradient, (HEIGHT, WIDTH, 3) uint8."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    pixels = np.stack([x, 255 - y, 90 + (x + y) % 7], axis=2).astype(np.uint8)
    for (x0, y0, x1, y1), colour in ((CAR, (200, 30, 30)), (PERSON, (30, 40, 200))):
        pixels[y0:y1, x0:x1] = colour
    return pixels


def instances() -> tuple[Instance, Instance]:
    """What can be seen of the car and the person."""
    masks = []
    for x0, y0, x1, y1 in (CAR, PERSON):
        mask = np.zeros((HEIGHT, WIDTH), bool)
        mask[y0:y1, x0:x1] = True
        masks.append(mask)
    masks[0] &= ~masks[1]
    return Instance(masks[0], "car", "car 1"), Instance(masks[1], "person", "person 1")


def examples(folder: Path) -> tuple[Example, ...]:
    """The scene as an example of the app."""
    (folder / "street").mkdir(parents=True)
    (folder / "street" / "photo.png").write_bytes(png_bytes(photo()))
    document = write_instances(instances(), "photo.png")
    (folder / "street" / "instances.json").write_text(json.dumps(document))
    (folder / "index.json").write_text('[{"name": "street", "title": "A small street"}]')
    return find_examples(folder)


def click(x: float, y: float, **more: object) -> gr.EventData:
    return gr.EventData(None, {"kind": "click", "points": [[x, y]], "reach": 3, **more})


def drag(*points: tuple[float, float]) -> gr.EventData:
    return gr.EventData(None, {"kind": "drag", "points": [list(point) for point in points]})


def stroke(*points: tuple[float, float]) -> gr.EventData:
    return gr.EventData(None, {"kind": "stroke", "points": [list(point) for point in points]})


def placed(index: int, dx: float, dy: float, scale: float = 1.0) -> gr.EventData:
    stand = {"index": index, "dx": dx, "dy": dy, "scale": scale}
    return gr.EventData(None, {"kind": "place", "points": [], **stand})


def chosen(index: int) -> gr.SelectData:
    return gr.SelectData(None, {"index": index, "value": None})


def shape(number: int) -> gr.EventData:
    """A click on the strip: 0 the mode, 1 the first sample, and so on."""
    return gr.EventData(None, {"number": number})


def tiles(view: View) -> list[dict]:
    """The strip's, in the order in which they stand."""
    return [tile for group in view.shapes["groups"] for tile in group["tiles"]]


def with_tool(handlers: Handlers, session: Session, tool: str) -> Session:
    return handlers.use_tool(session, tool).session


def shapes(view: View) -> list[dict]:
    return view.stage["shapes"]
