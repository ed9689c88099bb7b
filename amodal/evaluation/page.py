"""A page of the docs whose tables are filled from result files.

A table stands between `<!-- begin NAME -->` and `<!-- end NAME -->`; all else is written by hand.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from amodal.errors import AmodalError

_PLACE = re.compile(r"<!-- begin (?P<name>[\w-]+) -->.*?<!-- end (?P=name) -->", re.DOTALL)


def fill(page: str, table: Callable[[str], str]) -> str:
    """Put tables into their places.

    Args:
        page: Markdown with places.
        table: gives the table of a place's name, or raises.
    """

    def put(place: re.Match) -> str:
        name = place["name"]
        return f"<!-- begin {name} -->\n{table(name)}\n<!-- end {name} -->"

    return _PLACE.sub(put, page)


def read(folder: Path) -> dict[str, dict]:
    """The result files of a folder, by name without .json.

    Raises:
        AmodalError: there are none.
    """
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise AmodalError(f"{folder} holds no .json: make them by the command's --json.")
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def fill_file(
    program: str,
    arguments: Sequence[str] | None,
    filled: Callable[[str, Mapping[str, Mapping]], str],
) -> None:
    """The command `python -m PROGRAM FOLDER PAGE`.

    Args:
        program: its name.
        arguments: of the command line; None takes the process's.
        filled: gives the page from its text and the folder's result files.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {program}")
    parser.add_argument("folder", type=Path, help="of the JSON files")
    parser.add_argument("page", type=Path, help="to fill")
    options = parser.parse_args(arguments)
    page = options.page.read_text(encoding="utf-8")
    options.page.write_text(filled(page, read(options.folder)), encoding="utf-8")
