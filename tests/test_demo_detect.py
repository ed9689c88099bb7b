"""All objects at once: the handlers, called directly, with a small trained detector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from amodal.pipeline import Pipeline
from amodal.scene import Instance
from amodal.segment.detect import Detector
from amodal.segment.detection import Detection
from demo import text
from demo.handlers import Handlers
from demo.session import Found, Session
from demo.view import View
from tests.demo_parts import (
    CAR,
    HEIGHT,
    ON_CAR,
    ON_PERSON,
    PERSON,
    WIDTH,
    click,
    examples,
    instances,
    photo,
    shape,
    shapes,
    stroke,
    tiles,
    with_tool,
)
from tests.toy_detector import detecting_toys

LIGHT = (110, 10, 136, 36)  # a third object, of no class of ours
LESS_SURE = 0.55


@pytest.fixture
def handlers(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Handlers]:
    """The app's, whose detector is the small one."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with detecting_toys():
        yield Handlers(Pipeline(pipeline.completer), examples(tmp_path / "examples"))


@pytest.fixture
def own(handlers: Handlers, tmp_path: Path) -> Session:
    """An uploaded photo without objects: a car, a person, a traffic light."""
    pixels = photo()
    x0, y0, x1, y1 = LIGHT
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    inside = ((2 * x - x0 - x1) / (x1 - x0)) ** 2 + ((2 * y - y0 - y1) / (y1 - y0)) ** 2 <= 1
    pixels[inside] = (40, 180, 60)
    Image.fromarray(pixels).save(tmp_path / "mine.png")
    return handlers.open_photo(Session(), str(tmp_path / "mine.png")).session


@pytest.fixture
def found(handlers: Handlers, own: Session) -> Session:
    return handlers.detect(own).session


def made_up(session: Session) -> Session:
    """The same session with detections of ours, the third one less sure; nothing is placed yet."""
    boxes = ((CAR, "car", 0.99), (PERSON, "person", 0.9), ((110, 50, 150, 90), "car", LESS_SURE))
    detections = []
    for (x0, y0, x1, y1), category, score in boxes:
        mask = np.ones((y1 - y0, x1 - x0), bool)
        detections.append(Detection(mask, x0, y0, category, category, score))
    detections[0].mask[:, PERSON[0] - CAR[0] :] = False
    return replace(session, found=Found(tuple(detections), 0.7, ("car", "person")))


@pytest.fixture
def sure(handlers: Handlers, own: Session) -> Session:
    """Two of three detections are outlined."""
    return handlers.detect(made_up(own)).session


def names(view: View | Session) -> list[str]:
    session = view if isinstance(view, Session) else view.session
    return [layer.instance.name for layer in session.layers]


def at(handlers: Handlers, session: Session, score: float, *categories: str) -> View:
    return handlers.choose_detected(session, score, categories or ("car", "person"))


def test_a_photo_is_detected(handlers: Handlers, own: Session) -> None:
    view = handlers.detect(own)
    assert sorted(names(view)) == ["car 1", "person 1"]
    truth = {instance.category: instance.modal for instance in instances()}
    for layer in view.session.layers:
        mask, modal = truth[layer.instance.category], layer.instance.modal
        assert (mask & modal).sum() / (mask | modal).sum() > 0.8
        assert (layer.completion.on_photo(HEIGHT, WIDTH) & modal).sum() == modal.sum()
    assert np.array_equal(view.session.sight.picture, own.scene.photo)
    assert len(shapes(view)) == 2
    assert view.detected_part["visible"] is True
    assert view.least_score == view.session.found.score == 0.7
    assert "2 of " in view.detected
    assert view.undo["interactive"] is True
    assert own.found is None, "the session that was given has changed"


def test_detected_objects_are_completed_and_edited_like_others(
    handlers: Handlers, found: Session
) -> None:
    view = handlers.gesture(found, "on", click(*ON_CAR))
    assert len(tiles(view)) == 21
    deleted = handlers.delete(view.session)
    assert not np.array_equal(deleted.session.sight.picture, found.scene.photo)


def test_the_one_in_front_stands_in_front(sure: Session) -> None:
    by_name = {layer.instance.name: layer.id for layer in sure.layers}
    depth = sure.scene.depth
    assert depth.index(by_name["person 1"]) > depth.index(by_name["car 1"])
    assert tuple(layer.id for layer in sure.scene.layers) == depth


