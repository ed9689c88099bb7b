"""A photo and objects with hostile names go through every place that shows them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from amodal.data.coco_write import write_instances
from tests.browser.page import Page
from tests.demo_parts import HEIGHT, ON_CAR, WIDTH, instances, photo

pytestmark = pytest.mark.browser
TAG = '<img src=x onerror="document.body.dataset.hit=1"> [x](javascript:alert(1)) **b**'


def test_hostile_names_stay_words(page: Page, tmp_path: Path) -> None:
    picture = tmp_path / "<img src=x onerror=alert(1)> **b**.png"
    Image.fromarray(photo()).save(picture)
    page.upload("open-photo", picture)
    expect(page.image).to_have_attribute("alt", re.compile(": 0 objects$"))
    document = write_instances(instances(), "photo.png")
    for annotation in document["annotations"]:
        annotation["name"] = TAG
    masks = tmp_path / "masks.json"
    masks.write_text(json.dumps(document))
    page.upload("import-masks", masks)
    expect(page.tab.locator("#layers .layer-name", has_text=TAG)).to_have_count(2)
    page.click(*ON_CAR)
    expect(page.tab.locator("#about-object")).to_contain_text(TAG)
    expect(page.tab.locator("#about-object img, #about-object a")).to_have_count(0)
    page.tab.locator("#layers button", has_text=TAG).first.focus()
    page.tab.get_by_role("tab", name="How it works").click()
    expect(page.tab.locator("#explain-title")).to_contain_text(TAG)
    expect(page.tab.locator("#explain-title img, #explain-title a")).to_have_count(0)
    page.tab.get_by_role("tab", name="Editor").click()
    document["annotations"][0]["segmentation"] = TAG
    masks.write_text(json.dumps(document))
    page.upload("import-masks", masks)
    expect(page.toast.first).to_contain_text("<img src=x")
    expect(page.tab.locator(".toast-body img")).to_have_count(0)
    assert page.tab.evaluate("document.body.dataset.hit") is None
    assert page.image.get_attribute("alt").endswith("2 objects")
    assert photo().shape[:2] == (HEIGHT, WIDTH)
