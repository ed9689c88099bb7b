"""What went wrong between here and the Hub, as a reason and a remedy."""

from __future__ import annotations

import httpx2
from huggingface_hub.errors import (
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

# Everything that talking to the Hub may raise: its own errors are HTTPError or OSError, those of
# its Xet storage RuntimeError or OSError.
HUB_ERRORS = (httpx2.HTTPError, OSError, RuntimeError)

_TRY_AGAIN = "Check the network connection and try again."
_SPELLING = "Check the spelling; for a private repo log in first with `hf auth login`."


def explain(error: Exception, endpoint: str) -> tuple[str, str]:
    """The reason, a clause, and the remedy, a sentence, for one of HUB_ERRORS."""
    while isinstance(error, LocalEntryNotFoundError | RuntimeError) and error.__cause__:
        error = error.__cause__  # huggingface_hub wraps the reason in these two
    refusal = _explain_refusal(error, endpoint)
    return refusal if refusal else _explain_accident(error, endpoint)


def is_definite(error: Exception) -> bool:
    """Whether the Hub itself said no, so that trying again, or a cached copy, is no answer."""
    return isinstance(error, HfHubHTTPError) and error.response.status_code < 500


def _explain_refusal(error: Exception, endpoint: str) -> tuple[str, str] | None:
    if isinstance(error, GatedRepoError):
        return "the repo is gated", "Ask for access on its page, then log in with `hf auth login`."
    if isinstance(error, RepositoryNotFoundError):
        return f"{endpoint} has no such repo, or it is private", _SPELLING
    if isinstance(error, RevisionNotFoundError):
        return "the repo has no such revision", "Check the branch, tag or commit after the @."
    if isinstance(error, RemoteEntryNotFoundError):
        return "the repo has no such file (HTTP 404)", "Check the repo and its revision."
    if isinstance(error, LocalTokenNotFoundError):
        return "no access token was found", "Log in with `hf auth login` or set HF_TOKEN."
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        if status in (401, 403):
            return (
                f"{endpoint} refused the access token (HTTP {status})",
                "Log in with `hf auth login`, or set HF_TOKEN to a token with the right to do it.",
            )
        return f"{endpoint} answered with HTTP {status}", "Try again later."
    return None


def _explain_accident(error: Exception, endpoint: str) -> tuple[str, str]:
    if isinstance(error, OfflineModeIsEnabled):
        return "offline mode is on", "Unset HF_HUB_OFFLINE and try again."
    if isinstance(error, FileMetadataError):
        return (
            f"{endpoint} does not answer like a Hugging Face Hub",
            "Check HF_ENDPOINT, and whether the network wants you to log in first.",
        )
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return f"{endpoint} did not answer in time", _TRY_AGAIN
    if isinstance(error, httpx2.RemoteProtocolError | httpx2.ReadError):
        return f"{endpoint} broke off the transfer", _TRY_AGAIN
    if isinstance(error, httpx2.TransportError | ConnectionError):
        return f"{endpoint} can't be reached ({error})", _TRY_AGAIN
    if isinstance(error, OSError) and error.errno is not None:
        return (
            f"the download can't be written to the disk ({error.strerror})",
            "Make room, or set HF_HUB_CACHE to a folder that can be written.",
        )
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"the transfer from {endpoint} failed ({lines[0]})", _TRY_AGAIN
