"""The stage under fingers, in a real Chromium with a touch screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from amodal.scene import Instance
from demo.examples import Example
from tests.browser.page import DESKTOP, PHONE, Page, inside
from tests.browser.stage import live, matrix, prepared

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(app: str, chromium: Browser, street: Example, truck: Instance) -> Iterator[Page]:
    page = Page(chromium, app, PHONE)
    yield prepared(page, street, truck)
    assert page.errors == []
    page.close()


def touch(fingers: CDPSession, kind: str, points: list[tuple[float, float]]) -> None:
    """Fingers on the glass, in pixels of the window."""
    touched = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})


def test_a_finger_drags_the_selected_object_and_scrolls_beside_it(
    phone: Page, truck: Instance
) -> None:
    x, y = inside(truck.modal)
    before = phone.shown()
    start, end = phone.where(x, y), phone.where(x + 60, y)
    fingers = phone.context.new_cdp_session(phone.tab)
    touch(fingers, "touchStart", [start])
    for step in range(1, 7):
        there = start[0] + (end[0] - start[0]) * step / 6
        touch(fingers, "touchMove", [(there, start[1])])
    assert live(phone)
    touch(fingers, "touchEnd", [])
    phone.wait_for_change(before)
    assert matrix(phone)[4] == pytest.approx(60, abs=2)


def test_two_fingers_resize_the_selected_object(phone: Page, truck: Instance) -> None:
    before = phone.shown()
    x, y = phone.where(*inside(truck.modal))
    fingers = phone.context.new_cdp_session(phone.tab)
    touch(fingers, "touchStart", [(x - 15, y)])
    touch(fingers, "touchStart", [(x - 15, y), (x + 15, y)])
    for half in (18, 21, 24):
        touch(fingers, "touchMove", [(x - half, y), (x + half, y)])
    touch(fingers, "touchEnd", [])
    phone.wait_for_change(before)
    assert matrix(phone)[0] == pytest.approx(24 / 15, rel=0.1)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_tap_selects(
    app: str, chromium: Browser, street: Example, truck: Instance, size: tuple[int, int]
) -> None:
    page = Page(chromium, app, size)
    page.open_example(street.title)
    x, y = page.where(*inside(truck.modal))
    if size == PHONE:
        page.tab.touchscreen.tap(x, y)
    else:
        page.tab.mouse.click(x, y)
    expect(page.tab.locator("#about-object")).to_contain_text(truck.name)
    assert page.errors == []
    page.close()
