"""The brush: what a stroke covers, and that tidying up keeps what matters."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.segment.brush import clean_up, erase, paint, stroke, stroke_from_layer

coordinates = st.floats(-20, 60, allow_nan=False)


def disc(height: int, width: int, x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width] + 0.5
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def masks() -> st.SearchStrategy[np.ndarray]:
    seeds = st.integers(0, 10_000)
    return st.builds(
        lambda seed, share: np.random.default_rng(seed).random((24, 31)) < share,
        seeds,
        st.sampled_from([0.02, 0.5, 0.9]),
    )


def test_convention_a_dab_covers_the_pixels_whose_centres_are_near() -> None:
    assert np.argwhere(stroke(4, 6, [(2.5, 1.5)], 0.4)).tolist() == [[1, 2]]
    assert np.argwhere(stroke(4, 6, [(2.5, 1.5)], 1)).tolist() == [
        [0, 2], [1, 1], [1, 2], [1, 3], [2, 2],
    ]  # fmt: skip


@given(coordinates, coordinates, st.floats(0.5, 30))
@settings(max_examples=40, deadline=None)
def test_a_dab_is_a_disc_even_off_the_photo(x: float, y: float, radius: float) -> None:
    assert np.array_equal(stroke(30, 40, [(x, y)], radius), disc(30, 40, x, y, radius))


@given(st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=4), st.floats(1, 8))
@settings(max_examples=25, deadline=None)
def test_a_stroke_is_what_many_dabs_on_its_way_cover(
    points: list[tuple[float, float]], radius: float
) -> None:
    dabs, larger = np.zeros((2, 30, 40), bool)
    for (x0, y0), (x1, y1) in pairwise(points):
        for share in np.linspace(0, 1, 61):
            x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
            dabs |= disc(30, 40, x, y, radius)
            larger |= disc(30, 40, x, y, radius + 0.4)  # dabs are up to 1.9 pixels apart
    painted = stroke(30, 40, points, radius)
    assert not (dabs & ~painted).any()
    assert not (painted & ~larger).any()


def test_painting_and_erasing_leave_the_mask_given_alone() -> None:
    mask = np.zeros((9, 9), bool)
    mask[2:5, 2:5] = True
    before = mask.copy()
    dab = stroke(9, 9, [(5, 5)], 2)
    assert np.array_equal(paint(mask, dab), mask | dab)
    assert np.array_equal(erase(paint(mask, dab), dab), mask & ~dab)
    assert np.array_equal(mask, before)


@pytest.mark.parametrize(("points", "radius"), [([], 2), ([(1, 1)], 0), ([(1, 1)], float("nan"))])
def test_no_points_or_no_radius_is_a_bug(points: list, radius: float) -> None:
    with pytest.raises(ValueError, match="stroke: got"):
        stroke(9, 9, points, radius)


def test_a_layer_of_an_image_editor_is_painted_where_it_is_opaque() -> None:
    layer = np.zeros((4, 5, 4), np.uint8)
    layer[1, 2] = (0, 0, 0, 255)  # black paint
    layer[2, 2] = (255, 255, 255, 20)  # the brush's soft rim
    layer[3, 3, :3] = 200  # colour without opacity
    assert np.argwhere(stroke_from_layer(layer)).tolist() == [[1, 2]]
    assert np.array_equal(stroke_from_layer(layer[..., 3]), layer[..., 3] == 255)
    with pytest.raises(ValueError, match="layer: got"):
        stroke_from_layer(layer[..., :3])


def test_specks_go_pinholes_fill_and_large_parts_stay() -> None:
    clean = np.zeros((80, 100), bool)
    clean[10:60, 5:40] = True
    clean[10:60, 45:70] = True  # the same object beyond a lamp post
    clean[25:40, 15:30] = False  # a window that one can see through
    mask = clean.copy()
    mask[70, 90] = True
    mask[50, 20] = False
    before = mask.copy()
    assert np.array_equal(clean_up(mask), clean)
    assert np.array_equal(mask, before)


def test_a_gap_at_the_border_of_the_photo_is_no_hole() -> None:
    mask = np.ones((30, 30), bool)
    mask[0, 10] = False
    assert np.array_equal(clean_up(mask, pinhole=1), mask)


@given(masks())
@settings(max_examples=40, deadline=None)
def test_cleaning_twice_changes_nothing_more(mask: np.ndarray) -> None:
    once = clean_up(mask)
    assert once.any() == mask.any()
    assert np.array_equal(clean_up(once), once)
