"""A large output in parts: each is written once and for all, so that a killed run goes on.

A part is a file of JSON lines, one an annotation; its last line is a summary that also says how
many there are, so half a part is told from a whole one. `plan.json` says which run they are of.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amodal.data.annotated import Skipped
from amodal.data.segmentation import short
from amodal.errors import AmodalError


@dataclass(frozen=True, eq=False)
class Summary:
    """What a part holds, or all of them.

    Args:
        completed: annotations in it.
        skipped: annotations left out.
        unknown: objects of a class that is not ours, by its name; they are completed all the same.
    """

    completed: int = 0
    skipped: Skipped = field(default_factory=Skipped)
    unknown: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Summary) -> Summary:
        counts = self.skipped.counts + other.skipped.counts
        skipped = Skipped(counts, other.skipped.first | self.skipped.first)
        return Summary(self.completed + other.completed, skipped, self.unknown + other.unknown)

    def to_json(self) -> dict[str, Any]:
        return {
            "completed": self.completed,
            "skipped": dict(self.skipped.counts),
            "first_skipped": self.skipped.first,
            "unknown_class": dict(self.unknown),
        }


class Parts:
    """The parts of one output, in a folder beside it."""

    def __init__(self, out: Path, count: int, plan: Mapping[str, Any]) -> None:
        """
        Args:
            out: the output.
            count: of parts.
            plan: everything that the parts depend on.
        """
        self.out, self.count, self.plan = out, count, dict(plan)
        self.folder = out.with_name(out.name + ".parts")

    def open(self) -> None:
        """Make the folder, or see that its parts are of this run.

        Raises:
            AmodalError: they are of another one, or the folder can't be made.
        """
        path = self.folder / "plan.json"
        with _explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.plan, indent=1)
        if not path.is_file():
            _write(path, text)
        elif path.read_text() != text:
            raise AmodalError(
                f"{self.folder} holds parts of a run with another input, other weights or settings:"
                " repeat that run, give another --out, or delete the folder."
            )

    def path(self, part: int) -> Path:
        return self.folder / f"{part:06d}.jsonl"

    def write(self, part: int, annotations: Iterable[Mapping[str, Any]], summary: Summary) -> None:
        lines = [json.dumps(annotation) for annotation in annotations]
        _write(self.path(part), "\n".join([*lines, json.dumps(summary.to_json())]) + "\n")

    def read(self, part: int) -> tuple[list[str], Summary] | None:
        """A part's lines and its summary; None where it is missing or half written."""
        try:
            *lines, last = self.path(part).read_text().splitlines()
            fields = json.loads(last)
            skipped = Skipped(Counter(fields["skipped"]), fields["first_skipped"])
            summary = Summary(fields["completed"], skipped, Counter(fields["unknown_class"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return (lines, summary) if summary.completed == len(lines) else None

    def merge(self, document: Mapping[str, Any]) -> Summary | None:
        """Write the output from all parts, then delete them; None while parts are missing.

        Args:
            document: the other entries of the output. `info` gets the plan and the summary.

        Raises:
            AmodalError: the output can't be written.
        """
        if any(self.read(part) is None for part in range(self.count)):
            return None
        with _explained(self.out):
            total = self._write_all(document)
            shutil.rmtree(self.folder)
        return total

    def _write_all(self, document: Mapping[str, Any]) -> Summary:
        total = Summary()
        partial = self.out.with_name(f"{self.out.name}.{os.getpid()}.partial")
        with partial.open("w") as file:
            file.write('{"annotations": [')
            for part in range(self.count):
                lines, summary = self.read(part)
                for number, line in enumerate(lines):
                    file.write("\n" if total.completed + number == 0 else ",\n")
                    file.write(line)
                total = total + summary
            file.write("\n]")
            for key, value in self._others(document, total).items():
                file.write(f",\n{json.dumps(key)}: {json.dumps(value)}")
            file.write("}\n")
        partial.replace(self.out)
        return total

    def _others(self, document: Mapping[str, Any], total: Summary) -> dict[str, Any]:
        """Every entry of the output but the annotations."""
        info = document.get("info")
        info = dict(info) if isinstance(info, Mapping) else {}
        info["completion"] = self.plan | total.to_json()
        kept = {key: value for key, value in document.items() if key != "annotations"}
        return kept | {"info": info}


def _write(path: Path, text: str) -> None:
    with _explained(path):
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        partial.write_text(text)
        partial.replace(path)  # an interruption never leaves half a file


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn a failure to write into one clear line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise AmodalError(f"Can't write {short(str(path))} ({reason}).") from error
