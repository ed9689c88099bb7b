"""The blind study without its page."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amodal.completer import Completer
from amodal.errors import AmodalError
from amodal.geometry import hull
from amodal.scene import Completion, Instance
from amodal.study import (
    ALIKE,
    COLUMNS,
    PAPER,
    Hidden,
    Kind,
    Study,
    Tally,
    Vote,
    draw,
    hidden_objects,
    iou,
    wilson,
)
from amodal.truth import read_truth
from tests.demo_parts import TINY
from tests.rendered_scene import write_rendered_street

SEEDS = st.integers(0, 2**32 - 1)
VOTES = st.lists(st.sampled_from(Vote), max_size=8)


def box(x0: int, y0: int, width: int, height: int) -> Completion:
    return Completion(np.ones((height, width), bool), x0, y0)


def hidden(name: str, *, true: Completion | None = None) -> Hidden:
    """An object of which the left half is seen; the model's shape is a little too wide."""
    modal = np.zeros((40, 60), bool)
    modal[10:30, 10:20] = True
    instance = Instance(modal, "car", name)
    others = {Kind.TRUTH: true or box(10, 10, 20, 20), Kind.BASELINE: box(10, 10, 10, 20)}
    return Hidden("a street, wet", np.zeros((40, 60, 3), np.uint8), instance, WIDE, others)


WIDE = box(10, 10, 25, 20)
OBJECTS = [hidden(f"car {number}") for number in range(12)]


def study(seed: int, each: int = 4) -> Study:
    return draw(OBJECTS, np.random.default_rng(seed), each)


def voted(seed: int, votes: list[Vote]) -> Study:
    after = study(seed)
    for vote in votes:
        after = after.vote(vote)
    return after


@given(SEEDS)
def test_a_study_asks_as_often_of_either_kind_and_never_twice_about_an_object(seed: int) -> None:
    questions = study(seed).questions
    assert Counter(asked.kind for asked in questions) == {Kind.TRUTH: 4, Kind.BASELINE: 4}
    names = [asked.hidden.instance.name for asked in questions]
    assert len(set(names)) == len(names)


@given(SEEDS)
def test_the_model_is_on_the_side_that_the_question_notes(seed: int) -> None:
    for asked in study(seed).questions:
        sides = dict(zip((Vote.LEFT, Vote.RIGHT), asked.shapes, strict=True))
        assert sides.pop(asked.model) is asked.hidden.model
        assert list(sides.values()) == [asked.hidden.others[asked.kind]]


def test_sides_kinds_and_order_are_fair_over_seeds() -> None:
    rounds = 400
    left, first, who = 0, 0, Counter()
    for seed in range(rounds):
        questions = study(seed).questions
        left += sum(asked.model is Vote.LEFT for asked in questions)
        first += questions[0].kind is Kind.TRUTH
        who[questions[0].hidden.instance.name] += 1
    low, high = wilson(left, rounds * 8)
    assert low - 0.02 < 0.5 < high + 0.02
    low, high = wilson(first, rounds)
    assert low - 0.03 < 0.5 < high + 0.03
    assert len(who) == len(OBJECTS)
    assert max(who.values()) < 3 * rounds / len(OBJECTS)


def test_equal_seeds_ask_the_same() -> None:
    one, other, third = (
        [(asked.hidden.instance.name, asked.kind, asked.model) for asked in study(seed).questions]
        for seed in (7, 7, 8)
    )
    assert one == other != third


def test_fewer_objects_give_fewer_questions() -> None:
    asked = draw(OBJECTS[:3], np.random.default_rng(0)).questions
    assert len(asked) == 3


def test_pairs_that_look_alike_are_not_asked() -> None:
    same = [hidden(f"car {number}", true=WIDE) for number in range(6)]
    asked = draw(same, np.random.default_rng(0)).questions
    assert {each.kind for each in asked} == {Kind.BASELINE}
    with pytest.raises(AmodalError, match="hidden object"):
        draw([], np.random.default_rng(0))


def test_iou_of_shapes_in_other_windows() -> None:
    assert iou(box(0, 0, 10, 10), box(5, 0, 10, 10)) == pytest.approx(50 / 150)
    assert iou(box(-4, -4, 8, 8), box(-4, -4, 8, 8)) == 1
    assert iou(box(0, 0, 5, 5), box(50, 50, 5, 5)) == 0


