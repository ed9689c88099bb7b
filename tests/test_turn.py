"""A car of a scene in another pose: an edit like the others."""

from __future__ import annotations

import numpy as np
import pytest

from amodal.decompose import Decomposer
from amodal.errors import AmodalError
from amodal.inpaint import OpenCV
from amodal.layers import LayeredScene
from amodal.objects import is_edited, topmost
from amodal.pose.gallery import Gallery
from amodal.pose.turner import Turner
from amodal.render.gallery import gallery
from amodal.scene import Completion, Instance
from amodal.turn import turn
from tests.pose_parts import small_turner

DECOMPOSER = Decomposer(OpenCV(size=64))
HEIGHT, WIDTH = 120, 200


@pytest.fixture(scope="module")
def poses() -> Gallery:
    return gallery(steps=8, side=96)


@pytest.fixture(scope="module")
def turner(poses: Gallery, tmp_path_factory: pytest.TempPathFactory) -> Turner:
    return small_turner(tmp_path_factory.mktemp("weights"), poses)


@pytest.fixture
def scene(poses: Gallery) -> LayeredScene:
    """A grey street with a red car that shows its side, and a post before it."""
    whole = np.zeros((HEIGHT, WIDTH), bool)
    whole[10:106, 50:146] = poses.layouts[0, 2] > 0
    post = np.zeros_like(whole)
    post[:, 90:96] = True
    photo = np.full((HEIGHT, WIDTH, 3), 150, np.uint8)
    photo[whole] = (200, 30, 30)
    photo[post] = (20, 20, 200)
    instances = [Instance(whole & ~post, "car", "car 1"), Instance(post, "person", "post")]
    return LayeredScene.from_photo(
        photo, instances, [Completion(whole, 0, 0), Completion(post, 0, 0)]
    )


def test_a_turned_car_is_seen_in_its_new_silhouette(scene, turner):
    turned = turn(scene, "object-1", 90, DECOMPOSER, turner)
    assert is_edited(turned)
    picture, _ = DECOMPOSER.render(turned)
    car, before = (each.layer("object-1").silhouette(HEIGHT, WIDTH) for each in (turned, scene))
    assert np.ptp(np.flatnonzero(car.any(0))) < 0.7 * np.ptp(np.flatnonzero(before.any(0)))
    assert (topmost(turned)[car] >= 0).all()
    left = before & ~car & (topmost(turned) < 0)
    red = (picture[left].astype(int) - (200, 30, 30)).__abs__().max(1) < 60
    assert red.mean() < 0.05  # the old car has gone
    far = np.zeros_like(car)
    far[:8] = True
    assert np.array_equal(picture[far], scene.photo[far])


def test_the_post_stays_in_front(scene, turner):
    picture, _ = DECOMPOSER.render(turn(scene, "object-1", 135, DECOMPOSER, turner))
    assert np.array_equal(picture[:, 90:96], scene.photo[:, 90:96])


@pytest.mark.parametrize("degrees", [0, 360, -360, 20])
def test_full_turns_and_tiny_ones_give_the_photo_back(scene, turner, degrees):
    turned = turn(scene, "object-1", 135, DECOMPOSER, turner)
    back = turn(turned, "object-1", degrees, DECOMPOSER, turner)
    assert not is_edited(back)
    assert DECOMPOSER.render(back)[0].tobytes() == scene.photo.tobytes()


def test_put_back_reset_and_another_shape_undo_a_turn(scene, turner):
    turned = turn(scene, "object-1", 135, DECOMPOSER, turner)
    whole = turned.layer("object-1").completion
    for after in (
        turned.put_back("object-1"),
        turned.reset(),
        turned.with_completion("object-1", whole),
    ):
        assert after.layer("object-1").turned is None
        assert after.layer("object-1").in_place


def test_a_turned_car_can_be_moved_and_deleted(scene, turner):
    turned = turn(scene, "object-1", 90, DECOMPOSER, turner)
    here = turned.layer("object-1").silhouette(HEIGHT, WIDTH)
    there = turned.move("object-1", 20, 0).layer("object-1").silhouette(HEIGHT, WIDTH)
    assert np.array_equal(here[:, :-20], there[:, 20:])
    picture, _ = DECOMPOSER.render(turned.delete("object-1"))
    expected, _ = DECOMPOSER.render(scene.delete("object-1"))
    assert np.array_equal(picture, expected)


def test_equal_turns_give_equal_pictures(scene, turner):
    first, second = (
        DECOMPOSER.render(turn(scene, "object-1", 225, DECOMPOSER, turner))[0] for _ in range(2)
    )
    assert np.array_equal(first, second)


def test_only_cars_can_be_turned(scene, turner):
    with pytest.raises(AmodalError, match="Only cars can be turned so far, and this is a person"):
        turn(scene, "object-2", 45, DECOMPOSER, turner)


@pytest.mark.parametrize(
    ("window", "message"),
    [(np.s_[5:6, 5:6], "1 pixels high"), (np.s_[:, :], "covers the whole picture")],
    ids=["a pixel", "the whole photo"],
)
def test_cars_that_can_not_be_turned_are_told(turner, window, message):
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[window] = True
    photo = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    scene = LayeredScene.from_photo(photo, [Instance(mask, "car")], [Completion(mask, 0, 0)])
    with pytest.raises(AmodalError, match=message):
        DECOMPOSER.render(turn(scene, "object-1", 90, DECOMPOSER, turner))


def test_a_car_without_visible_pixels_is_turned_by_its_own_mask(turner):
    inner, outer = np.zeros((2, HEIGHT, WIDTH), bool)
    inner[50:70, 60:100] = outer[40:90, 40:140] = True
    photo = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    instances = [Instance(inner, "car"), Instance(outer, "car")]
    completions = [Completion(inner, 0, 0), Completion(outer, 0, 0)]
    scene = LayeredScene.from_photo(photo, instances, completions)
    picture, _ = DECOMPOSER.render(turn(scene, "object-1", 90, DECOMPOSER, turner))
    assert picture.shape == photo.shape
