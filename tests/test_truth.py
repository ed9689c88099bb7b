"""Reading a rendered street: its objects, what is behind them, and its edits."""

import json
from dataclasses import replace

import numpy as np
import pytest

from amodal.decompose import Decomposer
from amodal.errors import AmodalError
from amodal.inpaint.opencv import OpenCV
from amodal.layers import LayeredScene
from amodal.objects import add_object
from amodal.scene import Instance, paste_window
from amodal.truth import Truth, has_truth, read_truth
from tests.rendered_scene import BUS, CAR, HEIGHT, ORDER, PERSON, SHIFT, VAN, WIDTH, painted
from tests.rendered_scene import write_rendered_street as write_street


@pytest.fixture
def folder(tmp_path):
    return write_street(tmp_path / "street")


@pytest.fixture
def truth(folder) -> Truth:
    return read_truth(folder)


@pytest.fixture
def scene(truth) -> LayeredScene:
    return LayeredScene.from_photo(
        truth.photo, truth.instances, [item.whole for item in truth.objects]
    )


def test_what_is_seen_of_an_object_lies_in_its_whole(truth):
    assert {item.number for item in truth.objects} == {CAR, PERSON, VAN, BUS}
    for item in truth.objects:
        whole = item.whole.on_photo(HEIGHT, WIDTH)
        assert not (item.instance.modal & ~whole).any()
    van = next(item for item in truth.objects if item.number == VAN)
    assert van.whole.area > 1.1 * van.instance.area


def test_the_whole_of_a_cut_object_goes_on_beyond_the_photo(truth):
    bus = next(item for item in truth.objects if item.number == BUS)
    assert bus.whole.x0 == -24
    assert bus.whole.area > bus.whole.on_photo(HEIGHT, WIDTH).sum()


def test_the_true_colours_over_the_plate_are_the_photo(truth):
    picture = truth.plate.copy()
    by_number = {item.number: item for item in truth.objects}
    for number in ORDER:
        look = by_number[number].appearance
        rgba = paste_window(look.rgba, look.x0, look.y0, HEIGHT, WIDTH)
        picture = np.where(rgba[..., 3:] > 0, rgba[..., :3], picture)
    assert picture.tobytes() == truth.photo.tobytes()


def test_edits_are_the_photo_outside_of_their_box(truth):
    for edit in truth.edits:
        x0, y0, x1, y1 = edit.box
        outside = np.ones((HEIGHT, WIDTH), bool)
        outside[y0:y1, x0:x1] = False
        assert np.array_equal(edit.picture[outside], truth.photo[outside])
        assert not np.array_equal(edit.picture, truth.photo)
    shifted = next(edit for edit in truth.edits if edit.name == "sideways")
    assert np.array_equal(shifted.picture, painted(ORDER, {PERSON: SHIFT}))


def test_an_edit_changes_its_objects_alone(truth, scene):
    for edit in truth.edits:
        changed = truth.edited(scene, edit)
        away = {layer.id for layer in changed.layers if not layer.placement.in_place}
        assert away == {truth.layer_id(number) for number in edit.numbers}
    moved = truth.edited(scene, next(edit for edit in truth.edits if edit.name == "sideways"))
    place = moved.layer(truth.layer_id(PERSON)).placement
    assert (place.dx, place.dy, place.scale) == (*SHIFT, 1.0)


def test_objects_are_stacked_as_they_stand_after_the_edit(truth, scene):
    edit = replace(truth.edits[1], order=(CAR, PERSON, VAN, BUS))
    stacked = [layer.id for layer in truth.edited(scene, edit).layers]
    assert stacked == [truth.layer_id(number) for number in (CAR, PERSON, VAN, BUS)]
    few = replace(edit, order=(VAN, CAR))  # who isn't named stays at the back
    stacked = [layer.id for layer in truth.edited(scene, few).layers]
    assert stacked[2:] == [truth.layer_id(VAN), truth.layer_id(CAR)]


def test_a_moved_object_lies_where_the_true_one_does(truth, scene):
    edit = next(edit for edit in truth.edits if edit.name == "sideways")
    picture, _ = Decomposer(OpenCV()).render(truth.edited(scene, edit))
    mask = truth.edited(scene, edit).layer(truth.layer_id(PERSON)).silhouette(HEIGHT, WIDTH)
    error = np.abs(picture.astype(int) - edit.picture)[mask]
    before = np.abs(truth.photo.astype(int) - edit.picture)[mask]
    assert error.mean() < 0.25 * before.mean()


def test_a_scene_knows_which_edit_it_is(truth, scene):
    assert truth.edit_of(scene) is None
    for edit in truth.edits:
        assert truth.edit_of(truth.edited(scene, edit)) is edit
    by_hand = scene.delete(truth.layer_id(CAR))
    assert truth.edit_of(by_hand).name == "delete"
    assert truth.edit_of(by_hand.delete(truth.layer_id(VAN))) is None


def test_objects_of_the_user_have_no_truth(truth, scene):
    modal = np.zeros((HEIGHT, WIDTH), bool)
    modal[100:118, 2:40] = True
    added, id = add_object(scene, Instance(modal), truth.objects[0].whole)
    assert truth.object_of(added.layer(id)) is None
    layer = scene.layer(truth.layer_id(CAR))
    assert truth.object_of(layer).number == CAR
    other = replace(layer, instance=Instance(modal, "car"))  # masks of another import
    assert truth.object_of(other) is None


def test_small_objects_and_their_edits_are_left_out(folder):
    document = json.loads((folder / "scene.json").read_text())
    for entry in document["annotations"]:
        if entry["id"] == PERSON:
            entry["area"] = 20
    (folder / "scene.json").write_text(json.dumps(document))
    truth = read_truth(folder)
    assert PERSON not in {item.number for item in truth.objects}
    assert [edit.name for edit in truth.edits] == ["delete"]


@pytest.mark.parametrize("name", ["scene.json", "photo.png", "plate.png", "edits.json"])
def test_a_missing_file_is_named(folder, name):
    assert has_truth(folder)
    (folder / name).unlink()
    assert not has_truth(folder)
    with pytest.raises(AmodalError, match=name):
        read_truth(folder)


@pytest.mark.parametrize(
    ("name", "content"), [("edits.json", "[{}]"), ("scene.json", "{}"), ("edits.json", "[")]
)
def test_damaged_files_are_told(folder, name, content):
    (folder / name).write_text(content)
    with pytest.raises(AmodalError, match="not as"):
        read_truth(folder)
