"""COCOA and COCOA-cls: regions, depth order, stuff, and damage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.data import cocoa
from amodal.data.annotated import Skipped
from amodal.errors import AmodalError
from tests import annotation_files as files
from tests.annotation_damage import attempt, spoilt


def read(root, split="train", form="cocoa"):
    skipped = Skipped()
    return list(cocoa.photos(root, split, skipped, form)), skipped


def test_regions_become_objects_and_stuff(tmp_path):
    photos, skipped = read(files.write_cocoa(tmp_path), "validation")
    assert not skipped.counts
    assert len(photos) == 3
    for photo in photos:
        assert (tmp_path / photo.photo.path).is_file()
        categories = [item.category for item in photo.objects]
        assert categories == [
            "person",
            "car",
            "person",
            "car",
            "car",
        ]
        assert photo.objects[0].name == "woman"
        assert [item.name for item in photo.stuff] == ["road"]
        assert [item.depth for item in photo.objects + photo.stuff] == [1, 2, 3, 4, 5, 6]


def test_masks_are_those_of_the_drawing(tmp_path):
    (photo, *_), _ = read(files.write_cocoa(tmp_path))
    drawn = files.street(0)[::-1]
    seen = files.visible(files.street(0))[::-1]
    for item, thing, modal in zip(photo.objects, drawn, seen, strict=True):
        assert item.amodal.sum() == pytest.approx(thing.mask.sum(), rel=0.1)
        if modal.sum() < thing.mask.sum():  # an RLE, exact
            assert item.modal.sum() == modal.sum()
            assert item.hidden > 0.1
        else:  # no mask of its own: what is drawn is what is seen
            assert np.array_equal(item.modal, item.amodal)
            assert item.hidden == 0


def test_the_form_with_classes(tmp_path):
    photos, skipped = read(files.write_cocoa_cls(tmp_path), form="cocoa-cls")
    assert not skipped.counts
    drawn = files.street(0)
    for item, thing, modal in zip(photos[0].objects, drawn, files.visible(drawn), strict=True):
        assert item.category == {"car": "car", "pedestrian": "person"}[thing.name]
        assert item.amodal.sum() == thing.mask.sum()
        assert item.modal.sum() == modal.sum()
    assert [item.depth for item in photos[0].objects] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("Woman ", "person"),
        ("taxi", "car"),
        ("double  decker bus", "unknown"),
        ("bus", "bus"),
        ("people", "person"),
        ("motorbike", "motorcycle"),
        ("train", "tram"),
        ("phone", "unknown"),
    ],
)
def test_words_of_annotators(words, category):
    assert cocoa.word_of(words) == category


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: r.pop("segmentation"), "it has no amodal mask"),
        (lambda r: r.update(visible_mask={"size": [1, 1]}), "its visible mask can't be read"),
        (lambda r: r.update(name=None), "it has no name"),
        (lambda r: r.update(segmentation=[1.0, 2.0]), "its amodal mask can't be read"),
    ],
)
def test_bad_regions_are_left_out_and_counted(tmp_path, change, reason):
    document = files.cocoa(1)
    change(document["annotations"][0]["regions"][3])
    files.write_json(tmp_path / "COCO_amodal_train2014.json", document)
    (photo,), skipped = read(tmp_path)
    assert len(photo.objects) == 4
    assert dict(skipped.counts) == {reason: 1}


def test_the_wrong_form_is_one_clear_error(tmp_path):
    files.write_json(tmp_path / "COCO_amodal_train2014.json", files.cocoa_cls(1))
    with pytest.raises(AmodalError, match="no annotation has `regions`"):
        read(tmp_path)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damage_never_breaks_the_reader(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("cocoa")
    document = data.draw(spoilt(files.cocoa(2)))
    files.write_json(root / "COCO_amodal_train2014.json", document)
    result = attempt(lambda: read(root))
    if result is None:
        return
    photos, skipped = result
    whole = [
        entry
        for entry in document["annotations"]
        if isinstance(entry, dict) and isinstance(entry.get("regions"), list)
    ]
    found = sum(len(photo.objects) + len(photo.stuff) for photo in photos)
    listed = sum(len(entry["regions"]) for entry in whole)
    assert found <= listed
    assert found == listed or skipped.counts
    for photo in photos:
        for item in photo.objects:
            assert item.modal.any()
            assert item.amodal.any()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damage_never_breaks_the_form_with_classes(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("cocoa")
    document = data.draw(spoilt(files.cocoa_cls(2)))
    files.write_json(root / cocoa.FILES["cocoa-cls", "train"], document)
    result = attempt(lambda: read(root, form="cocoa-cls"))
    if result is None:
        return
    photos, skipped = result
    found = sum(len(photo.objects) + len(photo.stuff) for photo in photos)
    lost = {why: n for why, n in skipped.counts.items() if not why.startswith("a photo")}
    assert found + sum(lost.values()) == len(document["annotations"])
