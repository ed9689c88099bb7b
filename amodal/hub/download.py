"""From a name to verified local files: the cache first, then the Hub or another address."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from amodal.hub.answers import HUB_ERRORS, explain, is_definite
from amodal.hub.integrity import find_problem
from amodal.hub.manifest import (
    BUNDLED,
    FILE_NAME,
    WeightFile,
    own_files,
    read_manifest,
)
from amodal.hub.notice import Notice, WeightsUnavailable
from amodal.hub.remote import (
    Connection,
    Progress,
    Source,
    ask,
    bar_class,
    connect,
    discard,
    download,
    find_cached,
    is_offline,
    parse_address,
)
from amodal.hub.web import obtain

_COMMIT = re.compile(r"[0-9a-f]{40}")
_logger = logging.getLogger(__name__)


def fetch(
    name: str,
    *,
    offline: bool = False,
    progress: Progress | None = None,
    manifest: Path = BUNDLED / FILE_NAME,
) -> Path:
    """A third-party weight file, verified by sha256; downloaded at first use.

    Args:
        name: its name in the manifest, such as "mi-gan".
        offline: use the cache only.
        progress: called with (bytes done, bytes in all); None shows a bar on a terminal.
        manifest: the file with the pins.

    Raises:
        WeightsUnavailable: it can't be had, or is not the pinned file.
        ValueError: no such name.
    """
    entries = {entry.name: entry for entry in read_manifest(manifest) if not entry.is_own}
    if name not in entries:
        raise ValueError(f"name: got {name!r}, expected one of {', '.join(sorted(entries))}")
    entry = entries[name]
    if entry.url:
        return obtain(entry, offline or is_offline(), progress)
    source = Source(entry.repo, entry.revision, name)
    return _obtain(source, entry.files, connect(offline), progress)[0]


def fetch_own(
    weights: str | None = None,
    *,
    offline: bool = False,
    progress: Progress | None = None,
    notify: Callable[[Notice], None] | None = None,
) -> Path:
    """A folder with a manifest.json and this project's own weights, every file verified.

    Args:
        weights: a folder, or OWNER/NAME[@REVISION] on the Hub (a folder of that name wins; write
            ./NAME to insist on a folder). None: what AMODAL_WEIGHTS says, else the bundled weights.
        offline: use the cache only.
        progress: called with (bytes done, bytes in all).
        notify: gets a Notice when the Hub could not be asked and a cached copy is used. None logs.

    Raises:
        WeightsUnavailable: they can't be had or are damaged. Nothing else is used instead.
    """
    chosen = weights or os.environ.get("AMODAL_WEIGHTS") or str(BUNDLED)
    folder = Path(chosen).expanduser()
    if folder.is_dir() or folder == BUNDLED:
        return check_folder(folder)
    address = parse_address(chosen)
    if address is None:
        raise WeightsUnavailable(
            f"The weights {chosen!r}",
            "there is no such folder, and it is no OWNER/NAME[@REVISION]",
            "Name a folder, or a repo on the Hugging Face Hub.",
        )
    return _snapshot(Source(*address, chosen), connect(offline), progress, notify or _log)


def check_folder(folder: Path) -> Path:
    """Verify every own file of a folder with a manifest.

    Raises:
        WeightsUnavailable: a file is missing or not what the manifest says.
    """
    for file in own_files(folder / FILE_NAME):
        path = folder / file.file
        problem = find_problem(path, file) if path.is_file() else f"{file.file} is missing"
        if problem:
            remedy = "Restore the folder, or choose other weights with --weights."
            raise WeightsUnavailable(f"The weights in {folder}", problem, remedy)
    return folder


def _snapshot(
    source: Source,
    connection: Connection,
    progress: Progress | None,
    notify: Callable[[Notice], None],
) -> Path:
    """The cache's folder of one commit of a repo, complete and verified."""
    commit = _find_commit(source, connection, notify)
    pinned = replace(source, revision=commit)
    manifest = find_cached(pinned, FILE_NAME, connection)
    if manifest is None:
        if connection.offline:
            raise _not_cached(source)
        manifest = download(pinned, FILE_NAME, connection)
    try:
        files = own_files(manifest)
    except WeightsUnavailable as error:
        if not connection.offline:
            discard(manifest)
        raise WeightsUnavailable(source.what, error.reason, error.remedy) from error
    _obtain(pinned, files, connection, progress)
    if not connection.offline and _cached_commit(source, connection) != commit:
        # Only now may the cache's branch point to this commit: it is complete.
        download(source, FILE_NAME, connection)
    return manifest.parent


