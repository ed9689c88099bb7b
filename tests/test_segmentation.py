"""Every way of writing a mask in COCO-style JSON is read, all else named in a sentence."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools import mask as coco_mask

from amodal.data.coco import decode_rle, encode_rle, read_instances
from amodal.errors import AmodalError
from tests.coco_parts import HEIGHT, SQUARE, SQUARE_MASK, WIDTH, any_mask, plain_rle, read

# pycocotools 2.0 on numpy 2, where the tests take it as the oracle.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


# RLE


@settings(deadline=None)
@given(any_mask)
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


def test_every_form_gives_the_same_mask(tmp_path):
    Image.fromarray(SQUARE_MASK).save(tmp_path / "bits.png")
    Image.fromarray(SQUARE_MASK.astype(np.uint8)).save(tmp_path / "ones.png")
    Image.fromarray(SQUARE_MASK.astype(np.uint16) * 700).save(tmp_path / "sixteen.png")
    white = np.repeat(SQUARE_MASK[:, :, None] * np.uint8(255), 3, axis=2)
    Image.fromarray(white).save(tmp_path / "white.png")
    opaque = np.dstack([white, np.full(SQUARE_MASK.shape, 255, np.uint8)])
    Image.fromarray(opaque).save(tmp_path / "opaque.png")
    black_cut_out = np.dstack([np.zeros_like(white), white[:, :, 0]])
    Image.fromarray(black_cut_out).save(tmp_path / "cut_out.png")
    palette = Image.fromarray(SQUARE_MASK.astype(np.uint8)).convert("P")
    palette.putpalette([0, 0, 0, 0, 0, 0])
    (tmp_path / "masks").mkdir()
    palette.save(tmp_path / "masks" / "palette.png")
    rle = encode_rle(SQUARE_MASK)
    forms = [SQUARE, SQUARE[0], rle, plain_rle(SQUARE_MASK)]
    forms += [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png")]
    assert len(forms) == 11
    path = tmp_path / "street.json"
    path.write_text(json.dumps([{"segmentation": form} for form in forms]))
    for form, instance in zip(forms, read_instances(path, HEIGHT, WIDTH), strict=True):
        assert np.array_equal(instance.modal, SQUARE_MASK), form
    assert np.array_equal(read({**rle, "counts": rle["counts"].encode()})[0].modal, SQUARE_MASK)


def test_mask_is_another_word_for_segmentation():
    (instance,) = read_instances([{"mask": encode_rle(SQUARE_MASK)}], HEIGHT, WIDTH)
    assert np.array_equal(instance.modal, SQUARE_MASK)


@pytest.mark.parametrize("key", ["modal", "inmodal_seg", "i_segm"])
def test_an_explicitly_visible_part_goes_before_the_amodal_one(key):
    (instance,) = read([[0, 0, 16, 0, 16, 12, 0, 12]], **{key: SQUARE})
    assert np.array_equal(instance.modal, SQUARE_MASK)


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


def test_mask_files(tmp_path):
    inside = tmp_path / "scene"
    inside.mkdir()
    Image.fromarray(SQUARE_MASK).save(tmp_path / "secret.png")
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    (inside / "text.png").write_text("no picture")
    Image.fromarray(SQUARE_MASK).save(inside / "photo.jpg")
    Image.fromarray(SQUARE_MASK[:-2]).save(inside / "small.png")
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
