"""The page "How it works" in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from demo import text
from tests.browser.page import DESKTOP, PHONE, Page

pytestmark = pytest.mark.browser
FORMULAS = re.compile("auto-render")  # Gradio's script that sets them
SCREENSHOTS = Path(__file__).resolve().parent / "screenshots"


class Explain:
    """The opened page.

    Args:
        page: the app.
    """

    def __init__(self, page: Page) -> None:
        self.page, self.tab = page, page.tab
        self.tab.get_by_role("tab", name=text.TAB_EXPLAIN).click()
        self.crop = self.tab.locator("#explain-seen img").nth(1)
        self.shape = self.tab.locator("#explain-along img").first
        self.bar = self.tab.locator("#occluder .bar")
        self.hidden = self.tab.locator("#occluder dd").first
        self.said = self.tab.locator("#occluder dl")
        expect(self.crop).to_have_attribute("src", re.compile("^data:image/png"))
        expect(self.hidden).to_contain_text("%")

    def numbers(self) -> str:
        """What is said about the place where the bar has come to rest."""
        expect(self.said).to_have_attribute("aria-busy", "false")
        return self.said.inner_text()

    def centre(self) -> tuple[float, float]:
        """The middle of the bar in the window's pixels."""
        self.bar.scroll_into_view_if_needed()
        box = self.bar.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture
def explain(page: Page) -> Explain:
    return Explain(page)


@pytest.fixture
def phone(app: str, chromium: Browser) -> Iterator[Page]:
    page = Page(chromium, app, PHONE)
    yield page
    page.close()
    assert page.errors == []


def at_rest(number: Locator) -> str:
    """What it says once no answer is on its way any more."""
    said, before = number.inner_text(), ""
    while said != before:
        number.page.wait_for_timeout(1500)
        said, before = number.inner_text(), said
    return said


def changed(locator: Locator, before: str) -> str:
    """Wait for another text; gives it."""
    expect(locator).not_to_have_text(before)
    return locator.inner_text()


def test_every_step_is_shown(explain: Explain) -> None:
    expect(explain.tab.locator("#explain-title")).to_contain_text("taxi 2")
    for name in ("seen", "canonical", "placed", "pasted", "along", "between", "prior"):
        for image in explain.tab.locator(f"#explain-{name} img").all():
            expect(image).to_have_js_property("complete", True)
            assert image.evaluate("image => image.naturalWidth") > 0, name
    for name in ("codes", "terms", "curves"):
        expect(explain.tab.locator(f"#explain-{name}")).to_be_visible()
    expect(explain.tab.locator("#explain-theta .katex")).not_to_have_count(0)
    expect(explain.tab.locator("#explain-curves svg")).to_have_count(6)


def test_the_bar_is_dragged_by_mouse(explain: Explain) -> None:
    before, (x, y) = explain.hidden.inner_text(), explain.centre()
    mouse = explain.tab.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x - 60, y, steps=12)
    changed(explain.hidden, before)  # it follows while the button is held
    mouse.move(x + 300, y, steps=12)  # beyond the ground: the bar stays on it
    mouse.up()
    beside = explain.numbers()
    place = explain.bar.evaluate("bar => [bar.style.left, bar.style.width].map(parseFloat)")
    assert sum(place) == pytest.approx(100, abs=0.1)
    # The last answer belongs to the last place: a step aside and back gives it again.
    for _ in range(6):
        explain.tab.keyboard.press("ArrowLeft")
    assert explain.numbers() != beside
    for _ in range(6):
        explain.tab.keyboard.press("ArrowRight")
    assert explain.numbers() == beside


def test_the_bar_is_resized_by_its_corner(explain: Explain) -> None:
    before = explain.hidden.inner_text()
    explain.bar.scroll_into_view_if_needed()
    grip = explain.tab.locator("#occluder .grip").bounding_box()
    wide = explain.bar.bounding_box()["width"]
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    explain.tab.mouse.move(x, y)
    explain.tab.mouse.down()
    explain.tab.mouse.move(x - 70, y - 150, steps=6)
    explain.tab.mouse.up()
    changed(explain.hidden, before)
    assert explain.bar.bounding_box()["width"] < wide - 40


