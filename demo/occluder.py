"""A shape that the user hides behind a bar, a custom gr.HTML component.

The bar moves in the browser; where it is goes to Python as the event "moved", and the answer shows
what the model imagines there.
"""

from __future__ import annotations

import math

import cv2
import gradio as gr
import numpy as np

from amodal.data.segmentation import is_number
from amodal.geometry import Box
from amodal.occluder import SIDE, Occluded
from amodal.scene import Instance
from demo import text
from demo.component import component
from demo.figures import data_uri
from demo.pictures import outline
from demo.values import Malformed

SMALLEST = 4.0  # side of the bar, pixels of the ground
DRAWN = 6  # draws whose outlines are shown
TEMPLATE = f"""
<div class="occluder">
  <div class="occluder-ground">
    <img alt="" draggable="false">
    <svg viewBox="0 0 {SIDE} {SIDE}" aria-hidden="true">
      <path class="draws"/><path class="rest"/>
    </svg>
    <div class="bar" tabindex="0" role="slider" aria-label="{text.BAR}" aria-valuemin="0"
      aria-valuemax="100" aria-valuenow="0"><span class="grip"></span></div>
  </div>
  <div class="occluder-said">
    <dl></dl>
    <div class="plot"><svg viewBox="-4 -6 108 112" preserveAspectRatio="none" role="img"
      aria-label="{text.TRAIL}"><g></g></svg></div>
    <p class="small">{text.TRAIL}</p>
  </div>
</div>
"""


def occluder() -> gr.HTML:
    """The component. Its value is what `payload` gives, its event is "moved"."""
    return component(TEMPLATE, "occluder.js", id="occluder", label=text.OCCLUDER)


def first_box(instance: Instance) -> Box:
    """Where the bar stands at first: over the right third of the shape."""
    columns = np.flatnonzero(instance.modal.any(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    x0 = left + 0.65 * (right - left)
    return Box(x0, 14.0, min(x0 + 44, SIDE), SIDE - 14.0)


def read_box(data: object) -> Box:
    """The bar's place from the browser's event, kept on the ground.

    Raises:
        Malformed: it is no such event.
    """
    sides = data.get("box") if isinstance(data, dict) else None
    if not isinstance(sides, list | tuple) or len(sides) != 4:
        raise Malformed("Bar", sides, "four numbers")
    if not all(is_number(side) and math.isfinite(side) for side in sides):
        raise Malformed("Bar", sides, "finite numbers")
    numbers = list(map(float, sides))
    x0, y0, x1, y1 = (min(max(number, 0.0), float(SIDE)) for number in numbers)
    if x1 < x0 or y1 < y0:
        raise Malformed("Bar", numbers, "x0 <= x1 and y0 <= y1")
    return Box(x0, y0, x1, y1)


def payload(instance: Instance, box: Box, answer: Occluded | None, *, fresh: bool) -> dict:
    """What the component shows, as JSON.

    Args:
        instance: the shape on its ground.
        box: the bar.
        answer: what the model says; None where the bar hides all of the shape.
        fresh: whether shape or model are others than before.
    """
    plain = {"box": list(box), "side": SIDE, "smallest": SMALLEST, "fresh": fresh}
    if answer is None:
        said = [[name, "–"] for name in text.DOUBT]
        return {**plain, "heat": "", "draws": "", "rest": "", "said": said, "note": text.ALL_HIDDEN}
    doubt = answer.doubt
    values = text.doubt_values(answer.hidden, *doubt)
    draws = answer.completions.samples[:DRAWN]
    return {
        **plain,
        "heat": data_uri(heat(answer.completions.probability_on_photo(SIDE, SIDE)), "PNG"),
        "draws": "".join(outline(item.mask, item.x0, item.y0) for item in draws),
        "rest": outline(answer.visible),
        "said": [list(pair) for pair in zip(text.DOUBT, values, strict=True)],
        "note": "",
        "point": [answer.hidden, doubt.spread],
    }


def heat(probability: np.ndarray) -> np.ndarray:
    """Probabilities (h, w) from violet to yellow on transparent, (h, w, 4) uint8."""
    levels = np.uint8(np.round(probability * 255))
    colour = cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS)[..., ::-1]
    alpha = np.clip(probability * 6, 0, 1)[..., None] * 255
    return np.concatenate([colour, alpha.astype(np.uint8)], axis=2)
