"""Objects are selected, completed, and marked by hand: the handlers, called directly."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from amodal.geometry import Box, tight_box
from demo import text
from demo.gesture import Gesture
from demo.handlers import Handlers
from demo.session import Session
from demo.values import Malformed
from tests.demo_parts import (
    CAR,
    NOTHING,
    ON_CAR,
    ON_PERSON,
    click,
    drag,
    instances,
    photo,
    shape,
    shapes,
    stroke,
    tiles,
    with_tool,
)


def test_a_click_selects_and_asks_the_model(handlers: Handlers, opened: Session) -> None:
    view = handlers.gesture(opened, "on", click(*ON_CAR))
    assert view.session.picked == "object-1"
    assert len(view.session.answer.completions.samples) == 20
    assert len(tiles(view)) == 21
    assert view.shapes["chosen"] == 0
    assert view.chance.dtype == np.uint8
    assert [shape["picked"] for shape in shapes(view)] == [True, False]
    assert opened.picked is None, "the session that was given has changed"


def test_a_caption_says_area_and_visible_iou(handlers: Handlers, car: Session) -> None:
    view = handlers.gesture(car, "on", click(*ON_PERSON))
    mode = view.session.answer.completions.mode
    caption = tiles(view)[0]["caption"]
    assert text.count(mode.area) in caption
    assert f"IoU\u00a0{mode.visible_iou:.0%}" in caption


def test_a_click_beside_everything_deselects(handlers: Handlers, car: Session) -> None:
    view = handlers.gesture(car, "on", click(*NOTHING))
    assert view.session.picked is None
    assert view.object_panel["visible"] is False


def test_a_finger_may_miss_by_its_reach(handlers: Handlers, opened: Session) -> None:
    x, y = CAR[0] - 2, 60
    assert handlers.gesture(opened, "on", click(x, y)).session.picked == "object-1"
    assert handlers.gesture(opened, "on", click(x, y, reach=1)).session.picked is None


def test_reach_is_round(handlers: Handlers, opened: Session) -> None:
    corner = CAR[0] - 2.5, CAR[1] - 2.5
    assert handlers.gesture(opened, "on", click(*corner, reach=3)).session.picked is None
    assert handlers.gesture(opened, "on", click(*corner, reach=5)).session.picked == "object-1"


def test_the_other_objects_may_hide_the_selected_one(handlers: Handlers, car: Session) -> None:
    target, other = instances()
    hidden = handlers.pipeline.complete(target, [other]).samples
    alone = handlers.pipeline.complete(target).samples
    got = [item.visible_iou for item in car.answer.completions.samples]
    assert got == [item.visible_iou for item in hidden]
    assert got != [item.visible_iou for item in alone]


def test_an_outline_is_chosen_by_keyboard(handlers: Handlers, opened: Session) -> None:
    event = gr.EventData(None, {"kind": "pick", "points": [], "index": 1})
    assert handlers.gesture(opened, "on", event).session.picked == "object-2"


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "click", "points": []},
        {"kind": "click", "points": [[float("nan"), 1]]},
        {"kind": "drag", "points": [[1, 2]]},
        {"kind": "stroke", "points": []},
        {"kind": "dance", "points": [[1, 2]]},
    ],
)
def test_what_no_stage_sends_is_refused(data: dict) -> None:
    with pytest.raises(Malformed, match="Gesture: got"):
        Gesture.read(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kind": "place", "points": [], "scale": 0}, "scale"),
        ({"kind": "place", "points": [], "scale": float("inf")}, "scale"),
        ({"kind": "place", "points": [], "dx": float("nan")}, "dx: got nan"),
        ({"kind": "command", "points": [], "command": "launch"}, "command: got 'launch'"),
        ({"kind": "command", "points": []}, "command: got ''"),
        ({"kind": "click", "points": [[1, 2]], "command": "delete"}, "command: got 'delete'"),
    ],
)
def test_wrong_keys_and_places_are_refused(data: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Gesture.read(data)


def test_an_answer_is_asked_for_once(handlers: Handlers, car: Session) -> None:
    answer = car.answers["object-1"]
    person = handlers.gesture(car, "on", click(*ON_PERSON)).session
    again = handlers.gesture(person, "on", click(*ON_CAR)).session
    assert again.answers["object-1"] is answer


def test_settings_draw_other_samples(handlers: Handlers, car: Session) -> None:
    view = handlers.resample(car, 5, 7, 1.0)
    assert len(tiles(view)) == 6
    same = handlers.resample(car, 5, 7, 1.0).session.answer.completions.samples
    other = handlers.resample(car, 5, 8, 1.0).session.answer.completions.samples
    masks = [item.mask for item in view.session.answer.completions.samples]
    assert all(np.array_equal(a, b.mask) for a, b in zip(masks, same, strict=True))
    assert not all(np.array_equal(a, b.mask) for a, b in zip(masks, other, strict=True))


def test_settings_hold_for_the_next_object(handlers: Handlers, opened: Session) -> None:
    session = handlers.resample(opened, 3, 0, 1.0).session
    session = handlers.gesture(session, "on", click(*ON_CAR)).session
    assert len(session.answer.completions.samples) == 3


@pytest.mark.parametrize("settings", [(0, 0, 1.0), (33, 0, 1.0), (5, 0, 9.0), (5, None, 1.0)])
def test_bad_settings_are_a_toast(handlers: Handlers, car: Session, settings: tuple) -> None:
    with pytest.raises(gr.Error):
        handlers.resample(car, *settings)


def test_a_chosen_sample_is_the_objects_shape(handlers: Handlers, car: Session) -> None:
    view = handlers.choose(car, shape(3))
    sample = car.answer.completions.samples[2]
    assert view.shapes["chosen"] == 3
    assert view.session.layer.completion.area == sample.area
    assert np.array_equal(view.session.sight.picture, photo()), "nothing was edited yet"
    undone = handlers.undo(view.session)
    assert undone.shapes["chosen"] == 0


def test_a_shape_drawn_with_other_settings_is_not_marked(handlers: Handlers, car: Session) -> None:
    session = handlers.choose(car, shape(3)).session
    assert handlers.resample(session, 4, 9, 1.0).shapes["chosen"] is None


def test_another_class_asks_anew(handlers: Handlers, car: Session) -> None:
    view = handlers.classify(car, "person")
    assert view.session.layer.instance.category == "person"
    assert view.session.answer is not car.answer
    assert handlers.undo(view.session).category == "car"


def test_a_box_around_the_full_extent_is_evidence(handlers: Handlers, car: Session) -> None:
    session = with_tool(handlers, car, "extent")
    view = handlers.gesture(session, "on", drag((100, 84), (16, 36)))
    assert view.session.layer.instance.box == Box(16, 36, 100, 84)
    assert view.forget_box["visible"] is True
    assert view.session.answer is not car.answer
    assert handlers.forget_box(view.session).session.layer.instance.box is None
    with pytest.raises(gr.Error, match="box"):
        handlers.gesture(session, "on", click(*ON_CAR))


def test_an_object_is_added_by_a_box(handlers: Handlers, tmp_path: Path) -> None:
    Image.fromarray(photo()).save(tmp_path / "mine.png")
    session = handlers.open_photo(Session(), str(tmp_path / "mine.png")).session
    session = with_tool(handlers, session, "add")
    view = handlers.gesture(session, "on", drag((64, 14), (100, 94)))
    assert view.draft_bar["visible"] is True
    best = handlers.pipeline.suggest_class(view.session.draft.mask)[0][0]
    assert view.draft_class["value"] == best, "the suggested class is preselected"
    assert tight_box(view.session.draft.mask).iou(Box(70, 20, 95, 90)) > 0.7
    added = handlers.add_draft(view.session, "person")
    assert added.session.layer.instance.name == "person 1"
    assert added.session.draft is None
    assert added.tool == "pick"
    assert len(tiles(added)) == 21
    assert handlers.undo(added.session).session.layers == ()


def test_more_points_correct_the_draft(handlers: Handlers, opened: Session) -> None:
    session = with_tool(handlers, opened, "add")
    session = handlers.gesture(session, "on", click(*ON_PERSON)).session
    session = handlers.gesture(session, "off", click(*ON_CAR)).session
    session = handlers.gesture(session, "on", click(85, 30, off=True)).session
    assert session.draft.labels == (True, False, False)
    assert handlers.discard_draft(session).session.draft is None
    assert handlers.use_tool(session, "brush").session.draft is not None


def test_nothing_can_be_added_before_it_is_marked(handlers: Handlers, opened: Session) -> None:
    with pytest.raises(gr.Error, match="Click an object"):
        handlers.add_draft(opened, "car")


def test_the_brush_corrects_the_draft(handlers: Handlers, opened: Session) -> None:
    session = with_tool(handlers, opened, "add")
    session = handlers.gesture(session, "on", drag((64, 14), (100, 94))).session
    session = with_tool(handlers, handlers.use_brush(session, 4).session, "brush")
    painted = handlers.gesture(session, "on", stroke((120, 20), (140, 20))).session
    assert painted.draft.mask[18:22, 120:140].all()
    rubbed = handlers.gesture(with_tool(handlers, painted, "erase"), "on", stroke((130, 20)))
    assert not rubbed.session.draft.mask[20, 130]


@pytest.mark.parametrize("tool", ["brush", "erase", "extent"])
def test_a_moved_object_keeps_its_mask(handlers: Handlers, car: Session, tool: str) -> None:
    session = with_tool(handlers, handlers.move(car, 30, 0).session, tool)
    event = drag((10, 10), (90, 90)) if tool == "extent" else stroke((60, 60))
    with pytest.raises(gr.Error, match="put it back first"):
        handlers.gesture(session, "on", event)


def test_the_brush_corrects_the_selected_object(handlers: Handlers, car: Session) -> None:
    session = with_tool(handlers, car, "brush")
    view = handlers.gesture(session, "on", stroke((15, 60)))
    assert view.session.layer.instance.modal[60, 15]
    assert view.session.layer.instance.area > car.layer.instance.area
    assert view.session.answer is not car.answer
    assert not handlers.undo(view.session).session.layer.instance.modal[60, 15]


def test_an_object_cannot_be_erased_away(handlers: Handlers, car: Session) -> None:
    session = handlers.use_brush(with_tool(handlers, car, "erase"), 200).session
    with pytest.raises(gr.Error, match="Nothing of the object"):
        handlers.gesture(session, "on", stroke(ON_CAR))
    assert session.layer.instance.area == car.layer.instance.area
