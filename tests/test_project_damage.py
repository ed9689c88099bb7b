"""Projects that are damaged or were changed by hand: each is refused in one sentence."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from amodal.archive import pack, unpack
from amodal.errors import AmodalError
from amodal.export import png_bytes
from amodal.geometry import Box
from amodal.layers import LayeredScene
from amodal.project import MAX_LAYERS, Project, write_project
from amodal.project_read import read_project
from tests.scenes import street, turned_look

JSON = "project.json"
Files = dict[str, bytes]
Document = dict[str, Any]


def sound() -> Files:
    scene = street()
    layer = scene.layer("object-1")
    return unpack(
        write_project(Project("street", scene.with_turned("object-1", turned_look(layer))))
    )


def with_json(change: Callable[[Document], None]) -> bytes:
    files = sound()
    document = json.loads(files[JSON])
    change(document)
    return pack({**files, JSON: json.dumps(document).encode()})


def layer_of(document: Document, id: str = "object-1") -> Document:
    return next(layer for layer in document["layers"] if layer["id"] == id)


def put(*path: str, value: object) -> Callable[[Document], None]:
    """Set a value of the JSON; a path that starts with "layer" is about object-1."""

    def change(document: Document) -> None:
        *inner, last = path
        here = document
        for key in inner:
            here = layer_of(document) if key == "layer" else here[key]
        here[last] = value

    return change


def take(*path: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        *inner, last = path
        here = document
        for key in inner:
            here = layer_of(document) if key == "layer" else here[key]
        del here[last]

    return change


WRONG = {
    "another version": (put("format", value="amodal-project/2"), "format.*/2'.*expected.*/1'"),
    "no version": (take("format"), "`format` is missing, expected text"),
    "title of lines": (put("title", value="a\nb"), "`title` is .*one line"),
    "title too long": (put("title", value="ä" * 101), "`title` is .*200 bytes"),
    "photo size": (put("width", value=161), "photo.png is 160 x 80 pixels, expected 161 x 80"),
    "an id twice": (put("layer", "id", value="object-2"), "two layers have the `id` 'object-2'"),
    "a strange id": (put("layer", "id", value="../../x"), "`id` is .*expected object-1"),
    "an id of 0": (put("layer", "id", value="object-0"), "`id` is .*expected object-1"),
    "an unknown class": (put("layer", "category", value="cow"), "`category` is 'cow'.*one of"),
    "no name": (take("layer", "name"), "`name` is missing"),
    "depth": (put("depth", value=["object-1", "object-2"]), "`depth` is .*every layer once"),
    "depth of lists": (put("depth", value=[[], [], []]), "`depth` is .*every layer once"),
    "no file": (put("layer", "whole", "file", value="x.png"), "holds no x.png"),
    "a path": (put("layer", "whole", "file", value="/etc/passwd"), "holds no /etc/passwd"),
    "mask width": (put("layer", "visible", "width", value=7), "visible.png is a picture of 60 x"),
    "a negative width": (put("layer", "visible", "width", value=-1), "`width` is -1"),
    "too wide": (put("layer", "whole", "width", value=200_000_000), "`width` is 200000000"),
    "too large": (put("layer", "whole", "width", value=100_000_000), "a window of at most"),
    "a fraction": (put("layer", "visible", "x0", value=1.5), "`x0` is 1.5.*whole number"),
    "outside": (put("layer", "visible", "x0", value=150), "leave the photo"),
    "cut off": (put("layer", "whole", "x0", value=40), "leaves out 400 visible pixels"),
    "far away": (put("layer", "whole", "x0", value=10**30), "`x0` is 1000000"),
    "iou": (put("layer", "whole", "visible_iou", value=1.5), "from 0 to 1"),
    "a text": (put("layer", "placement", "dx", value="3"), "`dx` is '3', expected a finite"),
    "infinite": (put("layer", "placement", "dx", value=float("inf")), "not valid JSON"),
    "huge": (put("layer", "placement", "dy", value=10**400), "not valid JSON|`dy` is 10"),
    "a shift": (put("layer", "placement", "dx", value=2e6), "`dx` is 2000000.0"),
    "a size": (put("layer", "placement", "scale", value=9), "`scale` is 9, .*from 0.05 to 8"),
    "a flip": (put("layer", "placement", "flip", value=1), "`flip` is 1, expected true or false"),
    "no placement": (put("layer", "placement", value=None), "`placement` is None"),
    "a box": (put("layer", "box", value=[1, 2, 3]), "`box` is .*4 finite numbers"),
    "an empty box": (put("layer", "box", value=[5, 5, 5, 9]), "`box` is .*x0 < x1"),
    "a far box": (put("layer", "box", value=[0, 0, 1e9, 9]), "far outside the photo"),
    "degrees": (put("layer", "turned", "degrees", value="left"), "`degrees` is 'left'"),
    "look": (put("layer", "turned", "file", value="photo.png"), "is a picture of.*RGBA"),
    "margins": (put("margins", "rim", value=0.9), "between 0 and 50%"),
    "margin text": (put("margins", "shadow", value="wide"), "`shadow` is 'wide'"),
    "layers": (put("layers", value={}), "`layers` is {}, expected a list"),
    "a layer": (put("layers", value=[3]), "layer 1 is 3, expected an object"),
    "notes": (put("notes", value=[]), "`notes` is \\[\\], expected an object"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_in_the_json_is_told(case: str) -> None:
    change, message = WRONG[case]
    with pytest.raises(AmodalError, match=message) as caught:
        read_project(with_json(change))
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_too_many_objects_are_refused_both_ways() -> None:
    def many(document: Document) -> None:
        document["layers"] *= MAX_LAYERS

    with pytest.raises(AmodalError, match=f"at most {MAX_LAYERS}"):
        read_project(with_json(many))
    scene = street()
    layers = tuple(
        replace(scene.layers[0], id=f"object-{number}") for number in range(1, MAX_LAYERS + 2)
    )
    crowd = LayeredScene(scene.photo, layers, tuple(layer.id for layer in layers))
    with pytest.raises(AmodalError, match=f"257 objects, expected at most {MAX_LAYERS}"):
        write_project(Project("crowd", crowd))


def test_masks_of_too_many_pixels_are_refused_before_any_is_decoded() -> None:
    def grow(document: Document) -> None:
        entry = layer_of(document)
        entry["whole"] |= {"width": 12_000, "height": 12_000, "file": "missing.png"}
        document["layers"] = [{**entry, "id": f"object-{number}"} for number in range(1, 9)]

    with pytest.raises(AmodalError, match="The masks of the project have 1,152,"):
        read_project(with_json(grow))


def test_a_box_that_could_not_be_opened_is_not_saved() -> None:
    scene = street()
    far = replace(scene.layers[0].instance, box=Box(0, 0, 1e6, 5))
    layers = (replace(scene.layers[0], instance=far), *scene.layers[1:])
    with pytest.raises(AmodalError, match="far outside"):
        write_project(Project("far", replace(scene, layers=layers)))


@pytest.mark.parametrize("title", ["a\nb", "x" * 201, "\ud800"])
def test_titles_that_are_no_names_are_a_bug(title: str) -> None:
    with pytest.raises(ValueError, match="title: got"):
        write_project(Project(title, street()))


def with_file(name: str, content: bytes) -> bytes:
    return pack({**sound(), name: content})


def png(mode: str, size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, format="PNG")
    return out.getvalue()


DAMAGED = {
    "nothing": (lambda: b"", "can't be read as a ZIP file"),
    "words": (lambda: b"no project at all", "can't be read as a ZIP file"),
    "half": (lambda: pack(sound())[:2000], "can't be read as a ZIP file"),
    "an empty zip": (lambda: pack({}), "is an empty ZIP"),
    "other files": (lambda: pack({"layers.json": b"{}"}), "holds no project.json"),
    "no photo": (
        lambda: pack({name: data for name, data in sound().items() if name != "photo.png"}),
        "holds no photo.png",
    ),
    "a mask is missing": (
        lambda: pack({n: data for n, data in sound().items() if n != "object-2/whole.png"}),
        "holds no object-2/whole.png",
    ),
    "json": (lambda: with_file(JSON, b'{"format": '), "project.json is not valid JSON"),
    "deep json": (lambda: with_file(JSON, b"[" * 100_000), "project.json is not valid JSON"),
    "bytes": (lambda: with_file(JSON, b"\xff\xfe"), "project.json is not valid JSON"),
    "a list": (lambda: with_file(JSON, b"[]"), "project.json is \\[\\], expected an object"),
    "nan": (lambda: with_file(JSON, b'{"format": NaN}'), "NaN is no number"),
    "photo": (lambda: with_file("photo.png", b"x"), "photo.png in the ZIP: .* not a picture"),
    "a huge photo": (
        lambda: with_file("photo.png", png("1", (20_000, 20_000))),
        "photo.png in the ZIP: .*million pixels",
    ),
    "a mask of another size": (
        lambda: with_file("object-1/visible.png", png("1", (5, 5))),
        "visible.png is a picture of 5 x 5 pixels",
    ),
    "a coloured mask": (
        lambda: with_file("object-1/visible.png", png("RGB", (60, 40))),
        "in the mode RGB, expected 60 x 40 and 1 or L",
    ),
    "an empty mask": (
        lambda: with_file("object-1/visible.png", png("L", (60, 40))),
        "the mask is empty",
    ),
    "a mask that is none": (
        lambda: with_file("object-1/visible.png", b"mask"),
        "visible.png can't be read as a PNG",
    ),
    "a mask cut off": (
        lambda: with_file("object-1/turned.png", sound()["object-1/turned.png"][:-300]),
        "turned.png can't be read as a PNG",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_is_wrong_with_the_file_is_told(case: str) -> None:
    make, message = DAMAGED[case]
    with pytest.raises(AmodalError, match=message) as caught:
        read_project(make())
    assert str(caught.value).endswith(".")


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_flipped_byte_is_harmless_or_told(data: st.DataObject) -> None:
    whole = bytearray(write_project(Project("street", street())))
    last = len(whole) - 1
    position = data.draw(st.integers(0, last) | st.integers(last - 900, last))
    whole[position] ^= data.draw(st.integers(1, 255))
    try:
        again = read_project(bytes(whole)).scene
    except AmodalError:
        return
    assert write_project(Project("street", again)) == write_project(Project("street", street()))


def test_a_project_packed_again_by_another_program_opens() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in reversed(sound().items()):
            archive.writestr(name, content)
    assert read_project(out.getvalue()).title == "street"


def test_masks_in_grey_are_masks_too() -> None:
    files = sound()
    grey = Image.open(io.BytesIO(files["object-2/whole.png"])).convert("L")
    again = read_project(pack({**files, "object-2/whole.png": png_bytes(np.asarray(grey))}))
    expected = street().layer("object-2").completion.mask
    assert np.array_equal(again.scene.layer("object-2").completion.mask, expected)
