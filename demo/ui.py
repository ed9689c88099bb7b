"""The page: layout and wiring only. What happens is in handlers.py, what is shown in view.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gradio as gr

from amodal.pipeline import Pipeline
from amodal.scene import CLASSES
from demo import text
from demo.about import about_text
from demo.api import Api, build_api
from demo.examples import Example, find_examples
from demo.handlers import Handlers
from demo.pictures import thumbnail
from demo.session import TOOLS, Session, Settings
from demo.stage import Stage
from demo.view import View

HERE = Path(__file__).resolve().parent
FONT = ("ui-sans-serif", "system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
MODEL = "model"  # one queue for all that computes
AT_ONCE = 2  # of them, so that one long edit does not stop everybody
LARGEST_FILE = "60mb"
KEPT = (3600, 24 * 3600)  # look once an hour for files older than a day
STATE_SECONDS = 6 * 3600
CLICK_LINK = (
    "() => setTimeout(() => document.querySelector('#save-link a, a#save-link').click(), 50)"
)


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
    page.queue(max_size=64).launch(
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
    )
    return {"theme": theme, "css_paths": [HERE / "style.css"]}


def build(handlers: Handlers) -> gr.Blocks:
    """The page for a pipeline."""
    with gr.Blocks(
        title=text.TITLE, analytics_enabled=False, delete_cache=KEPT, fill_width=True
    ) as page:
        panels: dict[str, gr.components.Component] = {
            "session": gr.State(Session(), time_to_live=STATE_SECONDS)
        }
        gr.Markdown(f"# {text.TITLE}\n{text.INTRO}", elem_id="intro")
        panels |= _opening(handlers.examples)
        panels["notices"] = gr.Markdown(elem_id="notices", visible=True)
        with gr.Row(elem_id="work"):
            with gr.Column(scale=3, min_width=320, elem_id="left"):
                panels |= _picture()
            with gr.Column(scale=1, min_width=320, elem_id="right"):
                panels |= _object()
                panels |= _edit()
                panels |= _history()
                panels |= _save()
        with gr.Accordion(text.ABOUT, open=False, elem_id="about"):
            gr.Markdown(about_text())
        wire = Wire(panels)
        _wire_opening(wire, handlers, panels)
        _wire_picture(wire, handlers, panels)
        _wire_object(wire, handlers, panels)
        _wire_edits(wire, handlers, panels)
        _wire_saving(handlers, panels)
        page.load(
            handlers.open_first,
            panels["session"],
            wire.outputs,
            api_visibility="private",
            show_progress="hidden",
        )
        build_api(
            Api(handlers.pipeline, handlers.examples),
            concurrency_id=MODEL,
            concurrency_limit=AT_ONCE,
        )
    return page


class Wire:
    """Joins events to actions: the session and some widgets in, the whole View out."""

    def __init__(self, panels: dict[str, gr.components.Component]) -> None:
        self.session = panels["session"]
        self.outputs = [panels[name] for name in View._fields]
        self.busy = panels["hint"]

    def __call__(
        self,
        event: Callable,
        action: Callable,
        *inputs: gr.components.Component,
        latest: bool = False,
    ) -> gr.events.Dependency:
        """`latest`: while an action runs, the newest event waits instead of being dropped."""
        return event(
            action,
            [self.session, *inputs],
            self.outputs,
            api_visibility="private",
            concurrency_id=MODEL,
            concurrency_limit=AT_ONCE,
            show_progress="minimal",
            show_progress_on=self.busy,
            trigger_mode="always_last" if latest else "once",
        )


def _opening(examples: tuple[Example, ...]) -> dict[str, gr.components.Component]:
    with gr.Row(elem_id="opening"):
        gallery = gr.Gallery(
            [(thumbnail(example.photo), example.title) for example in examples],
            label=text.EXAMPLES,
            show_label=False,
            columns=max(len(examples), 1),
            height="auto",
            allow_preview=False,
            object_fit="cover",
            buttons=[],
            format="jpeg",
            interactive=False,
            elem_id="examples",
            scale=1,
        )
        with gr.Column(scale=0, min_width=160, elem_id="files"):
            upload = gr.UploadButton(
                text.OPEN_PHOTO,
                variant="primary",
                file_types=["image"],
                size="md",
                elem_id="open-photo",
            )
            masks = gr.UploadButton(
                text.IMPORT_MASKS, file_types=[".json"], size="md", elem_id="import-masks"
            )
    return {"gallery": gallery, "open_photo": upload, "import_masks": masks}


def _picture() -> dict[str, gr.components.Component]:
    panels: dict[str, gr.components.Component] = {}
    panels["tool"] = gr.Radio(
        [(text.TOOLS[tool], tool) for tool in TOOLS],
        value="pick",
        label=text.TOOL,
        show_label=False,
        container=False,
        elem_id="tool",
    )
    with gr.Tabs(elem_id="tabs"):
        with gr.Tab(text.TAB_EDIT):
            panels["stage"] = Stage(elem_id="stage", label=text.STAGE)
        with gr.Tab(text.TAB_COMPARE):
            panels["comparison"] = gr.ImageSlider(
                label=text.COMPARE,
                format="jpeg",
                interactive=False,
                buttons=["fullscreen"],
                max_height=900,
                elem_id="comparison",
            )
    panels["hint"] = gr.Markdown(text.EMPTY_STAGE, elem_id="hint")
    with gr.Row(visible=False, elem_id="marking") as panels["marking"]:
        panels["off"] = gr.Radio(
            [(text.POINT_ON, False), (text.POINT_OFF, True)],
            value=False,
            label=text.POINTS,
            elem_id="points",
        )
    with gr.Row(visible=False) as panels["brush_bar"]:
        panels["radius"] = gr.Slider(1, 100, 8, step=1, label=text.BRUSH, elem_id="radius")
    with gr.Row(visible=False, elem_id="draft") as panels["draft_bar"]:
        panels["draft_class"] = gr.Dropdown(
            list(CLASSES), value=CLASSES[0], label=text.CLASS, elem_id="draft-class", scale=2
        )
        panels["add"] = gr.Button(text.ADD, variant="primary", elem_id="add", scale=1)
        panels["discard"] = gr.Button(text.CANCEL, elem_id="discard", scale=1)
    panels["shapes"] = gr.Gallery(
        label=text.SHAPES,
        columns=6,
        height="auto",
        allow_preview=False,
        object_fit="contain",
        buttons=[],
        format="jpeg",
        interactive=False,
        elem_id="shapes",
    )
    return panels


def _object() -> dict[str, gr.components.Component]:
    panels: dict[str, gr.components.Component] = {}
    with gr.Column(visible=False, elem_id="object", elem_classes="card") as panels["object_panel"]:
        panels["about"] = gr.Markdown(elem_id="about-object")
        panels["category"] = gr.Dropdown(
            list(CLASSES), value=CLASSES[0], label=text.CLASS, elem_id="category"
        )
        panels["forget_box"] = gr.Button(text.FORGET_BOX, size="sm", visible=False)
        panels["chance"] = gr.Image(
            label=text.CHANCE,
            interactive=False,
            format="jpeg",
            buttons=[],
            elem_id="chance",
        )
        gr.Markdown(text.CHANCE_KEY, elem_classes="small")
        with gr.Accordion(text.MORE, open=False):
            first = Settings()
            panels["samples"] = gr.Slider(
                1, 32, first.samples, step=1, label=text.SAMPLES, elem_id="samples"
            )
            panels["seed"] = gr.Number(
                first.seed, label=text.SEED, precision=0, minimum=0, elem_id="seed"
            )
            panels["temperature"] = gr.Slider(
                0, 2, first.temperature, step=0.05, label=text.TEMPERATURE, elem_id="temperature"
            )
    return panels


def _edit() -> dict[str, gr.components.Component]:
    panels: dict[str, gr.components.Component] = {}
    with gr.Column(visible=False, elem_id="edit", elem_classes="card") as panels["edit_panel"]:
        gr.Markdown(f"### {text.EDIT}")
        with gr.Row(elem_classes="buttons"):
            panels["delete"] = gr.Button(text.DELETE, size="sm", elem_id="delete")
            panels["flip"] = gr.Button(text.FLIP, size="sm", elem_id="flip")
            panels["put_back"] = gr.Button(text.PUT_BACK, size="sm", elem_id="put-back")
            panels["bring_forward"] = gr.Button(text.FORWARD, size="sm", elem_id="forward")
            panels["send_back"] = gr.Button(text.BACK, size="sm", elem_id="back")
        panels["size"] = gr.Slider(5, 300, 100, step=1, label=text.SIZE, elem_id="size")
        with gr.Row(elem_id="shift", equal_height=True):
            panels["right"] = gr.Number(0, label=text.RIGHT, min_width=80, elem_id="right-px")
            panels["down"] = gr.Number(0, label=text.DOWN, min_width=80, elem_id="down-px")
            panels["move"] = gr.Button(text.MOVE, size="sm", min_width=70, elem_id="move")
    return panels


def _history() -> dict[str, gr.components.Component]:
    with gr.Row(elem_id="history", elem_classes="buttons"):
        return {
            name: gr.Button(label, size="sm", interactive=False, elem_id=name)
            for name, label in (("undo", text.UNDO), ("redo", text.REDO), ("reset", text.RESET))
        }


def _save() -> dict[str, gr.components.Component]:
    panels: dict[str, gr.components.Component] = {}
    with gr.Accordion(text.SAVE, open=True, elem_id="save"):
        with gr.Row(elem_classes="buttons"):
            for name, label in (
                ("save_picture", text.SAVE_PICTURE),
                ("save_masks", text.SAVE_MASKS),
                ("save_layers", text.SAVE_LAYERS),
            ):
                panels[name] = gr.Button(label, size="sm", elem_id=name.replace("_", "-"))
        panels["save_link"] = gr.DownloadButton(visible="hidden", elem_id="save-link")
    return panels


def _wire_opening(wire: Wire, handlers: Handlers, panels: dict) -> None:
    wire(panels["gallery"].select, handlers.open_example)
    wire(panels["open_photo"].upload, handlers.open_photo, panels["open_photo"])
    wire(panels["import_masks"].upload, handlers.import_masks, panels["import_masks"])


def _wire_picture(wire: Wire, handlers: Handlers, panels: dict) -> None:
    wire(panels["tool"].input, handlers.use_tool, panels["tool"], latest=True)
    wire(panels["radius"].release, handlers.use_brush, panels["radius"], latest=True)
    wire(panels["stage"].gesture, handlers.gesture, panels["off"])
    wire(panels["add"].click, handlers.add_draft, panels["draft_class"])
    wire(panels["discard"].click, handlers.discard_draft)
    wire(panels["shapes"].select, handlers.choose)


def _wire_object(wire: Wire, handlers: Handlers, panels: dict) -> None:
    wire(panels["category"].input, handlers.classify, panels["category"])
    wire(panels["forget_box"].click, handlers.forget_box)
    settings = [panels["samples"], panels["seed"], panels["temperature"]]
    wire(panels["samples"].release, handlers.resample, *settings, latest=True)
    wire(panels["seed"].input, handlers.resample, *settings, latest=True)
    wire(panels["temperature"].release, handlers.resample, *settings, latest=True)


def _wire_edits(wire: Wire, handlers: Handlers, panels: dict) -> None:
    for name in (
        "delete",
        "flip",
        "put_back",
        "bring_forward",
        "send_back",
        "undo",
        "redo",
        "reset",
    ):
        wire(panels[name].click, getattr(handlers, name))
    wire(panels["size"].release, handlers.resize, panels["size"], latest=True)
    wire(panels["move"].click, handlers.move, panels["right"], panels["down"])


def _wire_saving(handlers: Handlers, panels: dict) -> None:
    for name in ("save_picture", "save_masks", "save_layers"):
        panels[name].click(
            getattr(handlers, name),
            panels["session"],
            panels["save_link"],
            api_visibility="private",
            concurrency_id=MODEL,
            concurrency_limit=AT_ONCE,
            show_progress="minimal",
            show_progress_on=panels["hint"],
        ).success(None, js=CLICK_LINK, api_visibility="private")
