"""The study's events: the handlers, called directly."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from amodal.pipeline import Pipeline
from amodal.study import Hidden, Kind, Question, Study, Vote
from demo import text
from demo.examples import find_examples
from demo.handlers import Handlers
from demo.study import StudyHandlers, StudyView, show_study, tiles
from demo.ui import build
from tests.rendered_scene import write_rendered_street

STREETS = 4  # each has one hidden object to ask about


def silent(*_: object, **__: object) -> None:
    """Progress that nobody sees."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    entries = [{"name": f"street {number}", "title": "A street"} for number in range(STREETS)]
    for entry in entries:
        write_rendered_street(tmp_path / entry["name"])
    (tmp_path / "index.json").write_text(json.dumps(entries))
    return tmp_path


@pytest.fixture
def asking(pipeline: Pipeline, folder: Path) -> StudyHandlers:
    return StudyHandlers(pipeline, find_examples(folder), seed=1)


@pytest.fixture
def opened(asking: StudyHandlers) -> StudyView:
    return asking.start(None, progress=silent)


def swapped(asked: Question) -> Question:
    """The same pair of shapes, but the one that was the other's is the model's."""
    hidden = asked.hidden
    others = dict.fromkeys(Kind, hidden.model)
    other = hidden.others[asked.kind]
    side = Vote.RIGHT if asked.model is Vote.LEFT else Vote.LEFT
    return Question(
        asked.kind, Hidden("another", hidden.photo, hidden.instance, other, others), side
    )


def test_a_start_shows_three_pictures_and_no_votes(opened: StudyView) -> None:
    assert opened.study_progress == f"**1 of {STREETS}** · van"
    assert opened.study_ask["visible"] is True
    assert [caption for _, caption in opened.study_pictures] == list(text.STUDY_PICTURES)
    photo, a, b = (picture for picture, _ in opened.study_pictures)
    assert photo.shape == a.shape == b.shape
    assert not np.array_equal(a, b)
    assert opened.study_tally.count("–") == 6
    assert opened.study_csv["interactive"] is False


@pytest.mark.parametrize("number", range(STREETS))
def test_nothing_tells_which_shape_is_the_models(opened: StudyView, number: int) -> None:
    """Exchange the roles of the two shapes: the page must look the same to the last pixel."""
    asked = opened.study.questions[number]
    first, second = (show_study(Study((each,))) for each in (asked, swapped(asked)))
    assert asked.model is not swapped(asked).model
    for (one, caption), (other, same) in zip(
        first.study_pictures, second.study_pictures, strict=True
    ):
        assert np.array_equal(one, other)
        assert caption == same
    drop = {"study": None, "study_pictures": None}
    assert first._replace(**drop) == second._replace(**drop)


def test_the_kind_of_a_pair_is_not_shown_before_the_vote(opened: StudyView) -> None:
    kinds = {asked.kind: show_study(Study((asked,))) for asked in opened.study.questions}
    assert set(kinds) == set(Kind)
    drop = {"study": None, "study_pictures": None}
    one, other = (view._replace(**drop) for view in kinds.values())
    assert one == other


def test_exchanged_sides_exchange_the_pictures(opened: StudyView) -> None:
    asked = opened.study.current
    other = Vote.RIGHT if asked.model is Vote.LEFT else Vote.LEFT
    mirrored = Question(asked.kind, asked.hidden, other)
    (photo, _), (a, _), (b, _) = tiles(asked)
    (same, _), (left, _), (right, _) = tiles(mirrored)
    assert np.array_equal(photo, same)
    assert np.array_equal(a, right)
    assert np.array_equal(b, left)


def test_a_whole_run(asking: StudyHandlers, opened: StudyView) -> None:
    view, answers = opened, []
    for number in range(STREETS):
        assert view.study_progress.startswith(f"**{number + 1} of {STREETS}**")
        name = ("left", "right", "neither")[number % 3]
        view = getattr(asking, name)(view.study)
        answers.append(name)
    assert view.study_progress == text.STUDY_DONE
    assert view.study_ask["visible"] is False
    assert view.study_pictures is None
    assert view.study_tally.count("(2\u00a0votes)") == 2
    assert "46.7%" in view.study_tally
    assert "39.5%" in view.study_tally
    assert "13.8%" in view.study_tally
    rows = list(csv.DictReader(io.StringIO(asking.save(view.study))))
    assert [row["answer"] for row in rows] == answers
    assert {row["object"] for row in rows} == {"van 1"}
    assert {row["street"] for row in rows} == {f"street {number}" for number in range(STREETS)}
    with pytest.raises(gr.Error, match="start again"):
        asking.left(view.study)


def test_the_tally_says_who_was_preferred(asking: StudyHandlers, opened: StudyView) -> None:
    study = opened.study
    while study.current:
        study = study.vote(study.current.model)
    row = next(
        line for line in show_study(study).study_tally.splitlines() if text.STUDY_ROWS[0] in line
    )
    share = text.study_share(1, 0.3424, 1)
    assert row == f"| {text.STUDY_ROWS[0]} | {share} | {share} | 46.7% |"
    assert share.replace("\u2060", "") == "100% (34–100%)"


def test_starting_again_forgets_the_votes(asking: StudyHandlers, opened: StudyView) -> None:
    voted = asking.left(opened.study).study
    again = asking.start(voted, progress=silent)
    assert again.study.votes == ()
    assert len(voted.votes) == 1


@pytest.mark.parametrize("name", ["left", "right", "neither", "save"])
def test_nothing_can_be_answered_or_saved_before_the_start(
    asking: StudyHandlers, name: str
) -> None:
    with pytest.raises(gr.Error, match="Start the study first"):
        getattr(asking, name)(None)


def test_no_file_without_votes(asking: StudyHandlers, opened: StudyView) -> None:
    with pytest.raises(gr.Error, match="answer a question first"):
        asking.save(opened.study)


def test_photographs_alone_give_no_study(handlers: Handlers) -> None:
    with pytest.raises(gr.Error, match="known truth"):
        StudyHandlers(handlers.pipeline, handlers.examples).start(None, progress=silent)


def test_the_page_computes_nothing_before_the_start(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the page must not ask the model")

    monkeypatch.setattr("demo.study.hidden_objects", refuse)
    monkeypatch.setattr("demo.study.draw", refuse)
    page = build(handlers)
    started = [event for event in page.fns.values() if event.name == "start"]
    assert len(started) == 1
    assert started[0].targets[0][1] == "click"
