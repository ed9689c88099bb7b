"""One file of one repo: in the Hub's cache, or on the Hub. Nothing here judges what is in it.

Environment, read at call time: HF_ENDPOINT, HF_HUB_CACHE, HF_HUB_OFFLINE, as huggingface_hub
itself reads them when it is imported.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import (
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub.errors import FileMetadataError, HFValidationError
from huggingface_hub.utils import validate_repo_id
from tqdm import tqdm

from amodal.hub.answers import HUB_ERRORS, explain
from amodal.hub.notice import WeightsUnavailable

_ADDRESS = re.compile(r"(?P<repo>\w[\w.-]*/\w[\w.-]*)(@(?P<revision>\w[\w./-]*))?", re.ASCII)

# Called with (bytes done, bytes in all).
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Source:
    """A repo at a revision, and how to call it in a message."""

    repo: str
    revision: str
    what: str


@dataclass(frozen=True)
class Connection:
    """How to reach the Hub: the environment's settings at one moment."""

    endpoint: str
    cache: Path
    offline: bool


@dataclass(frozen=True)
class Remote:
    """What the Hub says of a file: its commit, and its size in bytes where known."""

    commit: str
    size: int | None


def parse_address(text: str) -> tuple[str, str] | None:
    """Split OWNER/NAME[@REVISION] into repo and revision ("main" if none), or None if it is not."""
    match = _ADDRESS.fullmatch(text)
    if match is None or ".." in text:
        return None
    try:
        validate_repo_id(match["repo"])
    except HFValidationError:
        return None
    return match["repo"], match["revision"] or constants.DEFAULT_REVISION


def connect(offline: bool = False) -> Connection:
    """Read the environment.

    Raises:
        WeightsUnavailable: HF_ENDPOINT is no web address.
    """
    endpoint = (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
    if not endpoint.startswith(("http://", "https://")):
        raise WeightsUnavailable(
            "What is on the Hub",
            f"HF_ENDPOINT is {endpoint!r}, expected an address such as https://huggingface.co",
            "Correct HF_ENDPOINT or unset it.",
        )
    cache = Path(os.environ.get("HF_HUB_CACHE") or constants.HF_HUB_CACHE).expanduser()
    return Connection(endpoint, cache, offline or is_offline())


def is_offline() -> bool:
    """Whether nothing may be downloaded."""
    said_offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in constants.ENV_VARS_TRUE_VALUES
    return said_offline or constants.is_offline_mode()


def find_cached(source: Source, file: str, connection: Connection) -> Path | None:
    """The cached file of that revision, as it is, or None. Asks nobody."""
    found = try_to_load_from_cache(
        source.repo, file, cache_dir=connection.cache, revision=source.revision
    )
    return Path(found) if isinstance(found, str) else None


def ask(source: Source, file: str, connection: Connection) -> Remote:
    """Ask the Hub about a file, once: a Hub that is down is known at once, not after retries.

    Raises:
        One of HUB_ERRORS.
    """
    url = hf_hub_url(source.repo, file, revision=source.revision, endpoint=connection.endpoint)
    answer = get_hf_file_metadata(
        url, timeout=constants.HF_HUB_ETAG_TIMEOUT, endpoint=connection.endpoint
    )
    if answer.commit_hash is None:
        raise FileMetadataError(f"no commit in the answer to {url}")
    return Remote(answer.commit_hash, answer.size)


def download(
    source: Source, file: str, connection: Connection, bar: type[tqdm] | None = None
) -> Path:
    """Bring a file into the cache unless it is there, and note which commit the revision is.

    A transfer that breaks off is resumed a few times, and leaves nothing when it fails.

    Args:
        bar: gets the progress, see `bar_class`; None shows a bar on a terminal.

    Raises:
        WeightsUnavailable: with the reason.
    """
    try:
        path = hf_hub_download(
            source.repo,
            file,
            revision=source.revision,
            cache_dir=connection.cache,
            endpoint=connection.endpoint,
            tqdm_class=bar,
        )
    except HUB_ERRORS as error:
        raise WeightsUnavailable(source.what, *explain(error, connection.endpoint)) from error
    return Path(path)


def discard(path: Path) -> None:
    """Remove a file from the cache, with the blob that it links to, so that nobody uses it."""
    blob = path.parent / path.readlink() if path.is_symlink() else None
    path.unlink(missing_ok=True)
    if blob:
        blob.unlink(missing_ok=True)


def bar_class(progress: Progress, total: int) -> type[tqdm]:
    """A progress bar class for huggingface_hub that reports to `progress`, over all its bars."""
    done = 0
    progress(0, total)

    def advance(count: float | None) -> None:
        nonlocal done
        done += int(count or 0)
        progress(min(done, total), total)

    class Bar(tqdm):
        """Draws nothing."""

        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **{**kwargs, "disable": True})

        def update(self, n: float | None = 1) -> None:
            advance(n)

        # The Hub's Xet storage reports bytes received and bytes written. A bar with these two
        # methods gets both; without them there would be two bars, and every byte counted twice.
        def update_transfer(self, n: float | None = 1) -> None:
            pass

        def set_transfer_postfix_str(self, text: str = "", refresh: bool = True) -> None:
            pass

    return Bar
