"""The demo's numbers as a user meets them: `python -m tests.browser.measure [URL]`.

The app must be running and the machine idle. Prints: the time until the first page can be used;
frames a second while an object is dragged in a scene of 20 layers on a photo of 1242 x 375, beside
those of the idle page in the same run; the bytes of that scene's stage; the time from pointing at a
sample to its preview; the time from a click to the shapes; how far the page jumps while it loads.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from amodal.data.coco import write_instances
from amodal.photo import save_png
from amodal.scene import Instance
from demo.examples import Example, find_examples
from tests.browser.chromium import open_chromium
from tests.browser.page import DESKTOP, HAS_KIT, PHONE, Page, inside

LAYERS = 20
SECONDS = 4
WIDE = "Bus behind a car"  # 1242 x 375
SOURCES = "Array.from(document.querySelectorAll('#shapes .thumbnail-item img'), i => i.src).join()"
READY = f"{HAS_KIT} && document.querySelector('#stage .whole')"
COUNT_FRAMES = """() => {
  window.frames_ = [];
  const count = time => {
    window.frames_.push(time);
    window.counting = requestAnimationFrame(count);
  };
  window.counting = requestAnimationFrame(count);
}"""
STOP_COUNTING = "() => { cancelAnimationFrame(window.counting); return window.frames_; }"
WATCH_JUMPS = """
window.jump = 0;
new PerformanceObserver(list => list.getEntries().forEach(each => {
  if (!each.hadRecentInput) window.jump += each.value;
})).observe({ type: "layout-shift", buffered: true });
"""
STAGE_BYTES = """() => [
  performance.getEntriesByType("resource")
    .filter(each => /file=.*(photo.jpg|plate.jpg|sprite.webp)/.test(each.name))
    .reduce((sum, each) => sum + each.encodedBodySize, 0),
  document.querySelector("#stage svg").outerHTML.length,
]"""
HOVER = """tile => new Promise(resolve => {
  const start = performance.now();
  const stage = document.querySelector("#stage svg");
  new MutationObserver((_, observer) => {
    if (!stage.querySelector(".preview")) return;
    observer.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - start));
  }).observe(stage, { childList: true });
  tile.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  tile.dispatchEvent(new PointerEvent("pointerenter"));
})"""


def main() -> None:
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7860"
    with sync_playwright() as playwright:
        browser = open_chromium(playwright)
        loading(browser, url)
        clicking(browser, url)
        for size, name in ((DESKTOP, "desktop"), (PHONE, "phone")):
            print(f"page jump while loading, {name}: {jump(browser, url, size):.3f}")
        dragging(browser, url)
        browser.close()


def loading(browser: Browser, url: str) -> None:
    """Page load to the first object with its shapes, on a fresh profile each time."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        page = Page(browser, url)
        page.tab.wait_for_selector("#stage .whole", state="attached")
        page.tab.wait_for_selector("#shapes .thumbnail-item img")
        times.append(time.perf_counter() - start)
        page.close()
    median = statistics.median(times)
    print(f"page load to an object completed: median {median:.2f} s of {_list(times)}")


def clicking(browser: Browser, url: str) -> None:
    """Click to gallery, over the objects of the first example."""
    page = Page(browser, url)
    page.tab.wait_for_function(READY)
    times = []
    instances = find_examples()[0].open().instances
    for instance in sorted(instances, key=lambda instance: -instance.area)[:6]:
        before = page.tab.evaluate(SOURCES)
        start = time.perf_counter()
        page.click(*inside(instance.modal))
        page.tab.wait_for_function(f"was => ({SOURCES}) !== was", arg=before, polling=10)
        times.append(time.perf_counter() - start)
    page.close()
    print(f"click to shapes: median {statistics.median(times):.2f} s of {_list(times)}")


