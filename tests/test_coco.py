"""Fields and documents of COCO-style JSON: read, or named in a sentence."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.data.categories import category_of
from amodal.data.coco import MAX_INSTANCES, read_instances
from amodal.errors import AmodalError
from amodal.geometry import Box
from amodal.scene import CLASSES
from tests.coco_parts import HEIGHT, SQUARE, WIDTH, read

# The other fields


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("car", "car"),
        ("Pedestrian", "person"),
        ("Person_sitting", "person"),
        ("person-sitting", "person"),
        ("rider", "person"),
        ("Cyclist", "cyclist"),
        ("train", "tram"),
        ("on rails", "tram"),
        ("motorbike", "motorcycle"),
        ("misc", "unknown"),
        ("zebra", "unknown"),
        ("", "unknown"),
        *((name, name) for name in CLASSES),
    ],
)
def test_names_of_other_data_sets(name, category):
    assert category_of(name) == category
    assert category in CLASSES
    assert read(SQUARE, category=name)[0].category == category
    assert read(SQUARE, category_name=name)[0].category == category


def test_category_ids_need_the_table():
    document = {
        "categories": [{"id": 3, "name": "car"}, {"id": 2, "name": "pedestrian"}],
        "annotations": [{"segmentation": SQUARE, "category_id": number} for number in (3, 2, 99)],
    }
    instances = read_instances(document, HEIGHT, WIDTH)
    assert [i.category for i in instances] == ["car", "person", "unknown"]
    assert read(SQUARE, category_id=3)[0].category == "unknown"
    assert read(SQUARE)[0].category == "unknown"
    with pytest.raises(AmodalError, match=r"Annotation 1: its category is \[1\]"):
        read(SQUARE, category_id=[1])


def test_names_are_given_or_made():
    annotations = [
        {"segmentation": SQUARE, "category": "car"},
        {"segmentation": SQUARE, "category": "car", "name": "  the\nred one "},
        {"segmentation": SQUARE, "category": "car", "name": ""},
        {"segmentation": SQUARE},
    ]
    instances = read_instances(annotations, HEIGHT, WIDTH)
    assert [i.name for i in instances] == ["car 1", "the red one", "car 3", "object 1"]
    with pytest.raises(AmodalError, match=r"Annotation 1 .*its `name` is 5"):
        read(SQUARE, name=5)


def test_amodal_bbox_becomes_the_box():
    (instance,) = read(SQUARE, amodal_bbox=[-2, 1.5, 20, 8])
    assert instance.box == Box(-2, 1.5, 18, 9.5)
    assert read(SQUARE)[0].box is None
    assert read(SQUARE, amodal_bbox=None)[0].box is None


@pytest.mark.parametrize(
    ("box", "sentence"),
    [
        ([1, 2, 3], "expected .x, y, width, height"),
        ("1 2 3 4", "expected .x, y, width, height"),
        ([1, 2, "3", 4], "expected .x, y, width, height"),
        ([1, 2, 0, 4], "width and height above 0"),
        ([1, 2, float("nan"), 4], "width and height above 0"),
        ([float("nan"), 2, 3, 4], "coordinate nan"),
        ([1, 2, 1e9, 4], "far outside the photo"),
        ([10**400, 2, 3, 4], "expected .x, y, width, height"),
        ([10, 8, 2, 2], "nowhere meets the visible part"),
    ],
)
def test_wrong_amodal_boxes(box, sentence):
    with pytest.raises(AmodalError, match=f"Annotation 1: its `amodal_bbox` .*{sentence}"):
        read(SQUARE, amodal_bbox=box)


def test_crowds_are_left_out_even_if_they_are_damaged():
    annotations = [{"segmentation": "??", "iscrowd": 1}, {"segmentation": SQUARE, "iscrowd": 0}]
    assert len(read_instances(annotations, HEIGHT, WIDTH)) == 1
    with pytest.raises(AmodalError, match="no object of this photo"):
        read_instances(annotations[:1], HEIGHT, WIDTH)


# The document


def two_photos() -> dict:
    return {
        "images": [
            {"id": 5, "file_name": "a/street.jpg", "height": HEIGHT, "width": WIDTH},
            {"id": 6, "file_name": "b/square.jpg", "height": 99, "width": 98},
        ],
        "annotations": [
            {"image_id": 6, "segmentation": [[0, 0, 90, 0, 90, 90]], "name": "far"},
            {"image_id": 5, "segmentation": SQUARE, "name": "near"},
        ],
    }


def test_the_photo_is_found_by_its_name():
    for name in ("a/street.jpg", "street.jpg", "elsewhere/street.jpg"):
        (instance,) = read_instances(two_photos(), HEIGHT, WIDTH, name)
        assert instance.name == "near"
    (instance,) = read_instances(two_photos(), 99, 98, "square.jpg")
    assert instance.name == "far"


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (None, r"holds 2 photos \(\['a/street.jpg', 'b/square.jpg'\]\): say which one"),
        ("park.jpg", "no photos called 'park.jpg'"),
        ("square.jpg", "photo of 98 x 99 pixels, but the photo is 16 x 12"),
    ],
)
def test_the_photo_is_not_found(image, sentence):
    with pytest.raises(AmodalError, match=sentence):
        read_instances(two_photos(), HEIGHT, WIDTH, image)


def test_two_photos_of_one_name_need_the_folder():
    document = two_photos()
    document["images"][1]["file_name"] = "b/street.jpg"
    with pytest.raises(AmodalError, match=r"2 photos called 'street\.jpg'"):
        read_instances(document, HEIGHT, WIDTH, "street.jpg")
    assert read_instances(document, HEIGHT, WIDTH, "a/street.jpg")[0].name == "near"


def test_the_only_photo_needs_no_name():
    document = two_photos()
    document["images"].pop()
    document["annotations"][1]["image_id"] = "5"
    assert read_instances(document, HEIGHT, WIDTH, "renamed.png")[0].name == "near"
    assert len(read_instances(document, HEIGHT, WIDTH)) == 1


def test_a_list_of_several_photos_is_refused():
    annotations = two_photos()["annotations"]
    with pytest.raises(AmodalError, match=r"of 2 photos .*add `images`"):
        read_instances(annotations, HEIGHT, WIDTH)
    assert read_instances(annotations[1:], HEIGHT, WIDTH)[0].name == "near"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "The text is not valid JSON"),
        ('{"annotations": [}', "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('{"annotations": 5}', "no list of annotations"),
        ("{}", "no list of annotations"),
        ("[]", "no object of this photo: add at least one"),
        ("[5]", "Annotation 1: it is 5"),
        ("[[1, 2, 3]]", "Annotation 1: it is"),
        ('{"annotations": [{}], "images": [1]}', "`images` in the JSON is"),
        ('{"annotations": [{}], "categories": {"a": 1}}', "`categories` in the JSON is"),
        ('[{"segmentation": [[' + "9" * 5000 + "]]}]", "not valid JSON"),
    ],
)
def test_malformed_documents(text, sentence, tmp_path):
    with pytest.raises(AmodalError, match=sentence):
        read_instances(text, HEIGHT, WIDTH)
    path = tmp_path / "street.json"
    path.write_text(text, encoding="utf-8-sig")
    with pytest.raises(AmodalError, match=sentence.replace("The text", r"street\.json")):
        read_instances(path, HEIGHT, WIDTH)


def test_files_that_are_no_json(tmp_path):
    (tmp_path / "photo.json").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    with pytest.raises(AmodalError, match=r"photo\.json is not valid JSON"):
        read_instances(str(tmp_path / "photo.json"), HEIGHT, WIDTH)
    for path in (tmp_path / "none.json", tmp_path, "a\0b"):
        with pytest.raises(AmodalError, match="Can't read"):
            read_instances(path, HEIGHT, WIDTH)
    for source in (None, 5, "5"):
        with pytest.raises(AmodalError):
            read_instances(source, HEIGHT, WIDTH)


def test_too_many_objects():
    with pytest.raises(AmodalError, match=f"257 objects.*at most {MAX_INSTANCES}"):
        read_instances([{"segmentation": SQUARE}] * 257, HEIGHT, WIDTH)


def test_reading_changes_nothing():
    document = two_photos() | {"categories": [{"id": 1, "name": "car"}]}
    before = copy.deepcopy(document)
    read_instances(document, HEIGHT, WIDTH, "street.jpg")
    assert document == before


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
FIELDS = "segmentation mask modal image_id category category_id name amodal_bbox iscrowd id"


@settings(max_examples=80, deadline=None)
@given(
    annotations=st.lists(
        st.dictionaries(st.sampled_from(FIELDS.split()), json_values, max_size=4) | json_values,
        max_size=2,
    ),
    images=st.lists(
        st.dictionaries(st.sampled_from(["id", "file_name", "height", "width"]), json_values)
        | json_values,
        max_size=2,
    ),
)
def test_anything_at_all_gives_instances_or_a_sentence(annotations, images):
    document = {"annotations": annotations, "images": images}
    try:
        instances = read_instances(document, HEIGHT, WIDTH)
    except AmodalError as error:
        assert str(error).endswith(".")  # noqa: PT017
        return
    assert all(instance.modal.any() for instance in instances)
