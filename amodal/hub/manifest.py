"""`weights/manifest.json`: what each weight file is, where it comes from and how to check it.

An entry with `repo` and `revision` is third-party and is loaded from the Hub, one with `url` from
that address. An entry without them is the project's own: its files lie beside the manifest, in the
repository or in a Hub repo.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from amodal.hub.notice import WeightsUnavailable

SCHEMA = 1
FILE_NAME = "manifest.json"
OWN_KINDS = (".safetensors", ".json")
BUNDLED = Path(__file__).resolve().parents[2] / "weights"

# {protocol: {method: {metric: value in 0..1}}}, as `python -m amodal.evaluate --json` writes it.
Scores = Mapping[str, Mapping[str, Mapping[str, float]]]

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class WeightFile:
    """One file of an entry.

    Args:
        file: a plain name, without folders.
        size: bytes.
        sha256: 64 lower-case hexadecimal digits.
        what: its part in the whole, such as "stage 1: decoder and encoder of full masks".
    """

    file: str
    size: int
    sha256: str
    what: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.file, str) or not _PLAIN_NAME.fullmatch(self.file):
            raise ValueError(f"file: got {self.file!r}, expected a plain name without folders")
        if not isinstance(self.size, int) or isinstance(self.size, bool) or self.size < 0:
            raise ValueError(f"size: got {self.size!r}, expected a number of bytes")
        if not isinstance(self.sha256, str) or not _SHA256.fullmatch(self.sha256):
            raise ValueError(f"sha256: got {self.sha256!r}, expected 64 lower-case hex digits")


@dataclass(frozen=True)
class Entry:
    """One set of weights.

    Args:
        name: what the code asks for, such as "mi-gan".
        what: a line for people.
        files: the files.
        licence: SPDX identifier.
        licence_note: what the identifier does not tell.
        trained_on: the data.
        command: what made the weights, if this project did.
        time: how long that took, and on what.
        scores: measured scores.
        repo: OWNER/NAME on the Hub, for third-party weights.
        revision: commit of that repo, or a branch where the commit is not known.
        revision_note: why the revision is not a commit.
        url: address of the only file, for third-party weights that are not on the Hub.
        homepage: where the method comes from.
    """

    name: str
    what: str
    files: tuple[WeightFile, ...]
    licence: str
    licence_note: str = ""
    trained_on: str = ""
    command: str = ""
    time: str = ""
    scores: Scores = field(default_factory=dict)
    repo: str = ""
    revision: str = ""
    revision_note: str = ""
    url: str = ""
    homepage: str = ""

    def __post_init__(self) -> None:
        if not self.files:
            raise ValueError(f"files: {self.name} lists none, expected at least one")
        if bool(self.repo) != bool(self.revision):
            raise ValueError(f"revision: {self.name} needs both repo and revision, or neither")
        if self.url and (self.repo or not self.url.endswith(f"/{self.files[0].file}")):
            raise ValueError(f"url: {self.name} needs the address of its first file, and no repo")

    @property
    def is_own(self) -> bool:
        return not (self.repo or self.url)


def describe_file(path: Path, what: str = "") -> WeightFile:
    """Measure a file's size and sha256 for the manifest."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return WeightFile(path.name, path.stat().st_size, digest, what)


def read_manifest(path: Path) -> tuple[Entry, ...]:
    """Read a manifest file.

    Raises:
        WeightsUnavailable: the file is missing, no JSON, or not of this schema.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            raise ValueError(f'expected an object with "schema": {SCHEMA}')
        entries = tuple(_entry(item) for item in data["weights"])
    except OSError as error:
        raise WeightsUnavailable(
            f"The weights in {path.parent}",
            f"there is no readable {FILE_NAME} ({error.strerror or error})",
            f"Choose a folder or a Hub repo that holds a {FILE_NAME}.",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsUnavailable(
            f"The weights in {path.parent}",
            f"{path.name} is not a manifest that this version reads ({error})",
            "Publish the weights again, or update this program.",
        ) from error
    names = [file.file for entry in entries if entry.is_own for file in entry.files]
    if len(names) != len(set(names)):
        raise WeightsUnavailable(
            f"The weights in {path.parent}",
            f"{path.name} lists a file twice",
            "Correct the manifest, each file belongs to one entry.",
        )
    return entries


def write_manifest(path: Path, entries: Iterable[Entry]) -> None:
    """Write entries to `path`; empty fields are left out."""
    path.write_text(dump_manifest(entries), encoding="utf-8")


def dump_manifest(entries: Iterable[Entry]) -> str:
    """The entries as the text of a manifest file."""
    weights = [_without_empty(asdict(entry)) for entry in entries]
    return json.dumps({"schema": SCHEMA, "weights": weights}, indent=2, ensure_ascii=False) + "\n"


def replace_entry(path: Path, entry: Entry) -> None:
    """Put `entry` into the manifest at `path` in place of the one of the same name, or first."""
    entries = read_manifest(path) if path.exists() else ()
    if any(old.name == entry.name for old in entries):
        entries = tuple(entry if old.name == entry.name else old for old in entries)
    else:
        entries = (entry, *entries)
    write_manifest(path, entries)


def own_entries(path: Path) -> tuple[Entry, ...]:
    """The project's own weights of a manifest.

    Raises:
        WeightsUnavailable: the manifest can't be read, lists none, or names a file of a kind that
            could hold code.
    """
    entries = tuple(entry for entry in read_manifest(path) if entry.is_own)
    what = f"The weights in {path.parent}"
    if not entries:
        raise WeightsUnavailable(
            what,
            f"{path.name} lists no weights of this project",
            "Train them with `python -m amodal.train`, or choose a Hub repo that has them.",
        )
    for file in (file for entry in entries for file in entry.files):
        if not file.file.endswith(OWN_KINDS) or file.file == FILE_NAME:
            raise WeightsUnavailable(
                what,
                f"{file.file} is not one of the kinds that are read, {' and '.join(OWN_KINDS)}",
                "Save the weights as safetensors.",
            )
    return entries


def own_entry(path: Path, file: str) -> Entry:
    """The own entry of a manifest that a file belongs to.

    Raises:
        WeightsUnavailable: as `own_entries`, or none has such a file.
    """
    for entry in own_entries(path):
        if any(one.file == file for one in entry.files):
            return entry
    raise WeightsUnavailable(
        f"The weights in {path.parent}",
        f"{path.name} lists no {file}",
        "Choose a folder or a Hub repo that has it.",
    )


def own_files(path: Path) -> tuple[WeightFile, ...]:
    """All files of `own_entries`."""
    return tuple(file for entry in own_entries(path) for file in entry.files)


def _entry(item: dict) -> Entry:
    _refuse_unknown(item, Entry)
    files = []
    for file in item["files"]:
        _refuse_unknown(file, WeightFile)
        files.append(WeightFile(**file))
    return Entry(**{**item, "files": tuple(files)})


def _refuse_unknown(item: dict, kind: type) -> None:
    unknown = sorted(set(item) - {known.name for known in fields(kind)})
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(unknown)}")


def _without_empty(entry: dict) -> dict:
    kept = {key: value for key, value in entry.items() if value not in ("", {}, ())}
    kept["files"] = [_without_empty_file(file) for file in entry["files"]]
    return kept


def _without_empty_file(file: dict) -> dict:
    return {key: value for key, value in file.items() if value != ""}
