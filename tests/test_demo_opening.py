"""Opening photos, masks and examples: the handlers, called directly."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from amodal.data.coco import write_instances
from amodal.errors import AmodalError
from amodal.export import png_bytes
from amodal.scene import Instance
from demo import text
from demo.examples import FOLDER, Example, find_examples
from demo.handlers import Handlers
from demo.session import Session
from tests.demo_parts import (
    HEIGHT,
    WIDTH,
    chosen,
    click,
    instances,
    photo,
    shapes,
    tiles,
)


def test_the_first_example_opens_with_the_page(handlers: Handlers) -> None:
    view = handlers.open_first(Session())
    assert [shape["label"] for shape in shapes(view)] == ["car 1", "person 1"]
    assert (view.stage["width"], view.stage["height"]) == (WIDTH, HEIGHT)
    assert np.array_equal(view.session.sight.picture, photo())
    assert view.session.title == "A small street"
    assert view.undo["interactive"] is False


def test_a_first_visit_sees_an_object_completed(tmp_path: Path, handlers: Handlers) -> None:
    (example,) = handlers.examples
    view = Handlers(handlers.pipeline, [replace(example, first="car 1")]).open_first(Session())
    assert view.session.picked == "object-1"
    assert len(view.session.answer.completions.samples) == 20
    assert view.stage["whole"].startswith("M")
    assert view.session.past == ()
    unknown = Handlers(handlers.pipeline, [replace(example, first="bus 9")]).open_first(Session())
    assert unknown.session.picked is None


def test_the_example_that_opens_first_has_such_an_object() -> None:
    first = find_examples()[0]
    assert first.first in [instance.name for instance in first.open().instances]


def test_a_page_that_has_a_photo_keeps_it(handlers: Handlers, car: Session) -> None:
    assert handlers.open_first(car).session.picked == "object-1"


def test_an_example_opens_by_its_thumbnail(handlers: Handlers, car: Session) -> None:
    view = handlers.open_example(car, chosen(0))
    assert view.session.picked is None
    assert view.session.past == ()


def test_an_own_photo_opens_without_objects(
    handlers: Handlers, car: Session, tmp_path: Path
) -> None:
    Image.fromarray(photo()[:50, :70]).save(tmp_path / "mine.png")
    view = handlers.open_photo(car, str(tmp_path / "mine.png"))
    assert view.session.title == "mine"
    assert view.session.sight.picture.shape == (50, 70, 3)
    assert view.hint == text.HINT_EMPTY
    assert shapes(view) == []


def rotated(folder: Path) -> Path:
    """A JPEG of the photo whose EXIF says: turn me a quarter."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(photo()).save(folder / "rotated.jpg", exif=exif)
    return folder / "rotated.jpg"


def animated(folder: Path) -> Path:
    frames = [Image.fromarray(photo()), Image.fromarray(255 - photo())]
    frames[0].save(folder / "two.gif", save_all=True, append_images=frames[1:])
    return folder / "two.gif"


def saved_as(mode: str, suffix: str) -> Callable[[Path], Path]:
    def save(folder: Path) -> Path:
        path = folder / f"{mode.replace(';', '')}.{suffix}"
        grey = np.asarray(Image.fromarray(photo()).convert("L"))
        if mode == "I;16":
            Image.fromarray(grey.astype(np.uint16) * 257).save(path)
        else:
            Image.fromarray(photo()).convert(mode).save(path)
        return path

    return save


