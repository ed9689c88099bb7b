"""The page: its parts put together and wired. What happens is in handlers.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gradio as gr

from amodal.pipeline import Pipeline
from demo import layout, text
from demo.about import about_text
from demo.api import Api, build_api
from demo.examples import find_examples
from demo.handlers import Handlers
from demo.layout import Panels
from demo.session import Session
from demo.study import StudyHandlers, StudyView
from demo.view import View

HERE = Path(__file__).resolve().parent
FONT = ("ui-sans-serif", "system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
LARGEST_FILE = "160mb"  # a project with the largest photo, as PNG
KEPT = (3600, 24 * 3600)  # look once an hour for files older than a day
STATE_SECONDS = 6 * 3600
WAITING = 64  # requests; the next one is told that the demo is busy
# One at a time, so that each event of a page sees what the one before it has done.
PAGE = {"concurrency_id": "page", "concurrency_limit": 1}
PROGRAMS = {"concurrency_id": "programs", "concurrency_limit": 1}
STUDIES = {"concurrency_id": "studies", "concurrency_limit": 1}
CLICK_LINK = "() => setTimeout(() => document.querySelector('#save-link').click(), 50)"
SAVE_VOTES = f"""votes => {{
  const link = document.createElement("a");
  link.href = "data:text/csv;charset=utf-8," + encodeURIComponent(votes);
  link.download = "{text.STUDY_FILE}";
  link.click();
}}"""


def launch(
    pipeline: Pipeline, host: str | None = None, port: int | None = None, share: bool = False
) -> None:
    """Serve the page until interrupted.

    Args:
        pipeline: shared by all users.
        host, port: None: Gradio's environment variables, else 127.0.0.1 and the first free port
            from 7860 on.
        share: also open a public link.
    """
    page = build(Handlers(pipeline, find_examples()))
    page.queue(max_size=WAITING).launch(
        server_name=host,
        server_port=port,
        share=share,
        max_file_size=LARGEST_FILE,
        footer_links=["api"],
        **look(),
    )


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
        block_title_text_weight="500",
    )
    return {"theme": theme, "css_paths": [HERE / "style.css"]}


def build(handlers: Handlers) -> gr.Blocks:
    """The page for a pipeline."""
    with gr.Blocks(
        title=text.TITLE, analytics_enabled=False, delete_cache=KEPT, fill_width=True
    ) as page:
        panels: Panels = {"session": gr.State(Session(), time_to_live=STATE_SECONDS)}
        gr.Markdown(f"# {text.TITLE}\n{text.INTRO}", elem_id="intro")
        panels |= layout.opening(handlers.examples)
        panels["notices"] = gr.Markdown(elem_id="notices")
        with gr.Row(elem_id="work"):
            with gr.Column(scale=3, min_width=0, elem_id="left"):
                panels |= layout.picture() | layout.shapes()
            with gr.Column(scale=1, min_width=300, elem_id="right"):
                panels |= layout.marking() | layout.selected()
                panels |= layout.edits() | layout.repainting() | layout.saving()
        panels["study"] = gr.State(None, time_to_live=STATE_SECONDS)
        panels |= layout.study()
        with gr.Accordion(text.ABOUT, open=False, elem_id="about"):
            gr.Markdown(about_text())
        wire = Wire(panels)
        wire_page(wire, handlers, panels)
        wire_saving(handlers, panels)
        wire_study(StudyHandlers(handlers.pipeline, handlers.examples), panels)
        wire(page.load, handlers.open_first)
        build_api(Api(handlers.pipeline, handlers.examples), **PROGRAMS)
    return page


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
        latest: bool = False,
    ) -> gr.events.Dependency:
        """`latest`: while a handler runs, the newest event waits instead of being dropped."""
        return event(
            handler,
            [self.session, *inputs],
            self.outputs,
            api_visibility="private",
            show_progress="full",
            show_progress_on=self.busy,
            trigger_mode="always_last" if latest else "once",
            **PAGE,
        )


def wire_page(wire: Wire, handlers: Handlers, panels: Panels) -> None:
    """All events that change the session."""
    wire(panels["gallery"].select, handlers.open_example)
    wire(panels["open_photo"].upload, handlers.open_photo, panels["open_photo"])
    wire(panels["open_project"].upload, handlers.open_project, panels["open_project"])
    wire(panels["import_masks"].upload, handlers.import_masks, panels["import_masks"])
    wire(panels["tool"].input, handlers.use_tool, panels["tool"], latest=True)
    wire(panels["radius"].input, handlers.use_brush, panels["radius"], latest=True)
    wire(panels["stage"].gesture, handlers.gesture, panels["mark"], latest=True)
    wire(panels["truth_tab"].select, handlers.look_at_truth)
    for tab in ("edit_tab", "compare_tab"):
        wire(panels[tab].select, handlers.look_away)
    wire(panels["true_edit"].input, handlers.try_edit, panels["true_edit"])
    wire(panels["add"].click, handlers.add_draft, panels["draft_class"])
    wire(panels["discard"].click, handlers.discard_draft)
    wire(panels["shapes"].select, handlers.choose)
    wire(panels["category"].input, handlers.classify, panels["category"])
    wire(panels["forget_box"].click, handlers.forget_box)
    wire(panels["forget_clues"].click, handlers.forget_clues)
    settings = [panels[name] for name in ("samples", "seed", "temperature")]
    for widget in settings:
        wire(widget.input, handlers.resample, *settings, latest=True)
    for name in (*text.EDITS, *text.HISTORY):
        wire(panels[name].click, getattr(handlers, name))
    wire(panels["size"].release, handlers.resize, panels["size"], latest=True)
    wire(panels["turn"].release, handlers.turn, panels["turn"], latest=True)
    margins = [panels[name] for name in ("rim", "shadow")]
    for widget in margins:
        wire(widget.release, handlers.margins, *margins, latest=True)
    wire(panels["move"].click, handlers.move, panels["right"], panels["down"])


def wire_saving(handlers: Handlers, panels: Panels) -> None:
    """Make the file, then let the browser fetch it through a hidden link."""
    for name in text.SAVES:
        panels[name].click(
            getattr(handlers, name),
            panels["session"],
            panels["save_link"],
            api_visibility="private",
            show_progress_on=panels["hint"],
            **PAGE,
        ).success(None, js=CLICK_LINK, api_visibility="private")


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