def test_what_has_no_class_is_offered_but_not_outlined(handlers: Handlers, found: Session) -> None:
    assert "unknown" not in found.found.categories
    view = at(handlers, found, 0.5, "car", "person", "unknown")
    assert "traffic light 1" in names(view)
    labels = [label for label, _ in view.detected_classes["choices"]]
    assert labels[-1] == f"{text.OTHER_THINGS} (1)"
    assert "value" not in view.detected_classes  # it is the user's


def test_a_lower_score_outlines_more(handlers: Handlers, sure: Session) -> None:
    view = at(handlers, sure, 0.5)
    assert names(view) == ["car 1", "person 1", "car 2"]
    assert view.detected.startswith("**3 of 3 objects**")
    assert [label for label, _ in view.detected_classes["choices"]] == ["car (2)", "person (1)"]
    kept = {layer.id: layer.instance for layer in sure.layers}
    assert all(view.session.scene.layer(id).instance is kept[id] for id in kept)
    assert names(at(handlers, view.session, 0.95)) == ["car 1"]


def test_the_filter_needs_no_network(
    handlers: Handlers, sure: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Detector, "detect", lambda *_: pytest.fail("detected again"))
    session = at(handlers, sure, 0.5).session
    session = at(handlers, session, 0.5, "person").session
    assert names(session) == ["person 1"]
    assert handlers.detect(session).session.found is session.found


def test_no_class_is_no_object(handlers: Handlers, sure: Session) -> None:
    view = handlers.choose_detected(sure, 0.5, [])
    assert names(view) == []
    assert view.detected.startswith("**0 of 3 objects**")
    assert view.detected_part["visible"] is True


def test_the_whole_detection_is_one_step(handlers: Handlers, own: Session, sure: Session) -> None:
    session = sure
    for score in (0.5, 0.95, 0.3):
        session = at(handlers, session, score).session
    assert session.past == (own.step,)
    undone = handlers.undo(session)
    assert names(undone) == []
    assert undone.detected.startswith("**0 of 3 objects**")
    assert len(names(handlers.redo(undone.session))) == 3
    assert len(names(at(handlers, undone.session, 0.3))) == 3


def test_an_edit_in_between_is_a_step_of_its_own(handlers: Handlers, sure: Session) -> None:
    picked = handlers.gesture(sure, "on", click(*ON_PERSON)).session
    moved = handlers.move(picked, 30, 0).session
    lower = at(handlers, moved, 0.5).session
    lowest = at(handlers, lower, 0.3).session
    assert lowest.past[-1] is moved.step
    assert len(lowest.past) == len(moved.past) + 1
    assert lowest.scene.layer(picked.picked).placement.dx == 30


def moved(handlers: Handlers, session: Session) -> Session:
    return handlers.move(session, 5, 0).session


def deleted(handlers: Handlers, session: Session) -> Session:
    return handlers.delete(session).session


def shaped(handlers: Handlers, session: Session) -> Session:
    return handlers.choose(session, shape(2)).session


def painted(handlers: Handlers, session: Session) -> Session:
    with_brush = with_tool(handlers, session, "brush")
    return handlers.gesture(with_brush, "on", stroke((75, 15), (85, 15))).session


def renamed(handlers: Handlers, session: Session) -> Session:
    return handlers.classify(session, "cyclist").session


def sent_back(handlers: Handlers, session: Session) -> Session:
    return handlers.send_back(session).session


@pytest.mark.parametrize("touch", [moved, deleted, shaped, painted, renamed, sent_back])
def test_what_the_user_has_touched_stays(handlers: Handlers, sure: Session, touch) -> None:
    person = handlers.gesture(sure, "on", click(*ON_PERSON)).session
    touched = touch(handlers, person)
    after = at(handlers, touched, 0.95).session
    assert "person 1" in names(after)
    assert after.scene.layer(person.picked) is not None
    back = at(handlers, after, 0.3).session
    assert sorted(names(back)) == ["car 1", "car 2", "person 1"], "it came a second time"


