"""The picture that the user points at: an image with outlines on top, a custom gr.HTML component.

It sends finished gestures in image pixels and decides nothing: event "gesture".
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import gradio as gr
import numpy as np
from gradio import processing_utils
from PIL import Image

from amodal.geometry import Box
from demo import text

SHOWN = 2400  # longest side of the picture that the browser gets, pixels
HERE = Path(__file__).resolve().parent
TEMPLATE = f"""
<div class="stage-frame"><div class="stage-canvas">
  <img hidden draggable="false" alt="">
  <svg preserveAspectRatio="none" role="group" aria-label="{text.STAGE}"></svg>
</div></div>
<p class="stage-empty">{text.EMPTY_STAGE}</p>
"""


@dataclass(frozen=True)
class Gesture:
    """What the user did on the picture, in image pixels.

    Args:
        kind: "click" [(x, y)], "drag" [from, to], "stroke" [along the path], "nudge" [(dx, dy)], or
            "pick": an outline was chosen by keyboard.
        points: as the kind says.
        reach: how far from a point a small object may be and still be meant.
        off: whether a click says "not this" (right button or Alt).
        index: the number of the outline that was picked.
    """

    kind: str
    points: tuple[tuple[float, float], ...]
    reach: float = 0.0
    off: bool = False
    index: int = 0

    @classmethod
    def read(cls, event: gr.EventData) -> Gesture:
        """Check what a browser sent. Raises ValueError for what no stage sends."""
        data = event._data
        kind, points = data["kind"], data["points"]
        counts = {"click": 1, "drag": 2, "nudge": 1, "pick": 0}
        points = tuple((float(x), float(y)) for x, y in points)
        if not np.isfinite(points).all() or len(points) != counts.get(kind, len(points)):
            raise ValueError(f"gesture: got {kind!r} with {len(points)} points")
        return cls(
            kind,
            points,
            float(data.get("reach", 0)),
            bool(data.get("off", False)),
            int(data.get("index", 0)),
        )


@dataclass(frozen=True)
class Shape:
    """An outline that can be clicked.

    Args:
        index: the object's number, counted from 0.
        label: its name.
        path: SVG path in image pixels.
        hue: its colour, degrees.
        picked: whether it is selected.
    """

    index: int
    label: str
    path: str
    hue: int
    picked: bool = False


@dataclass(frozen=True, eq=False)
class StageView:
    """All that the stage shows.

    Args:
        picture: (H, W, 3) uint8.
        alt: what it is, for those who can't see it.
        tool: what gestures mean.
        shapes: outlines of the objects, back to front.
        whole: path of the selected object's whole shape.
        hue: colour of the selected object.
        draft: path of the object being marked.
        points: its clicks (x, y, on the object).
        box: a box that was drawn.
        radius: of the brush, image pixels.
    """

    picture: np.ndarray
    alt: str
    tool: str
    shapes: Sequence[Shape] = ()
    whole: str = ""
    hue: int = 0
    draft: str = ""
    points: Sequence[tuple[float, float, bool]] = ()
    box: Box | None = None
    radius: float = 8.0


class Stage(gr.HTML):
    """Shows a StageView; reports gestures."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(
            html_template=TEMPLATE,
            js_on_load=(HERE / "stage.js").read_text(encoding="utf-8"),
            apply_default_css=False,
            **kwargs,
        )

    def postprocess(self, value: StageView | None) -> dict | None:
        """The view as JSON; the picture goes to the cache and is named by its content."""
        if value is None:
            return None
        height, width = value.picture.shape[:2]
        file = processing_utils.save_bytes_to_cache(
            _jpeg(value.picture), "photo.jpg", self.GRADIO_CACHE
        )
        plain = asdict(StageView(**{**vars(value), "picture": None}))
        del plain["picture"]
        photo = {"path": file, "meta": {"_type": "gradio.FileData"}}
        return {**plain, "photo": photo, "width": width, "height": height}


def _jpeg(picture: np.ndarray) -> bytes:
    """The picture for looking at; what is saved is never this one."""
    image = Image.fromarray(picture)
    image.thumbnail((SHOWN, SHOWN), Image.Resampling.LANCZOS, reducing_gap=2.0)
    out = io.BytesIO()
    image.save(out, format="JPEG", quality=92, subsampling=0)
    return out.getvalue()
