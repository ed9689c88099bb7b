"""A user's text inside Markdown or HTML that is shown as it was written."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"[!-/:-@\[-`{-~]")  # all of ASCII's punctuation


def verbatim(words: str) -> str:
    """The words for Gradio's Markdown: nothing in them is markup, a link or a formula."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", words)