def _find_commit(source: Source, connection: Connection, notify: Callable[[Notice], None]) -> str:
    if _COMMIT.fullmatch(source.revision):
        return source.revision
    known = _cached_commit(source, connection)
    if connection.offline:
        if known is None:
            raise _not_cached(source)
        return known
    try:
        return ask(source, FILE_NAME, connection).commit
    except HUB_ERRORS as error:
        reason, remedy = explain(error, connection.endpoint)
        if known is None or is_definite(error):
            raise WeightsUnavailable(source.what, reason, remedy) from error
        notify(Notice(f"Using the downloaded copy of {source.what}", reason, remedy))
        return known


def _cached_commit(source: Source, connection: Connection) -> str | None:
    manifest = find_cached(source, FILE_NAME, connection)
    return manifest.parent.name if manifest else None


def _obtain(
    source: Source,
    files: tuple[WeightFile, ...],
    connection: Connection,
    progress: Progress | None,
) -> list[Path]:
    """Each file from the cache, else from the Hub, and verified."""
    paths = [_from_cache(source, file, connection) for file in files]
    missing = sum(file.size for file, path in zip(files, paths, strict=True) if path is None)
    bar = bar_class(progress, missing) if progress and missing else None
    verified = [
        path or _from_hub(source, file, connection, bar)
        for file, path in zip(files, paths, strict=True)
    ]
    if progress and missing:
        progress(missing, missing)  # files of equal bytes come over the network once
    return verified


def _from_cache(source: Source, file: WeightFile, connection: Connection) -> Path | None:
    path = find_cached(source, file.file, connection)
    if path is None:
        if connection.offline:
            raise _not_cached(source)
        return None
    problem = find_problem(path, file)
    if problem is None:
        return path
    if connection.offline:
        remedy = "Go online and try again, it is then downloaded anew."
        raise WeightsUnavailable(source.what, f"in the cache, {problem}", remedy)
    _logger.warning("%s: in the cache, %s; downloading anew.", source.what, problem)
    discard(path)
    return None


def _from_hub(
    source: Source, file: WeightFile, connection: Connection, bar: type[tqdm] | None
) -> Path:
    remedy = "Try again; if it stays so, the repo has changed and must not be trusted."
    try:
        size = ask(source, file.file, connection).size
    except HUB_ERRORS as error:
        raise WeightsUnavailable(source.what, *explain(error, connection.endpoint)) from error
    if size is not None and size != file.size:
        kind = "truncated" if size < file.size else "too long"
        reason = (
            f"{file.file} on {connection.endpoint} is {kind}: "
            f"got {size} bytes, expected {file.size} bytes"
        )
        raise WeightsUnavailable(source.what, reason, remedy)
    path = download(source, file.file, connection, bar)
    problem = find_problem(path, file)
    if problem:
        discard(path)
        raise WeightsUnavailable(source.what, problem, remedy)
    return path


def _not_cached(source: Source) -> WeightsUnavailable:
    return WeightsUnavailable(
        source.what,
        "offline mode is on, and it was never downloaded on this machine",
        "Go online once, or unset HF_HUB_OFFLINE.",
    )


def _log(notice: Notice) -> None:
    _logger.warning("%s", notice)
