"""The page: its parts put together and wired. handlers.py has what happens, launch.py serves."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import gradio as gr

from demo import explain_layout, layout, text
from demo.about import about_text
from demo.api import Api
from demo.api_endpoints import build_api
from demo.explain import ExplainHandlers
from demo.explain_layout import wire_explain
from demo.faults import Page
from demo.found import detected_card
from demo.handlers import Handlers
from demo.layer_list import REFUSED
from demo.layout import Panels
from demo.reloading import wire_reloading
from demo.save_card import save_card
from demo.stage import ANSWERED, DELETING
from demo.study import StudyHandlers, StudyView
from demo.tab import Leaving, Tab, editing, latest, lifting, reading
from demo.view import View, as_it_is

HERE = Path(__file__).resolve().parent
FONT = ("ui-sans-serif", "system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
KEPT = (600, 2 * 3600)  # every ten minutes, files go that nobody has asked for in two hours
STATE_SECONDS = 6 * 3600
# Of different tabs; those of one tab take turns (demo/tab.py).
PAGE = {"concurrency_id": "page", "concurrency_limit": 4}
PROGRAMS = {"concurrency_id": "programs", "concurrency_limit": 1}
DOWNLOADS = {"concurrency_id": "downloads", "concurrency_limit": 1}
STUDIES = {"concurrency_id": "studies", "concurrency_limit": 1}
NUMBERED = """(session, number, ...values) => {
  window.amodalNumber = (window.amodalNumber || 0) + 1;
  return [session, window.amodalNumber, ...values];
}"""
CLICK_LINK = "() => setTimeout(() => document.querySelector('#save-link').click(), 50)"
COPY_LINK = f"""async query => {{
  const link = location.origin + location.pathname + "?" + query;
  try {{
    await navigator.clipboard.writeText(link);
    return [link, {json.dumps(text.LINK_COPIED)}];
  }} catch {{
    return [link, {json.dumps(text.LINK_BY_HAND)}];
  }}
}}"""
SAVE_VOTES = f"""votes => {{
  const link = document.createElement("a");
  link.href = "data:text/csv;charset=utf-8," + encodeURIComponent(votes);
  link.download = "{text.STUDY_FILE}";
  link.click();
}}"""


def look() -> dict[str, object]:
    """What launch() needs to know of the looks."""
    theme = gr.themes.Base(
        primary_hue="blue",
        neutral_hue="slate",
        font=FONT,
        font_mono=("ui-monospace", "monospace"),
        radius_size="md",
    ).set(
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        # Base's blue has too little contrast with the text on it, and as text on grey.
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        link_text_color_dark="*primary_400",
        link_text_color_visited_dark="*primary_400",
        block_title_text_weight="500",
    )
    return {"theme": theme, "css_paths": [HERE / "style.css"]}


def build(handlers: Handlers, keep: float = 1800) -> gr.Blocks:
    """The page for a pipeline; `keep`: seconds that the work of a closed tab is kept."""
    with Page(
        title=text.TITLE, analytics_enabled=False, delete_cache=KEPT, fill_width=True
    ) as page:
        panels: Panels = {"session": gr.State(Tab(), time_to_live=STATE_SECONDS)}
        gr.Markdown(f"# {text.TITLE}\n{text.INTRO}", elem_id="intro")
        with gr.Tabs(elem_id="parts"):
            with gr.Tab(text.TAB_EDITOR, elem_id="editor-part"):
                panels |= editor(handlers)
            with gr.Tab(text.TAB_EXPLAIN) as panels["explain_tab"]:
                panels |= explain_layout.explain()
            with gr.Tab(text.TAB_STUDY):
                panels["study"] = gr.State(None, time_to_live=STATE_SECONDS)
                panels |= layout.study()
        with gr.Accordion(text.ABOUT, open=False, elem_id="about"):
            gr.Markdown(about_text())
        build_api(Api(handlers.pipeline, handlers.examples), **PROGRAMS)
        wire = Wire(panels)
        wire_page(wire, handlers, panels)
        wire_detecting(wire, handlers, panels)
        wire_saving(handlers, panels)
        wire_link(handlers, panels)
        wire_study(StudyHandlers(handlers.pipeline, handlers.examples), panels)
        wire_explain(ExplainHandlers(handlers.pipeline, handlers.examples), panels)
        wire(page.load, handlers.open_first)
        leaving = Leaving(keep)
        page.load(leaving.came, panels["session"], api_visibility="private")
        page.unload(leaving.left)
        wire_reloading(page)
        describe_once(page)
    return page


def describe_once(page: gr.Blocks) -> None:
    """Gradio describes a component's values anew whenever one is updated; that takes it long."""
    for block in page.blocks.values():
        if isinstance(block, gr.components.Component):
            block.api_info = cache(block.api_info)


