"""Rendered streets as a data set: what is learned from, what is tested on, how they are mixed."""

from collections import Counter

import numpy as np
import pytest

from amodal import evaluate, scene
from amodal.data import rendered
from amodal.data.layouts import layouts
from amodal.data.pretext import by_source
from amodal.data.shapes import Shape, toy_shapes
from amodal.data.sources import Masks
from amodal.errors import AmodalError
from amodal.evaluation import rendered as protocol
from amodal.render.layout.models import UNSEEN
from amodal.training.material import gather, rendered_masks
from amodal.training.options import read_material


@pytest.fixture(scope="module")
def frames():
    return rendered.frames(3, seed=0)


@pytest.fixture(scope="module")
def pairs():
    return rendered.unseen_pairs(1, seed=0)


def test_as_many_whole_masks_of_each_class():
    found = rendered.shapes(18, seed=0)
    assert Counter(shape.category for shape in found) == dict.fromkeys(scene.CLASSES[1:], 2)
    for shape in found:
        assert shape.rendered
        assert shape.mask.dtype == bool
        assert shape.mask[0].any()
        assert shape.mask[:, -1].any()
        assert max(shape.mask.shape) <= rendered.LIMIT


def test_equal_seeds_give_equal_shapes():
    first, again, other = (rendered.shapes(9, seed=seed) for seed in (0, 0, 1))
    assert all(np.array_equal(a.mask, b.mask) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a.mask, b.mask) for a, b in zip(first, other, strict=True))


def test_frames_are_visible_masks_with_labels(frames):
    assert {item.sequence for item in frames} == {0, 1, 2}
    for item in frames:
        assert item.mask[0].any()
        assert item.mask[:, 0].any()
        full, seen = item.label.box, item.box
        assert full.contains(seen)
        if item.is_whole:
            assert full == seen


def test_masks_of_one_frame_lie_apart(frames):
    height, width = frames[0].photo_size
    taken = np.zeros((height, width), int)
    for item in frames:
        if item.sequence == 0:
            x, y = item.x0, item.y0
            taken[y : y + item.mask.shape[0], x : x + item.mask.shape[1]] += item.mask
    assert taken.max() == 1


def test_frames_give_layouts(frames):
    found = layouts(frames)
    assert len(found) > 5
    assert all(0 < layout.cover.mean() < 1 for layout in found)


def test_objects_to_test_on_are_hidden_by_what_is_told(pairs):
    assert Counter(p.seen.category for p in pairs) == dict.fromkeys(scene.CLASSES[1:], 1)
    for pair in pairs:
        hidden = pair.seen.amodal & ~pair.seen.modal
        assert 0.05 <= hidden.sum() / pair.seen.amodal.sum() <= 0.95
        assert not (pair.others & pair.seen.modal).any()
        assert (pair.others & hidden).sum() > 0.9 * hidden.sum()  # but for what hides the hider


def test_no_mesh_is_both_learned_from_and_tested_on(pairs):
    learned = {shape.track for shape in rendered.shapes(90, seed=0)}
    assert all(number < UNSEEN for _, number in learned)
    assert all(pair.mesh[1] >= UNSEEN for pair in pairs)


def test_cases_of_the_protocol_lie_in_their_photo():
    cases = protocol.cases(quota=1).cases
    assert len(cases) == 9
    for case in cases:
        assert case.photo.width > case.whole.shape[1]
        assert (case.whole & ~case.modal).any()
        assert not (case.modal & ~case.whole).any()


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_so_large_a_share_of_the_draws_is_rendered(share):
    real = [Shape(s.mask, s.category, (i % 3,)) for i, s in enumerate(toy_shapes(30))]
    drawn = [Shape(s.mask, s.category, s.track, rendered=True) for s in toy_shapes(200)]
    chances = np.diff(by_source(real + drawn, share), prepend=0)
    assert chances[30:].sum() == pytest.approx(share)
    assert chances.min() > 0


@pytest.mark.parametrize("is_rendered", [False, True])
def test_the_share_does_not_count_where_there_is_one_source(is_rendered):
    shapes = [Shape(s.mask, s.category, s.track, rendered=is_rendered) for s in toy_shapes(8)]
    assert by_source(shapes, 0.5) == pytest.approx(np.arange(1, 9) / 8)


def test_real_layouts_come_before_rendered_ones(frames):
    """A class with real layouts has no rendered ones beside them."""
    cars = [item for item in frames if item.category == "car"]
    real = Masks(toy_shapes(4), [*cars, *(item for item in frames if item.category == "person")])
    known = {layout.category for layout in layouts(real.items)}
    material = gather([real, Masks(rendered.shapes(9), frames)], 32)
    assert known
    for name in known:
        found = [layout for layout in material.layouts if layout.category == name]
        assert len(found) == sum(layout.category == name for layout in layouts(real.items))
    assert {layout.category for layout in material.layouts} > known
    assert len(material.shapes) == 13


def test_rendered_masks_are_all_that_a_training_needs():
    material = gather([rendered_masks(9)], 32)
    assert material.categories == tuple(sorted(scene.CLASSES[1:]))
    assert material.partials
    assert material.layouts


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "rendered"], "how many masks"),
        (["--data", "rendered", "--rendered", "-3"], "0 or more"),
        (["--data", "rendered", "--rendered", "9", "--hold-out", "4"], "has no sequences"),
        (["--rendered", "9"], "--root is missing"),
    ],
)
def test_options_that_do_not_go_together(options, message):
    from amodal.train import parse

    with pytest.raises(AmodalError, match=message):
        read_material(parse(options), 32)


def test_evaluation_needs_a_folder_only_where_data_are_read():
    evaluate.check(evaluate.parse(["--data", "rendered"]))
    with pytest.raises(AmodalError, match="--root is missing"):
        evaluate.check(evaluate.parse(["--data", "kitti-mots"]))
