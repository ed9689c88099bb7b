"""The frozen words of the project: what they refuse, and pasting against a naive loop."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.scene import CLASSES, Completion, Completions, Instance, paste_window


def test_unknown_is_the_first_class_and_no_class_comes_twice():
    assert CLASSES[0] == "unknown"
    assert len(set(CLASSES)) == len(CLASSES)


def test_an_instance_knows_its_area_and_is_frozen():
    instance = Instance(np.eye(4, dtype=bool), "car", "car 1")
    assert instance.area == 4
    assert isinstance(instance.area, int)
    with pytest.raises(FrozenInstanceError):
        instance.category = "van"


@pytest.mark.parametrize(
    ("modal", "sentence"),
    [
        (np.zeros((3, 4), np.uint8), r"got uint8 \(3, 4\), expected bool"),
        (np.zeros((3, 4, 1), bool), r"got bool \(3, 4, 1\)"),
        (np.zeros(3, bool), r"got bool \(3,\)"),
    ],
)
def test_an_instance_refuses_other_masks(modal, sentence):
    with pytest.raises(ValueError, match=sentence):
        Instance(modal)


def test_an_instance_refuses_other_classes():
    with pytest.raises(ValueError, match="got 'horse', expected one of"):
        Instance(np.zeros((3, 4), bool), "horse")


def test_instances_are_compared_by_identity():
    first, second = Instance(np.ones((2, 2), bool)), Instance(np.ones((2, 2), bool))
    assert first == first
    assert first != second
    assert len({first, second}) == 2


@settings(deadline=None)
@given(
    h=st.integers(1, 8),
    w=st.integers(1, 8),
    x0=st.integers(-12, 12),
    y0=st.integers(-12, 12),
    height=st.integers(1, 10),
    width=st.integers(1, 10),
    channels=st.sampled_from([(), (3,), (2, 2)]),
    dtype=st.sampled_from([bool, np.uint8, np.float32]),
)
def test_paste_window_against_a_naive_loop(h, w, x0, y0, height, width, channels, dtype):
    window = np.random.default_rng(0).integers(1, 200, (h, w, *channels)).astype(dtype)
    before = window.copy()
    out = paste_window(window, x0, y0, height, width)
    assert out.shape == (height, width, *channels)
    assert out.dtype == dtype
    for y in range(height):
        for x in range(width):
            inside = 0 <= y - y0 < h and 0 <= x - x0 < w
            expected = window[y - y0, x - x0] if inside else np.zeros(channels, dtype)
            assert np.array_equal(out[y, x], expected)
    assert np.array_equal(window, before)


def test_a_pasted_window_is_a_copy():
    window = np.ones((3, 3), bool)
    paste_window(window, 0, 0, 3, 3)[:] = False
    assert window.all()


def test_a_completion_may_leave_the_photo():
    completion = Completion(np.ones((4, 6), bool), -2, 3, 0.8)
    on_photo = completion.on_photo(5, 10)
    assert completion.area == 24
    assert on_photo.shape == (5, 10)
    assert on_photo.sum() == 2 * 4
    assert on_photo[3:5, 0:4].all()
    assert not Completion(np.ones((2, 2), bool), 50, 50).on_photo(5, 10).any()


def test_probability_lies_where_its_window_says():
    probability = np.full((2, 2), 0.25, np.float32)
    sample = Completion(np.ones((2, 2), bool), 1, 1)
    result = Completions(sample, (sample,), probability, x0=4, y0=-1)
    on_photo = result.probability_on_photo(3, 5)
    assert on_photo.dtype == np.float32
    assert on_photo[0, 4] == 0.25
    assert on_photo.sum() == 0.25


def test_entropy_is_nought_where_certain_and_one_bit_at_a_half():
    sample = Completion(np.ones((1, 4), bool), 0, 0)
    probability = np.array([[0, 1, 0.5, 0.25]], np.float32)
    result = Completions(sample, (sample,), probability, 0, 0)
    np.testing.assert_allclose(result.entropy, [[0, 0, 1, 0.8113]], atol=1e-4)
    assert result.entropy.dtype == np.float32
    assert result.uncertain_area == pytest.approx(1.8113, abs=1e-3)


@given(st.floats(0, 1, width=32))
def test_entropy_is_symmetric_and_at_most_one_bit(p):
    sample = Completion(np.ones((1, 2), bool), 0, 0)
    probability = np.array([[p, 1 - p]], np.float32)
    here, there = Completions(sample, (sample,), probability, 0, 0).entropy[0]
    assert 0 <= here <= 1 + 1e-6
    assert here == pytest.approx(there, abs=1e-4)
