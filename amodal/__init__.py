"""Amodal-VAE: sample whole object shapes from the visible part, then edit the photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amodal.errors import AmodalError
    from amodal.pipeline import Pipeline
    from amodal.scene import Instance

__version__ = "0.1.0"
__all__ = ["AmodalError", "Instance", "Pipeline"]

_HOMES = {
    "AmodalError": "amodal.errors",
    "Instance": "amodal.scene",
    "Pipeline": "amodal.pipeline",
}


def __getattr__(name: str) -> object:
    """Load the public names on first use, so that `import amodal` is instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'amodal' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
