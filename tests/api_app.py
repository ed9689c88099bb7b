"""The app as programs see it, served on loopback with small networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from demo.examples import Example
from demo.handlers import Handlers
from demo.programs import programs
from demo.ui import build
from tests.demo_parts import examples, offline_pipeline
from tests.served_page import served_page
from tests.toy_detector import detecting_toys


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
    scenes = examples(folder / "examples") if scenes is None else scenes
    handlers = Handlers(offline_pipeline(folder / "cache"), scenes)
    with (
        detecting_toys(),
        served_page(folder, lambda: build(handlers), **programs(mcp)) as (_, url),
    ):
        yield url
