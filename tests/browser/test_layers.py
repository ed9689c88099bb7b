"""The list of layers in a real Chromium: hidden, locked and reordered by mouse, finger and keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from demo import text
from demo.examples import Example, find_examples
from tests.browser.page import DESKTOP, PHONE, Page

pytestmark = pytest.mark.browser
SCREENSHOTS = Path(__file__).resolve().parent / "screenshots"
MANY = "Crowd at a tram stop"  # 20 objects


@pytest.fixture(scope="module")
def example() -> Example:
    return next(each for each in find_examples() if each.title == MANY)


@pytest.fixture
def many(page: Page, example: Example) -> Page:
    return opened(page, example)


@pytest.fixture
def phone(app: str, chromium: Browser, example: Example) -> Iterator[Page]:
    page = opened(Page(chromium, app, PHONE), example)
    yield page
    page.close()
    assert page.errors == []


def opened(page: Page, example: Example) -> Page:
    page.open_example(example.title)
    expect(rows(page)).to_have_count(len(example.open().instances))
    return page


def rows(page: Page) -> Locator:
    return page.tab.locator("#layers .layer[data-id]")


def names(page: Page) -> list[str]:
    return rows(page).locator(".layer-name").all_inner_texts()


def row(page: Page, name: str) -> Locator:
    exact = page.tab.locator(".layer-name").get_by_text(name, exact=True)
    return rows(page).filter(has=exact)


def part(page: Page, name: str, which: str) -> Locator:
    return row(page, name).locator(f".layer-{which}")


def moved(order: list[str], name: str, place: int) -> list[str]:
    others = [other for other in order if other != name]
    return [*others[:place], name, *others[place:]]


def middle(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def wait_for_order(page: Page, order: list[str]) -> None:
    """Until Python has said so, too: what is undone afterwards is this change."""
    expect(rows(page).locator(".layer-name")).to_have_text(order)
    expect(page.button("undo")).to_be_enabled()


def test_hiding_is_deleting_and_can_be_taken_back(many: Page) -> None:
    name = names(many)[0]
    photo, eye = many.shown(), part(many, name, "eye")
    expect(eye).to_have_attribute("aria-pressed", "true")
    eye.click()
    many.wait_for_change(photo)
    expect(eye).to_have_attribute("aria-pressed", "false")
    expect(many.shapes).to_have_count(len(names(many)) - 1)

    part(many, name, "pick").click()
    expect(row(many, name)).to_have_class("layer picked away")
    expect(many.tab.locator("#about-object")).to_contain_text(name)
    eye.click()
    expect(many.image).to_have_attribute("src", photo)
    expect(eye).to_have_attribute("aria-pressed", "true")

    many.button("delete").click()
    many.wait_for_change(photo)
    expect(eye).to_have_attribute("aria-pressed", "false")
    many.button("undo").click()
    expect(eye).to_have_attribute("aria-pressed", "true")


def test_every_quick_click_counts(many: Page) -> None:
    chosen = names(many)[:3]
    for name in chosen:
        part(many, name, "lock").click()
    for name in chosen:
        expect(part(many, name, "lock")).to_have_attribute("aria-pressed", "true")


def test_an_answer_that_comes_in_the_middle_of_a_click_takes_nothing_away(many: Page) -> None:
    first, second = names(many)[:2]
    part(many, second, "lock").scroll_into_view_if_needed()
    place = middle(part(many, second, "lock"))
    with many.tab.expect_response("**/queue/join*"):
        part(many, first, "lock").click()
    many.tab.mouse.move(*place)
    many.tab.mouse.down()
    many.tab.wait_for_timeout(2000)  # by now the answer is here
    many.tab.mouse.up()
    for name in (first, second):
        expect(part(many, name, "lock")).to_have_attribute("aria-pressed", "true")


def test_a_lock_refuses_edits_with_a_toast(many: Page) -> None:
    order, photo = names(many), many.shown()
    name = order[1]
    part(many, name, "pick").click()
    expect(many.tab.locator("#about-object")).to_contain_text(name)
    part(many, name, "lock").click()
    expect(part(many, name, "lock")).to_have_attribute("aria-pressed", "true")
    many.button("delete").click()
    expect(many.toast).to_contain_text(text.locked(name))
    assert many.shown() == photo
    many.tab.locator(".toast-close").first.click()
    expect(many.toast).to_have_count(0)

    drag(many, name, 3)
    expect(many.toast).to_contain_text(text.locked(name))
    assert names(many) == order
    part(many, name, "lock").click()
    expect(part(many, name, "lock")).to_have_attribute("aria-pressed", "false")
    many.button("delete").click()
    many.wait_for_change(photo)


def drag(page: Page, name: str, place: int) -> None:
    """Drop a row with the mouse, above the one that is at this place without it."""
    others = [other for other in names(page) if other != name]
    row(page, name).scroll_into_view_if_needed()
    start = middle(part(page, name, "pick"))
    x, y = middle(row(page, others[place]))
    page.tab.mouse.move(*start)
    page.tab.mouse.down()
    page.tab.mouse.move(x, (start[1] + y) / 2, steps=4)
    page.tab.mouse.move(x, y - 8, steps=4)
    expect(page.tab.locator("#layers .layer-drop")).to_be_visible()
    page.tab.mouse.up()
    expect(page.tab.locator("#layers .layer-drop")).to_have_count(0)


def test_rows_are_reordered_by_mouse(many: Page) -> None:
    order, name = names(many), names(many)[0]
    drag(many, name, 3)
    wait_for_order(many, moved(order, name, 3))
    expect(row(many, name)).to_have_class("layer")  # a drag is no click
    after = names(many)
    many.button("undo").click()
    expect(rows(many).locator(".layer-name")).to_have_text(order)
    many.button("redo").click()
    expect(rows(many).locator(".layer-name")).to_have_text(after)


def test_a_drag_scrolls_the_list_and_escape_ends_it(many: Page) -> None:
    order, name = names(many), names(many)[0]
    shown = many.tab.locator("#layers .layer-rows")
    box = shown.bounding_box()
    page_scroll = many.tab.evaluate("scrollY")
    many.tab.mouse.move(*middle(part(many, name, "grip")))
    many.tab.mouse.down()
    many.tab.mouse.move(box["x"] + 40, box["y"] + box["height"] - 4, steps=5)
    many.tab.wait_for_function(
        "list => list.scrollTop + list.clientHeight > list.scrollHeight - 2",
        arg=shown.element_handle(),
    )
    many.tab.keyboard.press("Escape")
    many.tab.mouse.up()
    assert names(many) == order
    expect(many.button("undo")).to_be_disabled()
    assert many.tab.evaluate("scrollY") == page_scroll


def test_rows_are_reordered_by_keyboard(many: Page) -> None:
    order, keyboard = names(many), many.tab.keyboard
    name = order[2]
    part(many, order[0], "grip").focus()
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    expect(part(many, name, "grip")).to_be_focused()
    keyboard.down("Alt")
    for _ in range(3):
        keyboard.press("ArrowDown")
    keyboard.up("Alt")
    expect(part(many, name, "grip")).to_be_focused()
    said = text.LAYER_WORDS["moved"].format(name=name, place=6, count=len(order))
    expect(many.tab.locator("#layers [aria-live]")).to_have_text(said)
    wait_for_order(many, moved(order, name, 5))
    expect(part(many, name, "grip")).to_be_focused()
    many.button("undo").click()  # three keys, one step
    expect(rows(many).locator(".layer-name")).to_have_text(order)
    expect(many.button("undo")).to_be_disabled()

    part(many, name, "eye").focus()
    photo = many.shown()
    keyboard.press("Space")
    many.wait_for_change(photo)
    expect(part(many, name, "eye")).to_be_focused()
    keyboard.press("Tab")
    expect(part(many, name, "lock")).to_be_focused()
    keyboard.press("Tab")  # one row is one stop
    assert not many.tab.evaluate("document.querySelector('#layers').matches(':focus-within')")


def test_a_finger_drags_the_handle_and_scrolls_the_rest(phone: Page) -> None:
    order, name = names(phone), names(phone)[0]
    shown = phone.tab.locator("#layers .layer-rows")
    shown.scroll_into_view_if_needed()
    stage, panel = (phone.tab.locator(id).bounding_box() for id in ("#stage", "#layers"))
    assert panel["y"] >= stage["y"] + stage["height"]
    finger = Finger(phone)
    finger.slide(middle(part(phone, name, "grip")), middle(row(phone, order[3])), 8)
    wait_for_order(phone, moved(order, name, 3))

    after = names(phone)
    x, y = middle(part(phone, after[3], "pick"))
    finger.slide((x, y), (x, y - 90))
    phone.tab.wait_for_function("list => list.scrollTop > 40", arg=shown.element_handle())
    assert names(phone) == after


class Finger:
    """Real touches, as the browser gets them from a screen."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page.tab)

    def slide(self, start: tuple[float, float], end: tuple[float, float], more: float = 0) -> None:
        """Touch, slide, let go; `more` pixels further down at the end."""
        self._send("touchStart", *start)
        for step in range(1, 11):
            x, y = (a + (b - a) * step / 10 for a, b in zip(start, end, strict=True))
            self._send("touchMove", x, y + more * step / 10)
        self.session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def _send(self, kind: str, x: float, y: float) -> None:
        self.session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]}
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_the_list_keeps_its_height(
    app: str,
    chromium: Browser,
    example: Example,
    name: str,
    size: tuple[int, int],
    scheme: str,
) -> None:
    page = Page(chromium, app, size, scheme)
    panel = page.tab.locator("#layers")
    before = panel.bounding_box()["height"]
    opened(page, example)
    part(page, names(page)[1], "eye").click()
    expect(part(page, names(page)[1], "eye")).to_have_attribute("aria-pressed", "false")
    part(page, names(page)[2], "lock").click()
    expect(part(page, names(page)[2], "lock")).to_have_attribute("aria-pressed", "true")
    part(page, names(page)[3], "pick").click()
    expect(row(page, names(page)[3])).to_have_class("layer picked")
    assert panel.bounding_box()["height"] == before
    assert page.tab.evaluate("document.scrollingElement.scrollWidth") <= size[0]
    SCREENSHOTS.mkdir(exist_ok=True)
    panel.scroll_into_view_if_needed()
    page.tab.wait_for_timeout(300)
    page.tab.screenshot(path=SCREENSHOTS / f"layers-{name}-{scheme}.png")
    assert page.errors == []
    page.close()
