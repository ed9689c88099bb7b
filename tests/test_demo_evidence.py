"""What the user says about a hidden shape, in the app: said, shown, undone, forgotten, refused."""

from __future__ import annotations

import gradio as gr
import numpy as np
import pytest

from amodal.evidence import NO_EVIDENCE
from demo import text
from demo.handlers import Handlers
from demo.session import Session
from demo.view import View
from tests.demo_parts import (
    HEIGHT,
    ON_CAR,
    ON_PERSON,
    WIDTH,
    click,
    drag,
    stroke,
)

BELOW = (45.5, 82.5)  # the small network lets the car reach down to here
LOWER = (45.5, 88.5)  # but not to here


@pytest.fixture
def asking(handlers: Handlers) -> Session:
    """The example with its car selected and the tool in hand."""
    session = handlers.gesture(handlers.open_first(Session()).session, "on", click(*ON_CAR)).session
    return handlers.use_tool(session, "clue").session


def holding(session: Session, point: tuple[float, float]) -> float:
    """The share of the selected object's samples that hold a point of the photo."""
    answer = session.answer.completions
    column, row = int(point[0]), int(point[1])
    return float(answer.probability_on_photo(HEIGHT, WIDTH)[row, column])


def test_the_tool_shows_what_a_click_marks(handlers: Handlers, asking: Session) -> None:
    view = handlers.use_tool(asking, "clue")
    assert view.marking["visible"] is True
    assert view.forget_clues["visible"] is False
    assert view.hint == text.HINTS["clue"]
    assert handlers.use_tool(asking, "pick").marking["visible"] is False


def test_a_point_that_is_part_of_it(handlers: Handlers, asking: Session) -> None:
    view = handlers.gesture(asking, "on", click(*LOWER))
    after = view.session
    assert after.evidence.inside == (LOWER,)
    assert holding(after, LOWER) > holding(asking, LOWER)
    assert "groups" in view.shapes, "the strip is drawn anew"
    assert view.shapes["chosen"] == 0
    shown, mode = after.layer.completion, after.answer.completions.mode
    assert np.array_equal(shown.on_photo(HEIGHT, WIDTH), mode.on_photo(HEIGHT, WIDTH))
    assert view.stage["points"] == [(*LOWER, True)]
    assert view.forget_clues["visible"] is True
    assert "samples" in view.hint


@pytest.mark.parametrize(("mark", "off"), [("off", False), ("on", True)])
def test_a_point_that_is_not(handlers: Handlers, asking: Session, mark: str, off: bool) -> None:
    after = handlers.gesture(asking, mark, click(*BELOW, off=off)).session
    assert after.evidence.outside == (BELOW,)
    assert holding(after, BELOW) < holding(asking, BELOW)


def test_a_box_where_nothing_of_it_is(handlers: Handlers, asking: Session) -> None:
    view = handlers.gesture(asking, "off", drag((70, 95), (10, 70)))
    absent = view.session.evidence.absent
    modal = asking.layer.instance.modal
    assert absent[80:95, 10:70].all()
    assert not (absent & modal).any()
    assert view.stage["absent"].startswith("M")
    assert holding(view.session, BELOW) < holding(asking, BELOW)
    grown = handlers.gesture(view.session, "off", drag((0, 0), (10, 10))).session.evidence.absent
    assert grown[:10, :10].all()
    assert (grown & absent).sum() == absent.sum()


def test_each_mark_is_one_step_to_undo(handlers: Handlers, asking: Session) -> None:
    one = handlers.gesture(asking, "on", click(*LOWER)).session
    two = handlers.gesture(one, "off", click(120, 20)).session
    view = handlers.undo(two)
    assert view.session.evidence is one.evidence
    assert view.stage["points"] == [(*LOWER, True)]
    same = view.session.answer.completions, one.answer.completions
    assert np.array_equal(same[0].probability, same[1].probability)
    back = handlers.undo(view.session).session
    assert back.evidence is NO_EVIDENCE
    assert holding(back, LOWER) == holding(asking, LOWER)
    assert np.array_equal(back.layer.completion.mask, asking.layer.completion.mask)
    assert handlers.redo(back).session.evidence is one.evidence


