"""The picture that the user points at: a custom gr.HTML component, in which the photo is alive.

It shows what Python sends and lets objects be dragged at once, with the cut-outs of a kit. Every
finished gesture goes back in image pixels as the event "gesture"; a kit that doesn't fit any longer
is asked for by the event "lift". What happens to the document is decided in Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import gradio as gr
import numpy as np

from amodal.geometry import Box
from demo import text
from demo.browser_files import file_data, photo_file
from demo.component import component
from demo.kit import Kit
from demo.session import number_of

PARTS = ("scene", "outline", "lift", "outbox", "frame", "pointer", "keys")
KEYS = "".join(f"<dt>{keys}</dt><dd>{what}</dd>" for keys, what in text.KEY_LIST)
TEMPLATE = f"""
<div class="stage-frame" role="group" aria-label="{text.VIEW}"><div class="stage-canvas">
  <img hidden draggable="false" alt="">
  <canvas hidden></canvas>
  <svg preserveAspectRatio="none" role="group" aria-label="{text.STAGE}"></svg>
</div></div>
<div class="stage-bar">
  <button type="button" data-do="out" aria-label="{text.ZOOM_OUT}">−</button>
  <button type="button" data-do="fit" aria-label="{text.ZOOM_FIT}">100 %</button>
  <button type="button" data-do="in" aria-label="{text.ZOOM_IN}">+</button>
  <button type="button" data-do="compare" aria-pressed="false">{text.SHOW_PHOTO}</button>
  <label><input type="checkbox" data-do="perspective"> {text.PERSPECTIVE}</label>
  <label><input type="checkbox" data-do="cloud"> {text.CLOUD}</label>
</div>
<details class="stage-keys"><summary>{text.KEYS}</summary><dl>{KEYS}</dl></details>
<p class="stage-empty">{text.EMPTY_STAGE}</p>
"""
ANSWERED = "() => document.dispatchEvent(new Event('amodal-answered'))"
"""To be run in the browser when an event of the stage has been dealt with, well or not."""
DELETING = "() => document.dispatchEvent(new Event('amodal-deleting'))"
"""To be run when the selected object is about to be deleted from elsewhere."""


@dataclass(frozen=True)
class Shape:
    """An object that can be pointed at.

    Args:
        index: the object's number, counted from 0.
        label: its name.
        path: SVG path of what is seen of it, image pixels; empty where something covers it.
        hue: its colour, degrees.
        foot: (x, y) of its foot in the photo; scale and flip act about it.
        dx, dy, scale, flip: where it stands now (amodal.placement).
        picked: whether it is selected.
        in_place: whether it stands as in the photo.
        locked: whether it is kept from edits.
    """

    index: int
    label: str
    path: str
    hue: int
    foot: tuple[float, float] = (0.0, 0.0)
    dx: float = 0.0
    dy: float = 0.0
    scale: float = 1.0
    flip: bool = False
    picked: bool = False
    in_place: bool = True
    locked: bool = False


@dataclass(frozen=True, eq=False)
class StageView:
    """All that the stage shows.

    Args:
        picture: (H, W, 3) uint8.
        before: (H, W, 3) uint8, the photo, if the picture is another; shown while a key is held.
        alt: what it is, for those who can't see it.
        tool: what gestures mean.
        shapes: the objects that aren't deleted, back to front.
        whole: path of the selected object's whole shape where the photo has it.
        hue: colour of the selected object.
        draft: path of the object being marked.
        points: clicks (x, y, on the object) about it, or about the selected object's shape.
        absent: path of the region that isn't the selected object.
        cloud: paths of the selected object's samples.
        box: a box that was drawn.
        radius: of the brush, image pixels.
        kit: cut-outs to drag, or None.
        stale: whether the kit is an older one.
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
    cloud: Sequence[str] = ()
    box: Box | None = None
    radius: float = 8.0
    before: np.ndarray | None = None
    kit: Kit | None = None
    stale: bool = True


def stage() -> gr.HTML:
    """The component. Its value is what `payload` gives, its events are "gesture" and "lift"."""
    scripts = [f"stage_js/{name}.js" for name in PARTS]
    return component(TEMPLATE, *scripts, id="stage", label=text.STAGE)


def payload(view: StageView) -> dict:
    """The view as JSON for the browser; pictures go to the cache, named by their content."""
    height, width = view.picture.shape[:2]
    plain = {field.name: getattr(view, field.name) for field in fields(view)}
    return {
        **plain,
        "picture": None,
        "photo": file_data(photo_file(view.picture)),
        "before": None if view.before is None else file_data(photo_file(view.before)),
        "shapes": [asdict(shape) for shape in view.shapes],
        "kit": None if view.kit is None else _plain(view.kit),
        "width": width,
        "height": height,
    }


def _plain(kit: Kit) -> dict:
    sprites = {}
    for id, sprite in kit.sprites.items():
        height, width = sprite.look.rgba.shape[:2]
        corner = {"x": sprite.look.x0, "y": sprite.look.y0, "width": width, "height": height}
        sprites[str(number_of(id))] = {
            "file": file_data(sprite.file.path()),
            "hole": sprite.hole,
            **corner,
        }
    return {"plate": file_data(kit.plate.path()), "sprites": sprites, "horizon": kit.horizon}
