"""A page that is loaded anew: the user is told whether edits are gone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from demo import text
from tests.browser.page import Page

pytestmark = pytest.mark.browser


def test_lost_edits_are_told_and_only_they(page: Page) -> None:
    page.tab.reload()
    expect(page.image).to_have_attribute("src", re.compile("file="))
    expect(page.tab.locator("#undo")).to_be_disabled()
    expect(page.toast).to_have_count(0)
    before = page.shown()
    page.button("flip").click()
    page.wait_for_change(before)
    expect(page.tab.locator("#undo")).to_be_enabled()
    page.tab.reload()
    expect(page.toast).to_contain_text(text.LOST)
    page.tab.reload()
    expect(page.image).to_have_attribute("src", re.compile("file="))
    expect(page.toast).to_have_count(0)
    page.errors.clear()  # a page that is left breaks off what it was listening to
