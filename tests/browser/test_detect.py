"""“Detect all”: with the real app, which can't have the weights, and with a small detector."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Route, expect

from demo import text
from demo.examples import find_examples
from demo.handlers import Handlers
from demo.ui import build
from tests.browser.accessibility import findings
from tests.browser.page import DESKTOP, PHONE, Page, inside
from tests.demo_parts import examples, instances, offline_pipeline, photo
from tests.served_page import served_page
from tests.toy_detector import detecting_toys

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def detecting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page in this process, with the small detector. Gives its address."""
    folder = tmp_path_factory.mktemp("detecting")
    handlers = Handlers(offline_pipeline(folder / "cache"), examples(folder / "examples"))
    with detecting_toys(), served_page(folder, lambda: build(handlers)) as (_, url):
        yield url


def upload_street(page: Page, folder: Path) -> None:
    """A photo of a car and a person, without their outlines."""
    large = photo().repeat(4, axis=0).repeat(4, axis=1)
    Image.fromarray(large).save(folder / "my street.png")
    page.upload("open-photo", folder / "my street.png")
    expect(page.image).to_have_attribute("alt", "my street: 0 objects")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_all_objects_at_once_and_fewer_by_the_filter(
    detecting: str, chromium: Browser, tmp_path: Path, size: tuple[int, int]
) -> None:
    page = Page(chromium, detecting, size)
    card = page.tab.locator("#found")
    upload_street(page, tmp_path)
    expect(card).to_be_hidden()
    expect(page.tab.locator("#hint")).to_contain_text(text.DETECT)
    page.button("detect").click()
    expect(page.image).to_have_attribute("alt", "my street: 2 objects")
    expect(card).to_contain_text("2 of ")
    assert page.tab.evaluate("document.scrollingElement.scrollWidth") <= size[0]
    assert findings(page) == []

    person = card.get_by_label(re.compile("person"))
    person.uncheck()
    expect(page.shapes).to_have_count(1)
    expect(card).to_contain_text("1 of ")
    page.slide("least-score", 0.95)
    page.slide("least-score", 0.3)
    person.click()
    expect(person).to_be_checked()
    expect(page.image).to_have_attribute("alt", "my street: 2 objects")

    car = instances()[0].modal.repeat(4, axis=0).repeat(4, axis=1)
    page.click(*inside(car))
    expect(page.gallery).to_have_count(21)
    page.button("undo").click()
    expect(page.image).to_have_attribute("alt", "my street: 0 objects")
    expect(page.button("undo")).to_be_disabled()
    assert page.errors == []
    page.close()


def test_a_change_that_arrives_late_does_not_undo_the_next_one(
    detecting: str, chromium: Browser, tmp_path: Path
) -> None:
    page = Page(chromium, detecting, DESKTOP)
    upload_street(page, tmp_path)
    page.button("detect").click()
    expect(page.shapes).to_have_count(2)
    page.wait_for_kit()  # else its request may be one of those that are held
    sent: list[Route] = []

    def hold_two(route: Route) -> None:
        if len(sent) < 2:
            sent.append(route)
        else:
            route.continue_()

    page.tab.route("**/queue/join*", hold_two)
    page.tab.evaluate(
        """() => {
          const box = document.querySelector("#detected-classes input");
          box.click();
          box.click();
        }"""
    )
    while len(sent) < 2:
        page.tab.wait_for_timeout(50)
    first, last = sent
    last.continue_()
    expect(page.tab.locator("#found")).to_contain_text("2 of ")
    counts = page.tab.evaluate_handle(
        """() => {
          const counts = [];
          const shapes = () => counts.push(document.querySelectorAll("#stage path.shape").length);
          new MutationObserver(shapes).observe(
            document.querySelector("#stage"), { childList: true, subtree: true });
          return counts;
        }"""
    )
    with page.tab.expect_response("**/queue/join*"):
        first.continue_()
    page.tab.wait_for_timeout(2000)
    assert set(counts.json_value()) <= {2}, "what was overtaken changes nothing"
    page.close()


def test_without_weights_a_toast_says_what_to_do_and_clicks_still_work(
    page: Page, tmp_path: Path
) -> None:
    pixels, objects, _ = find_examples()[1].open()
    Image.fromarray(pixels).save(tmp_path / "mine.png")
    page.upload("open-photo", tmp_path / "mine.png")
    expect(page.image).to_have_attribute("alt", "mine: 0 objects")
    page.button("detect").click()
    expect(page.toast).to_contain_text("Mask R-CNN can't be loaded: http://127.0.0.1:9")
    for part in ("clicked one by one", "maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth"):
        expect(page.toast).to_contain_text(part)
    expect(page.tab.locator("#found")).to_be_hidden()

    page.tab.locator(".toast-close").first.click()
    largest = max(objects, key=lambda instance: instance.area)
    page.use("add")
    page.click(*inside(np.asarray(largest.modal)))
    page.button("add").click()
    expect(page.shapes).to_have_count(1)
