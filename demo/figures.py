"""Pictures beside each other with captions, a custom gr.HTML component that swaps them in place.

Small pictures travel inside the answer, so that they can follow a slider; every frame has its place
before the picture comes.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import NamedTuple

import gradio as gr
import numpy as np
from PIL import Image

from demo.component import component


class Figure(NamedTuple):
    """A picture and what is written below it.

    Args:
        picture: (h, w, 3) or (h, w) uint8; None: an empty frame.
        alt: what it shows, for those who can't see it.
        caption: may be empty.
        coarse: show its pixels as squares.
    """

    picture: np.ndarray | None
    alt: str
    caption: str = ""
    coarse: bool = False


def figures(captions: Sequence[str], id: str) -> gr.HTML:
    """The component, with an empty frame for each caption. Its value is what `shown` gives."""
    value = shown([Figure(None, "", caption) for caption in captions])
    markup = '<div class="figures"></div>'
    return component(markup, "figures.js", id=id, value=value, elem_classes="figures-part")


def shown(items: Sequence[Figure]) -> list[dict]:
    """Figures as JSON for the browser."""
    return [
        {
            "src": ""
            if item.picture is None
            else data_uri(item.picture, "PNG" if item.coarse else "JPEG"),
            "alt": item.alt,
            "caption": item.caption,
            "coarse": item.coarse,
        }
        for item in items
    ]


def data_uri(picture: np.ndarray, kind: str) -> str:
    """A picture as text; `kind` is "PNG" or "JPEG"."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, format=kind, quality=88)
    code = base64.b64encode(out.getvalue()).decode("ascii")
    return f"data:image/{kind.lower()};base64,{code}"
