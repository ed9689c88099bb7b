"""COCO-style JSON: every way of writing a mask is read, everything else is named in a sentence."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from pycocotools import mask as coco_mask

from amodal.data.categories import category_of
from amodal.data.coco import (
    MAX_INSTANCES,
    decode_rle,
    encode_rle,
    read_instances,
    write_completions,
    write_instances,
)
from amodal.errors import AmodalError
from amodal.geometry import Box
from amodal.scene import CLASSES, Completion, Completions, Instance

HEIGHT, WIDTH = 12, 16
SQUARE = [[2, 3, 8, 3, 8, 7, 2, 7]]


@pytest.fixture
def square() -> np.ndarray:
    """What the polygon SQUARE covers."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[3:7, 2:8] = True
    return mask


def read(segmentation, **more) -> tuple[Instance, ...]:
    return read_instances([{"segmentation": segmentation, **more}], HEIGHT, WIDTH)


def plain_rle(mask: np.ndarray) -> dict:
    """Uncompressed RLE, by the definition: run lengths down the columns, zeros first."""
    counts, current = [0], False
    for pixel in mask.flatten(order="F"):
        if pixel != current:
            counts.append(0)
            current = pixel
        counts[-1] += 1
    return {"size": list(mask.shape), "counts": counts}


# pycocotools 2.0 on numpy 2, where the tests take it as the oracle.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


# RLE

masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))


@settings(deadline=None)
@given(masks)
def test_rle_round_trip_and_pycocotools_agree(mask):
    rle = encode_rle(mask)
    assert isinstance(rle["counts"], str)
    assert np.array_equal(decode_rle(rle), mask)
    assert np.array_equal(coco_mask.decode(rle).astype(bool), mask)
    assert np.array_equal(decode_rle({**rle, "counts": rle["counts"].encode()}), mask)
    assert np.array_equal(decode_rle(plain_rle(mask)), mask)


def test_rle_of_long_and_shrinking_runs():
    mask = np.zeros((700, 900), bool)
    mask[5:690, 3:800:7] = True
    mask[0, 0] = mask[-1, -1] = True
    assert np.array_equal(decode_rle(json.loads(json.dumps(encode_rle(mask)))), mask)


@settings(max_examples=300, deadline=None)
@given(counts=st.text(alphabet=[chr(c) for c in range(40, 120)], max_size=30))
def test_random_strings_are_refused_or_a_mask_that_is_really_there(counts):
    # pycocotools returns uninitialised memory for some of these.
    rle = {"size": [5, 4], "counts": counts}
    try:
        mask = decode_rle(rle)
    except AmodalError:
        return
    assert mask.shape == (5, 4)
    assert np.array_equal(mask, coco_mask.decode(rle).astype(bool))


@pytest.mark.parametrize(
    ("rle", "sentence"),
    [
        ({"size": [4, 5], "counts": ""}, r"cover 0 pixels, expected 4 x 5 = 20"),
        ({"size": [4, 5], "counts": [10, 9]}, "cover 19 pixels"),
        ({"size": [4, 5], "counts": [10**12]}, "cover 1000000000000 pixels"),
        ({"size": [4, 5], "counts": [25, -5]}, "not run lengths"),
        ({"size": [4, 5], "counts": [10.5, 9.5]}, "not run lengths"),
        ({"size": [4, 5], "counts": [10**5000]}, "not run lengths"),
        ({"size": [4, 5], "counts": [float("nan")]}, "not run lengths"),
        ({"size": [4, 5]}, "not run lengths"),
        ({"size": [4, 5], "counts": "ooo"}, "not a compressed string"),
        ({"size": [4, 5], "counts": "äöü"}, "not a compressed string"),
        ({"size": [4, 5], "counts": "P" * 40 + "0"}, "not a compressed string"),
        ({"counts": "abc"}, "`size` is None"),
        ({"size": [4], "counts": "abc"}, r"`size` is \[4\]"),
        ({"size": [-4, 5], "counts": "abc"}, r"`size` is \[-4, 5\]"),
        ({"size": "45", "counts": "abc"}, "`size` is '45'"),
        ({"size": [10**9, 10**9], "counts": [10**18]}, "`size` is"),
    ],
)
def test_damaged_rle(rle, sentence):
    with pytest.raises(AmodalError, match=sentence):
        decode_rle(rle)


# The visible part


