"""Projects: what is written is read again, and nothing else is."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from amodal import archive
from amodal.archive import pack, unpack
from amodal.classes import CLASSES
from amodal.decompose import Decomposer
from amodal.errors import AmodalError
from amodal.export import png_bytes
from amodal.geometry import Box, tight_box
from amodal.inpaint.opencv import OpenCV
from amodal.layers import Layer, LayeredScene
from amodal.looks import Appearance, Turned
from amodal.margins import Margins
from amodal.project import MAX_LAYERS, Project, is_title, write_project
from amodal.project_read import read_project
from tests.scenes import edits, random_scenes, street

DECOMPOSER = Decomposer(OpenCV(size=64))
JSON = "project.json"


@st.composite
def documents(draw: st.DrawFn) -> Project:
    """Random scenes with everything that a project has to keep."""
    scene = draw(edits(draw(random_scenes())))
    share = st.floats(0, 0.5)
    scene = scene.with_margins(Margins(draw(share), draw(share)))
    layers = []
    for layer in scene.layers:
        modal = layer.instance.modal
        box = draw(st.none() | st.just(Box(*(float(edge) for edge in tight_box(modal)))))
        name, category = draw(st.text(max_size=8)), draw(st.sampled_from(CLASSES))
        instance = replace(layer.instance, name=name, category=category, box=box)
        turned = draw(st.none() | st.just(turned_look(layer)))
        layers.append(replace(layer, instance=instance, turned=turned))
    notes = draw(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5)))
    title = draw(st.text(max_size=20).filter(is_title))
    return Project(title, replace(scene, layers=tuple(layers)), notes)


def turned_look(layer: Layer) -> Turned:
    whole = layer.completion
    noise = np.random.default_rng(whole.area).integers(0, 256, (*whole.mask.shape, 4))
    return Turned(Appearance(noise.astype(np.uint8), whole.x0 + 1, whole.y0), 45.0)


def picture_of(scene: LayeredScene) -> np.ndarray | None:
    try:
        return DECOMPOSER.render(scene)[0]
    except AmodalError:
        return None  # the removed objects cover the whole photo


@given(documents())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again(project: Project) -> None:
    data = write_project(project)
    again = read_project(data)
    before, after = project.scene, again.scene
    assert (again.title, again.notes) == (project.title, project.notes)
    assert np.array_equal(after.photo, before.photo)
    assert (after.depth, after.margins) == (before.depth, before.margins)
    for one, other in zip(before.layers, after.layers, strict=True):
        assert one.id == other.id
        assert one.placement == other.placement
        assert np.array_equal(one.instance.modal, other.instance.modal)
        for key in ("name", "category", "box"):
            assert getattr(one.instance, key) == getattr(other.instance, key)
        assert np.array_equal(one.completion.mask, other.completion.mask)
        for key in ("x0", "y0", "visible_iou"):
            assert getattr(one.completion, key) == getattr(other.completion, key)
        assert (one.turned is None) == (other.turned is None)
    assert write_project(again) == data


@given(documents())
@settings(max_examples=40, deadline=None)
def test_the_picture_is_the_same_after_opening(project: Project) -> None:
    picture, painted = None, project.scene
    try:
        picture, painted = DECOMPOSER.render(project.scene)
    except AmodalError:
        assume(False)  # the removed objects cover the whole photo
    # What was painted on the way is not in the file, and is not missed.
    again = read_project(write_project(replace(project, scene=painted))).scene
    assert all(layer.appearance is None for layer in again.layers)
    assert again.patches == {}
    assert np.array_equal(picture_of(again), picture)
    assert np.array_equal(picture_of(again.reset()), project.scene.photo)


def test_equal_scenes_give_equal_bytes_whatever_was_painted() -> None:
    plain = street().delete("object-2").move("object-1", 3.5, 0)
    painted = DECOMPOSER.render(street().delete("object-2").move("object-1", 3.5, 0))[1]
    assert write_project(Project("a", plain)) == write_project(Project("a", painted))
    assert write_project(Project("a", plain)) != write_project(Project("a", street()))


def test_edits_go_on_after_opening(tmp_path: pytest.TempPathFactory) -> None:
    path = tmp_path / "street.zip"
    path.write_bytes(write_project(Project("street", street().move("object-3", 5, 0))))
    again = read_project(path).scene.delete("object-2")
    expected = street().move("object-3", 5, 0).delete("object-2")
    assert np.array_equal(picture_of(again), picture_of(expected))


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


def zip_of(method: int, *files: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as packed:
        for name, content in files:
            packed.writestr(name, content)
    return out.getvalue()


def test_a_project_packed_again_by_another_program_opens() -> None:
    assert read_project(zip_of(zipfile.ZIP_DEFLATED, *sound().items())).title == "street"


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 3_000_000)
    bomb = zip_of(zipfile.ZIP_DEFLATED, (JSON, b"{}"), ("photo.png", bytes(3_000_001)))
    assert len(bomb) < 10_000
    with pytest.raises(AmodalError, match="3 MB when unpacked, expected at most 3 MB"):
        unpack(bomb)


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    bomb = zip_of(zipfile.ZIP_DEFLATED, (JSON, bytes(5_000_000)))
    lying = bomb.replace((5_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != bomb
    with pytest.raises(AmodalError, match="can't be read as a ZIP file"):
        unpack(lying)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_limit_are_refused(method: int) -> None:
    with pytest.raises(AmodalError, match="compressed by method"):
        unpack(zip_of(method, (JSON, b"{}")))


def test_encrypted_doubled_and_countless_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = bytearray(pack({"a": b"1"}))
    plain[plain.index(b"PK\x01\x02") + 8] |= 1  # the flag in the directory
    with pytest.raises(AmodalError, match=r"can't be read as a ZIP file.*password"):
        unpack(bytes(plain))
    doubled = pack({"a": b"1", "b": b"2"}).replace(b"b", b"a")
    with pytest.raises(AmodalError, match="holds 'a' 2 times"):
        unpack(doubled)
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    with pytest.raises(AmodalError, match="4 files, expected at most 3"):
        unpack(pack({name: b"" for name in "abcd"}))


def test_a_missing_file_is_told(tmp_path: pytest.TempPathFactory) -> None:
    with pytest.raises(AmodalError, match=r"gone\.zip can't be read"):
        read_project(tmp_path / "gone.zip")


def test_masks_in_grey_are_masks_too() -> None:
    files = sound()
    grey = Image.open(io.BytesIO(files["object-2/whole.png"])).convert("L")
    again = read_project(pack({**files, "object-2/whole.png": png_bytes(np.asarray(grey))}))
    expected = street().layer("object-2").completion.mask
    assert np.array_equal(again.scene.layer("object-2").completion.mask, expected)
