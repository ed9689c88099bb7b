"""The demo as a whole: every handler is called, and sessions do not mix."""

from __future__ import annotations

import os
import re
from pathlib import Path

from PIL import Image

from demo.browser_files import file_for_browser
from demo.events import Events
from demo.handlers import Handlers
from demo.session import Session
from tests.demo_parts import (
    ON_CAR,
    click,
    drag,
    photo,
    with_tool,
)


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
    kinds = [kind for kind in Handlers.__mro__ if kind not in (Events, object)]
    public = {name for kind in kinds for name in vars(kind) if not name.startswith("_")}
    source = "".join(path.read_text() for path in Path(__file__).parent.glob("test_demo*.py"))
    called = set(re.findall(r"handlers\.(\w+)", source)) | set(re.findall(r'"(\w+)"', source))
    assert public <= called


def test_a_file_that_a_browser_may_be_reading_is_not_written_again() -> None:
    data = b"a picture that two tabs show"
    path = Path(file_for_browser(data, "photo.jpg"))
    os.utime(path, (0, 0))
    before = path.stat()
    assert Path(file_for_browser(data, "photo.jpg")) == path
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_ctime_ns > before.st_ctime_ns, "it is wanted again, so it stays longer"
    assert path.read_bytes() == data
    assert list(path.parent.iterdir()) == [path]
