"""Time from a click to the gallery of shapes: `python -m tests.browser.measure [URL]`.

The app must be running. Prints the median over the objects of the first example, clicked one after
the other, beside the time of a page reload in the same run.
"""

from __future__ import annotations

import statistics
import sys
import time

from playwright.sync_api import sync_playwright

from demo.examples import find_examples
from tests.browser.chromium import open_chromium
from tests.browser.page import Page

SHAPES = "document.querySelectorAll('#shapes .thumbnail-item img').length"
SOURCES = "Array.from(document.querySelectorAll('#shapes .thumbnail-item img'), i => i.src).join()"
CHANGED = f"before => {SHAPES} > 1 && ({SOURCES}) !== before"


def main() -> None:
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7860"
    instances = find_examples()[0].open().instances
    with sync_playwright() as playwright:
        browser = open_chromium(playwright)
        start = time.perf_counter()
        page = Page(browser, url)
        reload = time.perf_counter() - start
        page.tab.wait_for_timeout(3000)
        times = []
        for instance in sorted(instances, key=lambda instance: -instance.area)[:6]:
            before = page.tab.evaluate(SOURCES)
            start = time.perf_counter()
            page.select(instance)
            page.tab.wait_for_function(CHANGED, arg=before, polling=10)
            times.append(time.perf_counter() - start)
        browser.close()
    print("click to gallery, ms:", ", ".join(f"{1000 * value:.0f}" for value in times))
    median = statistics.median(times)
    print(f"median {1000 * median:.0f} ms; {median / reload:.2f} of a page load ({reload:.2f} s)")


if __name__ == "__main__":
    main()
