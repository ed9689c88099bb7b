"""Every endpoint and every event, called with what nobody should send."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amodal.classes import CLASSES
from amodal.data.coco import write_instances
from amodal.pipeline import Pipeline
from demo.api import Api
from demo.api_schema import EXPORTS
from demo.examples import Example
from demo.explain import ExplainHandlers
from demo.gesture import COMMANDS
from demo.handlers import Handlers
from demo.layer_list import KINDS
from demo.session import MAPS, TOOLS, Session
from demo.study import StudyHandlers
from demo.text import EDITS, FILMS, HISTORY, SAVE_PICTURE
from tests.abuse.junk import answer, fuzzed, junk, junk_number, mostly
from tests.annotation_damage import spoilt
from tests.demo_parts import HEIGHT, ON_CAR, WIDTH, click, examples, instances, offline_pipeline


class Server:
    """The parts that answer requests, and a good request for each."""

    def __init__(self, pipeline: Pipeline, found: tuple[Example, ...]) -> None:
        self.handlers = Handlers(pipeline, found)
        self.explain = ExplainHandlers(pipeline, found)
        self.study = StudyHandlers(pipeline, found, seed=0)
        self.api = Api(pipeline, found)
        self.photo = str(found[0].photo)
        self.masks = write_instances(instances(), "photo.png")
        opened = self.handlers.open_first(Session()).session
        car = self.handlers.gesture(opened, "on", click(*ON_CAR)).session
        locked = self.handlers.arrange(
            car, gr.EventData(None, {"kind": "lock", "ids": [car.picked]})
        )
        self.sessions = {
            "empty": Session(),
            "opened": opened,
            "car": car,
            "moved": self.handlers.move(car, 30, 4).session,
            "locked": locked.session,
        }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("calls")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "gradio"))
        yield Server(offline_pipeline(folder / "cache"), examples(folder / "examples"))


point = st.lists(mostly(junk_number | st.floats(0, 160)), min_size=1, max_size=3)
points = st.lists(mostly(point), max_size=4)
box = mostly(st.lists(mostly(st.floats(-20, 200)), min_size=3, max_size=4))
settings_of = {
    "samples": mostly(st.integers(0, 33)),
    "seed": mostly(junk_number),
    "temperature": mostly(st.floats(0, 2)),
}
evidence = {name: mostly(points) for name in ("inside", "outside")} | {
    "absent": mostly(st.lists(box, max_size=3))
}
edit = st.fixed_dictionaries(
    {"do": mostly(st.sampled_from([*EDITS, "move", "scale", "choose"]))},
    optional={
        "object": mostly(st.integers(0, 1)),
        "dx": mostly(st.floats(-200, 200)),
        "dy": mostly(junk_number),
        "factor": mostly(st.floats(0.1, 3)),
        "shape": mostly(st.integers(0, 4)),
        **settings_of,
        **evidence,
    },
)
masks = spoilt(write_instances(instances(), "photo.png"))


@fuzzed
@given(st.data())
def test_an_endpoint_answers_or_says_what_is_wrong(server: Server, data: st.DataObject) -> None:
    api, photo = server.api, server.photo
    some_masks = data.draw(st.just(server.masks) | mostly(masks))
    calls: dict[str, Callable[[], object]] = {
        "example": lambda: api.example(data.draw(junk)),
        "segment": lambda: api.segment(
            photo, data.draw(mostly(points)), data.draw(mostly(points)), data.draw(box)
        ),
        "complete": lambda: api.complete(
            photo,
            some_masks,
            data.draw(mostly(st.integers(0, 2))),
            *(data.draw(value) for value in settings_of.values()),
            **{name: data.draw(value) for name, value in evidence.items()},
        ),
        "edit": lambda: api.edit(photo, some_masks, data.draw(mostly(st.lists(edit, max_size=3)))),
        "export": lambda: api.export(
            photo,
            some_masks,
            data.draw(st.lists(edit, max_size=2)),
            data.draw(st.sampled_from(EXPORTS) | junk),
        ),
        "no photo": lambda: api.edit(data.draw(junk), some_masks, []),
    }
    answer(calls[data.draw(st.sampled_from(sorted(calls)))])
    before = server.api.edit(photo, server.masks, [])
    assert before.shape == (HEIGHT, WIDTH, 3), "the next good request is answered"


gesture = st.fixed_dictionaries(
    {
        "kind": mostly(st.sampled_from(["click", "drag", "stroke", "pick", "place", "command"])),
        "points": st.lists(
            st.lists(mostly(st.floats(-10, 200)), min_size=2, max_size=2), max_size=3
        )
        | mostly(points),
    },
    optional={
        "reach": junk_number | junk,
        "off": junk,
        "index": mostly(st.integers(0, 2)),
        "dx": mostly(st.floats(-100, 100)),
        "dy": mostly(junk_number),
        "scale": mostly(st.floats(0.1, 2)),
        "command": mostly(st.sampled_from(COMMANDS)),
    },
)
change = st.fixed_dictionaries(
    {"kind": mostly(st.sampled_from(KINDS))},
    optional={
        "ids": mostly(st.lists(mostly(st.sampled_from(["object-1", "object-2", "object-9"])))),
        "place": mostly(st.integers(0, 3)),
    },
)


def event(data: st.DataObject, value: st.SearchStrategy) -> gr.EventData:
    return gr.EventData(None, data.draw(mostly(value)))


number = mostly(junk_number)
EVENTS: dict[str, tuple[st.SearchStrategy, ...]] = {
    "use_tool": (mostly(st.sampled_from(TOOLS)),),
    "use_brush": (number,),
    "try_edit": (junk,),
    "add_draft": (mostly(st.sampled_from(CLASSES)),),
    "discard_draft": (),
    "resample": tuple(settings_of.values()),
    "use_map": (mostly(st.sampled_from(MAPS)),),
    "classify": (mostly(st.sampled_from(CLASSES)),),
    "forget_clues": (),
    "forget_box": (),
    "move": (number, number),
    "resize": (number,),
    "turn": (number,),
    "margins": (number, number),
    "choose_detected": (number, junk),
    "copy_link": (),
    "look_at_truth": (),
    "kit": (),
    "import_masks": (junk,),
    "open_photo": (junk,),
    "open_project": (junk,),
    **dict.fromkeys((*EDITS, *HISTORY), ()),
    **dict.fromkeys((*SAVE_PICTURE, "save_project"), ()),
    **dict.fromkeys(FILMS, (mostly(st.just("GIF")),)),
}


@fuzzed
@given(st.data())
def test_an_event_answers_or_says_what_is_wrong(server: Server, data: st.DataObject) -> None:
    handlers = server.handlers
    session = server.sessions[data.draw(st.sampled_from(sorted(server.sessions)))]
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from([*EVENTS, *["gesture"] * 8, *["arrange"] * 4, "choose"]))
        if name == "gesture":
            args = data.draw(mostly(st.just("on"))), event(data, gesture)
        elif name == "arrange":
            args = (event(data, change),)
        elif name == "choose":
            args = (event(data, st.fixed_dictionaries({"number": mostly(st.integers(0, 21))})),)
        else:
            args = tuple(map(data.draw, EVENTS[name]))
        step = session.step
        view = answer(lambda n=name, s=session, a=args: getattr(handlers, n)(s, *a))
        assert session.step is step
        session = getattr(view, "session", session)
    assert session.tool in TOOLS
    if session.step is not None:
        again = handlers.redo(handlers.undo(session).session).session
        assert handlers.save_project(again).endswith("project.zip")


@fuzzed
@given(st.data())
def test_an_example_is_chosen_by_a_number(server: Server, data: st.DataObject) -> None:
    picked = gr.SelectData(None, {"index": data.draw(junk), "value": None})
    answer(lambda: server.handlers.open_example(Session(), picked))


@fuzzed
@given(st.data())
def test_the_other_tabs_answer_or_say_what_is_wrong(server: Server, data: st.DataObject) -> None:
    explain, study = server.explain, server.study
    page = explain.open(server.sessions["car"], None, 3)
    explained = data.draw(st.none() | st.just(page.explained))
    sides = st.fixed_dictionaries({"box": box})
    calls: dict[str, Callable[[], object]] = {
        "open": lambda: explain.open(server.sessions["opened"], None, data.draw(junk)),
        "stage": lambda: explain.choose_stage(explained, data.draw(mostly(st.integers(1, 3)))),
        "slide": lambda: explain.slide(explained, *(data.draw(number) for _ in range(4))),
        "mix": lambda: explain.mix(
            explained, data.draw(mostly(st.integers(0, 2))), data.draw(number)
        ),
        "draw": lambda: explain.draw(explained),
        "hide": lambda: explain.hide(explained, event(data, sides)),
        "vote": lambda: study.left(None),
        "save": lambda: study.save(None),
    }
    answer(calls[data.draw(st.sampled_from(sorted(calls)))])


def test_values_that_cannot_be_compared_are_told(server: Server) -> None:
    session = server.sessions["car"]
    for value in (math.nan, "far", None, [1], {}, True, np.inf):
        for call in (server.handlers.resize, server.handlers.turn, server.handlers.use_brush):
            with pytest.raises(gr.Error, match=r"got|Fill in|expected"):
                call(session, value)
    assert Path(server.photo).is_file()
