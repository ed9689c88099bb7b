"""The app, from opening a page to the downloaded file, in a real Chromium."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from amodal.hub.manifest import BUNDLED
from amodal.photo import load_photo
from demo import text
from demo.examples import Example, find_examples
from tests.browser.page import DESKTOP, PHONE, Page, beside, inside
from tests.hub_mirror import Mirror

pytestmark = pytest.mark.browser
SCREENSHOTS = Path(__file__).resolve().parent / "screenshots"


@pytest.fixture(scope="module")
def examples() -> tuple[Example, ...]:
    found = find_examples()
    assert len(found) >= 3
    return found


def largest(example: Example) -> int:
    """The number of the example's largest object."""
    instances = example.open().instances
    return int(np.argmax([instance.area for instance in instances]))


def test_the_whole_path(page: Page, examples: tuple[Example, ...], tmp_path: Path) -> None:
    example = examples[1]
    photo, instances, _ = example.open()
    page.open_example(example.title)
    expect(page.shapes).to_have_count(len(instances))
    page.select(instances[largest(example)])
    expect(page.gallery).to_have_count(21)
    expect(page.tab.locator("#chance img")).to_be_visible()
    expect(page.gallery.first).to_contain_text("IoU")

    page.gallery.nth(3).click()
    expect(page.gallery.nth(3)).to_have_class(re.compile("selected"))
    before = page.shown()
    page.button("delete").click()
    page.wait_for_change(before)
    expect(page.shapes).to_have_count(len(instances) - 1)
    edited = load_photo(page.download("save_picture", tmp_path / "edited.png"))
    assert edited.shape == photo.shape
    assert not np.array_equal(edited, photo)

    page.button("undo").click()
    expect(page.image).to_have_attribute("src", before)
    undone = load_photo(page.download("save_picture", tmp_path / "undone.png"))
    assert undone.tobytes() == photo.tobytes()
    assert Image.open(tmp_path / "undone.png").format == "PNG"


def test_moving_by_hand_and_comparing(page: Page, examples: tuple[Example, ...]) -> None:
    instances = examples[1].open().instances
    page.open_example(examples[1].title)
    target = instances[largest(examples[1])]
    page.select(target)
    before, (x, y) = page.shown(), inside(target.modal)
    page.drag((x, y), (x + 60, y))
    page.wait_for_change(before)
    expect(page.button("undo")).to_be_enabled()
    page.tab.get_by_role("tab", name="Before / after").click()
    expect(page.tab.locator("#comparison img").first).to_be_visible()


def test_an_object_by_keyboard(page: Page) -> None:
    page.shapes.first.focus()
    name = page.shapes.first.get_attribute("aria-label")
    page.tab.keyboard.press("Enter")
    expect(page.tab.locator("#about-object")).to_contain_text(name)
    expect(page.shapes.first).to_have_attribute("aria-pressed", "true")


def test_an_own_photo_and_a_new_object(
    page: Page, examples: tuple[Example, ...], mirror: Mirror, tmp_path: Path
) -> None:
    photo, instances, _ = examples[1].open()
    Image.fromarray(photo).save(tmp_path / "my street.png")
    page.upload("open-photo", tmp_path / "my street.png")
    expect(page.image).to_have_attribute("alt", "my street: 0 objects")
    target = instances[largest(examples[1])].modal
    page.use("add")
    page.click(*inside(target))
    expect(page.button("add")).to_be_visible()
    page.button("add").click()
    expect(page.shapes).to_have_count(1)
    expect(page.gallery).to_have_count(21)
    masks = json.loads(page.download("save_masks", tmp_path / "masks.json").read_text())
    assert len(masks["annotations"]) == 1
    with zipfile.ZipFile(page.download("save_layers", tmp_path / "layers.zip")) as archive:
        assert "layers.json" in archive.namelist()
    if mirror.manifest.parent == BUNDLED:
        expect(page.tab.locator("#notices p")).to_have_count(0)
    else:  # the Hub serves other bytes than the pinned ones
        expect(page.tab.locator("#notices")).to_contain_text("GrabCut")


