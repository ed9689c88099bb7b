"""The truth beside what is imagined: the handlers, called directly."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from demo import text
from demo.browser_files import photo_file
from demo.examples import Example, find_examples
from demo.handlers import Handlers
from demo.session import Session
from tests.demo_parts import chosen, click
from tests.rendered_scene import CAR, PARTS, VAN, write_rendered_street


@pytest.fixture
def example(tmp_path: Path) -> Example:
    write_rendered_street(tmp_path / "crossing")
    entry = {"name": "crossing", "title": "A crossing", "teaches": "What does the car hide?"}
    (tmp_path / "index.json").write_text(json.dumps([entry]))
    return find_examples(tmp_path)[0]


@pytest.fixture
def lesson(handlers: Handlers, example: Example) -> Handlers:
    return Handlers(handlers.pipeline, [example])


@pytest.fixture
def street(lesson: Handlers) -> Session:
    """The rendered street, opened, with the van selected and the truth in sight."""
    session = lesson.open_first(Session()).session
    x0, y0, _, y1 = PARTS[VAN].box
    session = lesson.gesture(session, "on", click(x0 + 14, (y0 + y1) / 2)).session
    assert session.layer.instance.category == "van"
    return lesson.look_at_truth(session).session


def test_a_photograph_has_no_truth(handlers: Handlers, car: Session) -> None:
    view = handlers.look_at_truth(car)
    assert view.truth_tab["visible"] is False
    assert view.true_shapes is None
    assert not view.session.comparing
    with pytest.raises(gr.Error, match="Nobody knows"):
        handlers.try_edit(car, "delete")


def test_shape_and_colours_lie_beside_the_truth(lesson: Handlers, street: Session) -> None:
    view = lesson.look_at_truth(street)
    assert view.truth_tab["visible"] is True
    assert "What does the car hide?" in view.lesson
    captions = [caption for _, caption in view.true_shapes]
    assert [caption.split("\n")[0] for caption in captions] == [
        "Chosen shape",
        text.TRUE_SHAPE,
        "Imagined colours",
        text.TRUE_COLOURS,
    ]
    assert "hidden part" in captions[0]
    assert "dB" in captions[2]
    pictures = [picture for picture, _ in view.true_shapes]
    assert len({picture.shape for picture in pictures}) == 1
    assert not np.array_equal(pictures[0], pictures[1])


def test_the_true_shape_scores_full_marks(lesson: Handlers, street: Session) -> None:
    truth = street.lesson.truth
    item = truth.object_of(street.layer)
    scene = street.scene.with_completion(street.picked, item.whole)
    view = lesson.look_at_truth(street.edited(scene))
    assert "100%" in view.true_shapes[0][1]


def test_colours_are_imagined_only_for_who_looks_at_them(lesson: Handlers, street: Session) -> None:
    assert street.layer.appearance is not None
    fresh = lesson.open_first(Session()).session
    view = lesson.gesture(fresh, "on", click(54, 53))
    assert view.session.layer.appearance is None
    assert view.true_shapes is None


def test_nothing_is_compared_behind_another_tab(handlers: Handlers, street: Session) -> None:
    view = handlers.look_away(street)
    assert view.true_shapes is None
    assert view.true_comparison["visible"] is False
    assert view.session.lesson is street.lesson


def test_an_edit_of_which_the_outcome_is_known(lesson: Handlers, street: Session) -> None:
    view = lesson.look_at_truth(street)
    assert view.true_edit["choices"] == [
        ("Delete car 1", "delete"),
        ("Move person 1 sideways", "sideways"),
    ]
    assert view.true_edit["value"] is None
    assert view.true_comparison["visible"] is False
    done = lesson.try_edit(street, "delete")
    car = street.lesson.truth.layer_id(CAR)
    assert not done.session.scene.layer(car).placement.visible
    assert done.true_edit["value"] == "delete"
    ours, true = done.true_comparison["value"]
    assert ours == photo_file(done.session.sight.picture)
    assert true == photo_file(street.lesson.truth.edits[0].picture)
    assert "dB PSNR" in done.true_edit_about
    undone = lesson.undo(done.session)
    assert undone.true_edit["value"] is None
    assert undone.session.sight.picture.tobytes() == street.lesson.truth.photo.tobytes()


def test_the_same_edit_by_hand_is_recognised(lesson: Handlers, street: Session) -> None:
    x0, y0, x1, y1 = PARTS[CAR].box
    picked = lesson.gesture(street, "on", click((x0 + x1) / 2, (y0 + y1) / 2)).session
    view = lesson.delete(picked)
    assert view.true_edit["value"] == "delete"
    assert view.true_comparison["visible"] is True


def test_another_photo_ends_the_lesson(lesson: Handlers, street: Session, tmp_path: Path) -> None:
    from amodal.export import png_bytes
    from tests.demo_parts import photo

    path = tmp_path / "mine.png"
    path.write_bytes(png_bytes(photo()))
    view = lesson.open_photo(street, str(path))
    assert view.session.lesson is None
    assert view.truth_tab["visible"] is False
    again = lesson.open_example(view.session, chosen(0))
    assert again.session.lesson is not None
