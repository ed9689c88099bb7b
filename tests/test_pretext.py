"""What hides an object in training: properties of the drawn pairs, and real layouts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.data.kitti_mots import Label, TrackMask
from amodal.data.layouts import layouts
from amodal.data.pretext import Pretext, PretextConfig, bars, border_cut, leaves
from amodal.data.shapes import toy_shapes
from amodal.geometry import Box

NONE = {"objects": 0, "layout": 0, "border": 0, "bars": 0, "nothing": 0, "leaves": 0, "rough": 0}


def only(**shares: float) -> PretextConfig:
    return PretextConfig(**{**NONE, **shares})


def street() -> list[TrackMask]:
    """A car of 40 x 20 pixels whose right half a nearer one hides; one stands farther."""
    size = 100, 200
    half = np.ones((20, 20), bool)
    car = Label(0, 1, Box(50, 40, 90, 60), 20.0)
    nearer = Label(0, 0, Box(70, 44, 100, 70), 10.0)
    farther = Label(0, 1, Box(40, 30, 60, 50), 30.0)
    return [
        TrackMask(1, 2, 1001, "car", half, 50, 40, size, car),
        TrackMask(1, 2, 1002, "car", np.ones((26, 30), bool), 70, 44, size, nearer),
        TrackMask(1, 2, 1003, "car", np.ones((10, 20), bool), 40, 30, size, farther),
    ]


def test_a_layout_is_what_the_nearer_objects_cover():
    first, *_ = layouts(street())
    cover = first.over(20, 40)
    assert cover.shape == (40, 80)
    inside = cover[10:30, 20:60]  # the label's box
    assert inside[5:, 21:].mean() > 0.95
    assert inside[:3].mean() == 0
    assert inside[:, :19].mean() == 0
    assert first.category == "car"
    assert first.track == (1, 1001)
    assert np.array_equal(first.over(20, 40, mirrored=True), cover[:, ::-1])


def test_objects_that_nothing_covers_have_no_layout():
    assert [layout.track[1] for layout in layouts(street())] == [1001, 1003]
    assert layouts(street()[:1]) == []


def test_a_layout_hides_an_object_of_its_class():
    pretext = Pretext(toy_shapes(8), layouts(street()), only(layout=1))
    car = np.ones((20, 40), bool)
    for seed in range(8):
        hidden = pretext.hide(car, "car", np.random.default_rng(seed))
        sides = hidden.modal[10:30, 20:40].mean(), hidden.modal[10:30, 40:60].mean()
        assert min(sides) < 0.5 < max(sides)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["objects", "border", "bars"]))
def test_what_is_visible_belongs_to_the_whole_and_is_not_covered(seed, kind):
    shapes = toy_shapes(6)
    config = only(**{kind: 1}, leaves=0.3)
    rng = np.random.default_rng(seed)
    whole = shapes[seed % 6].mask
    hidden = Pretext(shapes, [], config).hide(whole, "car", rng)
    if hidden is None:
        return
    assert not (hidden.modal & ~hidden.whole).any()
    assert not (hidden.modal & hidden.others).any()
    assert hidden.whole.sum() == whole.sum()
    share = hidden.modal.sum() / whole.sum()
    assert config.visible[0] <= share <= config.visible[1]
    assert hidden.borders.any() == (kind == "border")


def test_where_nothing_hides_the_whole_is_seen():
    shapes = toy_shapes(4)
    hidden = Pretext(shapes, [], only(nothing=1)).hide(
        shapes[0].mask, "car", np.random.default_rng(0)
    )
    assert np.array_equal(hidden.modal, hidden.whole)
    assert not hidden.others.any()


def test_a_rough_mask_differs_and_is_never_empty():
    shapes = toy_shapes(6)
    pretext = Pretext(shapes, [], only(nothing=1, rough=1))
    differ = 0
    for seed in range(20):
        hidden = pretext.hide(shapes[seed % 6].mask, "car", np.random.default_rng(seed))
        assert hidden.modal.any()
        differ += not np.array_equal(hidden.modal, hidden.whole)
    assert differ > 12


@pytest.mark.parametrize("seed", range(8))
def test_a_border_cuts_the_side_it_names(seed):
    cut, borders = border_cut(40, 30, np.random.default_rng(seed))
    box = cut[20:60, 15:45]
    assert borders.tolist() == [
        bool(side) for side in (box[:, 0].all(), box[0].all(), box[:, -1].all(), box[-1].all())
    ]
    assert borders.sum() == 1
    assert 0.02 < box.mean() < 0.66


@pytest.mark.parametrize("draw", [bars, leaves])
def test_bars_and_leaves_cover_a_part(draw):
    shares = [draw((80, 60), np.random.default_rng(seed)).mean() for seed in range(30)]
    assert 0.01 < np.mean(shares) < 0.5
    assert np.std(shares) > 0.01


def test_shares_that_do_not_sum_to_one_are_refused():
    with pytest.raises(ValueError, match=r"sum of 0\.400"):
        Pretext(toy_shapes(2), [], only(objects=0.4))
