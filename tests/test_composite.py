"""Pixels: what an edit doesn't touch stays byte-identical, and what it uncovers looks right."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from amodal.appearance import complete_appearance
from amodal.data.coco import read_instances
from amodal.decompose import Decomposer
from amodal.errors import AmodalError
from amodal.export import layers_zip
from amodal.inpaint.opencv import OpenCV
from amodal.layers import Layer, LayeredScene
from amodal.margins import Margins
from amodal.photo import load_photo
from amodal.scene import Completion, Instance
from amodal.visibility import owners, vacated
from tests.scenes import BLUE, GREEN, RED, edits, random_scenes, rectangle, speckle, street

DECOMPOSER = Decomposer(OpenCV(size=64))


class Counting(OpenCV):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(size=64)
        self.calls = 0

    def fill(self, image: np.ndarray, hole: np.ndarray) -> np.ndarray:
        self.calls += 1
        return super().fill(image, hole)


def render(scene: LayeredScene) -> np.ndarray:
    return DECOMPOSER.render(scene)[0]


def may_cover_all(scene: LayeredScene) -> bool:
    """Whether removing everything leaves nothing to learn from."""
    owner = owners(scene)
    return np.logical_or.reduce(
        [vacated(owner, i, Margins()) for i in range(len(scene.depth))]
    ).all()


def with_soft_edge(layer: Layer, height: int, width: int, edge: int = 4) -> np.ndarray:
    """Where a moved object may show; its edge may reach into a photo that the rest has left."""
    whole = layer.completion
    shifted = replace(layer, completion=replace(whole, x0=whole.x0 + edge, y0=whole.y0 + edge))
    shape = shifted.silhouette(height + 2 * edge, width + 2 * edge).astype(np.uint8)
    grown = cv2.dilate(shape, np.ones((2 * edge + 1, 2 * edge + 1), np.uint8))
    return grown[edge:-edge, edge:-edge].astype(bool)


def near(pixels: np.ndarray, colour: tuple[int, int, int], tolerance: int = 25) -> np.ndarray:
    return (np.abs(pixels.astype(int) - colour) <= tolerance).all(axis=-1)


@given(random_scenes())
@settings(max_examples=30, deadline=None)
def test_an_unedited_scene_is_the_photo(scene: LayeredScene) -> None:
    picture, after = DECOMPOSER.render(scene)
    assert np.array_equal(picture, scene.photo)
    assert picture is not scene.photo
    assert not after.patches
    assert all(layer.appearance is None for layer in after.layers)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_only_what_an_edit_touches_changes(data: st.DataObject) -> None:
    scene = data.draw(random_scenes())
    edited = data.draw(edits(scene))
    if may_cover_all(scene):
        return
    owner = owners(scene)
    reach = np.zeros(owner.shape, bool)
    order = [layer.id for layer in edited.layers]
    for position, id in enumerate(scene.depth):
        layer = edited.layer(id)
        if not layer.placement.in_place:
            reach |= vacated(owner, position, Margins())
            if layer.placement.visible:
                reach |= with_soft_edge(layer, *owner.shape)
        elif set(order[: order.index(id)]) != set(scene.depth[:position]):
            reach |= layer.completion.on_photo(*owner.shape)
    before = scene.photo.copy()
    picture = render(edited)
    assert np.array_equal(picture[~reach], scene.photo[~reach])
    assert np.array_equal(scene.photo, before)
    assert picture.shape == scene.photo.shape
    assert picture.dtype == np.uint8


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_undo_and_history_leave_no_trace(data: st.DataObject) -> None:
    scene = data.draw(random_scenes())
    if may_cover_all(scene):
        return
    _, remembered = DECOMPOSER.render(data.draw(edits(scene)))
    # Whatever was invented on the way, the same edits give the same bytes.
    assert np.array_equal(render(remembered.reset()), scene.photo)
    ids = data.draw(st.lists(st.sampled_from(scene.depth), unique=True))
    fresh, after = scene, remembered.reset()
    for id in ids:
        fresh, after = fresh.delete(id), after.delete(id)
    assert np.array_equal(render(fresh), render(after))
    assert np.array_equal(render(fresh), render(fresh))


def test_deleting_the_front_car_shows_the_one_behind_whole() -> None:
    scene = street()
    picture = render(scene.delete("object-2"))
    hidden = rectangle(80, 160, 60, 24, 90, 60)
    inner = rectangle(80, 160, 62, 26, 88, 58)
    assert near(picture[inner], GREEN).all()
    assert not near(picture, RED, 60).any()
    road = rectangle(80, 160, 60, 24, 110, 70) & ~hidden
    assert near(picture[road], (128, 128, 128), 40).mean() > 0.95


def test_deleting_the_car_behind_leaves_the_front_one_alone() -> None:
    scene = street()
    picture = render(scene.delete("object-1"))
    red = scene.layer("object-2").instance.modal
    assert np.array_equal(picture[red], scene.photo[red])
    assert not near(picture, GREEN, 40).any()


def test_brought_forward_it_is_whole_in_front() -> None:
    scene = street()
    picture = render(scene.bring_forward("object-1"))
    assert near(picture[rectangle(80, 160, 62, 26, 88, 58)], GREEN).all()
    rest = rectangle(80, 160, 90, 24, 110, 70)
    assert np.array_equal(picture[rest], scene.photo[rest])
    background = owners(scene) < 0
    assert np.array_equal(picture[background], scene.photo[background])


def test_reordering_what_does_not_overlap_changes_nothing() -> None:
    scene = street().with_order(("object-1", "object-2", "object-3"))
    picture, after = DECOMPOSER.render(scene)
    assert np.array_equal(picture, scene.photo)
    assert not after.patches


def test_a_moved_car_leaves_road_and_arrives_unchanged_inside() -> None:
    scene = street()
    picture = render(scene.move("object-3", -125, 25))
    arrived = picture[47:73, 7:23]
    assert np.array_equal(arrived, scene.photo[22:48, 132:148])
    assert near(picture[rectangle(80, 160, 131, 21, 149, 49)], (128, 128, 128), 20).all()


def test_what_stands_in_front_keeps_its_bytes() -> None:
    scene = street()
    picture = render(scene.move("object-3", -60, 5))  # blue goes behind red
    red = scene.layer("object-2").instance.modal
    assert np.array_equal(picture[red], scene.photo[red])
    over = render(scene.move("object-3", -60, 5).with_order(("object-1", "object-2", "object-3")))
    assert near(over[30:50, 75:85], BLUE).all()


def test_a_part_beyond_the_border_is_there_when_moved_in() -> None:
    size = (60, 80)
    modal = rectangle(*size, 0, 20, 15, 45)
    photo = np.full((*size, 3), 128, np.uint8)
    photo[modal] = GREEN
    whole = Completion(np.ones((25, 35), bool), -20, 20)
    scene = LayeredScene.from_photo(speckle(photo), [Instance(modal)], [whole])
    picture = render(scene.move("object-1", 40, 5))
    assert near(picture[rectangle(*size, 22, 27, 53, 48)], GREEN, 30).all()


def street_with_sloppy_masks() -> LayeredScene:
    """Next to red, two columns of green are red in the photo, and one red column is nobody's."""
    scene = street()
    photo = scene.photo.copy()
    photo[24:60, 58:60] = RED
    green, red, blue = (scene.layer(f"object-{number}") for number in (1, 2, 3))
    narrow = replace(red.instance, modal=red.instance.modal & ~rectangle(80, 160, 60, 0, 61, 60))
    return LayeredScene.from_photo(
        photo,
        [green.instance, narrow, blue.instance],
        [layer.completion for layer in (green, red, blue)],
    )