def test_a_project_is_saved_and_opened_again(
    page: Page, examples: tuple[Example, ...], tmp_path: Path
) -> None:
    # OpenRaster paints what is hidden of every object: few objects, little to wait for.
    example = min(examples, key=lambda example: len(example.open().instances))
    instances = example.open().instances
    page.open_example(example.title)
    by_size = sorted(instances, key=lambda instance: instance.area)
    page.select(by_size[-2])
    page.gallery.nth(2).click()
    expect(page.gallery.nth(2)).to_have_class(re.compile("selected"))
    page.select(by_size[-1])
    before = page.shown()
    page.button("delete").click()
    page.wait_for_change(before)
    saved = page.shown()
    path = page.download("save_project", tmp_path / "street.zip")
    with zipfile.ZipFile(page.download("save_openraster", tmp_path / "street.ora")) as archive:
        assert archive.namelist()[0] == "mimetype"

    page.select(by_size[-2])
    page.button("delete").click()
    page.wait_for_change(saved)
    page.upload("open-project", path)
    expect(page.image).to_have_attribute("src", saved)
    expect(page.image).to_have_attribute("alt", re.compile(f"^{re.escape(example.title)}"))
    expect(page.shapes).to_have_count(len(instances) - 1)
    expect(page.button("undo")).to_be_disabled()
    page.select(by_size[-2])
    expect(page.gallery.nth(2)).to_have_class(re.compile("selected"))


@pytest.mark.parametrize(
    ("button", "name", "content"),
    [
        ("open-photo", "words.png", b"this is no picture"),
        ("open-photo", "cut.jpg", "truncated"),
        ("import-masks", "masks.json", b'{"annotations": ['),
        ("open-project", "project.zip", b"this is no project"),
    ],
)
def test_a_bad_file_is_told_and_the_session_stays(
    page: Page,
    examples: tuple[Example, ...],
    tmp_path: Path,
    button: str,
    name: str,
    content: bytes | str,
) -> None:
    if content == "truncated":
        Image.fromarray(examples[0].open()[0]).save(tmp_path / "whole.jpg")
        content = (tmp_path / "whole.jpg").read_bytes()[:3000]
    (tmp_path / name).write_bytes(content)
    before, count = page.shown(), page.shapes.count()
    page.upload(button, tmp_path / name)
    expect(page.toast).to_be_visible()
    expect(page.toast).to_contain_text(re.compile(r"\w{3,}.*\."))
    assert page.shown() == before
    assert page.shapes.count() == count


def test_keys_edit_and_compare(page: Page, examples: tuple[Example, ...]) -> None:
    example = next(each for each in examples if each.title == "Row of parked cars")
    instances = example.open().instances
    page.open_example(example.title)
    page.select(next(each for each in instances if each.name == "car 2"))
    photo, keyboard = page.shown(), page.tab.keyboard
    keyboard.press("Delete")
    page.wait_for_change(photo)
    edited = page.shown()
    expect(page.shapes).to_have_count(len(instances) - 1)

    keyboard.down("c")
    expect(page.image).to_have_attribute("src", photo)
    outlines = page.tab.locator("#stage svg")
    expect(outlines).to_have_css("opacity", "0")
    keyboard.up("c")
    expect(page.image).to_have_attribute("src", edited)
    expect(outlines).to_have_css("opacity", "1")

    keyboard.press("Control+z")
    expect(page.image).to_have_attribute("src", photo)
    keyboard.press("Control+Shift+z")
    expect(page.image).to_have_attribute("src", edited)

    page.tab.locator('#stage [data-do="compare"]').hover()
    page.tab.mouse.down()
    page.tab.wait_for_timeout(300)  # the focus comes to the button, and the photo must stay
    expect(page.image).to_have_attribute("src", photo)
    page.tab.mouse.up()
    expect(page.image).to_have_attribute("src", edited)


def test_a_car_is_turned_by_the_slider(page: Page, examples: tuple[Example, ...]) -> None:
    example = next(each for each in examples if each.title == "Row of parked cars")
    instances = example.open().instances
    page.open_example(example.title)
    page.select(next(each for each in instances if each.name == "car 3"))
    expect(page.tab.locator("#turning")).to_contain_text("generative preview")
    before, outline = (
        page.shown(),
        page.shapes.evaluate_all("all => all.map(each => each.outerHTML)"),
    )
    page.slide("turn", 60)
    page.wait_for_change(before)
    assert page.shapes.evaluate_all("all => all.map(each => each.outerHTML)") != outline
    page.button("undo").click()
    expect(page.image).to_have_attribute("src", before)
    expect(page.tab.locator("#turn input[type=number]")).to_have_value("0")
    page.select(next(each for each in instances if each.category == "person"))
    expect(page.tab.locator("#turning")).to_be_hidden()


