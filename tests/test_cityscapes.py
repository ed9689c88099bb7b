"""Cityscapes: instance ids, the order of drawing, what is whole, and damage."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from amodal.data import cityscapes
from amodal.data.annotated import Skipped
from amodal.errors import AmodalError
from amodal.geometry import Box
from tests import annotation_files as files
from tests.annotation_damage import attempt, spoilt

JSON = "gtFine/train/aachen/aachen_000000_000019_gtFine_polygons.json"
PNG = "gtFine/train/aachen/aachen_000000_000019_gtFine_instanceIds.png"


def read(root, split="train"):
    skipped = Skipped()
    return list(cityscapes.photos(root, split, skipped)), skipped


@pytest.fixture
def root(tmp_path):
    return files.write_cityscapes(tmp_path, photos=1)


def test_objects_are_those_of_the_ids(root):
    (photo,), skipped = read(root)
    assert not skipped.counts
    assert (root / photo.photo.path).is_file()
    ids = np.asarray(Image.open(root / PNG))
    categories = [item.category for item in photo.objects]
    assert categories == [
        "car",
        "car",
        "person",
        "car",
        "person",
        "car",
    ]
    for item in photo.objects:
        number = int(item.id.split("/")[1])
        rows, columns = np.nonzero(ids == number)
        assert item.modal.sum() == len(rows) > 0
        assert (item.x0, item.y0) == (columns.min(), rows.min())
        assert item.amodal is None


def test_later_polygons_are_nearer_and_hide(root):
    (photo,), _ = read(root)
    depths = [item.depth for item in photo.objects]
    assert depths == sorted(depths, reverse=True)
    hidden = [item.hidden for item in photo.objects]
    assert hidden[0] > 0.1  # by the next car
    assert hidden[1] > 0.1  # by a walker
    assert 0.02 < hidden[3] < 0.15  # by a pole
    assert hidden[2] == hidden[4] == hidden[5] == 0  # 5 has a licence plate, which hides nothing
    wholes = [item.is_whole(photo.photo.extent) for item in photo.objects]
    assert wholes == [False, False, True, False, True, True]


def test_stuff_is_what_is_drawn_and_no_object(root):
    (photo,), _ = read(root)
    assert [item.name for item in photo.stuff] == ["sky", "road", "pole", "out of roi"]


def test_the_photo_ends_where_the_region_of_interest_does(root):
    (photo,), _ = read(root)
    assert photo.photo.extent == Box(0, 3, files.WIDTH, files.HEIGHT)


def test_groups_and_deleted_polygons_take_no_number(tmp_path):
    group, gone = files.car(20, 60, "cargroup"), files.car(20, 100)
    things = [files.car(120, 60), files.car(120, 100)]
    files.write_cityscapes(tmp_path, 1, lambda number: things)
    document = json.loads((tmp_path / JSON).read_text())
    document["objects"].insert(1, {"label": group.name, "polygon": group.polygon})
    document["objects"].insert(0, {"label": "car", "polygon": gone.polygon, "deleted": 1})
    files.write_json(tmp_path / JSON, document)
    (photo,), skipped = read(tmp_path)
    assert not skipped.counts
    assert [item.modal.sum() for item in photo.objects] == pytest.approx(
        [thing.mask.sum() for thing in things], rel=0.1
    )
    assert [item.name for item in photo.stuff] == ["cargroup"]


def test_an_object_that_nothing_is_seen_of_is_counted(tmp_path):
    things = [files.car(20, 60), files.car(20, 60), files.car(120, 60)]
    files.write_cityscapes(tmp_path, 1, lambda number: things)
    (photo,), skipped = read(tmp_path)
    assert len(photo.objects) == 2
    assert dict(skipped.counts) == {"its visible mask is empty": 1}


def test_an_object_without_polygon_is_counted(root):
    document = json.loads((root / JSON).read_text())
    document["objects"] = [o for o in document["objects"] if o["label"] != "person"]
    files.write_json(root / JSON, document)
    (photo,), skipped = read(root)
    assert len(photo.objects) == 4
    assert dict(skipped.counts) == {"an object of the picture has no polygon": 2}


@pytest.mark.parametrize("damage", ["missing", "text", "size", "colour"])
def test_a_photo_without_ids_is_left_out(tmp_path, damage):
    files.write_cityscapes(tmp_path, 2)
    path = tmp_path / PNG
    if damage == "missing":
        path.unlink()
    elif damage == "text":
        path.write_text("no picture")
    elif damage == "size":
        Image.fromarray(np.zeros((9, 9), np.uint16)).save(path)
    else:
        Image.new("RGB", (files.WIDTH, files.HEIGHT)).save(path)
    photos, skipped = read(tmp_path)
    assert [photo.photo.id for photo in photos] == ["aachen_000001_000019"]
    assert dict(skipped.counts) == {"a photo's annotation can't be read": 1}


def test_nothing_readable_is_one_clear_error(root):
    (root / PNG).write_text("no picture")
    with pytest.raises(AmodalError, match="None of 1 photos"):
        read(root)
    with pytest.raises(AmodalError, match="gtFine"):
        read(root / "elsewhere")


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damage_never_breaks_the_reader(tmp_path_factory, data):
    root = files.write_cityscapes(tmp_path_factory.mktemp("city"), 1)
    document = json.loads((root / JSON).read_text())
    files.write_json(root / JSON, data.draw(spoilt(document)))
    result = attempt(lambda: read(root))
    if result is None:
        return
    (photo,), skipped = result
    assert len(photo.objects) == 6 or skipped.counts
    for item in photo.objects:
        assert item.modal.any()
        assert 0 <= item.hidden <= 1