@pytest.mark.parametrize("scene", [street(), street_with_sloppy_masks()], ids=["exact", "sloppy"])
def test_nothing_bleeds_into_a_completed_object(scene: LayeredScene) -> None:
    owner = owners(scene)
    for position, (id, colour) in enumerate(
        [("object-3", BLUE), ("object-1", GREEN), ("object-2", RED)]
    ):
        layer = scene.layer(id)
        look = complete_appearance(scene.photo, layer, owner, position, OpenCV(size=64))
        assert near(look.rgba[..., :3][layer.completion.mask], colour, 30).all()


@pytest.mark.parametrize("edit", ["delete", "bring_forward"])
def test_no_trace_of_the_occluder_stays_on_what_it_hid(edit: str) -> None:
    scene = street_with_sloppy_masks()
    edited = scene.delete("object-2") if edit == "delete" else scene.bring_forward("object-1")
    assert near(render(edited)[rectangle(80, 160, 32, 26, 88, 58)], GREEN, 30).all()


@given(random_scenes())
@settings(max_examples=25, deadline=None)
def test_alpha_lies_between_the_visible_and_the_whole(scene: LayeredScene) -> None:
    if may_cover_all(scene):
        return
    _, full = DECOMPOSER.take_apart(scene)
    for layer in full.layers:
        alpha = layer.appearance.rgba[..., 3]
        assert np.array_equal(alpha > 0, layer.completion.mask)
        on_photo = layer.completion.on_photo(*scene.photo.shape[:2])
        assert on_photo[layer.instance.modal].all()


