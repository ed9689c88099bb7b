"""What goes in and out of the document: animations, masks as PNG, links."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from demo import text
from demo.examples import Example, find_examples
from tests.browser.page import PHONE, Page, inside

pytestmark = pytest.mark.browser
NAME, OBJECT = "rendered_only_a_roof", "van 2"
QUERY = urlencode({"example": NAME, "object": OBJECT, "seed": 7, "samples": 5, "temperature": 0.8})
PLAY = """async source => {
  const video = document.createElement("video");
  video.muted = true;
  video.src = source;
  await new Promise((done, fail) => {
    video.onloadeddata = done;
    video.onerror = () => fail(video.error.message);
  });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext("2d");
  const at = async time => {
    const shown = new Promise(done => video.requestVideoFrameCallback(done));
    video.currentTime = time;
    await shown;
    context.drawImage(video, 0, 0);
    const levels = context.getImageData(0, 0, canvas.width, canvas.height).data;
    return levels.reduce((sum, level) => sum + level, 0) / levels.length;
  };
  const brightness = [await at(0.3), await at(0.6 * video.duration)];
  video.currentTime = 0;
  await video.play();
  await new Promise(done => { video.ontimeupdate = () => video.currentTime > 0.1 && done(); });
  return {
    ready: video.readyState,
    size: [video.videoWidth, video.videoHeight],
    seconds: video.duration,
    brightness,
  };
}"""


@pytest.fixture(scope="module")
def example() -> Example:
    return next(example for example in find_examples() if example.name == NAME)


@pytest.fixture
def linked(app: str, chromium: Browser) -> Iterator[Page]:
    """The app at an address with everything in it; it may use the clipboard."""
    page = Page(chromium, f"{app}/?{QUERY}")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app)
    yield page
    page.close()
    assert page.errors == []


def test_a_link_opens_an_object_with_its_settings(linked: Page, example: Example) -> None:
    expect(linked.image).to_have_attribute("alt", re.compile(f"^{example.title}"))
    expect(linked.tab.locator("#about-object")).to_contain_text(OBJECT)
    expect(linked.gallery).to_have_count(6)
    linked.tab.locator("#more button").first.click()
    for id, value in (("seed", "7"), ("samples", "5"), ("temperature", "0.8")):
        field = linked.tab.locator(f"#{id} input[type=number]")
        expect(field).to_have_value(value)
    expect(linked.toast).to_have_count(0)


def test_a_copied_link_shows_the_same_shapes_elsewhere(
    linked: Page, app: str, chromium: Browser, example: Example
) -> None:
    expect(linked.gallery).to_have_count(6)
    linked.button("copy_link").click()
    expect(linked.tab.locator("#link-note")).to_have_text(text.LINK_COPIED)
    copied = linked.tab.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{app}/?")
    assert parse_qs(urlsplit(copied).query) == parse_qs(QUERY)
    expect(linked.tab.get_by_label(text.LINK)).to_have_value(copied)
    other = Page(chromium, copied)
    expect(other.gallery).to_have_count(6)
    assert other.gallery_sources() == linked.gallery_sources()
    other.close()
    assert other.errors == []
    # Another object would have another link.
    linked.select(max(example.open().instances, key=lambda instance: instance.area))
    expect(linked.tab.locator("#link-part")).to_be_hidden()


def test_without_a_clipboard_the_link_stands_in_a_field(app: str, chromium: Browser) -> None:
    page = Page(chromium, f"{app}/?{QUERY}", PHONE, "dark")
    page.tab.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    expect(page.gallery).to_have_count(6)
    page.button("copy_link").click()
    expect(page.tab.locator("#link-note")).to_have_text(text.LINK_BY_HAND)
    expect(page.tab.get_by_label(text.LINK)).to_have_value(re.compile(f"{app}/.*{NAME}"))
    page.close()
    assert page.errors == []


def test_a_bad_link_is_told_and_opens_the_first_example(app: str, chromium: Browser) -> None:
    junk = urlencode({"example": "<img src=x onerror=alert(1)>", "seed": "<b>many</b>"})
    page = Page(chromium, f"{app}/?{junk}")
    expect(page.tab.get_by_text(text.LINK_EXAMPLE)).to_be_visible()
    expect(page.image).to_have_attribute("alt", re.compile(f"^{find_examples()[0].title}"))
    assert page.tab.locator("img[src=x]").count() == 0
    assert "many" not in page.tab.locator("body").inner_text()
    page.close()
    assert page.errors == []


def test_the_shapes_as_a_gif(linked: Page, tmp_path: Path) -> None:
    expect(linked.gallery).to_have_count(6)
    with Image.open(linked.download("save_cloud", tmp_path / "shapes.gif")) as image:
        assert image.format == "GIF"
        assert image.info["loop"] == 0
        assert image.n_frames >= 6
        assert max(image.size) <= 960
    assert (tmp_path / "shapes.gif").stat().st_size < 6e6


def test_before_and_after_as_an_mp4_that_plays(linked: Page, tmp_path: Path) -> None:
    pytest.importorskip("av")
    expect(linked.gallery).to_have_count(6)
    linked.tab.locator("#film-form label", has_text="MP4").click()
    linked.button("save_before_after").click()
    expect(linked.toast).to_contain_text("still the photo")
    before = linked.shown()
    linked.button("delete").click()
    linked.wait_for_change(before)
    data = linked.download("save_before_after", tmp_path / "film.mp4").read_bytes()
    codec = 'video/mp4; codecs="avc1.64001f"'
    if not linked.tab.evaluate("type => document.createElement('video').canPlayType(type)", codec):
        pytest.skip("this Chromium was built without H.264")
    source = "data:video/mp4;base64," + base64.b64encode(data).decode()
    played = linked.tab.evaluate(PLAY, source)
    assert played["ready"] >= 2
    assert max(played["size"]) == 960
    assert 3 < played["seconds"] < 6
    first, second = played["brightness"]
    assert first > 10
    assert first != second


def test_masks_as_png_for_an_own_photo(page: Page, example: Example, tmp_path: Path) -> None:
    photo, instances, _ = example.open()
    Image.fromarray(photo).save(tmp_path / "mine.png")
    page.upload("open-photo", tmp_path / "mine.png")
    expect(page.image).to_have_attribute("alt", "mine: 0 objects")

    labels = np.zeros(photo.shape[:2], np.uint8)
    for number, instance in enumerate(instances, start=1):
        labels[instance.modal] = number
    Image.fromarray(labels).save(tmp_path / "labels.png")
    page.upload("import-masks", tmp_path / "labels.png")
    expect(page.shapes).to_have_count(len(instances))

    smaller, largest = sorted(instances, key=lambda instance: instance.area)[-2:]
    files = [tmp_path / "van_9.png", tmp_path / "whatever.png"]
    for file, mask in zip(files, (largest.modal, smaller.modal), strict=True):
        Image.fromarray(mask).save(file)
    page.upload("import-masks", files)
    expect(page.shapes).to_have_count(2)
    page.click(*inside(largest.modal))
    expect(page.tab.locator("#about-object")).to_contain_text("van 9")

    Image.fromarray(labels[:-1]).save(tmp_path / "cut.png")
    page.upload("import-masks", tmp_path / "cut.png")
    height, width = labels.shape
    expect(page.toast).to_contain_text(f"is {width} x {height - 1} pixels")
    expect(page.shapes).to_have_count(2)
    page.button("copy_link").click()
    expect(page.toast.last).to_contain_text("Only examples have links")
    page.button("undo").click()
    expect(page.shapes).to_have_count(len(instances))
