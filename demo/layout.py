"""Where things are on the page. Each function adds one part and returns its panels by name."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from amodal.margins import Margins
from amodal.scene import CLASSES
from demo import text
from demo.examples import Example
from demo.layer_list import layer_list
from demo.pictures import thumbnail
from demo.session import MAPS, TOOLS, Settings
from demo.stage import stage
from demo.strip import strip

Panels = dict[str, gr.blocks.Block]


def opening(examples: Sequence[Example]) -> Panels:
    """Thumbnails of the examples, and the user's own files."""
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
        with gr.Column(scale=0, min_width=170, elem_id="files"):
            photo = gr.UploadButton(
                text.OPEN_PHOTO,
                variant="primary",
                file_types=["image"],
                size="md",
                elem_id="open-photo",
            )
            project = gr.UploadButton(
                text.OPEN_PROJECT, file_types=[".zip"], size="md", elem_id="open-project"
            )
            masks = gr.UploadButton(
                text.IMPORT_MASKS,
                file_types=[".json", ".png"],
                file_count="multiple",
                size="md",
                elem_id="import-masks",
            )
    return {
        "gallery": gallery,
        "open_photo": photo,
        "open_project": project,
        "import_masks": masks,
    }


def picture() -> Panels:
    """The photo with its tools, and the comparison."""
    panels: Panels = {}
    with gr.Tabs(elem_id="tabs"):
        with gr.Tab(text.TAB_EDIT) as panels["edit_tab"]:
            with gr.Row(elem_id="bar"):
                panels["tool"] = gr.Radio(
                    [(text.TOOLS[tool], tool) for tool in TOOLS],
                    value=TOOLS[0],
                    label=text.TOOL,
                    show_label=False,
                    container=False,
                    elem_id="tool",
                    scale=1,
                )
                panels["detect"] = gr.Button(
                    text.DETECT, size="sm", interactive=False, elem_id="detect", min_width=60
                )
                with gr.Row(elem_id="history"):
                    for name, label in text.HISTORY.items():
                        panels[name] = gr.Button(
                            label, size="sm", interactive=False, elem_id=name, min_width=60
                        )
            panels["hint"] = gr.Markdown(text.EMPTY_STAGE, elem_id="hint")
            with gr.Row(visible=False, elem_id="marking") as panels["marking"]:
                panels["mark"] = gr.Radio(
                    [(text.POINT_ON, "on"), (text.POINT_OFF, "off")],
                    value="on",
                    label=text.POINTS,
                    elem_id="points",
                )
                panels["forget_clues"] = gr.Button(
                    text.FORGET_CLUES,
                    size="sm",
                    visible=False,
                    elem_id="forget-clues",
                    min_width=60,
                )
            panels["stage"] = stage()
        with gr.Tab(text.TAB_COMPARE) as panels["compare_tab"]:
            panels["comparison"] = gr.ImageSlider(
                label=text.COMPARE,
                format="jpeg",
                interactive=False,
                buttons=["fullscreen"],
                max_height=900,
                elem_id="comparison",
            )
        with gr.Tab(text.TAB_TRUTH, visible=False) as panels["truth_tab"]:
            panels |= _truth()
    return panels


def _truth() -> Panels:
    """What is known of a rendered street, beside what the model imagines."""
    panels: Panels = {"lesson": gr.Markdown(elem_id="lesson")}
    panels["true_shapes"] = _tiles("true-shapes", 4)
    panels["true_edit"] = gr.Radio([], label=text.TRUE_EDIT, elem_id="true-edit")
    panels["true_edit_about"] = gr.Markdown(elem_id="true-edit-about")
    panels["true_comparison"] = gr.ImageSlider(
        label=text.TRUE_COMPARE,
        format="jpeg",
        interactive=False,
        buttons=["fullscreen"],
        max_height=900,
        visible=False,
        elem_id="true-comparison",
    )
    return panels


def layers() -> Panels:
    """All objects, and the order in which they hide each other."""
    return {"layers": layer_list()}


def marking() -> Panels:
    """What the tools for masks need, and the object that is being marked."""
    panels: Panels = {}
    with gr.Column(visible=False, elem_classes="card") as panels["brush_bar"]:
        panels["radius"] = gr.Slider(1, 100, 8, step=1, label=text.BRUSH, elem_id="radius")
    with gr.Column(visible=False, elem_id="draft", elem_classes="card") as panels["draft_bar"]:
        gr.Markdown(f"### {text.DRAFT}")
        panels["draft_class"] = gr.Dropdown(
            list(CLASSES), value=CLASSES[0], label=text.CLASS, elem_id="draft-class"
        )
        with gr.Row(elem_classes="buttons"):
            panels["add"] = gr.Button(text.ADD, variant="primary", size="md", elem_id="add")
            panels["discard"] = gr.Button(text.CANCEL, size="md", elem_id="discard")
    return panels


def _tiles(id: str, columns: int) -> gr.Gallery:
    """Pictures of shapes beside each other."""
    return gr.Gallery(
        label=text.SHAPES,
        show_label=False,
        columns=columns,
        height="auto",
        allow_preview=False,
        object_fit="contain",
        buttons=[],
        format="jpeg",
        interactive=False,
        elem_id=id,
    )


