"""The app as programs see it, served on loopback with small networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from amodal.segment.detect import Detector
from demo.examples import Example
from demo.handlers import Handlers
from demo.programs import programs
from demo.ui import build, look
from tests.demo_parts import examples, offline_pipeline
from tests.toy_detector import NAMES, toy_detector


@contextmanager
def serve(
    folder: Path, mcp: bool = False, scenes: Sequence[Example] | None = None
) -> Iterator[str]:
    """A running app's address, with a slash at the end.

    Args:
        folder: for its files.
        mcp: with the MCP server.
        scenes: its examples; the small street alone if left out.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "gradio"))
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        toy = Detector(toy_detector(), NAMES, "cpu")
        patch.setattr("amodal.segment.detect.load_detector", lambda progress, device: (toy, None))
        pipeline = offline_pipeline(folder / "cache")
        scenes = examples(folder / "examples") if scenes is None else scenes
        page = build(Handlers(pipeline, scenes))
        _, address, _ = page.launch(
            prevent_thread_lock=True,
            quiet=True,
            server_name="127.0.0.1",
            **programs(mcp),
            **look(),
        )
        yield address
        page.close()
