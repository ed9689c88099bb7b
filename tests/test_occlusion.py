"""Simulated occlusion and the shapes it is made from: properties on random masks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.data.occlusion import VISIBLE_RANGE, Placement, occlude, simulate
from amodal.data.shapes import reduce, tight, toy_shapes

sizes = st.integers(1, 40)
seeds = st.integers(0, 2**32 - 1)


def blob(height: int, width: int, seed: int) -> np.ndarray:
    mask = np.random.default_rng(seed).random((height, width)) > 0.4
    mask[0, 0] = mask[-1, -1] = True
    return mask


@given(sizes, sizes, seeds, st.integers(-50, 50), st.integers(-50, 50), sizes, sizes)
def test_an_occluder_only_takes_away(height, width, seed, x, y, w, h):
    whole, occluder = blob(height, width, seed), blob(7, 9, seed + 1)
    modal = occlude(whole, occluder, Placement(w, h, x, y))
    assert modal.shape == whole.shape
    assert not (modal & ~whole).any()


def test_convention_the_occluder_s_corner_lands_on_x_y():
    modal = occlude(np.ones((6, 8), bool), np.ones((2, 3), bool), Placement(3, 2, 4, 1))
    expected = np.ones((6, 8), bool)
    expected[1:3, 4:7] = False
    assert np.array_equal(modal, expected)


def test_a_mirrored_occluder_is_mirrored():
    occluder = np.array([[True, False]])
    plain = occlude(np.ones((1, 2), bool), occluder, Placement(2, 1, 0, 0))
    mirrored = occlude(np.ones((1, 2), bool), occluder, Placement(2, 1, 0, 0, True))
    assert plain.tolist() == [[False, True]]
    assert mirrored.tolist() == [[True, False]]


@settings(max_examples=40)
@given(seeds)
def test_simulated_pairs_keep_the_visible_range(seed):
    rng = np.random.default_rng(seed)
    shapes = toy_shapes(6, seed=1)
    whole, occluder = shapes[int(rng.integers(6))].mask, shapes[int(rng.integers(6))].mask
    result = simulate(whole, occluder, rng)
    assert result is not None
    modal, placement = result
    assert VISIBLE_RANGE[0] <= modal.sum() / whole.sum() <= VISIBLE_RANGE[1]
    assert np.array_equal(modal, occlude(whole, occluder, placement))


def test_equal_seeds_give_equal_pairs():
    shapes = toy_shapes(2)
    runs = [simulate(shapes[0].mask, shapes[1].mask, np.random.default_rng(4)) for _ in range(2)]
    assert runs[0][1] == runs[1][1]


@pytest.mark.parametrize("limit", [8, 20, 200])
def test_reduced_masks_fit_and_stay_tight(limit):
    for shape in toy_shapes(4):
        small = reduce(shape.mask, limit)
        assert max(small.shape) <= max(limit, 1)
        assert np.array_equal(small, tight(small))
        assert small.mean() == pytest.approx(shape.mask.mean(), abs=0.15)
