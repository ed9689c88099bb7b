"""OpenRaster files as a reader of the specification sees them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from amodal.decompose import Decomposer
from amodal.inpaint.opencv import OpenCV
from amodal.layers import LayeredScene
from amodal.openraster import BACKGROUND, openraster, standing
from tests.scenes import edits, street

DECOMPOSER = Decomposer(OpenCV(size=64))


class Opened:
    """An OpenRaster file, read by the specification alone."""

    def __init__(self, data: bytes) -> None:
        self.archive = zipfile.ZipFile(io.BytesIO(data))
        self.image = ElementTree.fromstring(self.archive.read("stack.xml"))
        self.layers = self.image.findall("./stack/layer")  # from front to back
        self.size = int(self.image.get("w")), int(self.image.get("h"))

    def picture(self, name: str) -> Image.Image:
        return Image.open(io.BytesIO(self.archive.read(name)))

    def merged(self) -> np.ndarray:
        """The visible layers, blended as a viewer does it."""
        canvas = Image.new("RGBA", self.size)
        for layer in reversed(self.layers):
            if layer.get("visibility") != "hidden":
                over = Image.new("RGBA", self.size)
                over.paste(
                    self.picture(layer.get("src")), (int(layer.get("x")), int(layer.get("y")))
                )
                canvas = Image.alpha_composite(canvas, over)
        return np.asarray(canvas)

    def layer(self, name: str) -> ElementTree.Element:
        return next(layer for layer in self.layers if layer.get("name") == name)


def taken_apart(scene: LayeredScene) -> LayeredScene:
    return DECOMPOSER.take_apart(scene)[1]


def saved(scene: LayeredScene, title: str = "") -> Opened:
    return Opened(openraster(*DECOMPOSER.take_apart(scene), title))


def test_the_file_layout_is_the_specification_s() -> None:
    opened = saved(street(), "A street")
    first = opened.archive.infolist()[0]
    assert first.filename == "mimetype"
    assert first.compress_type == zipfile.ZIP_STORED
    assert opened.archive.read("mimetype") == b"image/openraster"
    assert opened.image.tag == "image"
    assert opened.image.get("version") == "0.0.3"
    assert opened.image.get("name") == "A street"
    assert opened.size == (160, 80)
    assert opened.picture("mergedimage.png").size == (160, 80)
    assert opened.picture("Thumbnails/thumbnail.png").size == (160, 80)
    for layer in opened.layers:
        assert layer.get("src").startswith("data/")
        assert opened.picture(layer.get("src")).format == "PNG"
        assert layer.get("composite-op") == "svg:src-over"


def test_layers_are_named_and_stacked_with_the_plate_below() -> None:
    scene = street().delete("object-3").with_order(("object-2", "object-3", "object-1"))
    opened = saved(scene)
    assert [layer.get("name") for layer in opened.layers] == ["green", "blue", "red", BACKGROUND]
    shown = [layer.get("visibility") for layer in opened.layers]
    assert shown == ["visible", "hidden", "visible", "visible"]
    plate = np.asarray(opened.picture(opened.layer(BACKGROUND).get("src")))
    assert np.abs(plate.astype(int) - 128).max() < 60, "no object is left on the plate"


@given(edits(street()))
@settings(max_examples=25, deadline=None)
def test_the_merged_image_is_the_stack(scene: LayeredScene) -> None:
    opened = saved(scene)
    assert np.array_equal(np.asarray(opened.picture("mergedimage.png")), opened.merged())


def test_a_moved_object_stands_where_the_edit_put_it() -> None:
    here, there = saved(street()), saved(street().move("object-3", -15, 25))
    blue, moved = here.layer("blue"), there.layer("blue")
    before, after = (
        np.asarray(each.picture(layer.get("src")).getchannel("A")) > 127
        for each, layer in ((here, blue), (there, moved))
    )
    rows, columns = np.nonzero(before)
    x = int(moved.get("x")) + np.nonzero(after)[1].min()
    y = int(moved.get("y")) + np.nonzero(after)[0].min()
    assert x == int(blue.get("x")) + columns.min() - 15
    assert y == int(blue.get("y")) + rows.min() + 25
    assert after.sum() == before.sum()
    merged = np.asarray(there.picture("mergedimage.png"))[..., :3].astype(int)
    assert np.abs(merged[50:70, 120:130] - (40, 60, 200)).max() <= 12


def test_a_moved_object_keeps_its_straight_colours_at_soft_edges() -> None:
    look, moved = (
        standing(scene.layer("object-3"), 80, 160)
        for scene in (taken_apart(street()), taken_apart(street().move("object-3", -15, 25)))
    )
    y, x = look.y0 + 25 - moved.y0, look.x0 - 15 - moved.x0
    window = moved.rgba[y : y + look.rgba.shape[0], x : x + look.rgba.shape[1]]
    seen = look.rgba[..., 3] > 0
    assert (seen & (look.rgba[..., 3] < 250)).any(), "there must be a soft edge to test"
    assert np.array_equal(window[seen], look.rgba[seen])


def test_shrinking_and_leaving_the_photo() -> None:
    small = saved(street().scale("object-3", 0.5)).layer("blue")
    assert small.get("visibility") == "visible"
    gone = saved(street().move("object-3", 500, 0))
    assert gone.picture(gone.layer("blue").get("src")).size == (1, 1)


def test_a_hidden_object_keeps_its_pixels() -> None:
    opened = saved(street().delete("object-1"))
    alpha = np.asarray(opened.picture(opened.layer("green").get("src")))[..., 3]
    assert (alpha > 127).sum() == pytest.approx(60 * 40, rel=0.1)
    merged = np.asarray(opened.picture("mergedimage.png"))[..., :3].astype(int)
    assert np.abs(merged[30:50, 35:55] - 128).max() < 60, "only the plate is seen there"


def test_a_large_picture_has_a_small_thumbnail() -> None:
    scene = street()
    photo = np.repeat(np.repeat(scene.photo, 4, 0), 4, 1)
    opened = saved(LayeredScene.from_photo(photo, [], []))
    assert opened.picture("Thumbnails/thumbnail.png").size == (256, 128)
    assert np.array_equal(np.asarray(opened.picture("mergedimage.png"))[..., :3], photo)


@pytest.mark.parametrize("name", ["<\"&'>", "a\x00b\x1f", "\ud800", "Ämter 車 🚕", ""])
def test_any_name_is_valid_xml(name: str) -> None:
    scene = street()
    instance = replace(scene.layers[0].instance, name=name)
    scene = replace(scene, layers=(replace(scene.layers[0], instance=instance), *scene.layers[1:]))
    opened = saved(scene, name)
    shown = opened.layers[2].get("name")
    assert shown == {"a\x00b\x1f": "a_b_", "\ud800": "_", "": scene.layers[0].id}.get(name, name)


def test_equal_scenes_give_equal_bytes() -> None:
    first, second = (openraster(*DECOMPOSER.take_apart(street())) for _ in range(2))
    assert first == second


def test_what_is_not_taken_apart_is_a_bug() -> None:
    plate, whole = DECOMPOSER.take_apart(street())
    with pytest.raises(ValueError, match="has no appearance"):
        openraster(plate, street())
    with pytest.raises(ValueError, match="plate: got"):
        openraster(plate[1:], whole)