ODD = {
    "grey": (saved_as("L", "png"), (HEIGHT, WIDTH)),
    "16-bit": (saved_as("I;16", "png"), (HEIGHT, WIDTH)),
    "CMYK": (saved_as("CMYK", "jpg"), (HEIGHT, WIDTH)),
    "palette": (saved_as("P", "png"), (HEIGHT, WIDTH)),
    "transparent": (saved_as("RGBA", "png"), (HEIGHT, WIDTH)),
    "animated": (animated, (HEIGHT, WIDTH)),
    "EXIF": (rotated, (WIDTH, HEIGHT)),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_pictures_open(handlers: Handlers, tmp_path: Path, kind: str) -> None:
    make, size = ODD[kind]
    view = handlers.open_photo(Session(), str(make(tmp_path)))
    assert view.session.sight.picture.shape == (*size, 3)
    assert Path(handlers.save_picture(view.session)).is_file()


BAD = {
    "1x1.png": lambda: png_bytes(np.zeros((1, 1, 3), np.uint8)),
    "cut.png": lambda: png_bytes(photo())[:200],
    "words.jpg": lambda: b"no picture at all",
    "empty.png": lambda: b"",
    "bomb.png": lambda: png_bytes(np.zeros((20_000, 20_000), np.uint8)),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_pictures_are_a_toast(
    handlers: Handlers, car: Session, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(BAD[name]())
    with pytest.raises(gr.Error) as caught:
        handlers.open_photo(car, str(tmp_path / name))
    sentence = caught.value.message
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert caught.value.print_exception is False
    assert handlers.use_tool(car, "pick").session.title == "A small street"


def odd_mask(kind: str) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    where = {
        "one pixel": np.s_[40:41, 60:61],
        "full frame": np.s_[:, :],
        "two pieces": np.s_[30:60, 20:100:3],
        "cut by the border": np.s_[60:, :50],
    }
    mask[where[kind]] = True
    if kind == "two pieces":
        mask[30:60, 20:50], mask[30:60, 50:60] = True, False
    return mask


@pytest.mark.parametrize("kind", ["one pixel", "full frame", "two pieces", "cut by the border"])
def test_odd_masks_can_be_selected_and_moved(
    handlers: Handlers, opened: Session, tmp_path: Path, kind: str
) -> None:
    document = write_instances([Instance(odd_mask(kind), "car", "odd")], "photo.png")
    (tmp_path / "odd.json").write_text(json.dumps(document))
    session = handlers.import_masks(opened, [str(tmp_path / "odd.json")]).session
    y, x = np.argwhere(odd_mask(kind))[0]
    view = handlers.gesture(session, "on", click(x + 0.5, y + 0.5))
    assert view.session.layer.instance.name == "odd"
    assert len(tiles(view)) == 21
    if kind == "full frame":
        with pytest.raises(gr.Error, match="whole"):
            handlers.delete(view.session)
    else:
        moved = handlers.move(view.session, 10, 0).session
        assert not np.array_equal(moved.sight.picture, photo())
        assert handlers.undo(moved).session.sight.picture.tobytes() == photo().tobytes()


def test_masks_replace_the_objects_and_undo_brings_them_back(
    handlers: Handlers, car: Session, tmp_path: Path
) -> None:
    file = tmp_path / "masks.json"
    file.write_text(json.dumps(write_instances(instances()[1:], "photo.png")))
    view = handlers.import_masks(car, [str(file)])
    assert [shape["label"] for shape in shapes(view)] == ["person 1"]
    assert view.session.picked is None
    assert len(shapes(handlers.undo(view.session))) == 2


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"annotations": [{"segmentation": {"size": [5, 5], "counts": "0"}}]}']
)
def test_bad_masks_are_a_toast(
    handlers: Handlers, car: Session, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "masks.json"
    file.write_text(content)
    with pytest.raises(gr.Error) as caught:
        handlers.import_masks(car, [str(file)])
    assert len(caught.value.message) > 20
    assert caught.value.print_exception is False
    assert len(car.layers) == 2


def test_masks_need_a_photo(handlers: Handlers, tmp_path: Path) -> None:
    with pytest.raises(gr.Error, match="Open a photo first"):
        handlers.import_masks(Session(), [str(tmp_path / "masks.json")])


@pytest.mark.parametrize("example", find_examples(), ids=lambda example: example.name)
def test_the_shipped_examples_complete(handlers: Handlers, example: Example) -> None:
    shipped = Handlers(handlers.pipeline, [example])
    view = shipped.open_example(Session(), chosen(0))
    assert len(shapes(view)) >= 8
    event = gr.EventData(None, {"kind": "pick", "points": [], "index": 0})
    assert len(tiles(shipped.gesture(view.session, "on", event))) == 21


def test_the_index_lists_every_example() -> None:
    folders = {path.parent.name for path in FOLDER.glob("*/photo.*")}
    assert {example.name for example in find_examples()} == folders


def test_an_incomplete_example_is_told(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text('[{"name": "moon", "title": "Moon"}]')
    with pytest.raises(AmodalError, match="moon is incomplete"):
        find_examples(tmp_path)
