"""The project's pages, and the commands and links that are written in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = tuple(sorted((*ROOT.glob("*.md"), *ROOT.glob("[a-z]*/*.md"))))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
ENDS = ("&&", "||", "|", ";", "&", "(", ")")
PYTHON = re.compile(r"(.*/)?python(3(\.\d+)?)?")


@dataclass(frozen=True)
class Command:
    """One command of a page.

    Args:
        page: where it stands, relative to the root.
        words: without comments and variables before it; any Python is "python".
    """

    page: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return shlex.join(self.words)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def commands() -> list[Command]:
    """All commands in `bash` blocks, each once, in the order of the pages."""
    found = {
        Command(name(page), words): None
        for page in PAGES
        for language, block in BLOCK.findall(page.read_text(encoding="utf-8"))
        if language == "bash"
        for words in split(block)
    }
    return list(found)


def split(block: str) -> Iterator[tuple[str, ...]]:
    """The commands of a block: continued lines and quotes joined, `a && b | c` taken apart."""
    line = ""
    for part in block.splitlines():
        line = f"{line[:-1]} {part}" if line.endswith("\\") else f"{line}\n{part}".strip()
        if line.endswith("\\"):
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:  # a quotation goes on in the next line
            continue
        line = ""
        yield from _apart(words)
    if line:
        raise ValueError(f"This command has no end: {line}")


def _apart(words: list[str]) -> Iterator[tuple[str, ...]]:
    command: list[str] = []
    for word in (*words, ";"):
        if word in ENDS:
            if command:
                yield tuple(command)
            command = []
        elif command or not re.fullmatch(r"[A-Z_]+=.*", word):
            command.append("python" if not command and PYTHON.fullmatch(word) else word)


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def anchor(heading: str) -> str:
    """What GitHub calls a heading in an address."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
