"""The document: depth order, edits, undo. No pixels are invented here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.depth import guess_depth_order
from amodal.errors import AmodalError
from amodal.geometry import Box, tight_box
from amodal.layers import LayeredScene
from amodal.looks import Appearance
from amodal.placement import Placement, place
from amodal.scene import Completion, Instance
from tests.scenes import edits, random_scenes, rectangle, street

SIZE = (80, 160)


def thing(*box: int, whole: tuple[int, ...] | None = None) -> tuple[Instance, Completion]:
    completion = Completion(rectangle(*SIZE, *(whole or box)), 0, 0)
    return Instance(rectangle(*SIZE, *box)), completion


def order(*things: tuple[Instance, Completion]) -> tuple[int, ...]:
    instances, completions = zip(*things, strict=True)
    return guess_depth_order(instances, completions)


def test_what_hides_a_part_is_in_front_even_if_it_stands_higher() -> None:
    behind = thing(10, 10, 40, 60, whole=(10, 10, 60, 60))
    in_front = thing(40, 10, 70, 50)
    assert order(in_front, behind) == (1, 0)
    assert order(behind, in_front) == (0, 1)


def test_without_overlap_the_lower_one_is_nearer() -> None:
    assert order(thing(0, 0, 10, 70), thing(20, 0, 30, 40), thing(40, 0, 50, 60)) == (1, 2, 0)


def test_a_cycle_is_cut_where_the_evidence_is_weakest() -> None:
    # a hides 12x20 of b, b hides 12x20 of c, c hides 2x20 of a.
    a = thing(10, 10, 40, 30, whole=(8, 10, 40, 30))
    b = thing(40, 10, 70, 30, whole=(28, 10, 70, 30))
    c = thing(0, 10, 10, 30)
    under_b = c[1].mask | rectangle(*SIZE, 58, 10, 70, 30)
    instances, completions = [a[0], b[0], c[0]], [a[1], b[1], Completion(under_b, 0, 0)]
    assert guess_depth_order(instances, completions) == (2, 1, 0)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_edits_keep_the_layers_and_the_old_scene(data: st.DataObject) -> None:
    scene = data.draw(random_scenes())
    layers = scene.layers
    edited = data.draw(edits(scene))
    assert scene.layers == layers
    assert edited.depth == scene.depth
    assert sorted(layer.id for layer in edited.layers) == sorted(scene.depth)
    assert edited.photo is scene.photo
    assert [layer.id for layer in edited.reset().layers] == list(scene.depth)
    assert all(layer.placement.in_place for layer in edited.reset().layers)


def test_ids_follow_the_instances_whatever_the_depth() -> None:
    scene = street()
    assert scene.depth == ("object-3", "object-1", "object-2")
    assert scene.layer("object-1").instance.name == "green"
    assert scene.bring_forward("object-1").layer("object-1").instance.name == "green"


def test_bring_forward_passes_the_nearest_that_overlaps() -> None:
    scene = street()
    assert [x.id for x in scene.bring_forward("object-1").layers][1:] == ["object-2", "object-1"]
    # Blue overlaps nothing: one step. Moved over red, it passes green and red at once.
    assert [x.id for x in scene.bring_forward("object-3").layers][:2] == ["object-1", "object-3"]
    over_red = scene.move("object-3", -40, 0).bring_forward("object-3")
    assert over_red.layers[-1].id == "object-3"
    assert over_red.send_back("object-3").layers[1].id == "object-3"


def test_bring_forward_passes_by_what_it_hardly_touches() -> None:
    # Blue, between green and red in the order, covers a corner of green: one pixel of 600.
    scene = street().with_order(("object-1", "object-3", "object-2")).move("object-3", -41, 39)
    assert scene.bring_forward("object-1").layers[-1].id == "object-1"


def test_the_first_and_the_last_stay() -> None:
    scene = street()
    assert scene.bring_forward("object-2") is scene
    assert scene.send_back("object-3") is scene


def test_with_order_wants_every_layer_once() -> None:
    scene = street()
    ids = ("object-2", "object-1", "object-3")
    assert tuple(layer.id for layer in scene.with_order(ids).layers) == ids
    with pytest.raises(ValueError, match="once"):
        scene.with_order(("object-1", "object-2"))


@pytest.mark.parametrize(
    "edit",
    [
        lambda scene: scene.move("object-1", 3.5, -2).move("object-1", -3.5, 2),
        lambda scene: scene.flip("object-1").flip("object-1"),
        lambda scene: scene.delete("object-1").restore("object-1"),
        lambda scene: scene.scale("object-1", 2).scale("object-1", 0.5),
        lambda scene: scene.move("object-1", 9, 9).delete("object-1").put_back("object-1"),
    ],
    ids=["move", "flip", "delete", "scale", "put back"],
)
def test_there_and_back_is_in_place(edit: Callable[[LayeredScene], LayeredScene]) -> None:
    assert edit(street()).layer("object-1").placement.in_place


@given(st.floats(0.3, 3), st.integers(-20, 20), st.integers(-10, 5), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_foot_stays_when_scaling(factor: float, dx: int, dy: int, flip: bool) -> None:
    scene = street().move("object-1", dx, dy).scale("object-1", factor)
    layer = (scene.flip("object-1") if flip else scene).layer("object-1")
    assert layer.box == Box(30, 20, 90, 60)
    box = tight_box(layer.silhouette(200, 400))
    x, y = 60 + dx, 60 + dy  # the foot
    expected = Box(x - 30 * factor, y - 40 * factor, x + 30 * factor, y)
    inside = Box(max(expected.x0, 0), max(expected.y0, 0), expected.x1, expected.y1)
    assert np.abs(np.subtract(box, inside)).max() <= 1


def test_a_whole_pixel_shift_is_exact() -> None:
    values = np.random.default_rng(0).random((20, 30, 4), dtype=np.float32)
    window, x0, y0 = place(values, -4, 7, Placement(dx=9, dy=-3).affine((11.0, 27.0)), 60, 80)
    at = (slice(4 - y0, 24 - y0), slice(5 - x0, 35 - x0))
    assert np.array_equal(window[at], values)


def test_flip_mirrors_about_the_foot() -> None:
    values = np.random.default_rng(0).random((20, 30), dtype=np.float32)
    window, x0, y0 = place(values, 10, 5, Placement(flip=True).affine((25.0, 25.0)), 60, 80)
    assert np.allclose(window[5 - y0 : 25 - y0, 10 - x0 : 40 - x0], values[:, ::-1], atol=1e-6)


def test_nothing_lands_on_the_photo_when_moved_far_away() -> None:
    window, _, _ = place(
        np.ones((5, 5), np.float32), 0, 0, Placement(dx=999).affine((2.5, 5)), 20, 20
    )
    assert window.size == 0


@pytest.mark.parametrize("factor", [0.001, 100, float("nan")])
def test_absurd_sizes_are_refused(factor: float) -> None:
    with pytest.raises(AmodalError, match="choose a size"):
        street().scale("object-1", factor)


@pytest.mark.parametrize("shift", [(float("nan"), 0), (0, float("inf")), (2e6, 0)])
def test_absurd_shifts_are_refused(shift: tuple[float, float]) -> None:
    with pytest.raises(AmodalError, match="choose a shift"):
        street().move("object-1", *shift)


def test_a_new_completion_contains_the_visible_pixels_and_forgets_the_colours() -> None:
    scene = street()
    look = Appearance(np.zeros((1, 1, 4), np.uint8), 0, 0)
    scene = replace(scene, layers=tuple(replace(old, appearance=look) for old in scene.layers))
    layer = scene.with_completion("object-1", Completion(np.ones((3, 3), bool), 100, 2))
    mask = layer.layer("object-1").completion.on_photo(*SIZE)
    assert mask[scene.layer("object-1").instance.modal].all()
    assert mask[2:5, 100:103].all()
    assert layer.layer("object-1").appearance is None
    assert layer.layer("object-2").appearance is look


def test_an_unknown_id_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"object-9.*object-1"):
        street().delete("object-9")


def test_wrong_input_is_refused() -> None:
    photo = np.zeros((10, 10, 3), np.uint8)
    empty = Instance(np.zeros((10, 10), bool))
    whole = Completion(np.ones((2, 2), bool), 0, 0)
    with pytest.raises(AmodalError, match="mask is empty"):
        LayeredScene.from_photo(photo, [empty], [whole])
    other = Instance(np.ones((10, 11), bool))
    with pytest.raises(ValueError, match="modal: got"):
        LayeredScene.from_photo(photo, [other], [whole])
    with pytest.raises(ValueError, match="photo: got"):
        LayeredScene.from_photo(photo[..., 0], [], [])


def test_the_scene_keeps_its_own_photo() -> None:
    photo = np.zeros((10, 10, 3), np.uint8)
    scene = LayeredScene.from_photo(photo, [], [])
    photo[:] = 255
    assert (scene.photo == 0).all()
    with pytest.raises(ValueError, match="read-only"):
        scene.photo[0, 0] = 1
