"""Every handler of the demo, called directly, with the library's real parts behind it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from amodal.data.coco import read_instances, write_instances
from amodal.errors import AmodalError
from amodal.export import png_bytes
from amodal.geometry import Box, tight_box
from amodal.scene import Instance
from demo import text
from demo.examples import FOLDER, Example, find_examples
from demo.gesture import Gesture
from demo.handlers import Handlers
from demo.session import Session
from demo.view import View
from tests.demo_parts import (
    CAR,
    HEIGHT,
    NOTHING,
    ON_CAR,
    ON_PERSON,
    WIDTH,
    chosen,
    click,
    drag,
    instances,
    photo,
    stroke,
)


@pytest.fixture
def opened(handlers: Handlers) -> Session:
    return handlers.open_first(Session()).session


@pytest.fixture
def car(handlers: Handlers, opened: Session) -> Session:
    """The example with its car selected."""
    return handlers.gesture(opened, "on", click(*ON_CAR)).session


def with_tool(handlers: Handlers, session: Session, tool: str) -> Session:
    return handlers.use_tool(session, tool).session


def shapes(view: View) -> list[dict]:
    return view.stage["shapes"]


# Opening


def test_the_first_example_opens_with_the_page(handlers: Handlers) -> None:
    view = handlers.open_first(Session())
    assert [shape["label"] for shape in shapes(view)] == ["car 1", "person 1"]
    assert (view.stage["width"], view.stage["height"]) == (WIDTH, HEIGHT)
    assert np.array_equal(view.session.sight.picture, photo())
    assert view.session.title == "A small street"
    assert view.undo["interactive"] is False


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
    session = handlers.import_masks(opened, str(tmp_path / "odd.json")).session
    y, x = np.argwhere(odd_mask(kind))[0]
    view = handlers.gesture(session, "on", click(x + 0.5, y + 0.5))
    assert view.session.layer.instance.name == "odd"
    assert len(view.shapes["value"]) == 21
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
    view = handlers.import_masks(car, str(file))
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
        handlers.import_masks(car, str(file))
    assert len(caught.value.message) > 20
    assert caught.value.print_exception is False
    assert len(car.layers) == 2


def test_masks_need_a_photo(handlers: Handlers, tmp_path: Path) -> None:
    with pytest.raises(gr.Error, match="Open a photo first"):
        handlers.import_masks(Session(), str(tmp_path / "masks.json"))


@pytest.mark.parametrize("example", find_examples(), ids=lambda example: example.name)
def test_the_shipped_examples_complete(handlers: Handlers, example: Example) -> None:
    shipped = Handlers(handlers.pipeline, [example])
    view = shipped.open_example(Session(), chosen(0))
    assert len(shapes(view)) >= 8
    event = gr.EventData(None, {"kind": "pick", "points": [], "index": 0})
    assert len(shipped.gesture(view.session, "on", event).shapes["value"]) == 21


def test_the_index_lists_every_example() -> None:
    folders = {path.parent.name for path in FOLDER.glob("*/instances.json")}
    assert {example.name for example in find_examples()} == folders


def test_an_incomplete_example_is_told(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text('[{"name": "moon", "title": "Moon"}]')
    with pytest.raises(AmodalError, match="moon is incomplete"):
        find_examples(tmp_path)


# Selecting


def test_a_click_selects_and_asks_the_model(handlers: Handlers, opened: Session) -> None:
    view = handlers.gesture(opened, "on", click(*ON_CAR))
    assert view.session.picked == "object-1"
    assert len(view.session.answer.completions.samples) == 20
    assert len(view.shapes["value"]) == 21
    assert view.shapes["selected_index"] == 0
    assert view.chance.dtype == np.uint8
    assert [shape["picked"] for shape in shapes(view)] == [True, False]
    assert opened.picked is None, "the session that was given has changed"


def test_a_caption_says_area_and_visible_iou(handlers: Handlers, car: Session) -> None:
    view = handlers.gesture(car, "on", click(*ON_PERSON))
    mode = view.session.answer.completions.mode
    caption = view.shapes["value"][0][1]
    assert text.count(mode.area) in caption
    assert f"IoU\u00a0{mode.visible_iou:.0%}" in caption


def test_a_click_beside_everything_deselects(handlers: Handlers, car: Session) -> None:
    view = handlers.gesture(car, "on", click(*NOTHING))
    assert view.session.picked is None
    assert view.object_panel["visible"] is False


def test_a_finger_may_miss_by_its_reach(handlers: Handlers, opened: Session) -> None:
    x, y = CAR[0] - 2, 60
    assert handlers.gesture(opened, "on", click(x, y)).session.picked == "object-1"
    assert handlers.gesture(opened, "on", click(x, y, reach=1)).session.picked is None


def test_reach_is_round(handlers: Handlers, opened: Session) -> None:
    corner = CAR[0] - 2.5, CAR[1] - 2.5
    assert handlers.gesture(opened, "on", click(*corner, reach=3)).session.picked is None
    assert handlers.gesture(opened, "on", click(*corner, reach=5)).session.picked == "object-1"


def test_the_other_objects_may_hide_the_selected_one(handlers: Handlers, car: Session) -> None:
    target, other = instances()
    hidden = handlers.pipeline.complete(target, [other]).samples
    alone = handlers.pipeline.complete(target).samples
    got = [item.visible_iou for item in car.answer.completions.samples]
    assert got == [item.visible_iou for item in hidden]
    assert got != [item.visible_iou for item in alone]


def test_an_outline_is_chosen_by_keyboard(handlers: Handlers, opened: Session) -> None:
    event = gr.EventData(None, {"kind": "pick", "points": [], "index": 1})
    assert handlers.gesture(opened, "on", event).session.picked == "object-2"


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "click", "points": []},
        {"kind": "click", "points": [[float("nan"), 1]]},
        {"kind": "drag", "points": [[1, 2]]},
        {"kind": "stroke", "points": []},
        {"kind": "dance", "points": [[1, 2]]},
    ],
)
def test_what_no_stage_sends_is_refused(data: dict) -> None:
    with pytest.raises(ValueError, match="gesture"):
        Gesture.read(data)


def test_an_answer_is_asked_for_once(handlers: Handlers, car: Session) -> None:
    answer = car.answers["object-1"]
    person = handlers.gesture(car, "on", click(*ON_PERSON)).session
    again = handlers.gesture(person, "on", click(*ON_CAR)).session
    assert again.answers["object-1"] is answer


# Shapes


def test_settings_draw_other_samples(handlers: Handlers, car: Session) -> None:
    view = handlers.resample(car, 5, 7, 1.0)
    assert len(view.shapes["value"]) == 6
    same = handlers.resample(car, 5, 7, 1.0).session.answer.completions.samples
    other = handlers.resample(car, 5, 8, 1.0).session.answer.completions.samples
    masks = [item.mask for item in view.session.answer.completions.samples]
    assert all(np.array_equal(a, b.mask) for a, b in zip(masks, same, strict=True))
    assert not all(np.array_equal(a, b.mask) for a, b in zip(masks, other, strict=True))


def test_settings_hold_for_the_next_object(handlers: Handlers, opened: Session) -> None:
    session = handlers.resample(opened, 3, 0, 1.0).session
    session = handlers.gesture(session, "on", click(*ON_CAR)).session
    assert len(session.answer.completions.samples) == 3


@pytest.mark.parametrize("settings", [(0, 0, 1.0), (33, 0, 1.0), (5, 0, 9.0), (5, None, 1.0)])
def test_bad_settings_are_a_toast(handlers: Handlers, car: Session, settings: tuple) -> None:
    with pytest.raises(gr.Error):
        handlers.resample(car, *settings)


def test_a_chosen_sample_is_the_objects_shape(handlers: Handlers, car: Session) -> None:
    view = handlers.choose(car, chosen(3))
    sample = car.answer.completions.samples[2]
    assert view.shapes["selected_index"] == 3
    assert view.session.layer.completion.area == sample.area
    assert np.array_equal(view.session.sight.picture, photo()), "nothing was edited yet"
    undone = handlers.undo(view.session)
    assert undone.shapes["selected_index"] == 0


def test_a_shape_drawn_with_other_settings_is_not_marked(handlers: Handlers, car: Session) -> None:
    session = handlers.choose(car, chosen(3)).session
    assert handlers.resample(session, 4, 9, 1.0).shapes["selected_index"] is None


def test_another_class_asks_anew(handlers: Handlers, car: Session) -> None:
    view = handlers.classify(car, "person")
    assert view.session.layer.instance.category == "person"
    assert view.session.answer is not car.answer
    assert handlers.undo(view.session).category == "car"


def test_a_box_around_the_full_extent_is_evidence(handlers: Handlers, car: Session) -> None:
    session = with_tool(handlers, car, "extent")
    view = handlers.gesture(session, "on", drag((100, 84), (16, 36)))
    assert view.session.layer.instance.box == Box(16, 36, 100, 84)
    assert view.forget_box["visible"] is True
    assert view.session.answer is not car.answer
    assert handlers.forget_box(view.session).session.layer.instance.box is None
    with pytest.raises(gr.Error, match="box"):
        handlers.gesture(session, "on", click(*ON_CAR))


# Objects without a mask


def test_an_object_is_added_by_a_box(handlers: Handlers, tmp_path: Path) -> None:
    Image.fromarray(photo()).save(tmp_path / "mine.png")
    session = handlers.open_photo(Session(), str(tmp_path / "mine.png")).session
    session = with_tool(handlers, session, "add")
    view = handlers.gesture(session, "on", drag((64, 14), (100, 94)))
    assert view.draft_bar["visible"] is True
    best = handlers.pipeline.suggest_class(view.session.draft.mask)[0][0]
    assert view.draft_class["value"] == best, "the suggested class is preselected"
    assert tight_box(view.session.draft.mask).iou(Box(70, 20, 95, 90)) > 0.7
    added = handlers.add_draft(view.session, "person")
    assert added.session.layer.instance.name == "person 1"
    assert added.session.draft is None
    assert added.tool == "pick"
    assert len(added.shapes["value"]) == 21
    assert handlers.undo(added.session).session.layers == ()


def test_more_points_correct_the_draft(handlers: Handlers, opened: Session) -> None:
    session = with_tool(handlers, opened, "add")
    session = handlers.gesture(session, "on", click(*ON_PERSON)).session
    session = handlers.gesture(session, "off", click(*ON_CAR)).session
    session = handlers.gesture(session, "on", click(85, 30, off=True)).session
    assert session.draft.labels == (True, False, False)
    assert handlers.discard_draft(session).session.draft is None
    assert handlers.use_tool(session, "brush").session.draft is not None


def test_nothing_can_be_added_before_it_is_marked(handlers: Handlers, opened: Session) -> None:
    with pytest.raises(gr.Error, match="Click an object"):
        handlers.add_draft(opened, "car")


def test_the_brush_corrects_the_draft(handlers: Handlers, opened: Session) -> None:
    session = with_tool(handlers, opened, "add")
    session = handlers.gesture(session, "on", drag((64, 14), (100, 94))).session
    session = with_tool(handlers, handlers.use_brush(session, 4).session, "brush")
    painted = handlers.gesture(session, "on", stroke((120, 20), (140, 20))).session
    assert painted.draft.mask[18:22, 120:140].all()
    rubbed = handlers.gesture(with_tool(handlers, painted, "erase"), "on", stroke((130, 20)))
    assert not rubbed.session.draft.mask[20, 130]


@pytest.mark.parametrize("tool", ["brush", "erase", "extent"])
def test_a_moved_object_keeps_its_mask(handlers: Handlers, car: Session, tool: str) -> None:
    session = with_tool(handlers, handlers.move(car, 30, 0).session, tool)
    event = drag((10, 10), (90, 90)) if tool == "extent" else stroke((60, 60))
    with pytest.raises(gr.Error, match="put it back first"):
        handlers.gesture(session, "on", event)


def test_the_brush_corrects_the_selected_object(handlers: Handlers, car: Session) -> None:
    session = with_tool(handlers, car, "brush")
    view = handlers.gesture(session, "on", stroke((15, 60)))
    assert view.session.layer.instance.modal[60, 15]
    assert view.session.layer.instance.area > car.layer.instance.area
    assert view.session.answer is not car.answer
    assert not handlers.undo(view.session).session.layer.instance.modal[60, 15]


def test_an_object_cannot_be_erased_away(handlers: Handlers, car: Session) -> None:
    session = handlers.use_brush(with_tool(handlers, car, "erase"), 200).session
    with pytest.raises(gr.Error, match="Nothing of the object"):
        handlers.gesture(session, "on", stroke(ON_CAR))
    assert session.layer.instance.area == car.layer.instance.area


# Edits


def test_delete_and_undo_give_the_photo_back(handlers: Handlers, car: Session) -> None:
    view = handlers.delete(car)
    assert [shape["label"] for shape in shapes(view)] == ["person 1"]
    changed = (view.session.sight.picture != photo()).any(axis=2)
    assert changed[45:75, 25:65].mean() > 0.9
    assert not changed[:, 120:].any(), "far from the object nothing may change"
    assert view.comparison[1] is view.session.sight.picture
    undone = handlers.undo(view.session)
    assert undone.session.sight.picture.tobytes() == photo().tobytes()
    redone = handlers.redo(undone.session)
    assert redone.session.sight.picture.tobytes() == view.session.sight.picture.tobytes()


@pytest.mark.parametrize("name", ["delete", "flip", "put_back", "bring_forward", "send_back"])
def test_edits_need_an_object(handlers: Handlers, opened: Session, name: str) -> None:
    with pytest.raises(gr.Error, match="Select an object first"):
        getattr(handlers, name)(opened)


@pytest.mark.parametrize("name", ["delete", "reset", "save_picture", "save_masks", "save_layers"])
def test_edits_need_a_photo(handlers: Handlers, name: str) -> None:
    with pytest.raises(gr.Error, match="Open a photo first"):
        getattr(handlers, name)(Session())


def test_moving_by_numbers_hand_and_keys(handlers: Handlers, car: Session) -> None:
    by_number = handlers.move(car, 30, 5).session
    assert (by_number.layer.placement.dx, by_number.layer.placement.dy) == (30, 5)
    session = with_tool(handlers, car, "move")
    by_hand = handlers.gesture(session, "on", drag(ON_CAR, (ON_CAR[0] + 30, ON_CAR[1] + 5)))
    assert by_hand.session.layer.placement == by_number.layer.placement
    nudge = gr.EventData(None, {"kind": "nudge", "points": [[30, 5]]})
    nudged = handlers.gesture(session, "on", nudge).session
    assert nudged.layer.placement == by_number.layer.placement


def test_a_click_places_the_foot(handlers: Handlers, car: Session) -> None:
    session = with_tool(handlers, car, "move")
    view = handlers.gesture(session, "on", click(120, 70))
    foot, place = view.session.layer.foot, view.session.layer.placement
    assert foot[0] + place.dx == pytest.approx(120, abs=0.5)
    assert foot[1] + place.dy == pytest.approx(70, abs=0.5)


def test_a_drag_takes_the_object_under_the_hand(handlers: Handlers, car: Session) -> None:
    session = with_tool(handlers, car, "move")
    view = handlers.gesture(session, "on", drag(ON_PERSON, (ON_PERSON[0] + 20, ON_PERSON[1])))
    assert view.session.picked == "object-2"
    assert view.session.layer.placement.dx == 20


def test_an_object_is_selected_where_it_stands_now(handlers: Handlers, car: Session) -> None:
    moved = handlers.move(car, 60, 0).session
    x, y = ON_CAR[0] + 60, ON_CAR[1]
    assert handlers.gesture(moved, "on", click(x, y)).session.picked == "object-1"
    assert handlers.gesture(moved, "on", click(*ON_CAR)).session.picked is None


def test_size_flip_and_put_back(handlers: Handlers, car: Session) -> None:
    view = handlers.resize(car, 50)
    assert view.session.layer.placement.scale == pytest.approx(0.5)
    assert view.size == 50
    view = handlers.resize(view.session, 150)
    assert view.session.layer.placement.scale == pytest.approx(1.5)
    view = handlers.flip(view.session)
    assert view.session.layer.placement.flip
    back = handlers.put_back(view.session).session
    assert back.layer.placement.in_place
    assert back.sight.picture.tobytes() == photo().tobytes()


def test_order_and_reset(handlers: Handlers, car: Session) -> None:
    view = handlers.bring_forward(car)
    assert view.session.scene.layers[-1].id == "object-1"
    assert view.reset["interactive"] is True
    person = handlers.gesture(car, "on", click(*ON_PERSON)).session
    assert handlers.send_back(person).session.scene.layers[0].id == "object-2"
    reset = handlers.reset(view.session)
    assert reset.session.sight.picture.tobytes() == photo().tobytes()
    assert reset.reset["interactive"] is False
    assert handlers.undo(reset.session).session.scene.layers[-1].id == "object-1"


def test_undo_without_a_past_changes_nothing(handlers: Handlers, opened: Session) -> None:
    assert handlers.undo(opened).session.step.scene.layers == opened.scene.layers
    assert handlers.redo(opened).session.step.scene.layers == opened.scene.layers
    assert handlers.undo(Session()).session.step is None


# Saving


def test_the_picture_is_saved_as_it_is(handlers: Handlers, car: Session) -> None:
    path = Path(handlers.save_picture(car))
    assert path.name == "A small street.png"
    assert np.array_equal(np.asarray(Image.open(path)), photo())
    edited = handlers.delete(car).session
    saved = np.asarray(Image.open(handlers.save_picture(edited)))
    assert np.array_equal(saved, edited.sight.picture)


def test_masks_are_saved_to_be_read_again(handlers: Handlers, car: Session) -> None:
    path = Path(handlers.save_masks(handlers.choose(car, chosen(2)).session))
    document = json.loads(path.read_text())
    assert document["annotations"][0]["area"] == car.answer.completions.samples[1].area
    assert len(document["annotations"][0]["samples"]) == 20
    again = read_instances(path, HEIGHT, WIDTH)
    for item, other in zip(again, instances(), strict=True):
        assert np.array_equal(item.modal, other.modal)


def test_layers_are_saved_as_a_zip(handlers: Handlers, car: Session) -> None:
    data = Path(handlers.save_layers(car)).read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        listing = json.loads(archive.read("layers.json"))
        plate = Image.open(io.BytesIO(archive.read(listing["plate"])))
    assert plate.size == (WIDTH, HEIGHT)
    assert {layer["name"] for layer in listing["layers"]} == {"car 1", "person 1"}


# All of it


def test_two_sessions_do_not_mix(handlers: Handlers, tmp_path: Path) -> None:
    Image.fromarray(255 - photo()).save(tmp_path / "other.png")
    one = handlers.open_first(Session()).session
    two = handlers.open_photo(Session(), str(tmp_path / "other.png")).session
    one = handlers.gesture(one, "on", click(*ON_CAR)).session
    two = with_tool(handlers, two, "add")
    one = handlers.delete(one).session
    two = handlers.gesture(two, "on", drag((64, 14), (100, 94))).session
    one = handlers.undo(one).session
    two = handlers.add_draft(two, "person").session
    assert one.sight.picture.tobytes() == photo().tobytes()
    assert two.sight.picture.tobytes() == (255 - photo()).tobytes()
    assert [layer.instance.name for layer in one.layers] == ["car 1", "person 1"]
    assert [layer.instance.name for layer in two.layers] == ["person 1"]


def test_fall_backs_are_shown_with_reason_and_remedy(handlers: Handlers, opened: Session) -> None:
    shown = handlers.open_first(opened).notices
    assert len(handlers.pipeline.notices) == 2
    for notice in handlers.pipeline.notices:
        assert notice.what.rstrip(".") in shown
        assert notice.reason in shown
        assert notice.remedy in shown


def test_every_handler_is_called_here() -> None:
    public = {name for name in vars(Handlers) if not name.startswith("_")}
    source = "".join(path.read_text() for path in Path(__file__).parent.glob("test_demo*.py"))
    called = set(re.findall(r"handlers\.(\w+)\(", source)) | set(re.findall(r'"(\w+)"', source))
    assert public <= called
