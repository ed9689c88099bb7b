"""Fill the tables of a page: `python -m amodal.evaluation.edit_results FOLDER docs/edits.md`.

FOLDER holds what `amodal.evaluation.edits --json` wrote, such as bench.json. A table stands in the
page between `<!-- begin bench-all -->` and `<!-- end bench-all -->`: the file's name, and one of
edit_tables.TABLES. All else there is written by hand.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from amodal.command import command
from amodal.errors import AmodalError
from amodal.evaluation.edit_tables import TABLES, Document
from amodal.evaluation.results import read


def fill(page: str, files: Mapping[str, Document]) -> str:
    """Put the tables into their places.

    Args:
        page: Markdown with places.
        files: documents by the names of their files, without .json.

    Raises:
        AmodalError: a place names no known file or no known table.
    """

    def put(match: re.Match) -> str:
        name, _, kind = match["name"].rpartition("-")
        if name not in files or kind not in TABLES:
            raise AmodalError(
                f"Place {match['name']!r}: expected one of the files {', '.join(files)}, a hyphen, "
                f"and one of the tables {', '.join(TABLES)}."
            )
        body = TABLES[kind](files[name])
        return f"<!-- begin {match['name']} -->\n{body}\n<!-- end {match['name']} -->"

    place = r"<!-- begin (?P<name>[\w-]+) -->.*?<!-- end (?P=name) -->"
    return re.sub(place, put, page, flags=re.DOTALL)


@command("amodal.evaluation.edit_results")
def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m amodal.evaluation.edit_results")
    parser.add_argument("folder", type=Path, help="of the JSON files")
    parser.add_argument("page", type=Path, help="to fill")
    options = parser.parse_args(arguments)
    page = options.page.read_text(encoding="utf-8")
    options.page.write_text(fill(page, read(options.folder)), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
