"""What axe-core has to say about a page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

from tests.browser.page import Page

SERIOUS = ("serious", "critical")


def findings(page: Page) -> list[str]:
    """What is seriously wrong with the page as it is now, one line an element.

    What goes away within a few seconds was only fading in.
    """
    for _ in range(5):
        page.tab.wait_for_timeout(500)
        found = _serious(page)
        if not found:
            break
    return found


def _serious(page: Page) -> list[str]:
    found = Axe().run(page.tab, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for violation in found
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]
