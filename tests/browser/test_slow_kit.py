"""A machine so slow that the user has moved on before the first cut-outs are made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Browser, expect

from demo.examples import find_examples
from demo.handlers import Handlers
from demo.kit import Kit
from demo.session import Session
from demo.ui import build
from tests.browser.page import WAIT, Page
from tests.demo_parts import offline_pipeline
from tests.served_page import served_page

pytestmark = pytest.mark.browser


class Slow(Handlers):
    """Makes no kit before it is let go."""

    let_go = Event()

    def kit(self, session: Session) -> Kit | None:
        assert self.let_go.wait(WAIT / 1000)
        return super().kit(session)


@pytest.fixture
def slow(chromium: Browser, tmp_path: Path) -> Iterator[tuple[Page, Slow]]:
    handlers = Slow(offline_pipeline(tmp_path / "cache"), find_examples()[:2])
    handlers.let_go = Event()
    with served_page(tmp_path, lambda: build(handlers)) as (_, url):
        page = Page(chromium, url)
        yield page, handlers
        handlers.let_go.set()
        page.close()


def test_another_photo_gets_its_cut_outs_too(slow: tuple[Page, Slow]) -> None:
    page, handlers = slow
    page.tab.wait_for_timeout(1000)  # by now the stage has asked for the first photo's
    page.open_example(handlers.examples[1].title)
    page.tab.wait_for_timeout(1000)  # and for the second's, too
    handlers.let_go.set()
    page.wait_for_kit()


def test_cut_outs_that_arrive_do_not_end_a_comparison(slow: tuple[Page, Slow]) -> None:
    page, handlers = slow
    photo = page.shown()
    page.shapes.first.focus()
    page.tab.keyboard.press("Delete")
    page.wait_for_change(photo)
    edited = page.shown()
    page.shapes.first.focus()
    page.tab.keyboard.down("c")
    expect(page.image).to_have_attribute("src", photo)
    handlers.let_go.set()
    page.wait_for_kit()
    assert page.shown() == photo
    page.tab.keyboard.up("c")
    expect(page.image).to_have_attribute("src", edited)
    expect(page.shapes.first).to_be_focused()