def test_two_tabs_do_not_mix(app: str, chromium: Browser, examples: tuple[Example, ...]) -> None:
    one, two = Page(chromium, app), Page(chromium, app)
    one.open_example(examples[1].title)
    two.open_example(examples[2].title)
    shown = two.shown()
    instances = examples[1].open().instances
    one.select(instances[largest(examples[1])])
    before = one.shown()
    one.button("delete").click()
    one.wait_for_change(before)
    assert two.shown() == shown
    expect(two.image).to_have_attribute("alt", re.compile(f"^{re.escape(examples[2].title)}"))
    expect(two.button("undo")).to_be_disabled()
    expect(two.tab.locator("#object")).to_be_hidden()
    assert one.errors == two.errors == []
    one.close()
    two.close()


def test_a_study_is_started_answered_and_saved(page: Page, tmp_path: Path) -> None:
    page.tab.get_by_role("tab", name=text.TAB_STUDY).click()
    progress, tally = page.tab.locator("#study-progress"), page.tab.locator("#study-tally")
    page.button("study-start").click()
    expect(progress).to_contain_text("1 of 12")
    expect(page.tab.locator("#study-pictures img")).to_have_count(3)
    expect(page.button("study-csv")).to_be_disabled()
    page.button("study-left").click()
    expect(progress).to_contain_text("2 of 12")
    page.button("study-left").focus()
    page.tab.keyboard.press("Tab")  # from A to B
    page.tab.keyboard.press("Enter")
    expect(progress).to_contain_text("3 of 12")
    votes = re.findall(r"\((\d+)\svotes?\)", tally.inner_text())
    assert sum(map(int, votes)) == 2
    rows = page.download("study-csv", tmp_path / "study.csv").read_text().splitlines()
    assert [row.rsplit(",", 1)[1] for row in rows] == ["answer", "left", "right"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_it_fits_the_window(
    app: str,
    chromium: Browser,
    examples: tuple[Example, ...],
    name: str,
    size: tuple[int, int],
    scheme: str,
) -> None:
    page = Page(chromium, app, size, scheme)
    SCREENSHOTS.mkdir(exist_ok=True)
    page.tab.wait_for_function("document.querySelector('#stage img').complete")
    page.tab.screenshot(path=SCREENSHOTS / f"{name}-{scheme}-opened.png")
    instances = examples[0].open().instances
    label = instances[largest(examples[0])].name
    page.tab.locator(f'#stage path.shape[aria-label="{label}"]').focus()
    page.tab.keyboard.press("Enter")
    expect(page.gallery).to_have_count(21)
    expect(page.tab.locator("#chance img")).to_be_visible()
    page.tab.wait_for_timeout(300)  # until the thumbnails have faded in
    page.tab.screenshot(path=SCREENSHOTS / f"{name}-{scheme}-selected.png", full_page=True)
    width = page.tab.evaluate("document.scrollingElement.scrollWidth")
    assert width <= size[0], "the page is wider than the window"
    stage = page.tab.locator("#stage").bounding_box()
    assert stage["height"] > 200
    assert page.errors == []
    page.close()


def test_saying_what_belongs_to_the_hidden_shape(page: Page, examples: tuple[Example, ...]) -> None:
    instances = examples[1].open().instances
    page.open_example(examples[1].title)
    target = instances[largest(examples[1])]
    page.select(target)
    before = page.gallery_sources()
    page.use("clue")
    expect(page.tab.locator("#points")).to_be_visible()
    page.click(*beside(target.modal))
    expect(page.tab.locator("#stage circle.point")).to_have_count(1)
    expect(page.tab.locator("#hint")).to_contain_text("with your marks")
    page.wait_for_gallery(before, changed=True)

    # The same by keyboard: a cross, moved by arrows, marks what isn't the object.
    page.tab.locator("#points label").nth(1).click()
    page.tab.locator("#stage svg").focus()
    page.tab.keyboard.press("Shift+ArrowUp")
    expect(page.tab.locator("#stage .cross")).to_be_attached()
    for _ in range(30):
        page.tab.keyboard.press("Shift+ArrowUp")
    page.tab.keyboard.press("Enter")
    expect(page.tab.locator("#stage circle.off")).to_have_count(1)

    page.button("undo").click()
    expect(page.tab.locator("#stage circle.point")).to_have_count(1)
    page.button("undo").click()
    expect(page.tab.locator("#stage circle.point")).to_have_count(0)
    expect(page.gallery).to_have_count(21)
    page.wait_for_gallery(before, changed=False)