def editor(handlers: Handlers) -> Panels:
    """Opening a photo, and all that can be done with it."""
    panels: Panels = layout.opening(handlers.examples)
    with gr.Row(elem_id="work"):
        with gr.Column(scale=3, min_width=0, elem_id="left"):
            panels |= layout.picture()
            panels["notices"] = gr.Markdown(elem_id="notices")
            panels |= layout.shapes()
        with gr.Column(scale=1, min_width=300, elem_id="right"):
            panels |= layout.layers()
            panels |= detected_card() | layout.marking() | layout.selected()
            panels |= layout.edits() | layout.repainting() | save_card()
    return panels


class Wire:
    """Joins events to handlers: the session and some widgets in, the whole View out."""

    def __init__(self, panels: Panels) -> None:
        self.session = panels["session"]
        self.outputs = [panels[name] for name in View._fields]
        self.busy = panels["hint"]

    def __call__(
        self,
        event: Callable,
        handler: Callable,
        *inputs: gr.components.Component,
        mode: str = "once",
    ) -> gr.events.Dependency:
        """`mode`: what becomes of an event while the handler runs. "once": it is dropped;
        "always_last": the newest waits, with what the widgets say then, but without data of its
        own; "multiple": all wait."""
        return self._join(event, editing(handler), *inputs, mode=mode)

    def latest(self, handler: Callable, *widgets: gr.components.Component) -> None:
        """The handler for what the widgets say after each change of one of them.

        Gradio sends two changes within some milliseconds side by side, and either may arrive
        first: so they are numbered in the browser, and one that was overtaken is passed over.
        """
        number = gr.Number(0, visible=False)
        numbered = latest(handler, as_it_is)
        for widget in widgets:
            self._join(widget.input, numbered, number, *widgets, mode="always_last", js=NUMBERED)

    def _join(
        self,
        event: Callable,
        action: Callable,
        *inputs: gr.components.Component,
        mode: str,
        js: str | None = None,
    ) -> gr.events.Dependency:
        return event(
            action,
            [self.session, *inputs],
            self.outputs,
            js=js,
            api_visibility="private",
            show_progress="full",
            show_progress_on=self.busy,
            trigger_mode=mode,
            **PAGE,
        )

    def stage(self, event: gr.events.Dependency) -> None:
        """The stage shows a guess at the outcome: tell it when the event has ended."""
        for ended in (event.success, event.failure):
            ended(None, js=ANSWERED, api_visibility="private")