def shapes() -> Panels:
    """The selected object's possible shapes."""
    with gr.Column(visible=False, elem_id="shapes-part") as part:
        gr.Markdown(f"### {text.SHAPES}\n{text.SHAPES_KEY}")
        shapes = strip()
    return {"shapes_part": part, "shapes": shapes}


def selected() -> Panels:
    """The selected object: what it is, how sure its shape is, how shapes are drawn."""
    panels: Panels = {}
    panels["nothing"] = gr.Markdown(text.NOTHING_SELECTED, elem_id="nothing", elem_classes="card")
    with gr.Column(visible=False, elem_id="object", elem_classes="card") as panels["object_panel"]:
        panels["about"] = gr.Markdown(elem_id="about-object")
        panels["category"] = gr.Dropdown(
            list(CLASSES), value=CLASSES[0], label=text.CLASS, elem_id="category"
        )
        panels["forget_box"] = gr.Button(
            text.FORGET_BOX, size="sm", visible=False, elem_id="forget-box"
        )
        with gr.Row(elem_id="map-bar"):
            panels["map"] = gr.Radio(
                [(text.MAPS[name], name) for name in MAPS],
                value=MAPS[0],
                label=text.MAP,
                show_label=False,
                container=False,
                elem_id="map",
            )
            panels["uncertain"] = gr.Markdown(elem_id="uncertain", elem_classes="small")
        panels["chance"] = gr.Image(
            label=text.CHANCE,
            show_label=False,
            alt_text=text.CHANCE,
            interactive=False,
            format="jpeg",
            buttons=[],
            height=210,
            elem_id="chance",
        )
        panels["map_key"] = gr.Markdown(elem_id="map-key", elem_classes="small")
        with gr.Accordion(text.MORE, open=False, elem_id="more"):
            panels |= _settings()
    return panels


def _settings() -> Panels:
    first = Settings()
    return {
        "samples": gr.Slider(1, 32, first.samples, step=1, label=text.SAMPLES, elem_id="samples"),
        "temperature": gr.Slider(
            0, 2, first.temperature, step=0.05, label=text.TEMPERATURE, elem_id="temperature"
        ),
        "seed": gr.Number(first.seed, label=text.SEED, precision=0, minimum=0, elem_id="seed"),
    }


def edits() -> Panels:
    """What can be done with the selected object."""
    panels: Panels = {}
    with gr.Column(visible=False, elem_id="edit", elem_classes="card") as panels["edit_panel"]:
        gr.Markdown(f"### {text.EDIT}")
        with gr.Row(elem_classes="buttons"):
            for name, label in text.EDITS.items():
                variant = "stop" if name == "delete" else "secondary"
                panels[name] = gr.Button(label, size="sm", variant=variant, elem_id=name)
        panels["size"] = gr.Slider(5, 300, 100, step=1, label=text.SIZE, elem_id="size")
        with gr.Column(visible=False, elem_id="turning") as panels["turn_part"]:
            panels["turn"] = gr.Slider(-180, 180, 0, step=15, label=text.TURN, elem_id="turn")
            gr.Markdown(text.TURN_KEY, elem_classes="small")
        with gr.Row(elem_id="shift"):
            panels["right"] = gr.Number(
                0, label=text.RIGHT, min_width=70, container=True, elem_id="right-px"
            )
            panels["down"] = gr.Number(
                0, label=text.DOWN, min_width=70, container=True, elem_id="down-px"
            )
            panels["move"] = gr.Button(text.MOVE, size="sm", min_width=60, elem_id="move")
    return panels


def repainting() -> Panels:
    """How much around removed and moved objects is repainted."""
    first = Margins()
    with gr.Accordion(text.MARGINS, open=False, visible=False, elem_id="margins") as part:
        gr.Markdown(text.MARGINS_KEY, elem_classes="small")
        sliders = {
            name: gr.Slider(
                0, most, round(100 * getattr(first, name)), step=1, label=label, elem_id=name
            )
            for name, label, most in (("rim", text.RIM, 15), ("shadow", text.SHADOW, 50))
        }
    return {"margins_panel": part, **sliders}


def study() -> Panels:
    """The blind study; nothing of it is computed before it starts."""
    panels: Panels = {}
    with gr.Column(elem_id="study"):
        gr.Markdown(f"### {text.STUDY}\n{text.STUDY_INTRO}")
        panels["study_progress"] = gr.Markdown(elem_id="study-progress")
        with gr.Column(visible=False, elem_id="study-ask") as panels["study_ask"]:
            panels["study_pictures"] = _tiles("study-pictures", 3)
            with gr.Row(elem_classes="buttons"):
                for name, label in text.STUDY_VOTES.items():
                    panels[f"study_{name}"] = gr.Button(label, size="md", elem_id=f"study-{name}")
        with gr.Column(visible=False, elem_id="study-result") as panels["study_result"]:
            panels["study_tally"] = gr.Markdown(elem_id="study-tally")
            gr.Markdown(text.STUDY_KEY, elem_classes="small")
        with gr.Row(elem_classes="buttons"):
            panels["study_start"] = gr.Button(
                text.STUDY_START, variant="primary", size="md", elem_id="study-start"
            )
            panels["study_csv"] = gr.Button(
                text.STUDY_CSV, size="md", visible=False, elem_id="study-csv"
            )
        panels["study_votes"] = gr.Textbox(visible="hidden")
    return panels
