"""Fill the tables of a page: `python -m amodal.evaluation.edit_results FOLDER docs/edits.md`.

FOLDER holds what `amodal.evaluation.edits --json` wrote, such as bench.json. The page's places
(amodal.evaluation.page) are named like bench-all: the file's name, and one of edit_tables.TABLES.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from amodal.command import command
from amodal.errors import AmodalError
from amodal.evaluation import page as page_of_tables
from amodal.evaluation.edit_tables import TABLES, Document


def fill(page: str, files: Mapping[str, Document]) -> str:
    """Put the tables into their places.

    Args:
        page: Markdown with places.
        files: documents by the names of their files, without .json.

    Raises:
        AmodalError: a place names no known file or no known table.
    """

    def table(place: str) -> str:
        name, _, kind = place.rpartition("-")
        if name not in files or kind not in TABLES:
            raise AmodalError(
                f"Place {place!r}: expected one of the files {', '.join(files)}, a hyphen, "
                f"and one of the tables {', '.join(TABLES)}."
            )
        return TABLES[kind](files[name])

    return page_of_tables.fill(page, table)


@command("amodal.evaluation.edit_results")
def main(arguments: Sequence[str] | None = None) -> None:
    page_of_tables.fill_file("amodal.evaluation.edit_results", arguments, fill)


if __name__ == "__main__":
    sys.exit(main())