def test_the_bar_is_moved_and_resized_by_keys(explain: Explain) -> None:
    explain.bar.focus()
    before = explain.hidden.inner_text()
    for _ in range(5):
        explain.tab.keyboard.press("ArrowLeft")
    changed(explain.hidden, before)
    moved = at_rest(explain.hidden)
    for _ in range(20):  # until it ends above the lower end of the shape
        explain.tab.keyboard.press("Shift+ArrowUp")
    changed(explain.hidden, moved)
    expect(explain.bar).to_be_focused()
    expect(explain.bar).to_have_attribute("aria-valuetext", re.compile("^Hidden: "))


def test_the_bar_is_dragged_by_finger(phone: Page) -> None:
    explain = Explain(phone)
    before, (x, y) = explain.hidden.inner_text(), explain.centre()
    scrolled = explain.tab.evaluate("scrollY")
    session = phone.context.new_cdp_session(explain.tab)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": px, "y": py} for px, py in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", (x, y))
    for step in range(1, 9):
        touch("touchMove", (x - 10 * step, y + 3 * step))
    touch("touchEnd")
    changed(explain.hidden, before)
    assert explain.tab.evaluate("scrollY") == scrolled


def test_a_slider_moves_the_shape(explain: Explain) -> None:
    first = explain.shape.get_attribute("src")
    slider = explain.tab.locator("#explain-way-1 input[type=range]")
    slider.focus()
    for _ in range(20):
        explain.tab.keyboard.press("ArrowRight")
    expect(explain.shape).not_to_have_attribute("src", first)
    explain.tab.locator("#explain-reset").click()
    expect(explain.shape).to_have_attribute("src", first)
    expect(explain.tab.locator("#explain-way-1 input[type=number]")).to_have_value("0")


def test_between_objects_and_from_the_prior(explain: Explain) -> None:
    images = explain.tab.locator("#explain-between img")
    end = images.nth(2).get_attribute("src")
    explain.page.slide("explain-share", 1)
    expect(images.nth(1)).to_have_attribute("src", end)
    prior = explain.tab.locator("#explain-prior img").first
    was = prior.get_attribute("src")
    explain.tab.locator("#explain-draw").click()
    expect(prior).not_to_have_attribute("src", was)


def test_stages_and_another_object(explain: Explain) -> None:
    canonical = explain.tab.locator("#explain-canonical img")
    last, crop = canonical.get_attribute("src"), explain.crop.get_attribute("src")
    height = explain.tab.locator("#explain").bounding_box()["height"]
    explain.tab.locator("#explain-stage label").first.click()
    expect(explain.tab.locator("#explain-stage-about")).to_contain_text("no transformer")
    expect(canonical).not_to_have_attribute("src", last)
    expect(explain.crop).to_have_attribute("src", crop)
    assert abs(explain.tab.locator("#explain").bounding_box()["height"] - height) < 40

    explain.tab.get_by_role("tab", name=text.TAB_EDITOR).click()
    explain.page.shapes.first.focus()
    name = explain.page.shapes.first.get_attribute("aria-label")
    explain.tab.keyboard.press("Enter")
    expect(explain.tab.locator("#about-object")).to_contain_text(name)
    explain.tab.get_by_role("tab", name=text.TAB_EXPLAIN).click()
    expect(explain.tab.locator("#explain-title")).to_contain_text(name)
    expect(explain.crop).not_to_have_attribute("src", crop)
    expect(explain.tab.locator("#explain-stage input").first).to_be_checked()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_it_fits_the_window_and_nothing_jumps(
    app: str, chromium: Browser, name: str, size: tuple[int, int], scheme: str
) -> None:
    page = Page(chromium, app, size, scheme)
    late: list[Route] = []  # what sets the formulas comes last, as over a slow line
    page.tab.route(FORMULAS, lambda route: late.append(route))
    with page.tab.expect_request(FORMULAS):
        page.tab.get_by_role("tab", name=text.TAB_EXPLAIN).click()
    card = page.tab.locator("#explain-seen")
    expect(card).to_be_visible()
    empty = card.bounding_box()
    for route in late:
        route.continue_()
    Explain(page)
    expect(page.tab.locator("#explain-steps .katex").first).to_be_visible()
    assert card.bounding_box() == pytest.approx(empty, abs=8)
    assert page.tab.evaluate("document.scrollingElement.scrollWidth") <= size[0]
    SCREENSHOTS.mkdir(exist_ok=True)
    page.tab.screenshot(path=SCREENSHOTS / f"{name}-{scheme}-explain.png", full_page=True)
    assert page.errors == []
    page.close()
