"""A machine so slow that the user has moved on before the first cut-outs are made."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Browser

from demo.examples import find_examples
from demo.handlers import Handlers
from demo.kit import Kit
from demo.session import Session
from demo.ui import build, look
from tests.browser.page import WAIT, Page
from tests.demo_parts import offline_pipeline

pytestmark = pytest.mark.browser


class Slow(Handlers):
    """Makes no kit before it is let go."""

    began, let_go = Event(), Event()

    def kit(self, session: Session) -> Kit | None:
        self.began.set()
        assert self.let_go.wait(WAIT / 1000)
        return super().kit(session)


def test_another_photo_gets_its_cut_outs_too(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    scenes = find_examples()[:2]
    handlers = Slow(offline_pipeline(tmp_path / "cache"), scenes)
    app = build(handlers)
    _, url, _ = app.launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, **look())
    page = Page(chromium, url)
    assert handlers.began.wait(WAIT / 1000)
    page.open_example(scenes[1].title)
    page.tab.wait_for_timeout(1000)  # by now the stage has asked for the second photo's, too
    handlers.let_go.set()
    page.wait_for_kit()
    page.close()
    app.close()
