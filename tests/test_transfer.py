"""Carrying masks by boxes: the affine's properties, and that fitting finds a known shift."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.data.kitti_mots import Label, TrackMask
from amodal.data.shapes import tight
from amodal.evaluation.transfer import LIMIT, Shift, agreement, carry, climb, fit, paint, transfer
from amodal.geometry import Box
from tests.street import car, extent

edges = st.floats(-500, 500)
sizes = st.floats(1, 400)
steps = st.integers(-LIMIT, LIMIT)
shifts = st.builds(Shift, steps, steps, steps, steps)


@st.composite
def boxes(draw) -> Box:
    x, y, width, height = draw(edges), draw(edges), draw(sizes), draw(sizes)
    return Box(x, y, x + width, y + height)


def close(first: Box, second: Box, tolerance: float = 1e-6) -> bool:
    size = max(abs(value) for value in first) + 1
    return np.allclose(first, second, atol=tolerance * size)


@given(boxes(), boxes())
def test_the_source_goes_to_the_target(source, target):
    assert close(carry(source, source, target), target)


@given(boxes(), boxes(), boxes())
def test_there_and_back_is_the_identity(box, source, target):
    there = carry(box, source, target)
    assert np.allclose(carry(there, target, source), box, atol=1e-3)


@given(boxes(), boxes(), boxes(), boxes())
def test_two_steps_are_one(box, first, second, third):
    direct = carry(box, first, third)
    stepwise = carry(carry(box, first, second), second, third)
    scale = 1 + max(abs(value) for value in direct)
    assert np.allclose(direct, stepwise, atol=1e-4 * scale)


@given(boxes(), shifts)
def test_a_shift_moves_by_shares_of_the_box(box, shift):
    moved = shift.apply(box)
    assert np.isclose(moved.width / box.width, np.exp(0.0075 * shift.width))
    assert np.isclose(moved.height / box.height, np.exp(0.0075 * shift.height))
    centre = (moved.x0 + moved.x1 - box.x0 - box.x1) / 2
    assert np.isclose(centre, 0.0075 * shift.x * box.width, atol=1e-9 * 500)
    assert close(Shift().apply(box), box)


def item_of(mask: np.ndarray, label: Box) -> TrackMask:
    x0, y0, _, _ = extent(mask)
    return TrackMask(
        0, 0, 1001, "car", tight(mask), int(x0), int(y0), mask.shape, Label(0, 0, label, 9.0)
    )


WINDOW = Box(0, 0, 320, 120)
VISIBLE = car(60, 40)
SOURCE = item_of(VISIBLE, Box(55, 38, 128, 84))


@given(st.integers(-50, 150), st.integers(-30, 30))
def test_a_moved_box_moves_the_mask_exactly(dx, dy):
    x0, y0, x1, y1 = SOURCE.label.box
    moved = transfer(SOURCE, Box(x0 + dx, y0 + dy, x1 + dx, y1 + dy), WINDOW)
    assert np.array_equal(moved, car(60 + dx, 40 + dy))


@given(st.integers(1, 4))
def test_scaling_scales_the_area(factor):
    x0, y0, x1, y1 = SOURCE.label.box
    window = Box(0, 0, 1600, 600)
    larger = Box(x0 * factor, y0 * factor, x1 * factor, y1 * factor)
    assert np.isclose(transfer(SOURCE, larger, window).sum() / VISIBLE.sum(), factor**2, rtol=0.03)


def test_a_window_cuts_what_is_outside():
    cut = paint(SOURCE.mask, SOURCE.box, Box(80, 40, 100, 60))
    assert np.array_equal(cut, VISIBLE[40:60, 80:100])


NEAR = Box(40, 28, 140, 94)  # about what is looked at around an object
NEAR_VISIBLE = VISIBLE[28:94, 40:140]


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.builds(Shift, *[st.integers(-6, 6)] * 4))
def test_fitting_undoes_a_wrong_box(shift):
    wrong = shift.apply(SOURCE.label.box)
    known = np.ones(NEAR_VISIBLE.shape, bool)
    before = agreement(transfer(SOURCE, wrong, NEAR), NEAR_VISIBLE, known)
    found, _ = fit(SOURCE, wrong, NEAR, NEAR_VISIBLE, known)
    after = agreement(transfer(SOURCE, wrong, NEAR, found), NEAR_VISIBLE, known)
    assert after >= min(before, 0.97)
    assert after > 0.95


def test_fitting_uses_what_is_known_only():
    hidden = np.zeros(NEAR_VISIBLE.shape, bool)
    hidden[:, 60:] = True
    wrong = Shift(x=-5).apply(SOURCE.label.box)
    found, value = fit(SOURCE, wrong, NEAR, NEAR_VISIBLE & ~hidden, ~hidden)
    whole = transfer(SOURCE, wrong, NEAR, found)
    assert value > 0.95
    assert (whole & NEAR_VISIBLE).sum() / (whole | NEAR_VISIBLE).sum() > 0.93


def test_agreement_ignores_what_is_unknown():
    mask = np.array([[True, True, True, True]])
    visible = np.array([[True, True, False, False]])
    known = np.array([[True, True, True, False]])
    assert agreement(mask, visible, known) == 2 / 3


def test_climbing_stays_within_the_limit():
    best, value = climb(lambda shift: float(shift.x - abs(shift.y - 3)))
    assert best == Shift(LIMIT, 3)
    assert value == LIMIT
