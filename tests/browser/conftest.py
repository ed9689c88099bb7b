"""The real app in a process of its own, and a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from amodal.scene import Instance
from demo.examples import Example, find_examples
from tests.app_process import NOBODY, App
from tests.browser.chromium import open_chromium
from tests.browser.page import Page
from tests.hub_mirror import Mirror
from tests.hub_server import HubServer

SCREENSHOTS = Path(__file__).resolve().parent / "screenshots"


@pytest.fixture(scope="session")
def app(mirror: Mirror, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`python app.py` on a free port; the Hub that it sees is ours. Gives its address."""
    folder = tmp_path_factory.mktemp("app")
    with HubServer(mirror.folder) as hub:
        variables = {
            "HF_ENDPOINT": hub.url,
            "AMODAL_PYTORCH_ENDPOINT": NOBODY,  # nobody has the detector's weights
            "TORCH_HOME": str(folder / "torch"),
        }
        with App(folder, variables=variables) as app:
            yield app.url


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


@pytest.fixture(scope="session")
def street() -> Example:
    """1242 x 375 pixels, rendered; the truck stands behind the nearest car."""
    return next(each for each in find_examples() if each.title == "Car mostly hidden")


@pytest.fixture(scope="session")
def truck(street: Example) -> Instance:
    return next(each for each in street.open().instances if each.category == "truck")
