"""The list of layers: what it shows, what it asks for, and that a lock guards every edit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from amodal.errors import AmodalError
from amodal.export import png_bytes
from amodal.layers import LayeredScene
from amodal.scene import Instance
from demo import text
from demo.contact_sheet import CELL, COLUMNS, contact_sheet
from demo.handlers import Handlers
from demo.layer_list import KINDS, Change, update
from demo.notes import project_of, session_of
from demo.session import Session
from demo.view import View
from tests.demo_parts import (
    ON_CAR,
    ON_PERSON,
    click,
    drag,
    instances,
    photo,
    placed,
    shape,
    shapes,
    stroke,
    tiles,
    with_tool,
)

CAR, PERSON = "object-1", "object-2"


def ask(kind: str, *ids: str, **more: Any) -> gr.EventData:
    return gr.EventData(None, {"kind": kind, "ids": list(ids), **more})


def stage(kind: str, **more: Any) -> gr.EventData:
    return gr.EventData(None, {"kind": kind, "points": [], **more})


def listed(view: View) -> list[dict[str, Any]]:
    return view.layers["rows"]


def same_scene(one: LayeredScene, other: LayeredScene) -> bool:
    """Whether all layers are the same, but for colours that were painted."""
    sides = [[replace(layer, appearance=None) for layer in scene.layers] for scene in (one, other)]
    return [vars(layer) for layer in sides[0]] == [vars(layer) for layer in sides[1]]


@pytest.fixture
def locked(handlers: Handlers, car: Session) -> Session:
    """The car is selected and locked."""
    return handlers.arrange(car, ask("lock", CAR)).session


# What it shows


def test_the_nearest_layer_is_the_first_row(handlers: Handlers) -> None:
    view = handlers.open_first(Session())
    assert [row["name"] for row in listed(view)] == ["person 1", "car 1"]
    assert [layer.id for layer in view.session.scene.layers] == [CAR, PERSON]
    hues = {shape["label"]: shape["hue"] for shape in shapes(view)}
    assert {row["name"]: row["hue"] for row in listed(view)} == hues
    assert json.dumps(view.layers)


def test_no_photo_has_no_list(handlers: Handlers) -> None:
    handlers = Handlers(handlers.pipeline)
    assert handlers.open_first(Session()).layers is None
    with pytest.raises(gr.Error, match="Open a photo first"):
        handlers.arrange(Session(), ask("pick", CAR))


def test_thumbnails_show_the_visible_part_alone() -> None:
    sheet = contact_sheet(photo(), instances())
    assert sheet.shape == (CELL[1], COLUMNS * CELL[0], 4)
    car, person, ground = (sheet[:, n * CELL[0] :][:, : CELL[0]] for n in range(3))
    middle = CELL[1] // 2, CELL[0] // 2
    assert np.allclose(car[middle], (200, 30, 30, 255), atol=2)
    assert np.allclose(person[middle], (30, 40, 200, 255), atol=2)
    assert ground[..., 3].max() == 255
    assert ground[middle][3] == 0, "an object is on the background's thumbnail"
    assert not sheet[:, 3 * CELL[0] :].any()


def test_nothing_beside_an_object_bleeds_into_its_thumbnail() -> None:
    y, x = np.mgrid[:400, :400]
    triangle = x < y
    pixels = np.where(triangle[..., None], (200, 30, 30), (0, 0, 255)).astype(np.uint8)
    cell = contact_sheet(pixels, [Instance(triangle)])[:, : CELL[0]]
    assert 0.1 < (cell[..., 3] > 0).mean() < 0.4
    assert cell[cell[..., 3] > 128][:, 2].max() < 45


@given(count=st.integers(0, 20), data=st.data())
def test_every_object_has_a_cell_of_its_own(count: int, data: st.DataObject) -> None:
    size = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 300)))
    found = []
    for _ in range(count):
        mask = np.zeros(size, bool)
        mask[data.draw(st.integers(0, size[0] - 1)), data.draw(st.integers(0, size[1] - 1))] = True
        found.append(Instance(mask))
    sheet = contact_sheet(np.full((*size, 3), 90, np.uint8), found)
    for number in range(count):
        row, column = divmod(number, COLUMNS)
        cell = sheet[row * CELL[1] :, column * CELL[0] :][: CELL[1], : CELL[0]]
        assert cell[..., 3].any()


def test_thumbnails_are_sent_once(handlers: Handlers, car: Session) -> None:
    sheet = update(car, Session())["sheet"]["path"]
    assert Image.open(sheet).size == (COLUMNS * CELL[0], CELL[1])
    assert "sheet" not in handlers.arrange(car, ask("lock", CAR)).layers
    assert "sheet" not in handlers.arrange(car, ask("hide", PERSON)).layers
    painted = handlers.gesture(with_tool(handlers, car, "brush"), "on", stroke((22, 82), (40, 82)))
    assert painted.layers["sheet"]["path"] != sheet


def test_the_list_is_sent_only_when_it_changed(handlers: Handlers, car: Session) -> None:
    assert handlers.move(car, 5, 0).layers == gr.skip()
    assert handlers.use_tool(car, "add").layers == gr.skip()
    assert handlers.gesture(car, "on", click(*ON_PERSON)).layers != gr.skip()
    painted = handlers.gesture(with_tool(handlers, car, "brush"), "on", stroke((22, 82), (40, 82)))
    assert painted.layers != gr.skip(), "the thumbnail shows the old mask"


def test_a_new_photo_of_equal_names_has_its_own_thumbnails(
    handlers: Handlers, opened: Session, tmp_path: Path
) -> None:
    (tmp_path / "other.png").write_bytes(png_bytes(255 - photo()))
    empty = handlers.open_photo(opened, str(tmp_path / "other.png"))
    assert listed(empty) == []
    again = handlers.open_photo(empty.session, str(tmp_path / "other.png"))
    assert again.layers != gr.skip()


# What it asks for


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "paint", "ids": [CAR]},
        {"kind": "hide", "ids": []},
        {"kind": "hide", "ids": CAR},
        {"kind": "hide", "ids": [CAR, CAR]},
        {"kind": "hide", "ids": [1]},
        {"kind": "pick", "ids": [CAR, PERSON]},
        {"kind": "order", "ids": [CAR, PERSON]},
        {"kind": "order", "ids": [CAR], "place": -1},
        {"kind": "order", "ids": [CAR], "place": 0.5},
        {"kind": "order", "ids": [CAR], "place": True},
    ],
)
def test_what_no_list_sends_is_a_bug(data: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^(kind|ids|place): got"):
        Change.read(data)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_layer_is_a_bug(handlers: Handlers, car: Session, kind: str) -> None:
    with pytest.raises(ValueError, match="object-9"):
        handlers.arrange(car, ask(kind, "object-9"))
    with pytest.raises(ValueError, match="place"):
        handlers.arrange(car, ask("order", CAR, place=2))


def test_a_row_selects_its_layer(handlers: Handlers, opened: Session) -> None:
    view = handlers.arrange(opened, ask("pick", CAR))
    assert view.session.picked == CAR
    assert len(tiles(view)) == 21
    assert [row["picked"] for row in listed(view)] == [False, True]
    assert handlers.arrange(view.session, ask("pick")).session.picked is None


def test_a_hidden_layer_can_be_selected(handlers: Handlers, opened: Session) -> None:
    hidden = handlers.arrange(opened, ask("hide", CAR)).session
    view = handlers.arrange(hidden, ask("pick", CAR))
    assert view.session.picked == CAR
    assert view.object_panel["visible"] is True
    assert view.stage["whole"] == ""


def test_hide_is_delete_and_show_brings_back(handlers: Handlers, car: Session) -> None:
    hidden = handlers.arrange(car, ask("hide", CAR))
    deleted = handlers.delete(car)
    assert hidden.session.sight.picture.tobytes() == deleted.session.sight.picture.tobytes()
    assert [row["visible"] for row in listed(deleted)] == [True, False]
    assert len(shapes(hidden)) == 1
    assert len(hidden.session.past) == 1
    shown = handlers.arrange(deleted.session, ask("show", CAR))
    assert shown.session.sight.picture.tobytes() == photo().tobytes()
    assert len(shapes(shown)) == 2
    undone = handlers.undo(shown.session)
    assert undone.session.sight.picture.tobytes() == hidden.session.sight.picture.tobytes()


def test_all_are_hidden_in_one_step(handlers: Handlers, opened: Session) -> None:
    hidden = handlers.arrange(opened, ask("hide", CAR, PERSON)).session
    assert not any(layer.placement.visible for layer in hidden.layers)
    assert handlers.undo(hidden).session.scene is opened.scene


def test_what_changes_nothing_is_no_step(handlers: Handlers, opened: Session) -> None:
    for event in (ask("show", CAR), ask("order", CAR, place=1)):
        view = handlers.arrange(opened, event)
        assert view.session.past == ()
        assert view.layers == gr.skip()


def test_a_row_goes_to_another_place(handlers: Handlers, car: Session) -> None:
    view = handlers.arrange(car, ask("order", CAR, place=0))
    assert [row["id"] for row in listed(view)] == [CAR, PERSON]
    assert [layer.id for layer in view.session.scene.layers] == [PERSON, CAR]
    assert view.session.sight.picture.tobytes() != photo().tobytes()
    assert view.session.picked == CAR
    assert handlers.undo(view.session).session.sight.picture.tobytes() == photo().tobytes()


# Locks


def test_a_lock_is_no_step_and_can_be_taken_away(handlers: Handlers, locked: Session) -> None:
    assert (locked.locked, locked.past) == ({CAR}, ())
    view = handlers.arrange(locked, ask("unlock", CAR))
    assert view.session.locked == frozenset()
    assert not any(row["locked"] for row in listed(view))
    assert handlers.delete(view.session).session.past


def by_tool(tool: str, event: gr.EventData) -> Callable[[Handlers, Session], View]:
    return lambda handlers, session: handlers.gesture(
        with_tool(handlers, session, tool), "off", event
    )


EDITS: dict[str, Callable[[Handlers, Session], View]] = {
    "delete": lambda handlers, session: handlers.delete(session),
    "flip": lambda handlers, session: handlers.flip(session),
    "put back": lambda handlers, session: handlers.put_back(session),
    "forward": lambda handlers, session: handlers.bring_forward(session),
    "back": lambda handlers, session: handlers.send_back(session),
    "move": lambda handlers, session: handlers.move(session, 4, 0),
    "resize": lambda handlers, session: handlers.resize(session, 50),
    "turn": lambda handlers, session: handlers.turn(session, 30),
    "choose": lambda handlers, session: handlers.choose(session, shape(2)),
    "classify": lambda handlers, session: handlers.classify(session, "bus"),
    "forget clues": lambda handlers, session: handlers.forget_clues(session),
    "forget box": lambda handlers, session: handlers.forget_box(session),
    "key": lambda handlers, session: handlers.gesture(
        session, "on", stage("command", command="delete")
    ),
    "wheel": by_tool("pick", placed(0, 0, 0, 2)),
    "drag": by_tool("pick", placed(0, 20, 0)),
    "paint": by_tool("brush", stroke((22, 82), (40, 82))),
    "erase": by_tool("erase", stroke((22, 50), (40, 50))),
    "extent": by_tool("extent", drag((10, 30), (110, 90))),
    "clue": by_tool("clue", click(130, 60)),
    "hide": lambda handlers, session: handlers.arrange(session, ask("hide", CAR)),
    "show": lambda handlers, session: handlers.arrange(session, ask("show", CAR)),
    "hide all": lambda handlers, session: handlers.arrange(session, ask("hide", PERSON, CAR)),
    "order": lambda handlers, session: handlers.arrange(session, ask("order", CAR, place=0)),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_no_edit_reaches_a_locked_layer(
    handlers: Handlers, locked: Session, edit: Callable[[Handlers, Session], View]
) -> None:
    with pytest.raises(gr.Error) as told:
        edit(handlers, locked)
    assert str(told.value.message) == text.locked("car 1")


def test_a_locked_layer_can_be_looked_at(handlers: Handlers, locked: Session) -> None:
    view = handlers.gesture(locked, "on", click(*ON_CAR))
    assert view.session.picked == CAR
    assert len(tiles(handlers.resample(locked, 5, 1, 1.0))) == 6
    assert same_scene(view.session.scene, locked.scene)


def test_a_drag_of_another_locked_layer_is_refused(handlers: Handlers, locked: Session) -> None:
    person = handlers.gesture(locked, "on", click(*ON_PERSON)).session
    with pytest.raises(gr.Error, match=r"car 1.* is locked"):
        EDITS["drag"](handlers, person)
    moved = by_tool("pick", placed(1, 20, 0))(handlers, person).session
    assert moved.layer.placement.dx == 20
    ordered = handlers.arrange(person, ask("order", PERSON, place=1)).session
    assert [layer.id for layer in ordered.scene.layers] == [PERSON, CAR]


def test_reset_keeps_locked_layers(handlers: Handlers, car: Session) -> None:
    moved = handlers.move(car, 9, 0).session
    locked = handlers.arrange(moved, ask("lock", CAR)).session
    with pytest.raises(gr.Error, match=r"car 1.* is locked"):
        handlers.reset(locked)
    in_front = handlers.arrange(car, ask("order", CAR, place=0)).session
    with pytest.raises(gr.Error, match=r"car 1.* is locked"):
        handlers.reset(handlers.arrange(in_front, ask("lock", CAR)).session)
    elsewhere = handlers.arrange(moved, ask("lock", PERSON)).session
    assert handlers.reset(elsewhere).session.scene.away == ()


def test_undo_goes_on_under_a_lock(handlers: Handlers, car: Session) -> None:
    moved = handlers.move(car, 9, 0).session
    locked = handlers.arrange(moved, ask("lock", CAR)).session
    undone = handlers.undo(locked).session
    assert undone.scene.away == ()
    assert undone.locked == {CAR}
    assert handlers.redo(undone).session.scene.away == (CAR,)


def test_locks_are_forgotten_with_their_objects(
    handlers: Handlers, locked: Session, tmp_path: Path
) -> None:
    (tmp_path / "photo.png").write_bytes(png_bytes(photo()))
    assert handlers.open_photo(locked, str(tmp_path / "photo.png")).session.locked == frozenset()
    again = handlers.open_example(locked, gr.SelectData(None, {"index": 0, "value": None}))
    assert again.session.locked == frozenset()
    masks = handlers.save_masks(locked)
    assert handlers.import_masks(locked, [masks]).session.locked == frozenset()


def test_an_object_with_a_used_id_is_not_locked(handlers: Handlers, opened: Session) -> None:
    def with_third(session: Session) -> Session:
        session = with_tool(handlers, session, "add")
        session = handlers.gesture(session, "on", drag((120, 40), (150, 80))).session
        return handlers.add_draft(session, "car").session

    third = with_third(opened)
    locked = handlers.arrange(third, ask("lock", third.picked)).session
    undone = handlers.undo(locked).session
    assert undone.locked == frozenset()
    assert with_third(undone).picked == third.picked
    assert handlers.delete(with_third(undone)).session.past


def test_a_project_keeps_locks(handlers: Handlers, locked: Session) -> None:
    view = handlers.open_project(Session(), handlers.save_project(locked))
    assert view.session.locked == {CAR}
    assert [row["locked"] for row in listed(view)] == [False, True]
    person = handlers.gesture(view.session, "on", click(*ON_PERSON)).session
    assert handlers.open_project(person, handlers.save_project(person)).session.locked == {CAR}


@pytest.mark.parametrize("value", [1, "yes", []])
def test_a_project_with_a_strange_lock_is_refused(
    handlers: Handlers, opened: Session, value: object
) -> None:
    project = project_of(opened)
    notes = {"layers": {CAR: {"locked": value}}}
    with pytest.raises(AmodalError, match=r"locked.*true or false"):
        session_of(replace(project, notes=notes), Session())
