"""A component of our own: markup and a script over gr.HTML."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

HERE = Path(__file__).resolve().parent


def component(markup: str, *scripts: str, id: str, **more: object) -> gr.HTML:
    """What the scripts make of the markup.

    Args:
        markup: the template.
        scripts: files of this folder, which share one scope in this order. They read
            `props.value`, follow it with `watch`, and send events with `trigger`.
        id: the element's id.
        more: further arguments of gr.HTML.
    """
    # Not a subclass: Gradio writes a .pyi file beside every component class it meets.
    return gr.HTML(
        html_template=markup,
        js_on_load="\n".join((HERE / name).read_text(encoding="utf-8") for name in scripts),
        apply_default_css=False,
        elem_id=id,
        **more,
    )
