"""What tests of the stage ask: where its objects are, and whose picture it shows."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from amodal.scene import Instance
from demo.examples import Example
from tests.browser.page import Page

LIVE = "document.querySelector('#stage canvas')"
PLACE = "document.querySelector('#stage .whole').getAttribute('transform')"


def prepared(page: Page, street: Example, instance: Instance) -> Page:
    """The page with an object selected by the keyboard, and all cut-outs there."""
    page.open_example(street.title)
    page.tab.locator(f'#stage path.shape[aria-label="{instance.name}"]').focus()
    page.tab.keyboard.press("Enter")
    expect(page.tab.locator("#about-object")).to_contain_text(instance.name)
    page.wait_for_kit()
    return page


def matrix(page: Page) -> list[float]:
    """a, b, c, d, e, f of the selected object's outline."""
    found = page.tab.evaluate(PLACE)
    return [float(value) for value in re.findall(r"-?[\d.]+(?:e-?\d+)?", found)]


def live(page: Page) -> bool:
    """Whether the stage shows a picture of its own."""
    return not page.tab.evaluate(f"{LIVE}.hidden")


def settled(page: Page) -> None:
    """Wait until Python's picture has taken the place of the stage's own."""
    page.tab.wait_for_function(f"{LIVE}.hidden")