def test_every_form_gives_the_same_mask(square, tmp_path):
    Image.fromarray(square).save(tmp_path / "bits.png")
    Image.fromarray(square.astype(np.uint8)).save(tmp_path / "ones.png")
    Image.fromarray(square.astype(np.uint16) * 700).save(tmp_path / "sixteen.png")
    white = np.repeat(square[:, :, None] * np.uint8(255), 3, axis=2)
    Image.fromarray(white).save(tmp_path / "white.png")
    opaque = np.dstack([white, np.full(square.shape, 255, np.uint8)])
    Image.fromarray(opaque).save(tmp_path / "opaque.png")
    black_cut_out = np.dstack([np.zeros_like(white), white[:, :, 0]])
    Image.fromarray(black_cut_out).save(tmp_path / "cut_out.png")
    palette = Image.fromarray(square.astype(np.uint8)).convert("P")
    palette.putpalette([0, 0, 0, 0, 0, 0])
    (tmp_path / "masks").mkdir()
    palette.save(tmp_path / "masks" / "palette.png")
    rle = encode_rle(square)
    forms = [SQUARE, SQUARE[0], rle, plain_rle(square)]
    forms += [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png")]
    assert len(forms) == 11
    path = tmp_path / "street.json"
    path.write_text(json.dumps([{"segmentation": form} for form in forms]))
    for form, instance in zip(forms, read_instances(path, HEIGHT, WIDTH), strict=True):
        assert np.array_equal(instance.modal, square), form
    assert np.array_equal(read({**rle, "counts": rle["counts"].encode()})[0].modal, square)


def test_mask_is_another_word_for_segmentation(square):
    (instance,) = read_instances([{"mask": encode_rle(square)}], HEIGHT, WIDTH)
    assert np.array_equal(instance.modal, square)


@pytest.mark.parametrize("key", ["modal", "inmodal_seg", "i_segm"])
def test_an_explicitly_visible_part_goes_before_the_amodal_one(square, key):
    (instance,) = read([[0, 0, 16, 0, 16, 12, 0, 12]], **{key: SQUARE})
    assert np.array_equal(instance.modal, square)


def test_polygons_of_one_object_are_joined():
    (instance,) = read([*SQUARE, [6, 5, 12, 5, 12, 10, 6, 10]])
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[3:7, 2:8] = expected[5:10, 6:12] = True
    assert np.array_equal(instance.modal, expected)


def test_a_polygon_over_the_border_is_cut_there():
    (instance,) = read([[-10, -5, 4, -5, 4, 3, -10, 3]])
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[:3, :4] = True
    assert np.array_equal(instance.modal, expected)


def test_one_pixel_full_frame_and_two_pieces():
    one, full, two = (np.zeros((HEIGHT, WIDTH), bool) for _ in range(3))
    one[4, 5] = two[0, 0] = two[-1, -1] = True
    full[:] = True
    for mask in (one, full, two):
        assert np.array_equal(read(encode_rle(mask))[0].modal, mask)


def test_a_polygon_of_100000_points_is_read():
    angle = np.linspace(0, 2 * np.pi, 100_000, endpoint=False)
    polygon = np.stack([300 + 200 * np.cos(angle), 250 + 150 * np.sin(angle)], axis=1)
    (instance,) = read_instances([{"segmentation": [polygon.ravel().tolist()]}], 500, 600)
    assert instance.area == pytest.approx(np.pi * 200 * 150, rel=0.01)


def test_an_absurdly_long_outline_is_refused():
    rng = np.random.default_rng(0)
    polygon = rng.uniform(0, 500, 20_000).tolist()
    with pytest.raises(AmodalError, match=r"Annotation 1: polygon 1 .* outline of .* simplify"):
        read_instances([{"segmentation": [polygon]}], 500, 600)


@pytest.mark.parametrize(
    ("segmentation", "sentence"),
    [
        (None, "no `segmentation`"),
        ([], r"the segmentation is \[\]"),
        (7, "the segmentation is 7"),
        ([[1, 2, 3, 4]], "polygon 1 has 4 numbers"),
        ([*SQUARE, [1, 2, 3, 4, 5, 6, 7]], "polygon 2 has 7 numbers"),
        ([[1, 2], [3, 4], [5, 6]], "polygon 1 has 2 numbers"),
        ([["a", 2, 3, 4, 5, 6]], "polygon 1 is"),
        ([{}], "polygon 1 is {}"),
        ([[True, 2, 3, 4, 5, 6]], "polygon 1 is"),
        ([[10**400, 2, 3, 4, 5, 6]], "polygon 1 is"),
        ([[float("nan"), 2, 3, 4, 5, 6]], "polygon 1 has the coordinate nan"),
        ([[1, 2, float("inf"), 4, 5, 6]], "polygon 1 has the coordinate inf"),
        ([[1, 2, 3, 4, 1e9, 6]], r"coordinate 1000000000\.0, far outside the photo of 16 x 12"),
        ([[-15, 1, -9, 1, -9, 5]], "no pixel inside the photo of 16 x 12"),
        (plain_rle(np.zeros((HEIGHT, WIDTH), bool)), "no pixel inside the photo"),
        (plain_rle(np.ones((8, 9), bool)), "the mask is 9 x 8 pixels, but the photo is 16 x 12"),
        ("mask.png", "give the JSON as a file"),
    ],
)
def test_wrong_segmentations_name_their_annotation(segmentation, sentence):
    good = {"segmentation": SQUARE}
    bad = {"segmentation": segmentation, "id": 17, "name": "red car"}
    with pytest.raises(AmodalError, match=rf"Annotation 2 \(id 17, name 'red car'\): .*{sentence}"):
        read_instances([good, bad], HEIGHT, WIDTH)


def test_mask_files(tmp_path, square):
    inside = tmp_path / "scene"
    inside.mkdir()
    Image.fromarray(square).save(tmp_path / "secret.png")
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    (inside / "text.png").write_text("no picture")
    Image.fromarray(square).save(inside / "photo.jpg")
    Image.fromarray(square[:-2]).save(inside / "small.png")
    whole = (tmp_path / "secret.png").read_bytes()
    (inside / "cut.png").write_bytes(whole[:-30])
    sentences = {
        "../secret.png": "outside the JSON's folder",
        str(tmp_path / "secret.png"): "outside the JSON's folder",
        "link.png": "outside the JSON's folder",
        "none.png": "there is no mask file 'none.png'",
        ".": "there is no mask file",
        "text.png": "can't be read as a PNG",
        "cut.png": "can't be read as a PNG",
        "photo.jpg": "can't be read as a PNG",
        "a\0b.png": "can't be read as a PNG",
        "x" * 5000: "can't be read as a PNG",
        "small.png": "the mask is 16 x 10 pixels, but the photo is 16 x 12",
    }
    for name, sentence in sentences.items():
        path = inside / "street.json"
        path.write_text(json.dumps({"annotations": [{"segmentation": name}]}))
        with pytest.raises(AmodalError, match=f"Annotation 1: .*{sentence}"):
            read_instances(path, HEIGHT, WIDTH)


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


# Writing


def test_written_instances_are_read_again(square):
    instances = (
        Instance(square, "car", "the red one", Box(-1.5, 0, 9, 12)),
        Instance(~square, "unknown", "wall"),
    )
    document = json.loads(json.dumps(write_instances(instances, "street.jpg")))
    assert document["images"][0]["file_name"] == "street.jpg"
    assert document["annotations"][0]["bbox"] == [2, 3, 6, 4]
    assert document["annotations"][0]["area"] == 24
    again = read_instances(document, HEIGHT, WIDTH)
    for old, new in zip(instances, again, strict=True):
        assert np.array_equal(old.modal, new.modal)
        assert (old.category, old.name, old.box) == (new.category, new.name, new.box)


def whole_in_plane(entry: dict, margin: int) -> np.ndarray:
    """A written completion in a plane that is larger than the photo by `margin` on each side."""
    plane = np.zeros((HEIGHT + 2 * margin, WIDTH + 2 * margin), bool)
    window = entry.get("window", {"x0": 0, "y0": 0, "segmentation": entry["segmentation"]})
    mask = decode_rle(window["segmentation"])
    y, x = window["y0"] + margin, window["x0"] + margin
    plane[y : y + mask.shape[0], x : x + mask.shape[1]] = mask
    return plane


@settings(deadline=None)
@given(
    masks=st.lists(hnp.arrays(bool, (9, 7)).filter(np.any), min_size=2, max_size=4),
    x0=st.integers(-20, 20),
    y0=st.integers(-20, 20),
)
def test_written_completions_hold_every_pixel(masks, x0, y0):
    modal = np.zeros((HEIGHT, WIDTH), bool)
    modal[5, 5] = True
    items = [Completion(mask, x0, y0, 0.25 * k) for k, mask in enumerate(masks)]
    result = Completions(items[0], tuple(items[1:]), masks[0].astype(np.float32), x0, y0)
    run = {"seed": 3, "temperature": 0.5}
    document = write_completions([Instance(modal, "car", "car 1")], [result], "a.png", run)
    document = json.loads(json.dumps(document))
    assert document["info"] == run
    (annotation,) = document["annotations"]
    assert annotation["category"] == "car"
    assert np.array_equal(decode_rle(annotation["modal"]), modal)
    entries = [annotation, *annotation["samples"]]
    for item, entry in zip(items, entries, strict=True):
        plane = np.zeros((HEIGHT + 80, WIDTH + 80), bool)
        plane[y0 + 40 : y0 + 49, x0 + 40 : x0 + 47] = item.mask
        assert np.array_equal(whole_in_plane(entry, 40), plane)
        assert np.array_equal(decode_rle(entry["segmentation"]), plane[40:-40, 40:-40])
        assert ("window" in entry) == (plane.sum() > plane[40:-40, 40:-40].sum())
        rows, columns = np.nonzero(plane)
        x, y, w, h = entry["bbox"]
        assert (x, x + w) == (columns.min() - 40, columns.max() - 39)
        assert (y, y + h) == (rows.min() - 40, rows.max() - 39)
        assert entry["area"] == item.area
        assert entry["visible_iou"] == item.visible_iou
    (again,) = read_instances(document, HEIGHT, WIDTH)
    assert np.array_equal(again.modal, modal)


def test_written_documents_open_in_pycocotools(square, tmp_path, capsys):
    from pycocotools.coco import COCO

    path = tmp_path / "instances.json"
    path.write_text(json.dumps(write_instances([Instance(square, "car")], "a.png")))
    coco = COCO(str(path))
    (annotation,) = coco.loadAnns(coco.getAnnIds())
    assert np.array_equal(coco.annToMask(annotation).astype(bool), square)
    assert coco.loadCats(annotation["category_id"])[0]["name"] == "car"
    assert "index created" in capsys.readouterr().out
