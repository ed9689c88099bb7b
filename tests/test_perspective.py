"""The horizon of a street, told from its objects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amodal.layers import Layer
from amodal.perspective import EYE, METRES, USUAL, horizon
from amodal.scene import Completion, Instance

HEIGHT, WIDTH = 400, 600


def standing(row: float, metres_away: float, category: str) -> Layer:
    """An object on flat ground under a horizon, as a pinhole camera of 300 px sees it."""
    foot = round(row + 300 * EYE / metres_away)
    tall = max(round(300 * METRES[category] / metres_away), 2)
    modal = np.zeros((HEIGHT, WIDTH), bool)
    modal[max(foot - tall, 0) : foot, 200:240] = True
    return Layer("object-1", Instance(modal, category), Completion(modal, 0, 0))


@given(
    row=st.floats(120, 220),
    seen=st.lists(
        st.tuples(st.floats(6, 25), st.sampled_from(["car", "person", "van"])), min_size=1
    ),
)
def test_objects_on_flat_ground_tell_the_horizon(row: float, seen: list[tuple[float, str]]) -> None:
    layers = [standing(row, away, category) for away, category in seen]
    assert horizon(layers, HEIGHT, WIDTH) == pytest.approx(row, abs=2.5)


def test_one_odd_object_does_not_move_it() -> None:
    layers = [standing(150, away, "car") for away in (6, 9, 14, 20)]
    assert horizon([*layers, standing(210, 8, "car")], HEIGHT, WIDTH) == pytest.approx(150, abs=2.5)


def test_objects_that_reach_the_border_or_have_no_class_say_nothing() -> None:
    modal = np.zeros((HEIGHT, WIDTH), bool)
    modal[300:, 100:200] = True
    cut = Layer("object-1", Instance(modal, "car"), Completion(modal, 0, 0))
    modal = np.roll(modal, -50, axis=0)
    unknown = Layer("object-2", Instance(modal), Completion(modal, 0, 0))
    assert horizon([cut, unknown], HEIGHT, WIDTH) == USUAL * HEIGHT