def test_clearing_is_one_step(handlers: Handlers, asking: Session) -> None:
    marked = handlers.gesture(asking, "on", click(*LOWER)).session
    marked = handlers.gesture(marked, "off", click(120, 20)).session
    view = handlers.forget_clues(marked)
    assert view.session.evidence.empty
    assert view.stage["points"] == []
    assert view.forget_clues["visible"] is False
    assert holding(view.session, LOWER) == holding(asking, LOWER)
    assert handlers.undo(view.session).session.evidence is marked.evidence


def test_marks_belong_to_their_object(handlers: Handlers, asking: Session) -> None:
    marked = handlers.gesture(asking, "on", click(*LOWER)).session
    pick = handlers.use_tool(marked, "pick").session
    view = handlers.gesture(pick, "on", click(*ON_PERSON))
    assert view.stage["points"] == []
    assert view.session.evidence.empty
    again = handlers.gesture(view.session, "on", click(*ON_CAR))
    assert again.stage["points"] == [(*LOWER, True)]
    assert again.session.answer is marked.answer


def test_marks_stay_when_shapes_are_drawn_anew(handlers: Handlers, asking: Session) -> None:
    marked = handlers.gesture(asking, "on", click(*LOWER)).session
    for view in (
        handlers.resample(marked, 8, 3, 1.0),
        handlers.classify(marked, "person"),
        handlers.gesture(handlers.use_tool(marked, "brush").session, "on", stroke((15, 60))),
    ):
        assert view.session.evidence is marked.evidence
        assert view.session.answer.evidence is marked.evidence


def test_a_moved_object_shows_no_marks_and_takes_none(handlers: Handlers, asking: Session) -> None:
    marked = handlers.gesture(asking, "on", click(*LOWER)).session
    view = handlers.move(marked, 20, 0)
    assert view.stage["points"] == []
    with pytest.raises(gr.Error, match="put it back"):
        handlers.gesture(view.session, "on", click(*BELOW))


def test_contradicting_marks_are_told_in_one_line(handlers: Handlers, asking: Session) -> None:
    session = asking
    for point in ((5.5, 3.5), (155.5, 92.5)):
        view = handlers.gesture(session, "on", click(*point))
        session = view.session
    assert session.answer.completions.support < text.POOR_SUPPORT
    assert "can hardly imagine" in view.hint
    assert "\n" not in view.hint
    assert handlers.use_tool(session, "pick").hint == view.hint


@pytest.mark.parametrize(
    ("mark", "event", "message"),
    [
        ("on", click(*ON_CAR), "shows that already"),
        ("off", click(*ON_CAR), "lies on its visible part"),
        ("on", drag((10, 10), (30, 30)), "A box says where nothing"),
    ],
)
def test_what_makes_no_sense_is_told(
    handlers: Handlers, asking: Session, mark: str, event: gr.EventData, message: str
) -> None:
    with pytest.raises(gr.Error, match=message):
        handlers.gesture(asking, mark, event)


def test_the_same_point_both_ways_is_told(handlers: Handlers, asking: Session) -> None:
    marked = handlers.gesture(asking, "on", click(*LOWER)).session
    with pytest.raises(gr.Error, match="keep one"):
        handlers.gesture(marked, "off", click(*LOWER))


def test_without_an_object_it_asks_for_one(handlers: Handlers) -> None:
    session = handlers.use_tool(handlers.open_first(Session()).session, "clue").session
    view: View = handlers.use_tool(session, "clue")
    assert view.hint == text.NEED_OBJECT
    with pytest.raises(gr.Error, match="Select an object"):
        handlers.gesture(session, "on", click(*LOWER))
    with pytest.raises(gr.Error, match="Select an object"):
        handlers.forget_clues(session)


def test_the_words_count_the_samples() -> None:
    assert text.support(1.0, 20) == "20 of 20 samples agree with your marks."
    assert text.support(0.05, 20).startswith("**1 of 20 samples agrees")
    assert text.support(0.0, 20).startswith("**None of 20 samples agree ")


def test_undoing_a_mark_forgets_its_answer(handlers: Handlers, asking: Session) -> None:
    """Also of an object that isn't selected: saving would write its samples."""
    marked = handlers.gesture(asking, "on", click(*LOWER)).session
    person = handlers.gesture(handlers.use_tool(marked, "pick").session, "on", click(*ON_PERSON))
    after = handlers.undo(person.session).session
    assert after.picked == "object-2"
    assert "object-1" not in after.answers
