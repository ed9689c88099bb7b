"""The turner that comes with the weights."""

from __future__ import annotations

from collections.abc import Callable

from amodal.hub import BUNDLED, Notice
from amodal.pose.checkpoint import FILE
from amodal.pose.gallery import FILE as GALLERY
from amodal.pose.gallery import Gallery
from amodal.pose.turner import Turner


def load_turner(
    progress: Callable[[int, int], None] | None = None, device: str = "auto"
) -> tuple[Turner, Notice | None]:
    """The pose network and its gallery. Nothing is downloaded, so there is never a notice.

    Raises:
        AmodalError: a file is missing or damaged.
    """
    return Turner(BUNDLED / FILE, Gallery.load(BUNDLED / GALLERY), device), None