def wire_page(wire: Wire, handlers: Handlers, panels: Panels) -> None:
    """All events that change the session."""
    wire(panels["gallery"].select, handlers.open_example)
    wire(panels["open_photo"].upload, handlers.open_photo, panels["open_photo"])
    wire(panels["open_project"].upload, handlers.open_project, panels["open_project"])
    wire(panels["import_masks"].upload, handlers.import_masks, panels["import_masks"])
    wire(panels["tool"].input, handlers.use_tool, panels["tool"], mode="always_last")
    wire(panels["radius"].input, handlers.use_brush, panels["radius"], mode="always_last")
    wire.stage(wire(panels["stage"].gesture, handlers.gesture, panels["mark"], mode="multiple"))
    panels["stage"].lift(
        lifting(handlers.kit, handlers.lift),
        panels["session"],
        panels["stage"],
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="always_last",  # the kit under way may be that of another photo
        **PAGE,
    )
    wire(panels["layers"].layers, handlers.arrange, mode="multiple").failure(
        None, js=REFUSED, api_visibility="private"
    )
    wire(panels["truth_tab"].select, handlers.look_at_truth)
    for tab in ("edit_tab", "compare_tab"):
        wire(panels[tab].select, handlers.look_away)
    wire(panels["true_edit"].input, handlers.try_edit, panels["true_edit"])
    wire(panels["add"].click, handlers.add_draft, panels["draft_class"])
    wire(panels["discard"].click, handlers.discard_draft)
    wire(panels["shapes"].choose, handlers.choose, mode="multiple")
    wire(panels["map"].input, handlers.use_map, panels["map"], mode="always_last")
    wire(panels["category"].input, handlers.classify, panels["category"])
    wire(panels["forget_box"].click, handlers.forget_box)
    wire(panels["forget_clues"].click, handlers.forget_clues)
    wire.latest(handlers.resample, panels["samples"], panels["seed"], panels["temperature"])
    panels["delete"].click(None, js=DELETING, api_visibility="private")
    for name in (*text.EDITS, *text.HISTORY):
        done = wire(panels[name].click, getattr(handlers, name))
        if name == "delete":
            wire.stage(done)
    wire(panels["size"].release, handlers.resize, panels["size"], mode="always_last")
    wire(panels["turn"].release, handlers.turn, panels["turn"], mode="always_last")
    margins = [panels[name] for name in ("rim", "shadow")]
    for widget in margins:
        wire(widget.release, handlers.margins, *margins, mode="always_last")
    wire(panels["move"].click, handlers.move, panels["right"], panels["down"])


def wire_detecting(wire: Wire, handlers: Handlers, panels: Panels) -> None:
    """The detector is fetched first, in a queue that nobody else waits in."""
    fetched = panels["detect"].click(
        reading(handlers.fetch_detector),
        panels["session"],
        api_visibility="private",
        show_progress_on=wire.busy,
        **DOWNLOADS,
    )
    wire(fetched.success, handlers.detect)
    wire.latest(handlers.choose_detected, panels["least_score"], panels["detected_classes"])


def wire_saving(handlers: Handlers, panels: Panels) -> None:
    """Make the file, then let the browser fetch it through a hidden link."""
    for name in (*text.SAVE_PICTURE, *text.FILMS, "save_project"):
        film = [panels["film_form"]] if name in text.FILMS else []
        panels[name].click(
            reading(getattr(handlers, name)),
            [panels["session"], *film],
            panels["save_link"],
            api_visibility="private",
            show_progress_on=panels["hint"],
            **PAGE,
        ).success(None, js=CLICK_LINK, api_visibility="private")


def wire_link(handlers: Handlers, panels: Panels) -> None:
    """Only the browser knows the page's own address, and the clipboard."""
    panels["copy_link"].click(
        reading(handlers.copy_link),
        panels["session"],
        [panels["link_part"], panels["link_query"]],
        api_visibility="private",
        **PAGE,
    ).success(
        None,
        panels["link_query"],
        [panels["link"], panels["link_note"]],
        js=COPY_LINK,
        api_visibility="private",
    )


def wire_study(handlers: StudyHandlers, panels: Panels) -> None:
    """The study's events: its own state, and a queue beside the editor's."""
    outputs = [panels[name] for name in StudyView._fields]
    quiet = {"api_visibility": "private", "show_progress_on": panels["study_progress"], **STUDIES}
    for name in ("start", *text.STUDY_VOTES):
        panels[f"study_{name}"].click(getattr(handlers, name), panels["study"], outputs, **quiet)
    votes = panels["study_votes"]
    panels["study_csv"].click(handlers.save, panels["study"], votes, **quiet).success(
        None, votes, js=SAVE_VOTES, api_visibility="private"
    )
