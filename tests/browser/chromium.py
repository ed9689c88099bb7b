"""Finds the Chromium that the browser tests drive: the one on the PATH, else Playwright's own.

python -m tests.browser.chromium     prints its path and version, or says what is missing
"""

from __future__ import annotations

import shutil
import subprocess
import sys

from playwright.sync_api import Browser, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
MISSING = (
    "No Chromium: install chromium or google-chrome, or run `python -m playwright install chromium`"
)


def open_chromium(playwright: Playwright) -> Browser:
    """Start it. Raises RuntimeError with one line when there is none that starts."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    try:
        return playwright.chromium.launch(executable_path=path, args=list(FLAGS))
    except (PlaywrightError, OSError, subprocess.SubprocessError) as error:
        reason = str(error).strip().splitlines()[0]
        raise RuntimeError(f"{MISSING} ({path or 'none on the PATH'}: {reason}).") from error


def main() -> None:
    with sync_playwright() as playwright:
        try:
            browser = open_chromium(playwright)
        except RuntimeError as error:
            sys.exit(str(error))
        print(shutil.which("chromium") or "Playwright's", browser.version)
        browser.close()


if __name__ == "__main__":
    main()
