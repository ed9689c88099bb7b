"""Adding and correcting objects of an edited scene, and who is seen where."""

from __future__ import annotations

import numpy as np

from amodal.decompose import Decomposer
from amodal.inpaint.opencv import OpenCV
from amodal.layers import LayeredScene
from amodal.objects import (
    add_object,
    add_objects,
    correct_object,
    is_edited,
    remove_objects,
    topmost,
)
from amodal.scene import Completion, Instance
from amodal.visibility import BACKGROUND
from tests.demo_parts import HEIGHT, NOTHING, ON_CAR, ON_PERSON, WIDTH, instances, photo


def whole(instance: Instance) -> Completion:
    """A completion that adds nothing."""
    return Completion(instance.modal, 0, 0)


def scene() -> LayeredScene:
    objects = instances()
    return LayeredScene.from_photo(photo(), objects, [whole(item) for item in objects])


def seen(scene: LayeredScene, point: tuple[float, float]) -> str | None:
    position = topmost(scene)[int(point[1]), int(point[0])]
    return None if position == BACKGROUND else scene.depth[position]


def new_object() -> Instance:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[5:15, 130:150] = True
    return Instance(mask, "unknown", "sign")


def test_topmost_follows_the_edits() -> None:
    start = scene()
    assert [seen(start, point) for point in (ON_CAR, ON_PERSON, NOTHING)] == [
        "object-1",
        "object-2",
        None,
    ]
    moved = start.move("object-1", 60, 0)
    assert seen(moved, ON_CAR) is None
    assert seen(moved, (ON_CAR[0] + 60, ON_CAR[1])) == "object-1"
    assert seen(start.delete("object-2"), (85, 85)) is None


def test_an_added_object_is_in_front_and_the_edits_stay() -> None:
    edited = scene().delete("object-1")
    before, edited = Decomposer(OpenCV()).render(edited)
    added, id = add_object(edited, new_object(), whole(new_object()))
    assert id == "object-3"
    assert added.layers[-1].id == id
    assert not added.layer("object-1").placement.visible
    assert seen(added, NOTHING) == id
    after, _ = Decomposer(OpenCV()).render(added)
    assert np.array_equal(after, before), "the photo shows the new object already"
    assert [layer.id for layer in edited.layers] == ["object-1", "object-2"]


def test_added_objects_stand_where_they_seem_to() -> None:
    car, person = instances()
    behind = LayeredScene.from_photo(photo(), [person], [whole(person)])
    larger = Completion(car.modal | person.modal, 0, 0)  # so the person hides a part of it
    added = add_objects(behind, [car, new_object()], [larger, whole(new_object())])
    assert added.depth == ("object-3", "object-2", "object-1")
    assert [layer.id for layer in added.layers] == list(added.depth)
    assert not is_edited(added)
    assert added.layer("object-2").completion.area == larger.area


def test_added_objects_leave_the_others_as_edited() -> None:
    edited = scene().bring_forward("object-1").move("object-2", 5, 0)
    before, painted = Decomposer(OpenCV()).render(edited)
    added = add_objects(painted, [new_object()], [whole(new_object())])
    assert [layer.id for layer in added.layers if layer.id != "object-3"] == [
        "object-2",
        "object-1",
    ]
    assert [id for id in added.depth if id != "object-3"] == ["object-1", "object-2"]
    assert added.layer("object-2").placement.dx == 5
    after, _ = Decomposer(OpenCV()).render(added)
    assert np.array_equal(after, before), "the photo shows the new object already"


def test_added_objects_can_be_removed_again() -> None:
    start = scene().move("object-1", 5, 0)
    added = add_objects(start, [new_object()], [whole(new_object())])
    removed = remove_objects(added, ["object-3"])
    assert removed.depth == start.depth
    assert [layer.id for layer in removed.layers] == [layer.id for layer in start.layers]
    assert removed.layer("object-1").placement == start.layer("object-1").placement
    assert seen(removed, NOTHING) is None
    assert remove_objects(start, ["object-1", "object-2"]).layers == ()


def test_a_corrected_object_has_the_new_mask_and_keeps_its_place_in_the_order() -> None:
    start = scene().bring_forward("object-1")
    corrected = correct_object(start, "object-1", new_object(), whole(new_object()))
    assert [layer.id for layer in corrected.layers] == [layer.id for layer in start.layers]
    assert corrected.layer("object-1").instance.name == "sign"
    assert corrected.layer("object-1").completion.area == new_object().area
    assert seen(corrected, ON_CAR) is None


def test_is_edited() -> None:
    start = scene()
    assert not is_edited(start)
    assert is_edited(start.flip("object-1"))
    assert is_edited(start.bring_forward("object-1"))
    assert not is_edited(start.flip("object-1").reset())