def test_what_is_left_of_an_erased_object_is_still_that_object(
    handlers: Handlers, sure: Session
) -> None:
    person = handlers.gesture(sure, "on", click(*ON_PERSON)).session
    session = handlers.use_brush(with_tool(handlers, person, "erase"), 20).session
    x = (PERSON[0] + PERSON[2]) / 2
    session = handlers.gesture(session, "on", stroke((x, PERSON[1]), (x, 55))).session
    assert session.layer.instance.area < 0.4 * person.layer.instance.area
    assert names(at(handlers, session, 0.3)) == ["car 1", "person 1", "car 2"]


def test_what_was_added_by_hand_stays_and_is_not_doubled(handlers: Handlers, own: Session) -> None:
    x0, y0, _, y1 = CAR
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y0 + 2 : y1, x0 + 2 : PERSON[0]] = True
    by_hand = handlers.actions.with_instances(own, [Instance(mask, "truck", "mine")])
    view = handlers.detect(made_up(by_hand))
    assert names(view) == ["mine", "person 1"]
    assert view.detected.startswith("**1 of 3 objects**")
    assert names(handlers.choose_detected(view.session, 0.95, [])) == ["mine"]


def test_names_are_free(handlers: Handlers, own: Session) -> None:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[2:9, 2:9] = True
    session = handlers.actions.with_instances(own, [Instance(mask, "car", "car 1")])
    assert names(handlers.detect(made_up(session))) == ["car 1", "car 2", "person 1"]


def test_a_selected_object_that_goes_is_deselected(handlers: Handlers, sure: Session) -> None:
    person = handlers.gesture(sure, "on", click(*ON_PERSON)).session
    view = at(handlers, person, 0.95)
    assert view.session.picked is None
    assert view.object_panel["visible"] is False
    car = handlers.gesture(sure, "on", click(*ON_CAR)).session
    kept = at(handlers, car, 0.95).session
    assert kept.picked == car.picked
    assert kept.answer is car.answer


def test_an_answer_about_a_gone_object_is_not_another_s(handlers: Handlers, sure: Session) -> None:
    person = handlers.gesture(sure, "on", click(*ON_PERSON)).session
    without = at(handlers, person, 0.3, "car").session
    assert person.picked not in without.answers
    assert sorted(names(without)) == ["car 1", "car 2"]


def test_another_photo_forgets_what_was_found(handlers: Handlers, sure: Session) -> None:
    view = handlers.open_example(sure, gr.SelectData(None, {"index": 0, "value": None}))
    assert view.session.found is None
    assert view.detected_part["visible"] is False
    assert names(handlers.choose_detected(view.session, 0.3, ["car"])) == ["car 1", "person 1"]


def test_an_example_has_its_objects_already(handlers: Handlers) -> None:
    opened = handlers.open_first(Session()).session
    assert names(handlers.detect(opened)) == ["car 1", "person 1"]


def test_panels_that_the_user_moves_are_left_alone(handlers: Handlers, sure: Session) -> None:
    view = at(handlers, sure, 0.5)
    skipped = gr.skip()
    assert view.least_score == skipped
    assert handlers.use_tool(view.session, "add").detected_classes == skipped


def test_an_empty_photo_is_told(
    handlers: Handlers, own: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(Detector, "detect", lambda *_: ())
    monkeypatch.setattr(gr, "Info", said.append)
    view = handlers.detect(own)
    assert said == [text.NOTHING_DETECTED]
    assert view.detected_part["visible"] is False
    assert view.session.past == ()


def test_it_needs_a_photo_and_a_number(handlers: Handlers, sure: Session) -> None:
    for event in (handlers.fetch_detector, handlers.detect):
        with pytest.raises(gr.Error, match="Open a photo first"):
            event(Session())
    with pytest.raises(gr.Error, match="how sure"):
        handlers.choose_detected(sure, None, ["car"])


def test_without_its_weights_it_says_so_and_clicks_still_work(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMODAL_PYTORCH_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    offline = Handlers(pipeline, examples(tmp_path / "examples"))
    opened = offline.open_first(Session()).session
    for event in (offline.fetch_detector, offline.detect):
        with pytest.raises(gr.Error, match=r"can't be reached.*clicked one by one") as caught:
            event(opened)
        assert caught.value.print_exception is False
    session = with_tool(offline, opened, "add")
    marked = offline.gesture(session, "on", click(*ON_CAR)).session
    assert marked.draft.mask.any()
