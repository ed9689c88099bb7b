"""What the loopback Hub holds: repos of commits of blobs, and the faults that tests ask for."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

LFS_SUFFIXES = (".safetensors", ".onnx", ".pt", ".bin")


@lru_cache
def _file_sha256(path: Path, _changed: int) -> str:
    """The real weights are large, and every test starts a Hub with them."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Blob:
    """A file's content, in memory or on disk."""

    content: bytes | Path

    @property
    def size(self) -> int:
        known = isinstance(self.content, bytes)
        return len(self.content) if known else self.content.stat().st_size

    def read(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()

    def sha256(self) -> str:
        if isinstance(self.content, bytes):
            return hashlib.sha256(self.content).hexdigest()
        return _file_sha256(self.content, self.content.stat().st_mtime_ns)

    def git_oid(self) -> str:
        data = self.read()
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class Repo:
    """The commits of a repo, each a map from path to blob; a folder's repo takes any commit."""

    head: str = "0" * 40
    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    any_commit: bool = False

    def find(self, revision: str) -> tuple[str, dict[str, Blob]] | None:
        """The commit and the files of a revision, or None."""
        commit = self.head if revision == "main" else revision
        if commit in self.commits:
            return commit, self.commits[commit]
        if self.any_commit and re.fullmatch(r"[0-9a-f]{40}", commit):
            return commit, self.commits[self.head]
        return None

    def commit(self, changed: dict[str, Blob]) -> str:
        files = {**self.commits.get(self.head, {}), **changed}
        names = "".join(f"{name}{blob.sha256()}" for name, blob in sorted(files.items()))
        self.head = hashlib.sha1(f"{self.head}{names}".encode()).hexdigest()
        self.commits[self.head] = files
        return self.head


@dataclass
class Fault:
    """Something that goes wrong with a file.

    Args:
        status: answer with this HTTP status.
        delay: wait so many seconds first.
        cut: announce the whole body, send so many bytes, hang up.
        short: announce and send so many bytes only.
        method: GET or HEAD; PUT for the file "upload", which stands for all of them.
        times: how often, then the file is well again.
    """

    status: int | None = None
    delay: float = 0.0
    cut: int | None = None
    short: int | None = None
    method: str = "GET"
    times: int = 1_000_000


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
