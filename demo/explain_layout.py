"""Where things are on the page "How it works", and which event does what."""

from __future__ import annotations

import gradio as gr

from demo import text
from demo.explain import STRIP, WAYS, ExplainHandlers, ExplainView
from demo.figures import figures
from demo.layout import Panels
from demo.occluder import occluder
from demo.tab import reading

STATE_SECONDS = 6 * 3600
EVENTS = {
    "concurrency_id": "explain",
    "concurrency_limit": 1,
    "api_visibility": "private",
    "show_progress": "hidden",
    "trigger_mode": "always_last",  # one request at a time; the newest waits
}
LATEX = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]


def explain() -> Panels:
    """The page; nothing of it is computed before it is opened."""
    panels: Panels = {"explained": gr.State(None, time_to_live=STATE_SECONDS)}
    with gr.Column(elem_id="explain"):
        with gr.Row(elem_id="explain-head"):
            panels["explain_title"] = gr.Markdown(text.NOTHING_YET, elem_id="explain-title")
            panels["explain_stage"] = gr.Radio(
                [(label, stage) for stage, label in text.TRAINING_STAGES.items()],
                value=max(text.TRAINING_STAGES),
                label=text.TRAINING_STAGE,
                elem_id="explain-stage",
            )
        panels["explain_stage_about"] = gr.Markdown(elem_id="explain-stage-about")
        with gr.Column(elem_id="explain-steps", elem_classes="explain-grid"):
            panels |= _steps()
        with gr.Column(elem_id="explain-tries", elem_classes="explain-grid"):
            panels |= _along() | _occluder() | _between() | _prior() | _terms() | _curves()
    return panels


def _maths(content: str = "", **more: object) -> gr.Markdown:
    return gr.Markdown(content, latex_delimiters=LATEX, **more)


def _heading(title: str, about: str) -> None:
    gr.Markdown(f"### {title}")
    _maths(about, elem_classes="explain-about")


def _card(third: bool = False) -> gr.Column:
    """A half of the page's width, or a third of it."""
    return gr.Column(elem_classes=["card", "third"] if third else "card", min_width=0)


def _steps() -> Panels:
    panels: Panels = {}
    with _card():
        _heading(*text.STEPS["seen"])
        captions = text.PHOTO_CAPTION, text.CROP_CAPTION
        panels["explain_seen"] = figures(captions, "explain-seen")
    with _card():
        _heading(*text.STEPS["codes"])
        panels["explain_codes"] = gr.HTML(elem_id="explain-codes", apply_default_css=False)
    with _card(third=True):
        _heading(*text.STEPS["canonical"])
        panels["explain_canonical"] = figures([text.CANONICAL_CAPTION], "explain-canonical")
    with _card(third=True):
        _heading(*text.STEPS["placed"])
        panels["explain_placed"] = figures([text.PLACED_CAPTION], "explain-placed")
        panels["explain_theta"] = _maths(elem_id="explain-theta", elem_classes="explain-numbers")
    with _card(third=True):
        _heading(*text.STEPS["pasted"])
        panels["explain_pasted"] = figures([text.PASTED_CAPTION], "explain-pasted")
        panels["explain_pasted_about"] = _maths(elem_classes="explain-numbers")
    return panels


def _along() -> Panels:
    panels: Panels = {}
    with _card():
        _heading(text.ALONG, text.ALONG_KEY)
        captions = text.ALONG_SHAPE, text.ALONG_PLACED
        panels["explain_along"] = figures(captions, "explain-along")
        for number in range(1, WAYS + 1):
            panels[f"explain_way_{number}"] = gr.Slider(
                -4,
                4,
                0,
                step=0.1,
                label=text.direction(number, 0),
                elem_id=f"explain-way-{number}",
            )
        panels["explain_reset"] = gr.Button(text.ALONG_RESET, size="sm", elem_id="explain-reset")
    return panels


def _occluder() -> Panels:
    with _card():
        _heading(text.OCCLUDER, text.OCCLUDER_KEY)
        panels: Panels = {"explain_occluder": occluder()}
        gr.Markdown(text.DOUBT_KEY, elem_classes="small")
    return panels


def _between() -> Panels:
    panels: Panels = {}
    with _card():
        _heading(text.BETWEEN, text.BETWEEN_KEY)
        panels["explain_alone"] = gr.Markdown(text.BETWEEN_ALONE, visible=False)
        with gr.Column() as panels["explain_pair"]:
            panels["explain_between"] = figures(["", "", ""], "explain-between")
            panels["explain_share"] = gr.Slider(
                0, 1, 0.5, step=0.01, label=text.BETWEEN_SHARE, elem_id="explain-share"
            )
            panels["explain_other"] = gr.Dropdown(
                [], label=text.BETWEEN_OTHER, elem_id="explain-other", filterable=False
            )
    return panels


def _prior() -> Panels:
    with _card():
        _heading(text.PRIOR, text.PRIOR_KEY)
        panels: Panels = {"explain_prior": figures([""] * STRIP, "explain-prior")}
        panels["explain_draw"] = gr.Button(text.PRIOR_DRAW, size="sm", elem_id="explain-draw")
    return panels


def _terms() -> Panels:
    with _card():
        _heading(text.TERMS, text.TERMS_KEY)
        return {"explain_terms": gr.HTML(elem_id="explain-terms", apply_default_css=False)}


def _curves() -> Panels:
    with _card():
        _heading(text.CURVES, text.CURVES_KEY)
        return {"explain_curves": gr.HTML(elem_id="explain-curves", apply_default_css=False)}


def wire_explain(handlers: ExplainHandlers, panels: Panels) -> None:
    """The page's events: its own state, and a queue beside the editor's."""
    state, stage = panels["explained"], panels["explain_stage"]
    page = [panels[name] for name in ExplainView._fields]
    ways = [panels[f"explain_way_{number}"] for number in range(1, WAYS + 1)]
    other, share = panels["explain_other"], panels["explain_share"]
    opened = reading(handlers.open)
    panels["explain_tab"].select(opened, [panels["session"], state, stage], page, **EVENTS)
    stage.input(handlers.choose_stage, [state, stage], page, **EVENTS)
    for way in ways:
        way.input(handlers.slide, [state, *ways], panels["explain_along"], **EVENTS)
    panels["explain_reset"].click(handlers.reset, state, [*ways, panels["explain_along"]], **EVENTS)
    for widget in (other, share):
        widget.input(handlers.mix, [state, other, share], panels["explain_between"], **EVENTS)
    panels["explain_draw"].click(handlers.draw, state, [state, panels["explain_prior"]], **EVENTS)
    panels["explain_occluder"].moved(  # occluder.js itself sends one at a time
        handlers.hide,
        state,
        [state, panels["explain_occluder"]],
        **{**EVENTS, "trigger_mode": "multiple"},
    )