@given(SEEDS, VOTES)
def test_a_vote_never_changes_the_study_before(seed: int, votes: list[Vote]) -> None:
    before = study(seed)
    studies = [before]
    for vote in votes:
        studies.append(studies[-1].vote(vote))
    for count, each in enumerate(studies):
        assert each.votes == tuple(votes[:count])
        assert each.questions is before.questions
        assert each.current is (before.questions[count] if count < 8 else None)


def test_there_is_no_vote_after_the_last_question() -> None:
    done = voted(0, [Vote.LEFT] * 8)
    with pytest.raises(AmodalError, match="start again"):
        done.vote(Vote.LEFT)


@given(SEEDS, VOTES)
def test_the_tally_adds_up(seed: int, votes: list[Vote]) -> None:
    after = voted(seed, votes)
    tallies = [after.tally(kind) for kind in Kind]
    assert sum(map(sum, tallies)) == len(votes)
    assert sum(tally.neither for tally in tallies) == votes.count(Vote.NEITHER)


@given(SEEDS)
def test_who_always_prefers_the_model_is_counted_so(seed: int) -> None:
    after = study(seed)
    while after.current:
        after = after.vote(after.current.model)
    assert [after.tally(kind) for kind in Kind] == [Tally(4, 0, 0)] * 2
    other = {Vote.LEFT: Vote.RIGHT, Vote.RIGHT: Vote.LEFT}
    after = study(seed)
    while after.current:
        after = after.vote(other[after.current.model])
    assert [after.tally(kind) for kind in Kind] == [Tally(0, 4, 0)] * 2


@given(SEEDS, VOTES)
def test_a_csv_says_what_was_asked_and_answered(seed: int, votes: list[Vote]) -> None:
    after = voted(seed, votes)
    rows = list(csv.DictReader(io.StringIO(after.csv())))
    assert after.csv().splitlines()[0] == ",".join(COLUMNS)
    assert [int(row["number"]) for row in rows] == list(range(1, len(votes) + 1))
    assert [Vote(row["answer"]) for row in rows] == votes
    asked = after.questions[: len(votes)]
    assert [row["street"] for row in rows] == ["a street, wet"] * len(votes)
    assert [row["object"] for row in rows] == [each.hidden.instance.name for each in asked]
    for kind in Kind:
        mine = [row for row in rows if row["kind"] == kind]
        model = sum(row["answer"] == row["model_side"] for row in mine)
        neither = sum(row["answer"] == "neither" for row in mine)
        assert after.tally(kind) == (model, len(mine) - model - neither, neither)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_mirrors(votes: tuple[int, int]) -> None:
    count, total = votes
    low, high = wilson(count, total)
    assert 0 <= low <= count / total <= high <= 1
    assert low < high
    mirrored = wilson(total - count, total)
    assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-9)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (10, 20, 0.2993, 0.7007),
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_that_were_published(count: int, total: int, low: float, high: float) -> None:
    assert wilson(count, total) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("count", "total"), [(0, 0), (3, 2), (-1, 2)])
def test_no_interval_without_votes(count: int, total: int) -> None:
    with pytest.raises(ValueError, match="count"):
        wilson(count, total)


def test_the_papers_shares() -> None:
    assert PAPER == (0.4668, 0.3950, 0.138)


def test_objects_of_a_street(tmp_path: Path) -> None:
    """Of the four only the van is hidden: the bus lies partly beyond the photo."""
    truth = read_truth(write_rendered_street(tmp_path / "street"))
    (found,) = hidden_objects("street", truth, Completer.load(TINY, device="cpu"))
    assert found.instance.category == "van"
    modal = found.instance.modal
    size = modal.shape
    true = next(item for item in truth.objects if item.instance is found.instance)
    assert found.others[Kind.TRUTH] is true.whole
    baseline = found.others[Kind.BASELINE].on_photo(*size)
    assert (baseline == (hull(modal) | modal)).all()
    assert baseline.sum() > modal.sum()
    assert not (modal & ~found.model.on_photo(*size)).any()
    assert iou(found.model, found.others[Kind.TRUTH]) < ALIKE