def jump(browser: Browser, url: str, size: tuple[int, int]) -> float:
    """The cumulative layout shift (CLS) of a page load; 0 is none, below 0.1 is called good."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    tab = context.new_page()
    tab.add_init_script(WATCH_JUMPS)
    tab.goto(url)
    tab.wait_for_function(READY)
    tab.wait_for_timeout(500)
    value = tab.evaluate("window.jump")
    context.close()
    return value


def dragging(browser: Browser, url: str) -> None:
    """A large object across a photo with 20 layers."""
    example = next(each for each in find_examples() if each.title == WIDE)
    instances = twenty(example)
    page = Page(browser, url)
    page.tab.evaluate("performance.clearResourceTimings()")
    with tempfile.TemporaryDirectory() as folder:
        save_png(example.open().photo, Path(folder, "wide.png"))
        masks = Path(folder, "masks.json")
        masks.write_text(json.dumps(write_instances(instances, "wide.png")))
        page.upload("open-photo", Path(folder, "wide.png"))
        page.tab.wait_for_function("document.querySelector('#stage img').alt.startsWith('wide')")
        page.upload("import-masks", masks)
        count = "document.querySelectorAll('#stage .shape').length"
        page.tab.wait_for_function(f"{count} >= {LAYERS - 2}")
    target = max(instances, key=lambda instance: instance.area)
    page.select(target)
    page.tab.wait_for_function(READY)
    page.tab.wait_for_timeout(1500)
    pictures, outlines = page.tab.evaluate(STAGE_BYTES)
    print(
        f"stage of {len(instances)} layers: {pictures / 1e6:.2f} MB of pictures, "
        f"{outlines / 1e6:.2f} MB of outlines"
    )
    idle, _ = frames(page, lambda: page.tab.wait_for_timeout(1000 * SECONDS))
    x, y = inside(target.modal)
    ticks = np.arange(60 * SECONDS)
    path = [
        page.where(x + right, y + down)
        for right, down in zip(60 * np.sin(ticks / 15), 12 * np.sin(ticks / 9), strict=True)
    ]
    page.tab.mouse.move(*page.where(x, y))
    page.tab.mouse.down()
    page.tab.mouse.move(*path[5])
    rate, slow = frames(page, lambda: [page.tab.mouse.move(*point) for point in path])
    page.tab.mouse.up()
    print(
        f"drag: {rate:.1f} frames a second (the page at rest: {idle:.1f}), "
        f"95 % of them at most {slow:.0f} ms apart"
    )
    page.tab.wait_for_function("document.querySelector('#stage canvas').hidden")
    page.button("undo").click()
    page.tab.wait_for_timeout(1500)
    tiles = page.tab.locator("#shapes .thumbnail-item")
    times = [tiles.nth(number).evaluate(HOVER) for number in range(3, 9)]
    print(f"pointing at a sample to its preview: median {statistics.median(times):.1f} ms")
    print("errors in the console:", page.errors or "none")
    page.close()


def frames(page: Page, act: Callable[[], object]) -> tuple[float, float]:
    """Frames a second while something is done, and the 95th percentile between two, ms."""
    page.tab.evaluate(COUNT_FRAMES)
    act()
    times = page.tab.evaluate(STOP_COUNTING)
    gaps = np.diff(times)
    return float(1000 / gaps.mean()), float(np.percentile(gaps, 95))


def twenty(example: Example) -> Sequence[Instance]:
    """The example's objects, the smallest ones twice, until there are 20."""
    instances = list(example.open().instances)
    free = ~np.any([each.modal for each in instances], axis=0)
    for each in sorted(instances, key=lambda instance: instance.area):
        for shift in range(-400, 401, 20):
            modal = np.roll(each.modal, shift, axis=1) & free
            if len(instances) < LAYERS and modal.sum() == each.area:
                instances.append(replace(each, modal=modal, name=f"{each.name} again", box=None))
                free &= ~modal
    return instances


def _list(times: Sequence[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in times)


if __name__ == "__main__":
    main()
