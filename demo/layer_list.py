"""The list of layers, nearest first, a custom gr.HTML component: what it shows and what it sends.

It sends what the user asks for and decides nothing: event "layers".
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from operator import is_
from typing import Any

import gradio as gr

from demo import text
from demo.browser_files import file_data, file_for_browser
from demo.component import component
from demo.contact_sheet import CELL, COLUMNS, sheet_bytes
from demo.pictures import hue
from demo.session import Session, number_of
from demo.values import Malformed

KINDS = ("pick", "show", "hide", "lock", "unlock", "order")
TEMPLATE = f"""
<div class="layer-list" data-words="{html.escape(json.dumps(text.LAYER_WORDS))}">
  <h3>{text.LAYERS}</h3>
  <ol class="layer-rows" aria-label="{text.LAYERS_ABOUT}"></ol>
  <p class="layer-keys">{text.LAYER_KEYS}</p>
  <p class="layer-said" aria-live="polite"></p>
</div>
"""
# To be run when Python has refused a change that the list shows already.
REFUSED = """() => document.querySelector("#layers .layer-rows")
  .dispatchEvent(new CustomEvent("refused", { bubbles: true }))"""


@dataclass(frozen=True)
class Row:
    """One layer of the list.

    Args:
        id: the layer's.
        name: of its object.
        hue: the colour that the object has on the stage, degrees.
        cell: number of its thumbnail on the contact sheet.
        visible: False for a deleted object.
        picked: whether it is selected.
        locked: whether it is kept from edits.
    """

    id: str
    name: str
    hue: int
    cell: int
    visible: bool
    picked: bool
    locked: bool


@dataclass(frozen=True)
class Change:
    """What the user asked the list for.

    Args:
        kind: one of KINDS.
        ids: the layers that it is about; "pick" of none means that nothing is selected.
        place: with "order", where the layer goes, counted from the front, 0.
    """

    kind: str
    ids: tuple[str, ...]
    place: int = 0

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Change:
        """Check what a browser sent. Raises Malformed for what no list sends."""
        if not isinstance(data, Mapping):
            raise Malformed("Layers", data, "an object")
        kind, ids, place = data.get("kind"), data.get("ids"), data.get("place", 0)
        if kind not in KINDS:
            raise Malformed("kind", kind, f"one of {', '.join(KINDS)}")
        if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
            raise Malformed("ids", ids, "a list of ids")
        fewest, most = {"pick": (0, 1), "order": (1, 1)}.get(kind, (1, len(ids)))
        if not fewest <= len(ids) <= most or len(set(ids)) < len(ids):
            raise Malformed("ids", ids, f"as many as {kind!r} needs, each once")
        if not isinstance(place, int) or isinstance(place, bool) or place < 0:
            raise Malformed("place", place, "a number from 0 on")
        return cls(kind, tuple(ids), place)


def layer_list() -> gr.HTML:
    """The component. Its value is what `payload` gives, its event is "layers"."""
    return component(TEMPLATE, "layer_list.js", id="layers", label=text.LAYERS, elem_classes="card")


def rows(session: Session) -> list[Row]:
    """The layers, nearest first."""
    numbers = {layer.id: number for number, layer in enumerate(session.layers)}
    return [
        Row(
            layer.id,
            layer.instance.name,
            hue(number_of(layer.id)),
            numbers[layer.id],
            layer.placement.visible,
            layer.id == session.picked,
            layer.id in session.locked,
        )
        for layer in reversed(session.scene.layers if session.scene else ())
    ]


def update(session: Session, before: Session) -> object:
    """The list for a session, as JSON; left alone when it looks as before.

    Thumbnails ("sheet") go to the cache, named by their content. They are sent only when they are
    others: the list keeps those that it has.
    """
    listed, shown = rows(session), _pictured(session)
    pictured = len(shown) == len(_pictured(before)) and all(map(is_, shown, _pictured(before)))
    if session.step is None or (pictured and listed == rows(before)):
        return None if session.step is None else gr.skip()
    plain = {"title": session.title, "rows": [asdict(row) for row in listed]}
    return plain if pictured else plain | _sheet(session)


def _sheet(session: Session) -> dict:
    instances = [layer.instance for layer in session.layers]
    path = file_for_browser(sheet_bytes(session.scene.photo, instances), "layers.webp")
    return {"sheet": file_data(path), "cell": [size // 2 for size in CELL], "columns": COLUMNS}


def _pictured(session: Session) -> tuple[object, ...]:
    """What the thumbnails are made of: the photo and the masks."""
    photo = session.scene.photo if session.scene else None
    return photo, *(layer.instance.modal for layer in session.layers)
