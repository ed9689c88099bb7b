"""Animations of a session, and masks from PNG pictures: the handlers, called directly."""

from __future__ import annotations

import sys
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from amodal.export import png_bytes
from demo import text
from demo.handlers import Handlers
from demo.save_card import save_card
from demo.session import Session
from tests.demo_parts import HEIGHT, WIDTH, instances, shapes


def silent(*_: object, **__: object) -> None:
    """Progress that nobody sees."""


def frames(path: str) -> int:
    with Image.open(path) as image:
        assert image.format == "GIF"
        return image.n_frames


def test_the_shapes_of_an_object_as_a_gif(handlers: Handlers, car: Session) -> None:
    path = handlers.save_cloud(car, "GIF", silent)
    assert Path(path).name == "A small street shapes.gif"
    assert frames(path) > len(car.answer.completions.samples)


def test_the_shapes_stay_on_the_photo_when_the_object_was_moved(
    handlers: Handlers, car: Session
) -> None:
    moved = handlers.move(car, 30, 0).session
    assert handlers.save_cloud(moved, "GIF", silent) == handlers.save_cloud(car, "GIF", silent)


def test_before_and_after_as_a_gif(handlers: Handlers, car: Session) -> None:
    moved = handlers.move(car, 30, 0).session
    path = handlers.save_before_after(moved, "GIF", silent)
    assert Path(path).name == "A small street before and after.gif"
    assert frames(path) > 20


@pytest.mark.parametrize("name", text.FILMS)
def test_both_as_an_mp4(handlers: Handlers, car: Session, name: str) -> None:
    av = pytest.importorskip("av")
    moved = handlers.move(car, 30, 0).session
    path = getattr(handlers, name)(moved, "MP4", silent)
    assert path.endswith(".mp4")
    with av.open(path) as film:
        assert film.duration > 2e6


def test_an_mp4_without_pyav_is_a_toast(
    handlers: Handlers, car: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(gr.Error, match="pip install av"):
        handlers.save_cloud(car, "MP4", silent)


def test_progress_is_shown(handlers: Handlers, car: Session) -> None:
    seen = []
    handlers.save_cloud(car, "GIF", lambda done, desc: seen.append((done, desc)))
    (first, count), desc = seen[0]
    assert (first, desc) == (0, text.PROGRESS_FILM)
    assert len(seen) == count


def test_what_can_not_be_animated_is_a_toast(
    handlers: Handlers, opened: Session, car: Session
) -> None:
    with pytest.raises(gr.Error, match="Select an object first"):
        handlers.save_cloud(opened, "GIF", silent)
    for session in (opened, car):
        with pytest.raises(gr.Error, match="still the photo"):
            handlers.save_before_after(session, "GIF", silent)
    for name in text.FILMS:
        with pytest.raises(gr.Error, match="Open a photo first"):
            getattr(handlers, name)(Session(), "GIF", silent)
    with pytest.raises(ValueError, match="GIF"):
        handlers.save_cloud(car, "AVI", silent)


def test_the_card_has_every_button_once() -> None:
    with gr.Blocks():
        panels = save_card()
    names = (*text.SAVE_PICTURE, *text.FILMS, *text.SAVE_PROJECT)
    assert [name for name in panels if isinstance(panels[name], gr.Button)] == list(names)
    assert all(panels[name].elem_id == name for name in names)


def png(folder: Path, name: str, pixels: np.ndarray) -> str:
    (folder / name).write_bytes(png_bytes(pixels))
    return str(folder / name)


def test_a_label_image_replaces_the_objects_as_one_step(
    handlers: Handlers, car: Session, tmp_path: Path
) -> None:
    labels = np.zeros((HEIGHT, WIDTH), np.uint16)
    for number, instance in enumerate(instances(), start=1):
        labels[instance.modal] = number * 1000 + 3
    view = handlers.import_masks(car, [png(tmp_path, "000001.png", labels)])
    assert [shape["label"] for shape in shapes(view)] == ["car 1", "person 1"]
    assert [layer.instance.category for layer in view.session.layers] == ["car", "person"]
    assert view.session.picked is None
    assert len(view.session.past) == len(car.past) + 1
    back = handlers.undo(view.session).session
    assert [layer.instance for layer in back.layers] == [layer.instance for layer in car.layers]


def test_several_files_are_imported_together(
    handlers: Handlers, opened: Session, tmp_path: Path
) -> None:
    files = [
        png(tmp_path, name, np.uint8(instance.modal) * 255)
        for name, instance in zip(("car_7.png", "somebody.png"), instances(), strict=True)
    ]
    view = handlers.import_masks(opened, files)
    found = [(layer.instance.name, layer.instance.category) for layer in view.session.layers]
    assert found == [("car 7", "car"), ("somebody", "unknown")]
    picked = handlers.actions.pick(view.session, "object-2")
    classified = handlers.classify(picked, "person", silent).session
    assert classified.layer.instance.category == "person"


def test_bad_pictures_of_masks_are_a_toast(
    handlers: Handlers, car: Session, tmp_path: Path
) -> None:
    other = png(tmp_path, "small.png", np.ones((HEIGHT, 9), np.uint8))
    with pytest.raises(gr.Error, match=f"9 x {HEIGHT} pixels, but the photo is {WIDTH} x {HEIGHT}"):
        handlers.import_masks(car, [other])
    (tmp_path / "masks.json").write_text("[]")
    with pytest.raises(gr.Error, match="one JSON file or PNG files"):
        handlers.import_masks(car, [other, str(tmp_path / "masks.json")])
    assert len(car.layers) == 2
