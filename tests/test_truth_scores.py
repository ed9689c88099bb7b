"""Scores against the truth: full marks for the truth itself, fewer for less, blind to the rest."""

from dataclasses import replace

import numpy as np
import pytest

from amodal.layers import LayeredScene
from amodal.looks import Appearance
from amodal.scene import Completion, paste_window
from amodal.truth import read_truth
from amodal.truth_scores import colour_psnr, edit_score, shape_iou
from tests.rendered_scene import BUS, HEIGHT, VAN, WIDTH, write_rendered_street


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    return read_truth(write_rendered_street(tmp_path_factory.mktemp("scores") / "street"))


def item_of(truth, number):
    return next(item for item in truth.objects if item.number == number)


def layer_of(truth, number, completion=None, appearance=None):
    """The object's layer; with its true shape and colours unless others are given."""
    wholes = [item.whole for item in truth.objects]
    scene = LayeredScene.from_photo(truth.photo, truth.instances, wholes)
    id, item = truth.layer_id(number), item_of(truth, number)
    if completion is not None:
        scene = scene.with_completion(id, completion)
    return replace(scene.layer(id), appearance=appearance or item.appearance)


@pytest.mark.parametrize("number", [VAN, BUS])
def test_the_true_shape_has_full_marks(truth, number):
    item = item_of(truth, number)
    assert shape_iou(item.whole, item) == (1.0, 1.0)


def test_the_visible_part_alone_has_none_of_the_hidden_part(truth):
    item = item_of(truth, VAN)
    whole, hidden = shape_iou(Completion(item.instance.modal, 0, 0), item)
    assert whole == pytest.approx(item.instance.area / item.whole.area)
    assert hidden == 0


def test_what_lies_beyond_the_photo_counts(truth):
    item = item_of(truth, BUS)
    cut = Completion(item.whole.on_photo(HEIGHT, WIDTH), 0, 0)
    assert shape_iou(cut, item)[0] == pytest.approx(cut.area / item.whole.area)


def test_nothing_hidden_is_no_score(truth):
    item = item_of(truth, VAN)
    seen = replace(item, whole=Completion(item.instance.modal, 0, 0))
    assert shape_iou(seen.whole, seen) == (1.0, None)


def recoloured(truth, where, by=40):
    """The van's true colours, changed at the pixels `where`, (HEIGHT, WIDTH) bool."""
    look = item_of(truth, VAN).appearance
    rgba = paste_window(look.rgba, look.x0, look.y0, HEIGHT, WIDTH).copy()
    rgba[where, :3] = np.clip(rgba[where, :3].astype(int) + by, 0, 255)
    return Appearance(rgba, 0, 0)


def test_only_hidden_colours_count(truth):
    item = item_of(truth, VAN)
    everywhere = recoloured(truth, np.ones((HEIGHT, WIDTH), bool))
    seen = recoloured(truth, item.instance.modal)
    right = colour_psnr(layer_of(truth, VAN), item)
    assert colour_psnr(layer_of(truth, VAN, appearance=seen), item) == right
    assert 10 < colour_psnr(layer_of(truth, VAN, appearance=everywhere), item) < 20 < right


def test_colours_outside_of_the_chosen_shape_do_not_count(truth):
    item = item_of(truth, VAN)
    hidden = item.whole.on_photo(HEIGHT, WIDTH) & ~item.instance.modal
    rows = np.flatnonzero(hidden.any(axis=1))
    lower = hidden & (np.arange(HEIGHT)[:, None] > rows.mean())
    shape = Completion(item.instance.modal | (hidden & ~lower), 0, 0)
    wrong_below = recoloured(truth, lower)
    inside = colour_psnr(layer_of(truth, VAN, shape, wrong_below), item)
    assert inside == colour_psnr(layer_of(truth, VAN), item)
    assert colour_psnr(layer_of(truth, VAN, None, wrong_below), item) < inside


def test_no_colours_are_no_score(truth):
    item = item_of(truth, VAN)
    assert colour_psnr(replace(layer_of(truth, VAN), appearance=None), item) is None
    assert colour_psnr(layer_of(truth, VAN), replace(item, appearance=None)) is None
    only_seen = Completion(item.instance.modal, 0, 0)
    assert colour_psnr(layer_of(truth, VAN, only_seen), item) is None


def test_an_edit_is_compared_where_the_street_changes(truth):
    edit = truth.edits[0]
    perfect = edit_score(edit.picture, truth.photo, edit)
    nothing = edit_score(truth.photo, truth.photo, edit)
    assert perfect.psnr > 50 > 20 > nothing.psnr == nothing.untouched
    assert perfect.kept == nothing.kept == 1
    spoiled = edit.picture.copy()
    spoiled[-4:] ^= 255  # far from the edit
    score = edit_score(spoiled, truth.photo, edit)
    assert score.psnr == perfect.psnr
    assert score.kept == pytest.approx(1 - 4 * WIDTH / _elsewhere(truth, edit), abs=1e-3)


def _elsewhere(truth, edit):
    from amodal.truth_scores import changed_region

    return (~changed_region(truth.photo, edit.picture)).sum()
