"""KINS, both releases: what is read, and that damage costs no more than what it hits."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.data import kins
from amodal.data.annotated import Skipped
from amodal.data.segmentation import encode_rle
from amodal.errors import AmodalError
from tests import annotation_files as files
from tests.annotation_damage import attempt, spoilt

RELEASES = ("2019", "2020")


def read(root, split="train", release="2019"):
    skipped = Skipped()
    return list(kins.photos(root, split, skipped, release)), skipped


@pytest.mark.parametrize("release", RELEASES)
def test_both_releases_give_the_same_objects(tmp_path, release):
    photos, skipped = read(files.write_kins(tmp_path, release), "test", release)
    assert not skipped.counts
    assert [photo.photo.path for photo in photos] == [
        f"testing/image_2/00000{number}.png" for number in range(3)
    ]
    for number, photo in enumerate(photos):
        assert (tmp_path / photo.photo.path).is_file()
        assert (photo.photo.height, photo.photo.width) == (files.HEIGHT, files.WIDTH)
        categories = [item.category for item in photo.objects]
        assert categories == [
            "car",
            "car",
            "person",
            "car",
            "person",
        ]
        assert [item.name for item in photo.objects][2] == "pedestrian"
        drawn = files.street(number)
        for item, thing, seen in zip(photo.objects, drawn, files.visible(drawn), strict=True):
            whole, modal = on_photo(item.amodal, item), on_photo(item.modal, item)
            assert iou(whole, thing.mask) > 0.9
            assert iou(modal, seen) > 0.9
            assert item.hidden == pytest.approx(1 - seen.sum() / thing.mask.sum(), abs=0.05)


def on_photo(mask, item):
    canvas = np.zeros((files.HEIGHT, files.WIDTH), bool)
    canvas[item.y0 : item.y0 + mask.shape[0], item.x0 : item.x0 + mask.shape[1]] = mask
    return canvas


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def test_the_visible_mask_of_the_first_release_is_exact(tmp_path):
    photos, _ = read(files.write_kins(tmp_path))
    for item, seen in zip(photos[0].objects, files.visible(files.street(0)), strict=True):
        assert np.array_equal(on_photo(item.modal, item), seen)


def test_what_is_hidden_is_not_whole(tmp_path):
    photos, _ = read(files.write_kins(tmp_path))
    wholes = [item.is_whole(photos[0].photo.extent) for item in photos[0].objects]
    assert wholes == [False, False, True, True, True]


def test_what_the_border_cuts_is_not_whole(tmp_path):
    document = files.kins(1, things=lambda number: [files.car(-20, 70), files.car(100, 70)])
    files.write_json(tmp_path / "instances_train.json", document)
    (photo,), _ = read(tmp_path)
    assert [item.is_whole(photo.photo.extent) for item in photo.objects] == [False, True]


def test_validation_is_the_start_of_test(tmp_path, monkeypatch):
    files.write_kins(tmp_path)
    monkeypatch.setattr(kins, "VALIDATION_PHOTOS", 2)
    assert [photo.photo.id for photo in read(tmp_path, "validation")[0]] == [0, 1]
    assert [photo.photo.id for photo in read(tmp_path, "test")[0]] == [0, 1, 2]


def test_annotations_may_lie_in_a_folder(tmp_path):
    files.write_json(tmp_path / "annotations" / "instances_train.json", files.kins(1))
    assert len(read(tmp_path)[0]) == 1


def test_misc_is_kept_as_unknown(tmp_path):
    document = files.kins(1, things=lambda number: [files.car(50, 70, "misc")])
    files.write_json(tmp_path / "instances_train.json", document)
    (item,) = read(tmp_path)[0][0].objects
    assert (item.category, item.name) == ("unknown", "misc")


EMPTY = np.zeros((files.HEIGHT, files.WIDTH), bool)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda a: a.pop("inmodal_seg"), "it has no visible mask"),
        (lambda a: a.pop("segmentation"), "it has no amodal mask"),
        (lambda a: a.update(inmodal_seg=encode_rle(EMPTY)), "its visible mask is empty"),
        (lambda a: a.update(inmodal_seg=[]), "its visible mask is empty"),
        (lambda a: a.update(inmodal_seg=encode_rle(~EMPTY[1:])), "its visible mask can't be read"),
        (lambda a: a["inmodal_seg"].update(counts="0"), "its visible mask can't be read"),
        (lambda a: a.update(segmentation=[[float("nan")] * 6]), "its amodal mask can't be read"),
        (lambda a: a.update(segmentation=[[0, 0, 5, 0, 5, 5]]), "its visible mask lies outside"),
        (lambda a: a.update(inmodal_bbox=[4, 4, 0, 9]), "its `inmodal_bbox` is not a box"),
        (lambda a: a.update(bbox=[4, 4, 1e999, 9]), "its `bbox` is not a box"),
        (lambda a: a.update(category_id=99), "its class is not listed"),
        (lambda a: a.update(category_id=[4]), "its class is not listed"),
        (lambda a: a.update(image_id=99), "its photo is not listed"),
        (lambda a: a.update(iscrowd=1), "it is a crowd"),
        (lambda a: a.pop("id"), "it has no id"),
    ],
)
def test_bad_annotations_are_left_out_and_counted(tmp_path, change, reason):
    document = files.kins(1)
    change(document["annotations"][1])
    files.write_json(tmp_path / "instances_train.json", document)
    photos, skipped = read(tmp_path)
    assert len(photos[0].objects) == 4
    assert sum(skipped.counts.values()) == 1
    assert reason in next(iter(skipped.counts))
    assert f"left out 1: {next(iter(skipped.counts))} (first: " in str(skipped)


@pytest.mark.parametrize(
    "change",
    [
        {"height": None},
        {"width": 0},
        {"width": 10**12},
        {"id": None},
        {"file_name": 7},
    ],
)
def test_a_photo_without_size_or_name_loses_its_objects(tmp_path, change):
    document = files.kins(2)
    document["images"][0] |= change
    files.write_json(tmp_path / "instances_train.json", document)
    photos, skipped = read(tmp_path)
    assert [photo.photo.id for photo in photos] == [1]
    assert skipped.counts["its photo is not listed"] == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON"),
        ("[]", "holds \\[\\]"),
        ("{}", "no list `images`"),
        ('{"images": [], "annotations": {}}', "no list `annotations`"),
        ("[" * 100_000, "not valid JSON"),
        ("\xff\xfe", "not valid JSON"),
    ],
)
def test_another_format_is_one_clear_error(tmp_path, text, message):
    (tmp_path / "instances_train.json").write_text(text, "latin-1")
    with pytest.raises(AmodalError, match=message):
        read(tmp_path)


def test_the_wrong_release_is_one_clear_error(tmp_path):
    files.write_json(tmp_path / "instances_train.json", files.kins(1, "2020"))
    with pytest.raises(AmodalError, match="other release"):
        read(tmp_path)


def test_a_missing_file_is_one_clear_error(tmp_path):
    with pytest.raises(AmodalError, match=r"instances_train\.json"):
        read(tmp_path)


@pytest.mark.parametrize("release", RELEASES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damage_never_breaks_the_reader(tmp_path_factory, release, data):
    root = tmp_path_factory.mktemp("kins")
    document = data.draw(spoilt(files.kins(2, release)))
    files.write_json(root / kins.FILES[release, "train"], document)
    result = attempt(lambda: read(root, release=release))
    if result is None:
        return
    photos, skipped = result
    found = sum(len(photo.objects) for photo in photos)
    lost = {why: n for why, n in skipped.counts.items() if not why.startswith("a photo")}
    assert found + sum(lost.values()) == len(document["annotations"])
    for photo in photos:
        for item in photo.objects:
            assert item.modal.any()
            assert item.amodal.any()
            assert item.modal.shape == item.amodal.shape


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, 4000), junk=st.binary(max_size=8))
def test_damaged_text_never_breaks_the_reader(tmp_path_factory, cut, junk):
    root = tmp_path_factory.mktemp("kins")
    text = json.dumps(files.kins(1)).encode()
    (root / "instances_train.json").write_bytes(text[:cut] + junk + text[cut + len(junk) :])
    result = attempt(lambda: read(root))
    if result is None:
        return
    photos, _ = result
    assert len(photos) <= 1
