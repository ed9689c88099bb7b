"""The page in the process of the tests, on loopback: for tests that change a part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import gradio as gr
import pytest

from demo.ui import look


@contextmanager
def served_page(
    folder: Path, build: Callable[[], gr.Blocks], **options: object
) -> Iterator[tuple[gr.Blocks, str]]:
    """The running page, and its address with a slash at the end.

    Args:
        folder: for its files.
        build: makes the page. It is called here, for Gradio's folder has to be set by then.
        options: of its launch.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "gradio"))
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        page = build()
        try:
            _, url, _ = page.launch(
                server_name="127.0.0.1",
                prevent_thread_lock=True,
                quiet=True,
                **options,
                **look(),
            )
            yield page, url
        finally:
            page.close()
