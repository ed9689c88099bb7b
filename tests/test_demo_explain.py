"""The events of the page "How it works": the handlers, called directly."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from amodal.explain import walk
from amodal.geometry import Box, tight_box
from amodal.occluder import SIDE
from amodal.pipeline import Pipeline
from demo import charts, occluder, text
from demo.examples import find_examples
from demo.explain import WAYS, ExplainHandlers, ExplainView
from demo.figures import Figure, shown
from demo.handlers import Handlers
from demo.session import Session
from demo.ui import build
from demo.values import Malformed
from tests.demo_parts import ON_PERSON, TINY, click, with_tool
from tests.rendered_scene import write_rendered_street

ZEROS = (0,) * WAYS


@pytest.fixture
def page(handlers: Handlers) -> ExplainHandlers:
    return ExplainHandlers(handlers.pipeline, handlers.examples)


@pytest.fixture
def view(page: ExplainHandlers, car: Session) -> ExplainView:
    return page.open(car, None, 3)


def moved(*box: float) -> gr.EventData:
    return gr.EventData(None, {"box": list(box)})


def sources(items: list[dict]) -> list[str]:
    assert all(item["src"].startswith("data:image/") for item in items)
    return [item["src"] for item in items]


def test_the_selected_object_is_explained(view: ExplainView, car: Session) -> None:
    assert view.explained.subject.instance is car.layer.instance
    assert view.explain_title == "**car 1** (selected)"
    assert view.explain_stage_about == text.TRAINING_STAGES_ABOUT[3]
    assert len(sources(view.explain_seen)) == len(sources(view.explain_along)) == 2
    assert len(sources(view.explain_between)) == 3
    assert view.explain_occluder["fresh"] is True
    assert view.explain_other["choices"] == [("person 1", 0)]


def test_what_it_says_is_the_librarys(view: ExplainView, pipeline: Pipeline, car: Session) -> None:
    person = next(layer.instance for layer in car.layers if layer is not car.layer)
    found = walk(pipeline.completer, car.layer.instance, person.modal)
    assert text.theta(tuple(found.theta)) == view.explain_theta
    assert f"{found.completion.area:,}".replace(",", "\u202f") in view.explain_pasted_about
    assert text.nats(found.elbo.likelihood) in view.explain_terms
    assert text.nats(-found.elbo.kl) in view.explain_terms
    assert f"{found.kl.sum():.1f} nats" in view.explain_codes


def test_without_a_selection_the_first_example_is_explained(page: ExplainHandlers) -> None:
    view = page.open(Session(), None, 3)
    assert view.explain_title == text.explained("car 1", True)
    assert [other.name for other in view.explained.subject.others] == ["person 1"]


def test_without_anything_the_user_is_told(pipeline: Pipeline) -> None:
    page = ExplainHandlers(pipeline)
    with pytest.raises(gr.Error, match="Select an object"):
        page.open(Session(), None, 3)


def test_coming_back_changes_nothing(
    page: ExplainHandlers, view: ExplainView, car: Session
) -> None:
    for session in (car, replace(car, picked=None)):
        again = page.open(session, view.explained, 3)
        assert again.explained is view.explained
        assert all(value == gr.skip() for value in again[1:])


def test_another_selection_is_explained_anew(
    page: ExplainHandlers, handlers: Handlers, view: ExplainView, car: Session
) -> None:
    person = handlers.gesture(car, "on", click(*ON_PERSON)).session
    again = page.open(person, view.explained, 3)
    assert again.explain_title == "**person 1** (selected)"
    assert sources(again.explain_seen) != sources(view.explain_seen)


def test_marks_on_the_object_are_left_out_and_it_says_so(
    page: ExplainHandlers, handlers: Handlers, view: ExplainView, car: Session
) -> None:
    marked = handlers.gesture(with_tool(handlers, car, "clue"), "on", click(100, 60)).session
    assert not marked.evidence.empty
    again = page.open(marked, view.explained, 3)
    assert text.CLUES_LEFT_OUT in again.explain_title
    assert text.CLUES_LEFT_OUT not in view.explain_title
    assert page.open(marked, again.explained, 3).explained is again.explained


def test_a_stage_changes_the_model_and_leaves_the_bar(
    page: ExplainHandlers, view: ExplainView
) -> None:
    now, _ = page.hide(view.explained, moved(10, 20, 60, 90))
    first = page.choose_stage(now, 1)
    assert first.explain_theta == text.theta((0, 0, 1, 1))
    assert first.explain_stage_about == text.TRAINING_STAGES_ABOUT[1]
    assert first.explained.bar == now.bar == (10, 20, 60, 90)
    assert first.explained.ground is now.ground
    assert first.explain_occluder["box"] == [10, 20, 60, 90]
    assert sources(first.explain_canonical) != sources(view.explain_canonical)
    assert page.choose_stage(first.explained, 3).explain_codes == view.explain_codes


def test_a_slider_moves_the_shape_and_reset_brings_it_back(
    page: ExplainHandlers, view: ExplainView
) -> None:
    first = sources(view.explain_along)
    assert sources(page.slide(view.explained, *ZEROS)) == first
    moved_once = sources(page.slide(view.explained, 2.5, 0, 0, 0))
    assert moved_once != first
    *zeros, again = page.reset(view.explained)
    assert zeros == list(ZEROS)
    assert sources(again) == first
    for slider in view[10 : 10 + WAYS]:
        assert slider["value"] == 0
        assert re.fullmatch(r"Direction \d \(\d+% of the shape's variance\)", slider["label"])


def test_between_two_objects(page: ExplainHandlers, view: ExplainView) -> None:
    for share, end in ((0, 0), (1, 2)):
        found = sources(page.mix(view.explained, 0, share))
        assert found[1] == found[end]
    assert [item["caption"] for item in page.mix(view.explained, 0, 0.25)] == [
        "car 1",
        "a = 0.25",
        "person 1",
    ]


def test_an_object_alone_has_nothing_to_be_mixed_with(
    page: ExplainHandlers, view: ExplainView
) -> None:
    alone = replace(view.explained.subject, others=())
    now = page.choose_stage(replace(view.explained, subject=alone), 3)
    assert now.explain_alone["visible"] is True
    assert now.explain_pair["visible"] is False
    with pytest.raises(gr.Error, match="other object"):
        page.mix(now.explained, 0, 0.5)


def test_the_prior_is_drawn_again(page: ExplainHandlers, view: ExplainView) -> None:
    now, items = page.draw(view.explained)
    assert sources(items) != sources(view.explain_prior)
    assert now.seed == 1
    assert sources(page.draw(view.explained)[1]) == sources(items)


def test_the_bar_hides_what_it_covers(page: ExplainHandlers, view: ExplainView) -> None:
    x0, _, x1, _ = tight_box(view.explained.ground.modal)
    _, nothing = page.hide(view.explained, moved(0, 0, 4, 4))
    _, half = page.hide(view.explained, moved(x0, 0, (x0 + x1) / 2, SIDE))
    assert nothing["said"][0] == ["Hidden", "0%"]
    assert half["said"][0][1] == f"{half['point'][0]:.0%}"
    assert 0.3 < half["point"][0] < 0.7
    assert nothing["rest"] != half["rest"]
    assert nothing["heat"] != half["heat"]
    assert half["fresh"] is False
    assert json.loads(json.dumps(half)) == half


def test_hiding_everything_is_said_and_can_be_undone(
    page: ExplainHandlers, view: ExplainView
) -> None:
    now, all_of_it = page.hide(view.explained, moved(0, 0, SIDE, SIDE))
    assert all_of_it["note"] == text.ALL_HIDDEN
    assert {value for _, value in all_of_it["said"]} == {"–"}
    assert page.choose_stage(now, 2).explain_occluder["note"] == text.ALL_HIDDEN
    assert page.hide(now, moved(0, 0, 4, 4))[1]["note"] == ""


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"box": 3},
        {"box": [1, 2, 3]},
        {"box": [1, 2, float("nan"), 4]},
        {"box": [9, 0, 1, 1]},
    ],
)
def test_another_event_than_the_bars_is_refused(data: object) -> None:
    with pytest.raises(Malformed, match="Bar: got"):
        occluder.read_box(data)


def test_the_bar_stays_on_its_ground() -> None:
    assert occluder.read_box({"box": [-5, -9, 999, 12.5]}) == Box(0, 0, SIDE, 12.5)


@pytest.mark.parametrize(
    ("name", "values"),
    [("slide", ZEROS), ("reset", ()), ("mix", (0, 0.5)), ("draw", ()), ("choose_stage", (1,))],
)
def test_nothing_happens_before_the_page_is_opened(
    page: ExplainHandlers, name: str, values: tuple
) -> None:
    with pytest.raises(gr.Error, match="Select an object"):
        getattr(page, name)(None, *values)


def test_empty_numbers_are_told(page: ExplainHandlers, view: ExplainView) -> None:
    with pytest.raises(gr.Error, match="Fill in"):
        page.slide(view.explained, 1, None, 0, 0)
    with pytest.raises(gr.Error, match="Fill in"):
        page.mix(view.explained, 0, None)


def test_a_known_truth_adds_its_terms(pipeline: Pipeline, tmp_path: Path) -> None:
    write_rendered_street(tmp_path / "street")
    (tmp_path / "index.json").write_text('[{"name": "street", "title": "A street"}]')
    handlers = Handlers(pipeline, find_examples(tmp_path))
    session = handlers.open_first(Session()).session
    session = handlers.actions.pick(session, session.layers[0].id)
    view = ExplainHandlers(pipeline).open(session, None, 3)
    for label in (text.EQ_1, text.EQ_23, text.MATCHING):
        assert label in view.explain_terms
    assert text.NO_TRUTH not in view.explain_terms
    assert view.explained.subject.truth is session.lesson.truth.object_of(session.layer).whole


def test_training_curves_are_those_beside_the_weights(view: ExplainView) -> None:
    recorded = json.loads((TINY / "curves.json").read_text())
    for stage, names in text.CURVE_NAMES.items():
        for term, label in names.items():  # one point is no curve
            drawn = f'<p class="plot-title">{label}</p>' in view.explain_curves
            assert drawn == (len(recorded[stage].get(term, ())) > 1)
    assert view.explain_curves.count('class="curve"') >= 4


def test_weights_without_curves_say_so(pipeline: Pipeline, car: Session) -> None:
    page = ExplainHandlers(pipeline)
    page.stages.folder = None
    assert text.NO_CURVES in page.open(car, None, 3).explain_curves


def test_whiskers_show_every_dimension_largest_kl_first() -> None:
    chart = charts.whiskers(np.array([0.0, 2.0]), np.array([1.0, 0.5]), np.array([0.25, 3.0]))
    lines = re.search(r'class="line" d="(.*?)"', chart)[1]
    assert lines.startswith("M0.5 -1.500V-2.500M1.5 1.000V-1.000")
    assert "Sum: 3.2 nats in 2 dimensions" in chart


def test_a_picture_travels_inside_the_answer() -> None:
    squares = np.zeros((4, 4, 3), np.uint8)
    whole, empty = shown([Figure(squares, "a", "b", True), Figure(None, "", "c")])
    assert whole["src"].startswith("data:image/png;base64,")
    assert whole["coarse"] is True
    assert empty["src"] == ""


def test_the_page_computes_nothing_before_it_is_opened(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the page must not ask the model")

    monkeypatch.setattr("demo.explain.walk", refuse)
    built = build(handlers)
    opens = [
        event
        for event in built.fns.values()
        if event.concurrency_id == "explain" and event.name == "open"
    ]
    assert [event.targets[0][1] for event in opens] == ["select"]
    assert all(
        event.api_visibility == "private"
        for event in built.fns.values()
        if event.concurrency_id == "explain"
    )
