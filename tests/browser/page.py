"""The app as a user sees it: what to press, and what to wait for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, Locator, expect

from amodal.scene import Instance
from demo import text

WAIT = 90_000  # milliseconds that a loaded machine may need for one answer
SOURCES = "Array.from(document.querySelectorAll('#shapes .thumbnail-item img'), i => i.src)"
HAS_KIT = "document.querySelector('#stage canvas')?.dataset.kit === 'true'"
DESKTOP, PHONE = (1440, 900), (390, 844)
expect.set_options(timeout=WAIT)


class Page:
    """One browser window with the app, opened and ready.

    Args:
        chromium: the browser.
        url: the app's address.
        size: width and height of the window.
        scheme: "light" or "dark".
    """

    def __init__(
        self,
        chromium: Browser,
        url: str,
        size: tuple[int, int] = DESKTOP,
        scheme: str = "light",
    ) -> None:
        phone = size == PHONE
        self.context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            is_mobile=phone,
            has_touch=phone,
            accept_downloads=True,
        )
        self.context.set_default_timeout(WAIT)
        self.tab = self.context.new_page()
        self.errors: list[str] = []
        self.tab.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.goto(url)
        self.image = self.tab.locator("#stage img")
        self.shapes = self.tab.locator("#stage path.shape")
        self.gallery = self.tab.locator("#shapes .thumbnail-item")
        self.toast = self.tab.locator(".toast-body")
        expect(self.image).to_have_attribute("src", re.compile("file="))

    def close(self) -> None:
        self.context.close()

    def open_example(self, title: str) -> None:
        self.tab.locator("#examples .thumbnail-item", has_text=title).click()
        expect(self.image).to_have_attribute("alt", re.compile(f"^{re.escape(title)}"))

    def upload(self, button: str, path: Path | Sequence[Path]) -> None:
        with self.tab.expect_file_chooser() as chooser:
            self.tab.locator(f"#{button}").click()
        chooser.value.set_files(path)

    def use(self, tool: str) -> None:
        self.tab.locator("#tool label", has_text=text.TOOLS[tool]).click()
        expect(self.tab.locator(f'#stage [data-tool="{tool}"]')).to_be_attached()

    def where(self, x: float, y: float) -> tuple[float, float]:
        """A point of the photo in the window's pixels."""
        svg = self.tab.locator("#stage svg")
        svg.scroll_into_view_if_needed()
        box = svg.bounding_box()
        _, _, width, height = (float(v) for v in svg.get_attribute("viewBox").split())
        return box["x"] + x / width * box["width"], box["y"] + y / height * box["height"]

    def click(self, x: float, y: float) -> None:
        self.tab.mouse.click(*self.where(x, y))

    def drag(self, start: Sequence[float], end: Sequence[float]) -> None:
        self.tab.mouse.move(*self.where(*start))
        self.tab.mouse.down()
        self.tab.mouse.move(*self.where(*end), steps=8)
        self.tab.mouse.up()

    def select(self, instance: Instance) -> None:
        """Click an object in its middle, and wait for its shapes."""
        self.click(*inside(instance.modal))
        expect(self.tab.locator("#about-object")).to_contain_text(instance.name)
        expect(self.gallery.first).to_be_visible()

    def gallery_sources(self) -> list[str]:
        """The shapes' addresses; they name the content."""
        return self.tab.evaluate(SOURCES)

    def wait_for_gallery(self, sources: list[str], *, changed: bool) -> None:
        """Wait until the shapes differ from those of `sources`, or are the same again."""
        sign = "!==" if changed else "==="
        same = f"was => JSON.stringify({SOURCES}) {sign} JSON.stringify(was)"
        self.tab.wait_for_function(same, arg=sources)

    def shown(self) -> str:
        """The picture's address; it names the content."""
        return self.image.get_attribute("src")

    def wait_for_change(self, before: str) -> None:
        expect(self.image).not_to_have_attribute("src", before)

    def wait_for_kit(self) -> None:
        """Wait until the stage has all pictures that it needs to show a drag by itself."""
        self.tab.wait_for_function(HAS_KIT)

    def slide(self, id: str, value: float) -> None:
        """Set a slider by its number."""
        number = self.tab.locator(f"#{id} input[type=number]")
        number.fill(f"{value}")
        number.blur()

    def download(self, id: str, path: Path) -> Path:
        with self.tab.expect_download() as download:
            self.tab.locator(f"#{id}").click()
        download.value.save_as(path)
        return path

    def button(self, id: str) -> Locator:
        return self.tab.locator(f"#{id}")


def inside(mask: np.ndarray) -> tuple[float, float]:
    """The middle of the thickest part of a mask, (x, y) in image pixels."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    y, x = np.unravel_index(depth.argmax(), depth.shape)
    return float(x) + 0.5, float(y) + 0.5


def beside(mask: np.ndarray) -> tuple[float, float]:
    """A point right of a mask, where it does not reach, (x, y) in image pixels; left of it when the
    photo ends there."""
    columns = np.flatnonzero(mask.any(axis=0))
    step = max(0.05 * len(columns), 2)
    right = columns[-1] + step < mask.shape[1]
    x = columns[-1] + 1 + step if right else columns[0] - step
    rows = np.flatnonzero(mask[:, columns[-1] if right else columns[0]])
    return float(x), float(rows[len(rows) // 2]) + 0.5
