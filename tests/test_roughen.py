"""Roughened masks: spoilt by degrees, never lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from amodal.data.roughen import roughen
from amodal.data.shapes import toy_shapes
from amodal.evaluation.predicted import input_iou, predicted
from tests.evaluation_cases import toy_cases


def mean_iou(strength: float) -> float:
    masks = [np.pad(shape.mask, 20) for shape in toy_shapes(60)]
    ious = []
    for index, mask in enumerate(masks):
        rough = roughen(mask, strength, np.random.default_rng(index))
        ious.append((rough & mask).sum() / (rough | mask).sum())
    return float(np.mean(ious))


def test_strength_spoils_by_degrees():
    ious = [mean_iou(strength) for strength in (0, 0.25, 0.5, 1)]
    assert ious[0] == 1
    assert ious[0] > ious[1] > ious[2] > ious[3] > 0.6
    assert ious[2] < 0.96


def test_masks_shrink_and_grow_and_get_holes():
    mask = np.pad(np.ones((60, 80), bool), 30)
    rough = [roughen(mask, 0.8, np.random.default_rng(seed)) for seed in range(40)]
    areas = np.array([item.sum() for item in rough]) / mask.sum()
    assert areas.min() < 0.95
    assert areas.max() > 1.02
    core = np.pad(np.ones((40, 60), bool), 40)
    assert any((core & ~item).any() for item in rough)  # something is cut far inside
    assert len({item.tobytes() for item in rough}) == 40


@settings(max_examples=150)
@given(arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))), st.floats(0, 1))
def test_a_mask_is_never_lost_and_never_changed_in_place(mask, strength):
    mask[0, 0] = True
    before = mask.copy()
    rough = roughen(mask, strength, np.random.default_rng(0))
    assert rough.any()
    assert (rough.dtype, rough.shape) == (np.dtype(bool), mask.shape)
    assert np.array_equal(mask, before)
    assert not np.shares_memory(rough, mask)


def test_equal_generators_give_equal_masks():
    mask = np.pad(np.ones((30, 30), bool), 9)
    first, second = (roughen(mask, 0.5, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_out_of_range_is_refused(strength):
    with pytest.raises(ValueError, match="strength"):
        roughen(np.ones((3, 3), bool), strength, np.random.default_rng(0))


def test_an_empty_mask_is_refused():
    with pytest.raises(ValueError, match="empty"):
        roughen(np.zeros((3, 3), bool), 0.5, np.random.default_rng(0))


def test_predicted_cases_keep_the_truth():
    _, cases = toy_cases(8)
    rough = predicted(cases, 0.7)
    assert input_iou(cases) == 1
    assert 0.5 < input_iou(rough) < 0.95
    for before, after in zip(cases, rough, strict=True):
        assert np.array_equal(after.visible, before.modal)
        assert after.occlusion_rate == before.occlusion_rate
        assert not np.array_equal(after.modal, before.modal)
    again = predicted(cases, 0.7)
    assert all(np.array_equal(a.modal, b.modal) for a, b in zip(rough, again, strict=True))