def test_invented_once_and_only_when_needed() -> None:
    inpainter = Counting()
    decomposer = Decomposer(inpainter)
    steps = []
    scene = street()
    _, after = decomposer.render(scene.delete("object-2"), lambda *step: steps.append(step))
    assert inpainter.calls == 2  # the road behind red, and green's hidden part
    assert steps == [(0, 2), (1, 2), (2, 2)]
    assert after.layer("object-3").appearance is None
    again, same = decomposer.render(after)
    assert inpainter.calls == 2
    assert np.array_equal(again, render(scene.delete("object-2")))
    # A move of what is known needs nothing new; another shape of green does.
    decomposer.render(same.restore("object-2").delete("object-2").move("object-1", 3, 4))
    assert inpainter.calls == 3  # the road behind green
    other = Completion(rectangle(80, 160, 30, 20, 84, 60), 0, 0)
    decomposer.render(same.with_completion("object-1", other))
    assert inpainter.calls == 4


def test_a_removed_object_takes_its_shadow_along() -> None:
    size = (100, 100)
    legs = rectangle(*size, 30, 20, 70, 60) | rectangle(*size, 30, 60, 38, 70)
    modal = legs | rectangle(*size, 62, 60, 70, 70)
    photo = np.full((*size, 3), 200, np.uint8)
    photo[rectangle(*size, 32, 60, 68, 74)] = 20  # the shadow between and below the wheels
    photo[modal] = RED
    scene = LayeredScene.from_photo(photo, [Instance(modal)], [Completion(modal, 0, 0)])
    assert render(scene.delete("object-1")).min() > 150
    without = scene.with_margins(Margins(shadow=0.0))
    assert render(without.delete("object-1")).min() < 50


def test_other_margins_paint_anew_and_keep_everything_else() -> None:
    size = (60, 60)
    modal = rectangle(*size, 20, 20, 40, 40)
    photo = np.full((*size, 3), 200, np.uint8)
    photo[modal] = RED
    scene = LayeredScene.from_photo(photo, [Instance(modal)], [Completion(modal, 0, 0)])
    _, painted = DECOMPOSER.render(scene.delete("object-1"))
    wide = painted.with_margins(Margins(rim=0.4))
    assert not wide.patches
    assert not wide.layer("object-1").placement.visible
    (patch,) = DECOMPOSER.render(wide)[1].patches.values()
    (narrow,) = painted.patches.values()
    assert patch.hole.sum() > 1.5 * narrow.hole.sum()
    assert painted.with_margins(Margins()) is painted  # nothing changes, nothing is forgotten


@pytest.mark.parametrize("share", [-0.01, 0.51, float("nan")])
def test_margins_beyond_reason_are_refused(share: float) -> None:
    with pytest.raises(AmodalError, match="choose a share between 0 and 50%"):
        Margins(rim=share)
    with pytest.raises(AmodalError, match="The shadow would be"):
        Margins(shadow=share)


