"""The page by the rules of axe-core: nothing that is serious or critical in any of its states.

Each state is looked at on a desktop in light and on a phone in dark.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from demo import text
from demo.examples import find_examples
from demo.session import TOOLS
from tests.browser.accessibility import findings
from tests.browser.page import DESKTOP, PHONE, Page, inside

pytestmark = pytest.mark.browser


def an_object_selected(page: Page, folder: Path) -> None:
    expect(page.tab.locator("#object")).to_be_visible()
    expect(page.gallery.first).to_be_visible()


def with_a_tool(tool: str) -> Callable[[Page, Path], None]:
    def state(page: Page, folder: Path) -> None:
        page.use(tool)

    state.__name__ = f"with_{tool}"
    return state


def an_own_photo(page: Page, folder: Path) -> None:
    Image.fromarray(find_examples()[1].open().photo).save(folder / "mine.png")
    page.upload("open-photo", folder / "mine.png")
    expect(page.image).to_have_attribute("alt", "mine: 0 objects")


def a_new_object_marked(page: Page, folder: Path) -> None:
    instances = find_examples()[0].open().instances
    page.use("add")
    page.click(*inside(max(instances, key=lambda instance: instance.area).modal))
    expect(page.button("add")).to_be_visible()


def all_accordions_open(page: Page, folder: Path) -> None:
    for heading in page.tab.locator("button.label-wrap").all():
        heading.click()
    expect(page.tab.locator("#about")).to_contain_text("Mask R-CNN")


def before_and_after(page: Page, folder: Path) -> None:
    page.tab.get_by_role("tab", name=text.TAB_COMPARE).click()
    expect(page.tab.locator("#comparison img").first).to_be_visible()


def the_truth(page: Page, folder: Path) -> None:
    example = next(example for example in find_examples() if example.open().truth)
    page.open_example(example.title)
    page.shapes.first.focus()
    page.tab.keyboard.press("Enter")
    page.tab.get_by_role("tab", name=text.TAB_TRUTH).click()
    expect(page.tab.locator("#true-shapes img").first).to_be_visible()


def the_method_explained(page: Page, folder: Path) -> None:
    page.tab.get_by_role("tab", name=text.TAB_EXPLAIN).click()
    expect(page.tab.locator("#explain-steps img").first).to_be_visible()


def a_study_started(page: Page, folder: Path) -> None:
    page.tab.get_by_role("tab", name=text.TAB_STUDY).click()
    page.button("study-start").click()
    expect(page.tab.locator("#study-pictures img")).to_have_count(3)


STATES = (
    an_object_selected,
    *(with_a_tool(tool) for tool in TOOLS),
    a_new_object_marked,
    all_accordions_open,
    before_and_after,
    the_truth,
    the_method_explained,
    a_study_started,
    an_own_photo,
)


@pytest.mark.parametrize(
    ("size", "scheme"),
    [(DESKTOP, "light"), (PHONE, "dark")],
    ids=["desktop-light", "phone-dark"],
)
def test_nothing_serious(
    app: str, chromium: Browser, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    page = Page(chromium, app, size, scheme)
    found = {}
    for state in STATES:
        if state is an_own_photo or state is the_truth:  # they open another document
            page.close()
            page = Page(chromium, app, size, scheme)
        state(page, tmp_path)
        found[state.__name__] = findings(page)
    page.close()
    assert {state: lines for state, lines in found.items() if lines} == {}
