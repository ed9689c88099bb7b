"""The real app in a process of its own, and a real Chromium."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import open_chromium
from tests.browser.page import Page
from tests.hub_mirror import Mirror
from tests.hub_server import HubServer

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = Path(__file__).resolve().parent / "screenshots"
START = 240  # seconds that a loaded machine may need


@pytest.fixture(scope="session")
def app(mirror: Mirror, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`python app.py` on a free port; the Hub that it sees is ours. Gives its address."""
    folder = tmp_path_factory.mktemp("app")
    with HubServer(mirror.folder) as hub, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environment = {
            **os.environ,
            "HF_ENDPOINT": hub.url,
            "HF_HUB_CACHE": str(folder / "hub"),
            "GRADIO_TEMP_DIR": str(folder / "gradio"),
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONUNBUFFERED": "1",
        }
        process = subprocess.Popen(
            [sys.executable, "app.py", "--host", "127.0.0.1", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            wait_until_ready(process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def wait_until_ready(process: subprocess.Popen) -> None:
    """Read the app's output until it names its address; then keep its pipe empty."""
    lines: list[str] = []
    end = time.monotonic() + START
    for line in process.stdout:
        lines.append(line)
        if "Running on local URL" in line:
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return
        if time.monotonic() > end:
            break
    pytest.fail("The app did not start:\n" + "".join(lines))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            browser = open_chromium(playwright)
        except RuntimeError as error:
            pytest.fail(str(error), pytrace=False)
        yield browser
        browser.close()


@pytest.fixture
def page(app: str, chromium: Browser) -> Iterator[Page]:
    """A desktop window with the app; at the end there must be no error in the console."""
    page = Page(chromium, app)
    yield page
    page.close()
    assert page.errors == []