def test_an_object_that_fills_the_photo_cannot_be_removed() -> None:
    modal = np.ones((20, 20), bool)
    scene = LayeredScene.from_photo(
        np.zeros((20, 20, 3), np.uint8), [Instance(modal)], [Completion(modal, 0, 0)]
    )
    with pytest.raises(AmodalError, match="covers the whole picture"):
        render(scene.delete("object-1"))


@pytest.mark.parametrize("side", [1, 2])
def test_a_tiny_object_can_be_moved_and_removed(side: int) -> None:
    modal = rectangle(30, 30, 10, 10, 10 + side, 10 + side)
    photo = np.full((30, 30, 3), 128, np.uint8)
    photo[modal] = RED
    scene = LayeredScene.from_photo(photo, [Instance(modal)], [Completion(modal, 0, 0)])
    assert near(render(scene.delete("object-1")), (128, 128, 128), 12).all()
    moved = render(scene.move("object-1", 10, 10))
    assert moved[20, 20, 0] > 135  # seen, if faintly


def test_everything_can_be_moved_off_the_photo() -> None:
    scene = street()
    for id in scene.depth:
        scene = scene.move(id, 5000, -5000)
    assert near(render(scene), (128, 128, 128), 45).mean() > 0.97


def test_masks_that_overlap_belong_to_the_one_in_front() -> None:
    scene = street()
    instances = [scene.layer(f"object-{n}").instance for n in (1, 2, 3)]
    completions = [scene.layer(f"object-{n}").completion for n in (1, 2, 3)]
    instances[0] = replace(instances[0], modal=completions[0].on_photo(80, 160))
    overlapping = LayeredScene.from_photo(scene.photo, instances, completions)
    assert np.array_equal(render(overlapping), scene.photo)
    assert overlapping.depth.index("object-2") > overlapping.depth.index("object-1")
    assert not near(render(overlapping.delete("object-2")), RED, 60).any()


def test_the_zip_holds_layers_masks_and_places() -> None:
    scene = street().move("object-3", -20, 7.5).flip("object-1").delete("object-2")
    plate, full = DECOMPOSER.take_apart(scene)
    content = layers_zip(plate, full)
    assert content == layers_zip(plate, full)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        listing = json.loads(archive.read("layers.json"))
        assert np.array_equal(Image.open(archive.open("plate.png")), plate)
        assert [entry["id"] for entry in listing["layers"]] == [x.id for x in full.layers]
        for entry, layer in zip(listing["layers"], full.layers, strict=True):
            rgba = np.array(Image.open(archive.open(entry["colours"])))
            mask = np.array(Image.open(archive.open(entry["amodal_mask"])))
            assert np.array_equal(rgba, layer.appearance.rgba)
            assert np.array_equal(mask > 0, layer.completion.mask)
            assert (entry["x0"], entry["y0"]) == (layer.completion.x0, layer.completion.y0)
    places = {entry["name"]: entry["placement"] for entry in listing["layers"]}
    assert places["blue"]["dx"] == -20
    assert places["blue"]["dy"] == 7.5
    assert places["green"]["flip"]
    assert not places["red"]["visible"]
    assert not near(plate, RED, 60).any()
    with pytest.raises(ValueError, match="take the scene apart"):
        layers_zip(plate, street())


EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*/instances.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_on_a_real_photograph_only_the_deleted_object_changes(path: Path) -> None:
    photo = load_photo(next(path.parent.glob("photo.*")))
    instances = read_instances(path, *photo.shape[:2])
    completions = [Completion(instance.modal, 0, 0) for instance in instances]
    scene = LayeredScene.from_photo(photo, instances, completions)
    largest = max(scene.layers, key=lambda layer: layer.instance.area)
    decomposer = Decomposer(OpenCV())
    picture, _ = decomposer.render(scene.delete(largest.id))
    hole = vacated(owners(scene), scene.depth.index(largest.id), Margins())
    assert np.array_equal(picture[~hole], photo[~hole])
    assert (picture[largest.instance.modal] != photo[largest.instance.modal]).mean() > 0.5
    assert np.array_equal(decomposer.render(scene)[0], photo)


def test_the_examples_are_there() -> None:
    assert len(EXAMPLES) >= 3
