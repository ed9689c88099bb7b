"""The picture that the user points at: an image with outlines on top, a custom gr.HTML component.

It sends finished gestures in image pixels and decides nothing: event "gesture".
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import gradio as gr
import numpy as np
from gradio import processing_utils
from gradio.utils import get_upload_folder
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
<p class="stage-keys">{text.KEYS}</p>
<p class="stage-empty">{text.EMPTY_STAGE}</p>
"""


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
        before: (H, W, 3) uint8, the photo, if the picture is another; shown while a key is held.
        alt: what it is, for those who can't see it.
        tool: what gestures mean.
        shapes: outlines of the objects, back to front.
        whole: path of the selected object's whole shape.
        hue: colour of the selected object.
        draft: path of the object being marked.
        points: clicks (x, y, on the object) about it, or about the selected object's shape.
        absent: path of the region that isn't the selected object.
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
    absent: str = ""
    box: Box | None = None
    radius: float = 8.0
    before: np.ndarray | None = None


def stage() -> gr.HTML:
    """The component. Its value is what `payload` gives, its event is "gesture"."""
    # Not a subclass: Gradio writes a .pyi file beside every component class it meets.
    return gr.HTML(
        html_template=TEMPLATE,
        js_on_load=(HERE / "stage.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        label=text.STAGE,
        elem_id="stage",
    )


def payload(view: StageView) -> dict:
    """The view as JSON for the browser; the picture goes to the cache, named by its content."""
    height, width = view.picture.shape[:2]
    plain = {field.name: getattr(view, field.name) for field in fields(view)}
    plain |= {"picture": None, "shapes": [asdict(shape) for shape in view.shapes]}
    plain["before"] = None if view.before is None else _file_data(view.before)
    return {**plain, "photo": _file_data(view.picture), "width": width, "height": height}


def _file_data(picture: np.ndarray) -> dict:
    path = file_for_browser(_jpeg(picture), "photo.jpg")
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def file_for_browser(data: bytes, name: str) -> str:
    """A file in Gradio's cache, from which a browser may fetch it.

    Its folder is named by its content, so a file that is there is the right one. It is never
    written again: another tab may be reading it.
    """
    path = Path(get_upload_folder()) / processing_utils.hash_bytes(data) / Path(name).name
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as partial:
            partial.write(data)
        Path(partial.name).replace(path)
    return str(path.resolve())


def _jpeg(picture: np.ndarray) -> bytes:
    """The picture for looking at; what is saved is never this one."""
    image = Image.fromarray(picture)
    image.thumbnail((SHOWN, SHOWN), Image.Resampling.LANCZOS, reducing_gap=2.0)
    out = io.BytesIO()
    image.save(out, format="JPEG", quality=92, subsampling=0)
    return out.getvalue()
