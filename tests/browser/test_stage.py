"""The stage under a mouse and the keyboard, in a real Chromium."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Route, expect

from amodal.scene import Instance
from demo import text
from demo.examples import Example
from tests.browser.page import Page, inside
from tests.browser.stage import LIVE, live, matrix, prepared, settled

pytestmark = pytest.mark.browser


@pytest.fixture
def stage(page: Page, street: Example, truck: Instance) -> Page:
    """The page with the truck selected and its cut-outs there."""
    return prepared(page, street, truck)


def colours(page: Page, x: float, y: float) -> list[int]:
    """What the canvas shows at a point of the photo, (r, g, b)."""
    script = """([x, y]) => {
      const canvas = document.querySelector('#stage canvas');
      const [, , width] = document.querySelector('#stage svg').getAttribute('viewBox').split(' ');
      const k = canvas.width / Number(width);
      return Array.from(canvas.getContext('2d').getImageData(k * x, k * y, 1, 1).data.slice(0, 3));
    }"""
    return page.tab.evaluate(script, [x, y])


def test_a_drag_is_shown_at_once_with_the_cut_out(
    stage: Page, street: Example, truck: Instance
) -> None:
    x, y = inside(truck.modal)
    before = stage.shown()
    stage.tab.mouse.move(*stage.where(x, y))
    stage.tab.mouse.down()
    stage.tab.mouse.move(*stage.where(x + 90, y), steps=6)
    assert live(stage)
    assert stage.shown() == before  # nothing came from Python
    assert matrix(stage)[4] == pytest.approx(90, abs=1)
    photo = street.open().photo
    near = np.abs(np.array(colours(stage, x + 90, y)) - photo[int(y), int(x)].astype(int))
    assert near.max() < 40, "the truck is not under the pointer"
    left = int(np.flatnonzero(truck.modal[int(y)])[0])
    gone = np.abs(np.array(colours(stage, left + 40, y)) - photo[int(y), left + 40].astype(int))
    assert gone.max() > 20, "the truck is still where it was"
    stage.tab.mouse.up()
    assert live(stage)  # until the answer comes
    stage.wait_for_change(before)
    settled(stage)
    assert matrix(stage)[4] == pytest.approx(90, abs=1)
    stage.button("undo").click()
    expect(stage.image).to_have_attribute("src", before)


@pytest.mark.parametrize("way", ["key", "button"])
def test_a_deleted_object_is_gone_at_once(
    stage: Page, street: Example, truck: Instance, way: str
) -> None:
    before, (x, y) = stage.shown(), inside(truck.modal)
    if way == "key":
        stage.tab.locator("#stage path.picked").focus()
        stage.tab.keyboard.press("Delete")
    else:
        stage.button("delete").click()
    stage.tab.wait_for_function(f"!{LIVE}.hidden")
    seen = street.open().photo[int(y), int(x)].astype(int)
    assert np.abs(np.array(colours(stage, x, y)) - seen).max() > 20
    stage.wait_for_change(before)
    settled(stage)


def test_an_object_is_dragged_without_being_selected_first(
    stage: Page, street: Example, truck: Instance
) -> None:
    other = max(
        (each for each in street.open().instances if each.name != truck.name),
        key=lambda each: each.area,
    )
    x, y = inside(other.modal)
    before = stage.shown()
    stage.drag((x, y), (x - 60, y))
    stage.wait_for_change(before)
    expect(stage.tab.locator("#about-object")).to_contain_text(other.name)
    assert matrix(stage)[4] == pytest.approx(-60, abs=1)


def test_nearer_means_larger_unless_it_is_switched_off(stage: Page, truck: Instance) -> None:
    photo, (x, y) = stage.shown(), inside(truck.modal)
    stage.drag((x, y), (x + 40, y + 30))
    assert 1.1 < matrix(stage)[0] < 2
    stage.wait_for_change(photo)
    stage.button("undo").click()
    expect(stage.image).to_have_attribute("src", photo)
    stage.tab.get_by_label("Grow when moved nearer").uncheck()
    stage.drag((x, y), (x + 40, y + 30))
    assert matrix(stage)[0] == 1


def test_escape_lets_a_drag_go(stage: Page, truck: Instance) -> None:
    x, y = inside(truck.modal)
    before = stage.shown()
    stage.tab.mouse.move(*stage.where(x, y))
    stage.tab.mouse.down()
    stage.tab.mouse.move(*stage.where(x + 50, y), steps=4)
    stage.tab.locator("#stage path.picked").focus()
    stage.tab.keyboard.press("Escape")
    stage.tab.mouse.up()
    settled(stage)
    assert matrix(stage)[4] == 0
    assert stage.shown() == before
    expect(stage.button("undo")).to_be_disabled()


def test_what_python_refuses_goes_back(stage: Page, truck: Instance) -> None:
    """A place beyond all bounds: the object returns, and the stage can be used again."""
    before = stage.shown()
    x, y = inside(truck.modal)

    def farther(route: Route) -> None:
        sent = re.sub(r'"dx":\s*30\b', '"dx": 30000000', route.request.post_data or "")
        route.continue_(post_data=sent)

    stage.tab.route("**/queue/join*", farther)
    stage.drag((x, y), (x + 30, y))
    expect(stage.toast).to_contain_text("choose a shift of at most")
    settled(stage)
    assert matrix(stage)[4] == 0
    assert stage.shown() == before
    stage.drag((x, y), (x + 50, y))
    stage.wait_for_change(before)
    assert matrix(stage)[4] == pytest.approx(50, abs=1)


def test_several_drags_in_a_row_all_count(stage: Page, street: Example, truck: Instance) -> None:
    """The second begins before the first is answered."""
    car = max(
        (each for each in street.open().instances if each.category == "car"),
        key=lambda each: each.area,
    )
    before = stage.shown()
    x, y = inside(truck.modal)
    stage.drag((x, y), (x + 30, y))
    stage.drag((x + 30, y), (x + 70, y))
    x, y = inside(car.modal)
    stage.drag((x, y), (x + 200, y))
    stage.wait_for_change(before)
    expect(stage.tab.locator("#about-object")).to_contain_text(car.name)
    settled(stage)
    assert matrix(stage)[4] == pytest.approx(200, abs=1)
    stage.tab.locator(f'#stage path.shape[aria-label="{truck.name}"]').focus()
    stage.tab.keyboard.press("Enter")
    expect(stage.tab.locator("#about-object")).to_contain_text(truck.name)
    assert matrix(stage)[4] == pytest.approx(70, abs=1)


def test_an_object_leaves_the_photo_and_is_pulled_in_again(stage: Page, truck: Instance) -> None:
    x, y = inside(truck.modal)
    before = stage.shown()
    stage.drag((x, y), (x - 500, y))
    stage.wait_for_change(before)
    settled(stage)
    stage.tab.get_by_role("button", name="Zoom out").click(click_count=2, delay=50)
    before = stage.shown()
    stage.drag((x - 500, y), (x - 100, y))
    stage.wait_for_change(before)
    settled(stage)
    assert matrix(stage)[4] == pytest.approx(-100, abs=3)


def test_the_wheel_resizes_the_selected_object_alone(stage: Page, truck: Instance) -> None:
    before = stage.shown()
    stage.tab.mouse.move(*stage.where(*inside(truck.modal)))
    for _ in range(4):
        stage.tab.mouse.wheel(0, 50)
    assert live(stage)
    stage.wait_for_change(before)
    assert matrix(stage)[0] == pytest.approx(np.exp(-200 / 600), abs=0.01)
    expect(stage.tab.locator("#size input[type=number]")).to_have_value("72")
    stage.tab.mouse.move(*stage.where(1200, 20))
    scrolled = stage.tab.evaluate("scrollY")
    stage.tab.mouse.wheel(0, 100)
    stage.tab.wait_for_function("was => scrollY > was", arg=scrolled)


def test_the_view_is_zoomed_panned_and_reset(stage: Page) -> None:
    svg = stage.tab.locator("#stage svg")
    fit = svg.bounding_box()
    height = stage.tab.locator(".stage-frame").bounding_box()["height"]
    x, y = stage.where(300, 150)
    stage.tab.mouse.move(x, y)
    stage.tab.keyboard.down("Control")
    stage.tab.mouse.wheel(0, -200)
    stage.tab.keyboard.up("Control")
    large = svg.bounding_box()
    assert large["width"] > 1.5 * fit["width"]
    assert stage.where(300, 150) == pytest.approx((x, y), abs=3)  # what was pointed at stays
    assert stage.tab.locator(".stage-frame").bounding_box()["height"] == pytest.approx(height)
    stage.tab.keyboard.down("Space")
    stage.tab.mouse.down()
    stage.tab.mouse.move(x - 80, y - 30, steps=4)
    stage.tab.mouse.up()
    stage.tab.keyboard.up("Space")
    panned = svg.bounding_box()
    assert (panned["x"], panned["y"]) == pytest.approx((large["x"] - 80, large["y"] - 30), abs=3)
    expect(stage.button("undo")).to_be_disabled()  # nothing was moved
    stage.tab.mouse.dblclick(*stage.where(320, 150))
    assert svg.bounding_box() == pytest.approx(fit, abs=1)
    stage.tab.get_by_role("button", name="Zoom in").focus()
    stage.tab.keyboard.press("Enter")
    assert svg.bounding_box()["width"] == pytest.approx(1.25 * fit["width"], rel=0.01)
    stage.tab.get_by_role("button", name="Reset the view").click()
    assert svg.bounding_box() == pytest.approx(fit, abs=1)


def test_keys_move_and_resize(stage: Page) -> None:
    photo = stage.shown()
    # In one go: on a slow machine there would be rests between the keys.
    pressed = """async () => {
      const shape = document.querySelector('#stage path.picked');
      shape.focus();
      for (const [key, shiftKey] of [...Array(3).fill(["ArrowRight", true]), ["ArrowLeft", false]])
        shape.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true }));
      await new Promise(requestAnimationFrame);
      return !document.querySelector('#stage canvas').hidden;
    }"""
    assert stage.tab.evaluate(pressed), "shown at once"
    stage.wait_for_change(photo)
    assert matrix(stage)[4] == 29
    settled(stage)
    moved = stage.shown()
    stage.tab.locator("#stage path.picked").focus()
    stage.tab.keyboard.press("+")
    stage.wait_for_change(moved)
    assert matrix(stage)[0] == pytest.approx(1.05)
    stage.button("undo").click()
    expect(stage.image).to_have_attribute("src", moved)
    stage.button("undo").click()
    expect(stage.image).to_have_attribute("src", photo)  # four nudges were one move


def test_the_photo_is_seen_while_its_button_is_held(stage: Page, truck: Instance) -> None:
    photo = stage.shown()
    button = stage.tab.get_by_role("button", name="Hold to see the photo")
    expect(button).to_be_disabled()
    stage.button("delete").click()
    stage.wait_for_change(photo)
    edited = stage.shown()
    button.hover()
    stage.tab.mouse.down()
    expect(stage.image).to_have_attribute("src", photo)
    stage.tab.mouse.up()
    expect(stage.image).to_have_attribute("src", edited)
    button.focus()
    stage.tab.keyboard.press("Enter")
    expect(stage.image).to_have_attribute("src", photo)
    stage.tab.keyboard.press("Tab")
    expect(stage.image).to_have_attribute("src", edited)


def test_the_cloud_shows_the_samples_and_a_preview_takes_its_place(stage: Page) -> None:
    cloud = stage.tab.locator("#stage .cloud path")
    expect(cloud).to_have_count(20)
    offer = "d => document.dispatchEvent(new CustomEvent('amodal-preview', { detail: d }))"
    stage.tab.evaluate(offer, {"path": "M100 100L200 100L200 200Z"})
    expect(stage.tab.locator("#stage .preview")).to_be_visible()
    expect(cloud.first).to_be_hidden()
    stage.tab.evaluate(offer, None)
    expect(stage.tab.locator("#stage .preview")).to_have_count(0)
    stage.tab.get_by_label("Cloud of samples").uncheck()
    expect(cloud).to_have_count(0)


def test_the_stage_lives_on_after_another_page_was_looked_at(stage: Page, truck: Instance) -> None:
    stage.tab.get_by_role("tab", name=text.TAB_STUDY).click()
    stage.tab.get_by_role("tab", name=text.TAB_EDITOR).click()
    expect(stage.tab.locator("#stage .whole")).to_be_visible()
    before, (x, y) = stage.shown(), inside(truck.modal)
    stage.drag((x, y), (x + 50, y))
    stage.wait_for_change(before)
    settled(stage)
    assert matrix(stage)[4] == pytest.approx(50, abs=1)


def test_the_wheel_scrolls_the_page_while_the_stage_is_not_in_use(
    page: Page, street: Example
) -> None:
    page.open_example(street.title)
    largest = max(street.open().instances, key=lambda each: each.area)
    page.select(largest)
    page.button("flip").focus()
    page.tab.mouse.move(*page.where(*inside(largest.modal)))
    scrolled, shown = page.tab.evaluate("scrollY"), page.shown()
    page.tab.mouse.wheel(0, 100)
    page.tab.wait_for_function("was => scrollY > was", arg=scrolled)
    assert page.shown() == shown
    assert matrix(page)[0] == 1
