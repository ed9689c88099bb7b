"""The card "Save": every file that can be had, and the link to an example."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

from amodal.animation import ENCODERS
from demo import text
from demo.layout import Panels


def save_card() -> Panels:
    """Downloads in groups, and the link."""
    panels: Panels = {}
    with gr.Column(elem_id="save", elem_classes="card"):
        gr.Markdown(f"### {text.SAVE}")
        panels |= _buttons(text.SAVE_PICTURE)
        with gr.Row(elem_id="films"):
            gr.Markdown(f"#### {text.ANIMATION}")
            panels["film_form"] = gr.Radio(
                list(ENCODERS),
                value=next(iter(ENCODERS)),
                label=text.FILM_FORM,
                show_label=False,
                container=False,
                elem_id="film-form",
            )
        panels |= _buttons(text.FILMS)
        gr.Markdown(f"#### {text.GO_ON}")
        panels |= _buttons(text.SAVE_PROJECT) | _link()
        panels["save_link"] = gr.DownloadButton(visible="hidden", elem_id="save-link")
    return panels


def _buttons(labels: Mapping[str, str]) -> Panels:
    with gr.Row(elem_classes="buttons"):
        return {name: gr.Button(label, size="sm", elem_id=name) for name, label in labels.items()}


def _link() -> Panels:
    """The address of an example as it is shown; the browser fills the field."""
    panels: Panels = {}
    with gr.Column(visible=False, elem_id="link-part") as panels["link_part"]:
        panels["link"] = gr.Textbox(
            label=text.LINK, lines=1, max_lines=1, interactive=True, elem_id="link"
        )
        panels["link_note"] = gr.Markdown(elem_classes="small", elem_id="link-note")
    panels["link_query"] = gr.Textbox(visible="hidden")
    return panels
