"""A pinned file that is not on the Hub: from torch's own cache, else from its address.

Environment, read at call time: TORCH_HOME, as torch reads it, and AMODAL_PYTORCH_ENDPOINT, a mirror
with the same paths to use in place of https://download.pytorch.org.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from amodal.hub.answers import explain
from amodal.hub.integrity import find_problem
from amodal.hub.manifest import Entry, WeightFile
from amodal.hub.notice import WeightsUnavailable
from amodal.hub.remote import Progress

CONNECT = 10.0  # seconds until a server must have answered
STALL = 20.0  # seconds without a byte after which it is given up
LONGEST = 900.0  # seconds for the whole file
CHUNK = 1 << 20  # bytes from one progress report to the next

_logger = logging.getLogger(__name__)


def obtain(entry: Entry, offline: bool, progress: Progress | None) -> Path:
    """The only file of an entry with a `url`, verified by sha256.

    Args:
        entry: from the manifest.
        offline: use the cache only.
        progress: called with (bytes done, bytes in all).

    Raises:
        WeightsUnavailable: it can't be had, or is not the pinned file. A good file in the cache is
            never replaced, and half a file never left there.
    """
    file, url = entry.files[0], address(entry.url)
    path = torch_cache() / file.file
    problem = find_problem(path, file) if path.is_file() else None
    if path.is_file() and problem is None:
        return path
    by_hand = f"download {url} on another machine and put it into {path.parent}."
    if offline:
        reason = "offline mode is on, and it was never downloaded on this machine"
        if problem:
            reason = f"in the cache, {problem}, and offline mode is on"
        raise WeightsUnavailable(entry.name, reason, f"Go online once, or {by_hand}")
    if problem:
        _logger.warning("%s: in the cache, %s; downloading anew.", entry.name, problem)
    try:
        _download(url, file, path, progress)
    except _Refused as error:
        remedy = f"Try again later, or {by_hand}"
        raise WeightsUnavailable(entry.name, str(error), remedy) from error
    except httpx2.HTTPError as error:
        reason, remedy = explain(error, origin(url))
        raise WeightsUnavailable(entry.name, reason, f"{remedy} Or {by_hand}") from error
    except OSError as error:
        reason = f"the download can't be written to {path.parent} ({error.strerror or error})"
        remedy = "Make room, or set TORCH_HOME to a folder that can be written."
        raise WeightsUnavailable(entry.name, reason, remedy) from error
    return path


def torch_cache() -> Path:
    """Where torch.hub keeps what it has downloaded."""
    from torch.hub import get_dir  # torch takes a second to import

    return Path(get_dir()).expanduser() / "checkpoints"


def address(url: str) -> str:
    """The address, on the mirror if there is one.

    Raises:
        WeightsUnavailable: AMODAL_PYTORCH_ENDPOINT is no web address.
    """
    mirror = os.environ.get("AMODAL_PYTORCH_ENDPOINT", "").rstrip("/")
    if not mirror:
        return url
    if not mirror.startswith(("http://", "https://")):
        raise WeightsUnavailable(
            "What PyTorch's server has",
            f"AMODAL_PYTORCH_ENDPOINT is {mirror!r}, expected an address such as {origin(url)}",
            "Correct AMODAL_PYTORCH_ENDPOINT or unset it.",
        )
    return mirror + urlsplit(url).path


def origin(url: str) -> str:
    """The server's part of an address."""
    return f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"


class _Refused(Exception):
    """The server answers, but not with the file; the text is a clause."""


def _download(url: str, file: WeightFile, path: Path, progress: Progress | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}.partial")
    try:
        _transfer(url, file, partial, progress)
        problem = find_problem(partial, file)
        if problem:
            raise _Refused(f"{origin(url)} sent another file: {problem}")
        partial.replace(path)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


def _transfer(url: str, file: WeightFile, partial: Path, progress: Progress | None) -> None:
    end = time.monotonic() + LONGEST
    timeout = httpx2.Timeout(STALL, connect=CONNECT)
    with (
        httpx2.stream("GET", url, timeout=timeout, follow_redirects=True) as answer,
        partial.open("xb") as out,
    ):
        if answer.status_code != 200:
            raise _Refused(f"{origin(url)} answered with HTTP {answer.status_code}")
        length = int(answer.headers.get("Content-Length", file.size))
        if length != file.size:
            sizes = f"got {length} bytes, expected {file.size} bytes"
            raise _Refused(f"{origin(url)} has another file there: {sizes}")
        _report(progress, 0, file.size)
        for chunk in answer.iter_raw(CHUNK):
            out.write(chunk)
            if out.tell() > file.size:
                raise _Refused(f"{origin(url)} sent more than {file.size} bytes")
            if time.monotonic() > end:
                raise _Refused(f"{origin(url)} needs more than {LONGEST:g} seconds for it")
            _report(progress, out.tell(), file.size)


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress:
        progress(done, total)
