"""Samples grouped into distinct readings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.paste import gather
from amodal.readings import FAR, distances, linked, readings
from amodal.scene import Completion, Completions


def strip(length: int, x0: int = 0, score: float = 0.0) -> Completion:
    """A shape of `length` pixels in a row."""
    return Completion(np.ones((1, length), bool), x0, 0, 1.0, score)


def answer(*samples: Completion, mode: Completion | None = None) -> Completions:
    return gather(mode or samples[0], samples)


strips = st.builds(strip, st.integers(1, 12), st.integers(-6, 6), st.floats(-50, 0))
answers = st.lists(strips, min_size=1, max_size=10).map(lambda found: answer(*found))
fars = st.floats(0, 1)


def members(completions: Completions, far: float = FAR) -> list[tuple[int, ...]]:
    return [reading.members for reading in readings(completions, far).readings]


@given(answers, fars)
@settings(deadline=None, max_examples=60)
def test_readings_are_a_partition(completions, far):
    found = readings(completions, far)
    numbers = [number for reading in found.readings for number in reading.members]
    assert sorted(numbers) == list(range(1, len(completions.samples) + 1))
    assert sum(reading.share for reading in found.readings) == pytest.approx(1)
    assert all(reading.medoid in reading.members for reading in found.readings)
    assert found.of_mode in (None, *range(len(found.readings)))


@given(answers, fars, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_the_order_of_the_samples_decides_nothing(completions, far, random):
    shuffled = list(completions.samples)
    random.shuffle(shuffled)
    again = replace(completions, samples=tuple(shuffled))

    def shapes(given: Completions) -> list[list[tuple]]:
        items = [(s.log_posterior, s.area, s.x0) for s in given.samples]
        return [[items[n - 1] for n in group] for group in members(given, far)]

    assert shapes(completions) == shapes(again)


@given(answers, fars)
@settings(deadline=None, max_examples=60)
def test_identical_samples_fall_together(completions, far):
    twice = replace(completions, samples=completions.samples * 2)
    count = len(completions.samples)
    for group in members(twice, far):
        assert {(n - 1) % count + 1 for n in group if n > count} == {n for n in group if n <= count}


@given(answers, fars)
@settings(deadline=None, max_examples=60)
def test_any_two_shapes_of_a_reading_are_near(completions, far):
    apart = distances((completions.mode, *completions.samples))
    for group in members(completions, far):
        assert apart[np.ix_(group, group)].max() <= far


@given(answers)
@settings(deadline=None, max_examples=60)
def test_the_extremes_of_the_threshold(completions):
    assert len(members(completions, 1.0)) == 1
    different = {(item.x0, item.area) for item in completions.samples}
    assert len(members(completions, 0.0)) == len(different)


@given(answers, fars)
@settings(deadline=None, max_examples=60)
def test_large_readings_and_likely_members_come_first(completions, far):
    found = readings(completions, far).readings
    sizes = [len(reading.members) for reading in found]
    assert sizes == sorted(sizes, reverse=True)
    for reading in found:
        scores = [completions.samples[n - 1].log_posterior for n in reading.members]
        assert scores == sorted(scores, reverse=True)


def test_two_kinds_of_shapes_are_two_readings():
    found = readings(answer(strip(10), strip(30), strip(11), strip(9), mode=strip(29)))
    assert [reading.members for reading in found.readings] == [(4, 1, 3), (2,)]
    assert [reading.share for reading in found.readings] == [0.75, 0.25]
    assert found.readings[0].medoid == 1
    assert found.of_mode == 1


def test_a_mode_unlike_all_samples_has_no_reading():
    assert readings(answer(strip(10), strip(11), mode=strip(30))).of_mode is None


def test_a_shape_between_two_does_not_chain_them():
    apart = np.array([[0, 0.25, 0.5], [0.25, 0, 0.26], [0.5, 0.26, 0]])
    assert linked(apart, [0, 1, 2], 0.3) == [[0, 1], [2]]


def test_distance_is_what_two_shapes_do_not_share():
    apart = distances([strip(4), strip(8), strip(4, x0=20)])
    np.testing.assert_allclose(apart, [[0, 0.5, 1], [0.5, 0, 1], [1, 1, 0]])


def test_large_shapes_are_compared_on_a_grid():
    one, two = np.ones((900, 800), bool), np.ones((900, 800), bool)
    two[:, 600:] = False
    apart = distances([Completion(one, -3, 5), Completion(two, -3, 5)])
    assert apart[0, 1] == pytest.approx(0.25, abs=0.01)
    assert apart[0, 0] == apart[1, 1] == 0


@pytest.mark.parametrize("far", [-0.1, 1.1, float("nan")])
def test_a_threshold_beyond_iou_is_refused(far):
    with pytest.raises(ValueError, match="far"):
        readings(answer(strip(3)), far)
