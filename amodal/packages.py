"""A Python package that is missing or broken, in words."""

from __future__ import annotations

INSTALL = "Install what the app needs with `pip install -r requirements.txt`, then start it again."


def explain(error: ImportError) -> tuple[str, str]:
    """The reason, a clause, and the remedy, a sentence, for a package that the project requires."""
    lines = str(error).strip().splitlines() or ["no reason given"]
    package = (error.name or "").split(".")[0]
    what = f"the Python package {package}" if package else "a Python package"
    return f"{what} can't be used here ({lines[0]})", INSTALL
