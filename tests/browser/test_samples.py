"""The strip of possible shapes in a real Chromium: looking, choosing, the map of uncertainty."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, expect

from demo import text
from demo.examples import Example, find_examples
from tests.browser.page import PHONE, Page

pytestmark = pytest.mark.browser

# Notes what the strip says on the document, and how long after the pointer or key event.
LISTEN = """() => {
  window.heard = [];
  let started = 0;
  for (const name of ["pointerover", "keydown"])
    document.addEventListener(name, () => { started = performance.now(); }, true);
  document.addEventListener("amodal-preview", (event) =>
    window.heard.push({ detail: event.detail, ms: performance.now() - started }));
}"""


@pytest.fixture(scope="module")
def street() -> Example:
    return next(each for each in find_examples() if each.title == "Row of parked cars")


@pytest.fixture
def strip(page: Page, street: Example) -> Page:
    """A page with a truck that may be read in several ways, and an ear on it."""
    return prepared(page, street)


def prepared(page: Page, street: Example) -> Page:
    page.open_example(street.title)
    select(page, "truck 1")
    page.tab.evaluate(LISTEN)
    return page


def select(page: Page, name: str) -> None:
    page.tab.locator(f'#stage path.shape[aria-label="{name}"]').focus()
    page.tab.keyboard.press("Enter")
    expect(page.tab.locator("#about-object")).to_contain_text(name)
    expect(page.gallery).to_have_count(21)
    page.tab.locator("#shapes").scroll_into_view_if_needed()
    page.tab.wait_for_function(
        "Array.from(document.querySelectorAll('#shapes img')).every(each => each.complete)"
    )


def heard(page: Page) -> list[dict]:
    return page.tab.evaluate("window.heard")


def number(tile: Locator) -> int:
    return int(tile.get_attribute("data-number"))


def test_samples_stand_by_reading(strip: Page) -> None:
    readings = strip.tab.locator("#shapes .reading")
    assert readings.count() >= 3, "the mode and at least two readings"
    expect(readings.nth(1).locator("h4")).to_have_text(re.compile(r"^Reading 1 · \d+ of 20$"))
    assert number(strip.gallery.first) == 0
    expect(strip.gallery.first).to_contain_text(text.MODE)
    expect(strip.gallery.first).to_have_attribute("aria-pressed", "true")
    numbers = [number(strip.gallery.nth(k)) for k in range(21)]
    assert sorted(numbers) == list(range(21))


def test_hovering_previews_without_the_network(strip: Page) -> None:
    requests: list[str] = []
    strip.wait_for_kit()  # which is fetched whether a tile is hovered or not
    strip.tab.on("request", lambda request: requests.append(request.url))
    for position in (2, 5, 3):
        strip.gallery.nth(position).hover()
    strip.tab.mouse.move(5, 5)
    said = heard(strip)
    wanted = [number(strip.gallery.nth(position)) for position in (2, 5, 3)]
    shown = [each["detail"]["number"] for each in said if each["detail"]]
    assert [*dict.fromkeys(shown)][-3:] == wanted
    assert all(each["detail"]["path"].startswith("M") for each in said if each["detail"])
    assert said[-1]["detail"] is None, "leaving ends the preview"
    print("preview after, ms:", [round(each["ms"], 2) for each in said])
    assert requests == []


def test_a_click_commits_and_undo_takes_it_back(strip: Page) -> None:
    tile = strip.gallery.nth(4)
    whole = strip.tab.locator("#stage path.whole")
    before, count = whole.get_attribute("d"), number(tile)
    sources = strip.gallery_sources()
    tile.click()
    expect(tile).to_have_class(re.compile("selected"))
    expect(tile).to_have_attribute("aria-pressed", "true")
    expect(strip.gallery.first).to_have_attribute("aria-pressed", "false")
    expect(whole).not_to_have_attribute("d", before)
    expect(strip.tab.locator(".strip-caption")).to_contain_text(f"Sample {count}")
    assert strip.gallery_sources() == sources
    strip.button("undo").click()
    expect(strip.gallery.first).to_have_class(re.compile("selected"))
    expect(whole).to_have_attribute("d", before)


def test_the_keyboard_walks_previews_and_commits(strip: Page) -> None:
    keyboard = strip.tab.keyboard
    reachable = strip.tab.locator('#shapes [tabindex="0"]')
    expect(reachable).to_have_count(1)
    reachable.focus()
    for key, position in (("ArrowRight", 1), ("ArrowRight", 2), ("End", 20), ("ArrowLeft", 19)):
        keyboard.press(key)
        expect(strip.gallery.nth(position)).to_be_focused()
        assert heard(strip)[-1]["detail"]["number"] == number(strip.gallery.nth(position))
    expect(strip.gallery.nth(19)).to_be_in_viewport()
    keyboard.press("Home")
    keyboard.press("ArrowRight")
    keyboard.press("Enter")
    expect(strip.gallery.nth(1)).to_have_class(re.compile("selected"))
    expect(strip.gallery.nth(1)).to_be_focused()
    keyboard.press("Tab")
    expect(strip.tab.locator("#shapes :focus")).to_have_count(0)
    assert heard(strip)[-1]["detail"] is None


def test_a_moved_object_previews_nothing(strip: Page) -> None:
    before = strip.shown()
    strip.tab.locator("#right-px input").fill("40")
    strip.button("move").click()
    strip.wait_for_change(before)
    strip.tab.evaluate("window.heard = []")
    strip.gallery.nth(3).hover()
    assert [each for each in heard(strip) if each["detail"]] == []


def test_the_map_switches_and_a_box_narrows_the_cloud(strip: Page, street: Example) -> None:
    shown = strip.tab.locator("#chance img")
    before = shown.get_attribute("src")
    strip.tab.locator("#map label", has_text=text.MAPS["uncertainty"]).click()
    expect(shown).not_to_have_attribute("src", before)
    expect(strip.tab.locator("#map-key")).to_contain_text("1 bit")
    area = strip.tab.locator("#uncertain")
    expect(area).to_contain_text("px")
    wide = pixels(area)
    instance = next(each for each in street.open().instances if each.name == "truck 1")
    rows, columns = instance.modal.any(axis=1).nonzero()[0], instance.modal.any(axis=0).nonzero()[0]
    strip.use("extent")
    strip.tab.locator("#stage").evaluate("stage => stage.scrollIntoView({ block: 'center' })")
    strip.drag((columns[0] + 0.5, rows[0] - 2), (columns[-1] + 3, rows[-1] + 3))
    strip.tab.wait_for_function(
        "was => document.querySelector('#uncertain').innerText !== was", arg=area.inner_text()
    )
    assert pixels(area) < wide


def pixels(area: Locator) -> int:
    return int(re.sub(r"\D", "", area.inner_text()))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_finger_chooses_on_a_phone(
    app: str, chromium: Browser, street: Example, scheme: str
) -> None:
    page = prepared(Page(chromium, app, PHONE, scheme), street)
    page.gallery.nth(2).tap()
    expect(page.gallery.nth(2)).to_have_class(re.compile("selected"))
    assert [each for each in heard(page) if each["detail"]] == [], "a finger does not hover"
    strip = page.tab.locator("#shapes .strip")
    assert strip.evaluate("each => each.scrollWidth > each.clientWidth")
    assert page.tab.evaluate("document.scrollingElement.scrollWidth") <= PHONE[0]
    size = page.gallery.nth(2).bounding_box()
    assert min(size["width"], size["height"]) >= 44, "large enough for a finger"
    assert page.errors == []
    page.close()
