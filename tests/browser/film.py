"""Records the README's animated picture from the running app: `python -m tests.browser.film`.

A visitor selects a half-hidden taxi, looks at its possible shapes, chooses one, drags the taxi in
front away, deletes it, drags the hidden one nearer, and compares with the photo. A frame is a
screenshot, with a pointer drawn where the mouse is; the app's answers are waited for between two
frames, so waiting takes no time in the picture. Serve the app with MI-GAN, as users have it.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import expect, sync_playwright

from amodal.scene import Instance
from demo.examples import find_examples
from tests.browser.chromium import open_chromium
from tests.browser.page import Page, inside

WINDOW = 1180, 1240  # tall enough for the stage and the strip of shapes below it
WIDTH = 800  # of the picture
STEP = 70  # milliseconds of a frame in which the pointer moves
POINTER = ((0, 0), (0, 17), (4, 13), (7, 20), (10, 19), (7, 12), (12, 12))
HIDDEN, FRONT = "taxi 2", "taxi 1"
DRAG_IS_OVER = "document.querySelector('#stage canvas').hidden"


class Film:
    """Frames of a page, and the mouse that a viewer sees in them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames: list[Image.Image] = []
        self.times: list[int] = []
        top, last = (page.tab.locator(f"#{id}").bounding_box() for id in ("tabs", "shapes-part"))
        height = last["y"] + last["height"] - top["y"]
        self.clip = {"x": 0, "y": top["y"] - 8, "width": WINDOW[0], "height": height + 16}
        self.at = (0.5 * WINDOW[0], top["y"] + 0.7 * height)

    def shoot(self, milliseconds: int) -> None:
        """One frame, shown for so long."""
        picture = Image.open(io.BytesIO(self.page.tab.screenshot(clip=self.clip))).convert("RGB")
        x, y = self.at[0] - self.clip["x"], self.at[1] - self.clip["y"]
        outline = [(x + 1.6 * right, y + 1.6 * down) for right, down in POINTER]
        ImageDraw.Draw(picture).polygon(outline, fill="white", outline="black", width=2)
        height = round(WIDTH * picture.height / picture.width)
        self.frames.append(picture.resize((WIDTH, height), Image.Resampling.LANCZOS))
        self.times.append(milliseconds)

    def go(self, point: Sequence[float], steps: int = 5) -> None:
        """Move the mouse to a point of the window, slower at both ends."""
        start = self.at
        for step in range(1, steps + 1):
            share = step / steps
            share = share * share * (3 - 2 * share)
            self.at = tuple(a + share * (b - a) for a, b in zip(start, point, strict=True))
            self.page.tab.mouse.move(*self.at)
            self.shoot(STEP)

    def go_to(self, selector: str, number: int = 0) -> None:
        box = self.page.tab.locator(selector).nth(number).bounding_box()
        self.go((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))

    def drag(self, way: tuple[float, float]) -> None:
        """Drag what is under the mouse, and show the real picture that follows."""
        before = self.page.shown()
        self.page.tab.mouse.down()
        self.go((self.at[0] + way[0], self.at[1] + way[1]), steps=10)
        self.page.tab.mouse.up()
        self.page.wait_for_change(before)
        self.page.tab.wait_for_function(DRAG_IS_OVER)
        self.shoot(700)

    def press(self) -> None:
        self.page.tab.mouse.down()
        self.page.tab.mouse.up()

    def save(self, path: Path) -> None:
        self.frames[0].save(
            path,
            save_all=True,
            append_images=self.frames[1:],
            duration=self.times,
            loop=0,
            quality=70,
            method=4,
        )
        seconds, size = sum(self.times) / 1000, path.stat().st_size / 1e6
        print(f"{path}: {len(self.frames)} frames, {seconds:.1f} s, {size:.2f} MB")


def act(film: Film, instances: dict[str, Instance]) -> None:
    """What happens in the film."""
    page = film.page
    hidden, front = (page.where(*inside(instances[name].modal)) for name in (HIDDEN, FRONT))
    photo = page.shown()
    film.shoot(400)
    film.go(hidden)
    film.press()
    expect(page.tab.locator("#about-object")).to_contain_text(HIDDEN)
    expect(page.gallery).to_have_count(21)
    page.wait_for_kit()
    film.shoot(900)
    for number in (2, 6):
        film.go_to("#shapes .thumbnail-item", number)
        expect(page.tab.locator("#stage .preview")).to_be_attached()
        film.shoot(350)
    film.press()
    expect(page.tab.locator("#shapes .thumbnail-item.selected")).to_be_visible()
    film.shoot(400)

    film.go(front)
    film.drag((190, 20))
    before = page.shown()
    page.tab.keyboard.press("Delete")
    page.wait_for_change(before)
    page.wait_for_kit()
    film.shoot(700)

    film.go(hidden)
    film.drag((150, 75))
    film.go_to("#stage [data-do=compare]")
    edited = page.shown()
    page.tab.mouse.down()
    expect(page.image).to_have_attribute("src", photo)
    page.tab.wait_for_timeout(300)
    film.shoot(900)
    page.tab.mouse.up()
    expect(page.image).to_have_attribute("src", edited)
    page.tab.wait_for_timeout(300)
    film.shoot(1000)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.film", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:7860", help="of the running app")
    parser.add_argument("--out", type=Path, default=Path("docs/app.webp"))
    options = parser.parse_args()
    example = find_examples()[0]
    instances = {each.name: each for each in example.open().instances}
    with sync_playwright() as playwright:
        browser = open_chromium(playwright)
        page = Page(browser, options.url, WINDOW)
        expect(page.gallery).to_have_count(21)  # it opens with an object selected
        film = Film(page)
        page.open_example(example.title)
        page.wait_for_kit()
        page.tab.wait_for_timeout(500)
        act(film, instances)
        page.close()
        browser.close()
    film.save(options.out)


if __name__ == "__main__":
    main()
