"""Edits, undo and saving: the handlers, called directly."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from amodal.data.coco import read_instances
from amodal.placement import Placement
from demo.handlers import Handlers
from demo.session import Session
from demo.view import View
from tests.demo_parts import (
    HEIGHT,
    ON_CAR,
    ON_PERSON,
    WIDTH,
    click,
    instances,
    photo,
    placed,
    shape,
    shapes,
)


def test_delete_and_undo_give_the_photo_back(handlers: Handlers, car: Session) -> None:
    view = handlers.delete(car)
    assert [shape["label"] for shape in shapes(view)] == ["person 1"]
    changed = (view.session.sight.picture != photo()).any(axis=2)
    assert changed[45:75, 25:65].mean() > 0.9
    assert not changed[:, 120:].any(), "far from the object nothing may change"
    with Image.open(view.comparison[1]) as shown:
        away = np.asarray(shown).astype(int) - view.session.sight.picture
    assert np.abs(away).mean() < 4  # it is a JPEG
    undone = handlers.undo(view.session)
    assert undone.session.sight.picture.tobytes() == photo().tobytes()
    redone = handlers.redo(undone.session)
    assert redone.session.sight.picture.tobytes() == view.session.sight.picture.tobytes()


@pytest.mark.parametrize("name", ["delete", "flip", "put_back", "bring_forward", "send_back"])
def test_edits_need_an_object(handlers: Handlers, opened: Session, name: str) -> None:
    with pytest.raises(gr.Error, match="Select an object first"):
        getattr(handlers, name)(opened)


@pytest.mark.parametrize("name", ["delete", "reset", "save_picture", "save_masks", "save_layers"])
def test_edits_need_a_photo(handlers: Handlers, name: str) -> None:
    with pytest.raises(gr.Error, match="Open a photo first"):
        getattr(handlers, name)(Session())


def test_moving_by_numbers_and_by_hand(handlers: Handlers, car: Session) -> None:
    by_number = handlers.move(car, 30, 5).session
    assert (by_number.layer.placement.dx, by_number.layer.placement.dy) == (30, 5)
    by_hand = handlers.gesture(car, "on", placed(0, 30, 5)).session
    assert by_hand.layer.placement == by_number.layer.placement
    again = handlers.gesture(by_hand, "on", placed(0, 30, 5)).session
    assert again.layer.placement == by_hand.layer.placement  # a place, not a shift


def test_a_dragged_object_is_selected_and_may_grow(handlers: Handlers, car: Session) -> None:
    view = handlers.gesture(car, "on", placed(1, 20, 8, 1.5))
    assert view.session.picked == "object-2"
    assert view.session.layer.placement == Placement(20, 8, pytest.approx(1.5))
    assert view.size == 150


def test_a_place_that_is_no_size_is_told(handlers: Handlers, car: Session) -> None:
    with pytest.raises(gr.Error, match=r"between 0\.05 and 8"):
        handlers.gesture(car, "on", placed(0, 0, 0, 0.01))


def test_an_object_is_selected_where_it_stands_now(handlers: Handlers, car: Session) -> None:
    moved = handlers.move(car, 60, 0).session
    x, y = ON_CAR[0] + 60, ON_CAR[1]
    assert handlers.gesture(moved, "on", click(x, y)).session.picked == "object-1"
    assert handlers.gesture(moved, "on", click(*ON_CAR)).session.picked is None


def test_size_flip_and_put_back(handlers: Handlers, car: Session) -> None:
    view = handlers.resize(car, 50)
    assert view.session.layer.placement.scale == pytest.approx(0.5)
    assert view.size == 50
    view = handlers.resize(view.session, 150)
    assert view.session.layer.placement.scale == pytest.approx(1.5)
    view = handlers.flip(view.session)
    assert view.session.layer.placement.flip
    back = handlers.put_back(view.session).session
    assert back.layer.placement.in_place
    assert back.sight.picture.tobytes() == photo().tobytes()


def key(command: str) -> gr.EventData:
    return gr.EventData(None, {"kind": "command", "points": [], "command": command})


def test_keys_edit_as_the_buttons_do(handlers: Handlers, car: Session) -> None:
    by_key = handlers.gesture(car, "on", key("delete"))
    assert np.array_equal(by_key.session.sight.picture, handlers.delete(car).session.sight.picture)
    back = handlers.gesture(by_key.session, "on", key("undo")).session
    assert back.sight.picture.tobytes() == photo().tobytes()
    forward = handlers.gesture(car, "on", key("bring_forward")).session
    assert forward.scene.layers[-1].id == "object-1"


def test_the_photo_is_sent_beside_an_edit(handlers: Handlers, car: Session) -> None:
    assert handlers.gesture(car, "on", click(*ON_CAR)).stage["before"] is None
    view = handlers.gesture(car, "on", placed(0, 0, 0, 0.5))
    assert view.stage["before"]["path"] != view.stage["photo"]["path"]


def test_a_car_is_turned_and_turned_back(handlers: Handlers, car: Session) -> None:
    view = handlers.turn(car, 90)
    assert view.turn == 90
    assert view.session.layer.turned.degrees == 90
    assert not np.array_equal(view.session.sight.picture, photo())
    assert handlers.undo(view.session).session.layer.turned is None
    further = handlers.turn(view.session, -45)
    assert (further.turn, further.session.layer.turned.degrees) == (-45, -45)
    back = handlers.turn(further.session, 0)
    assert back.turn == 0
    assert back.session.sight.picture.tobytes() == photo().tobytes()


def test_turning_is_offered_for_cars_alone(handlers: Handlers, car: Session) -> None:
    assert handlers.gesture(car, "on", click(*ON_CAR)).turn_part["visible"]
    person = handlers.gesture(car, "on", click(*ON_PERSON))
    assert not person.turn_part["visible"]
    with pytest.raises(gr.Error, match="Only cars can be turned so far, and this is a person"):
        handlers.turn(person.session, 90)
    with pytest.raises(gr.Error, match="number"):
        handlers.turn(car, None)
    with pytest.raises(gr.Error, match="number"):
        handlers.resize(car, None)


def test_order_and_reset(handlers: Handlers, car: Session) -> None:
    view = handlers.bring_forward(car)
    assert view.session.scene.layers[-1].id == "object-1"
    assert view.reset["interactive"] is True
    person = handlers.gesture(car, "on", click(*ON_PERSON)).session
    assert handlers.send_back(person).session.scene.layers[0].id == "object-2"
    reset = handlers.reset(view.session)
    assert reset.session.sight.picture.tobytes() == photo().tobytes()
    assert reset.reset["interactive"] is False
    assert handlers.undo(reset.session).session.scene.layers[-1].id == "object-1"


def test_undo_without_a_past_changes_nothing(handlers: Handlers, opened: Session) -> None:
    assert handlers.undo(opened).session.step.scene.layers == opened.scene.layers
    assert handlers.redo(opened).session.step.scene.layers == opened.scene.layers
    # Of a page with examples the server has forgotten the session: it must not be shown as empty.
    for action in (handlers.undo, handlers.redo, handlers.reset):
        with pytest.raises(gr.Error, match="the server was restarted"):
            action(Session())


def test_the_picture_is_saved_as_it_is(handlers: Handlers, car: Session) -> None:
    path = Path(handlers.save_picture(car))
    assert path.name == "A small street.png"
    assert np.array_equal(np.asarray(Image.open(path)), photo())
    edited = handlers.delete(car).session
    saved = np.asarray(Image.open(handlers.save_picture(edited)))
    assert np.array_equal(saved, edited.sight.picture)


def test_masks_are_saved_to_be_read_again(handlers: Handlers, car: Session) -> None:
    path = Path(handlers.save_masks(handlers.choose(car, shape(2)).session))
    document = json.loads(path.read_text())
    assert document["annotations"][0]["area"] == car.answer.completions.samples[1].area
    assert len(document["annotations"][0]["samples"]) == 20
    again = read_instances(path, HEIGHT, WIDTH)
    for item, other in zip(again, instances(), strict=True):
        assert np.array_equal(item.modal, other.modal)


def test_layers_are_saved_as_a_zip(handlers: Handlers, car: Session) -> None:
    data = Path(handlers.save_layers(car)).read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        listing = json.loads(archive.read("layers.json"))
        plate = Image.open(io.BytesIO(archive.read(listing["plate"])))
    assert plate.size == (WIDTH, HEIGHT)
    assert {layer["name"] for layer in listing["layers"]} == {"car 1", "person 1"}


def test_wider_margins_repaint_more_and_undo_brings_both_back(
    handlers: Handlers, car: Session
) -> None:
    narrow = handlers.delete(car)
    assert (narrow.rim, narrow.shadow) == (3, 8)
    wide = handlers.margins(narrow.session, 12, 8)
    assert wide.rim == 12

    def changed(view: View) -> int:
        return int((view.session.sight.picture != photo()).any(axis=2).sum())

    assert changed(wide) > 1.1 * changed(narrow)
    undone = handlers.undo(wide.session)
    assert undone.rim == 3
    assert undone.session.sight.picture.tobytes() == narrow.session.sight.picture.tobytes()


def test_margins_that_stay_are_no_step(handlers: Handlers, car: Session) -> None:
    after = handlers.margins(car, 3, 8).session
    assert after.past == car.past
    assert handlers.margins(car, 5, 8).session.sight.picture.tobytes() == photo().tobytes()


@pytest.mark.parametrize(
    ("rim", "message"), [(None, "Fill in both"), (90, "between 0 and 50%"), (-1, "between 0")]
)
def test_margins_beyond_reason_become_a_toast(
    handlers: Handlers, car: Session, rim: float | None, message: str
) -> None:
    with pytest.raises(gr.Error, match=message):
        handlers.margins(car, rim, 8)
