"""The real app as a process: killed, started again, ended by SIGTERM."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from demo import text
from tests import wire
from tests.app_process import App
from tests.visitor import Visitor


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with App(tmp_path) as app:
        yield app


def test_killed_and_started_again(app: App) -> None:
    visitor = Visitor(app.url)
    visitor.event("open_first")
    visitor.event("delete")
    app.end(signal.SIGKILL)
    with pytest.raises(httpx.TransportError):
        visitor.event("undo")

    app.start()
    # A page that still shows the old document: nothing on it may change without a word.
    for name, values in (("undo", ()), ("use_tool", ("brush",))):
        told = visitor.told(name, *values)
        assert told == text.NEED_PHOTO
    assert "the server was restarted" in told
    # What Gradio's page does by itself when the connection is back: it is loaded anew.
    visitor.event("open_first")
    visitor.event("delete")

    # SIGTERM ends it in peace, though a page is open and listens.
    with visitor.http.stream("GET", f"{wire.HEARTBEAT}{visitor.id}") as heartbeat:
        assert heartbeat.status_code == 200
        assert any(app.files.rglob("*.jpg"))
        assert app.end(signal.SIGTERM) == 0
