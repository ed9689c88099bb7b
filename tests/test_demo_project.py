"""Projects and OpenRaster in the app: saved, opened, refused."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from amodal.archive import pack, unpack
from amodal.project import Project, write_project
from amodal.versions import versions
from demo import text
from demo.handlers import Handlers
from demo.session import Choice, Session, Settings
from tests.demo_parts import HEIGHT, ON_CAR, WIDTH, click, drag, photo, shape, shapes, tiles

LOWER = (45.5, 88.5)  # below the car's visible part


def picked(handlers: Handlers, session: Session, index: int) -> Session:
    """As by keyboard: wherever the object stands."""
    event = gr.EventData(None, {"kind": "pick", "points": [], "index": index})
    return handlers.gesture(session, "on", event).session


@pytest.fixture
def worked(handlers: Handlers, car: Session) -> Session:
    """The example after some work: evidence, another shape, moves, another order, margins."""
    session = handlers.resample(car, 7, 5, 1.5).session
    session = handlers.use_tool(session, "clue").session
    session = handlers.gesture(session, "on", click(*LOWER)).session
    session = handlers.gesture(session, "off", drag((95, 40), (120, 60))).session
    session = handlers.choose(session, shape(3)).session
    session = handlers.move(session, 12, -4).session
    session = handlers.bring_forward(session).session
    session = handlers.delete(picked(handlers, session, 1)).session
    return handlers.margins(session, 6, 10).session


def again(handlers: Handlers, session: Session) -> Session:
    return handlers.open_project(Session(), handlers.save_project(session)).session


def test_a_project_opens_as_it_was_saved(handlers: Handlers, worked: Session) -> None:
    path = Path(handlers.save_project(worked))
    assert path.name == "A small street project.zip"
    view = handlers.open_project(Session(), str(path))
    after = view.session
    assert after.sight.picture.tobytes() == worked.sight.picture.tobytes()
    assert after.title == "A small street"
    assert np.array_equal(after.scene.photo, photo())
    assert (after.past, after.future, after.picked) == ((), (), None)
    assert view.undo["interactive"] is False
    assert view.reset["interactive"] is True
    assert (view.rim, view.shadow) == (6, 10)
    assert [shape["label"] for shape in shapes(view)] == ["car 1"]
    assert after.scene.layers[-1].id == worked.scene.layers[-1].id
    assert after.step.chosen == worked.step.chosen


def test_a_project_tells_what_made_it(
    handlers: Handlers, worked: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(handlers.save_project(worked))
    with zipfile.ZipFile(path) as archive:
        made = json.loads(archive.read("project.json"))["notes"]["versions"]
    assert made == versions(handlers.pipeline.completer)
    assert re.fullmatch("[0-9a-f]{64}", made["weights"])
    warned: list[str] = []
    monkeypatch.setattr(gr, "Warning", warned.append)
    handlers.open_project(Session(), str(path))
    assert warned == []
    other = changed(path, lambda notes: notes["versions"].update(weights="0" * 64))
    after = handlers.open_project(Session(), str(other)).session
    assert warned == [text.OTHER_WEIGHTS]
    assert after.step.chosen == worked.step.chosen


def test_shapes_marks_and_settings_are_found_again(handlers: Handlers, worked: Session) -> None:
    view = handlers.open_project(Session(), handlers.save_project(worked))
    assert view.session.settings == Settings(7, 5, 1.5)
    assert (view.samples, view.seed, view.temperature) == (7, 5, 1.5)
    event = gr.EventData(None, {"kind": "pick", "points": [], "index": 0})
    view = handlers.gesture(view.session, "on", event)
    assert len(tiles(view)) == 8
    assert view.shapes["chosen"] == 3
    assert view.session.choice == Choice(3, Settings(7, 5, 1.5))
    said = view.session.evidence
    assert said.inside == (LOWER,)
    assert np.array_equal(said.absent, worked.step.evidence["object-1"].absent)
    # The very shape that is chosen is among those that are drawn again.
    shape = view.session.answer.completions.samples[2]
    chosen_one = view.session.layer.completion
    size = HEIGHT, WIDTH
    assert np.array_equal(shape.on_photo(*size), chosen_one.on_photo(*size))


def test_sliders_stay_the_user_s_between_openings(handlers: Handlers, car: Session) -> None:
    view = handlers.use_tool(car, "add")
    assert "value" not in view.seed
    assert "value" not in handlers.delete(car).seed


def test_a_box_and_another_class_are_found_again(handlers: Handlers, car: Session) -> None:
    boxed = handlers.gesture(
        handlers.use_tool(car, "extent").session, "on", drag((15, 38), (110, 85))
    ).session
    boxed = handlers.classify(boxed, "van").session
    layer = again(handlers, boxed).scene.layer("object-1")
    assert (layer.instance.box, layer.instance.category) == ((15, 38, 110, 85), "van")


def test_a_turned_car_is_found_again(handlers: Handlers, car: Session) -> None:
    turned = handlers.move(handlers.turn(car, 90).session, 7, 0).session
    after = again(handlers, turned)
    assert after.scene.layer("object-1").turned.degrees == 90
    assert after.sight.picture.tobytes() == turned.sight.picture.tobytes()


def test_work_goes_on_and_is_undone_to_the_opened_state(
    handlers: Handlers, worked: Session
) -> None:
    opened = again(handlers, worked)
    deleted = handlers.delete(picked(handlers, opened, 0)).session
    assert not np.array_equal(deleted.sight.picture, opened.sight.picture)
    undone = handlers.undo(deleted).session
    assert undone.sight.picture.tobytes() == worked.sight.picture.tobytes()
    assert handlers.undo(undone).session.past == ()
    assert handlers.reset(undone).session.sight.picture.tobytes() == photo().tobytes()


def test_saving_twice_gives_the_same_file(handlers: Handlers, worked: Session) -> None:
    first = Path(handlers.save_project(worked)).read_bytes()
    assert Path(handlers.save_project(again(handlers, worked))).read_bytes() == first


def test_a_photo_without_objects_is_a_project(handlers: Handlers, tmp_path: Path) -> None:
    session = handlers.open_first(Session()).session
    data = write_project(Project("bare", session.scene.from_photo(photo(), [], [])))
    (tmp_path / "bare.zip").write_bytes(data)
    settings = Settings(3, 4, 0.5)
    before = handlers.resample(session, *settings).session
    after = handlers.open_project(before, str(tmp_path / "bare.zip")).session
    assert after.layers == ()
    assert after.settings == settings, "a project without notes leaves them alone"


def changed(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    files = unpack(path)
    document = json.loads(files["project.json"])
    change(document["notes"])
    target = path.with_name("changed.zip")
    target.write_bytes(pack({**files, "project.json": json.dumps(document).encode()}))
    return target


BAD_NOTES = {
    "`samples` is 1000000000": lambda notes: notes["settings"].update(samples=10**9),
    "`seed` is -1": lambda notes: notes["settings"].update(seed=-1),
    "`temperature` is 'hot'": lambda notes: notes["settings"].update(temperature="hot"),
    "`object-9` is {}": lambda notes: notes["layers"].update({"object-9": {}}),
    "`layers` is 3": lambda notes: notes.update(layers=3),
    "`number` is 8": lambda notes: notes["layers"]["object-1"]["choice"].update(number=8),
    "`number` is 3, expected a whole number from 0 to 0": lambda notes: notes["layers"]["object-1"][
        "choice"
    ].update(settings=None),
    "Marks of car 1: .*`inside` is": lambda notes: notes["layers"]["object-1"]["evidence"].update(
        inside=[[1]]
    ),
    "Marks of car 1: .*point": lambda notes: notes["layers"]["object-1"]["evidence"].update(
        outside=[list(ON_CAR)]
    ),
    "Marks of car 1: .*far outside": lambda notes: notes["layers"]["object-1"]["evidence"].update(
        box=[0, 0, 1e9, 1e9]
    ),
    "Marks of car 1: the mask is 5 x 5": lambda notes: notes["layers"]["object-1"][
        "evidence"
    ].update(absent={"size": [5, 5], "counts": [25]}),
}


@pytest.mark.parametrize("message", BAD_NOTES)
def test_notes_are_checked(handlers: Handlers, worked: Session, message: str) -> None:
    path = changed(Path(handlers.save_project(worked)), BAD_NOTES[message])
    with pytest.raises(gr.Error, match=message):
        handlers.open_project(worked, str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no zip", "can't be read as a ZIP file"),
        (pack({"layers.json": b"{}"}), "holds no project.json"),
    ],
)
def test_a_bad_file_is_a_toast_and_nothing_is_lost(
    handlers: Handlers, worked: Session, tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "bad.zip").write_bytes(content)
    past, picture = worked.past, worked.sight.picture.copy()
    with pytest.raises(gr.Error, match=message) as caught:
        handlers.open_project(worked, str(tmp_path / "bad.zip"))
    assert caught.value.print_exception is False
    assert worked.past is past
    assert np.array_equal(worked.sight.picture, picture)


@pytest.mark.parametrize("name", ["save_project", "save_openraster"])
def test_there_must_be_a_photo(handlers: Handlers, name: str) -> None:
    with pytest.raises(gr.Error, match="Open a photo first"):
        getattr(handlers, name)(Session())


def test_openraster_holds_the_objects_as_edited(handlers: Handlers, worked: Session) -> None:
    path = Path(handlers.save_openraster(worked))
    assert path.name == "A small street.ora"
    with zipfile.ZipFile(path) as archive:
        assert archive.read("mimetype") == b"image/openraster"
        stack = archive.read("stack.xml").decode()
    assert stack.index('name="car 1"') < stack.index('name="Background"')
    assert stack.count('visibility="hidden"') == 1
