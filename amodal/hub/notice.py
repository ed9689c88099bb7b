"""How the project says that something is not as asked for: what, why, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from amodal.errors import AmodalError


@dataclass(frozen=True)
class Notice:
    """A fall-back that the user must see.

    Args:
        what: what is different now, such as "Filling with OpenCV instead of MI-GAN".
        reason: why, a clause without a full stop.
        remedy: what to do about it, a sentence.
    """

    what: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}. {self.remedy}"


class WeightsUnavailable(AmodalError):
    """Weights can't be had, or must not be used.

    Args:
        what: which weights.
        reason: why, a clause without a full stop.
        remedy: what to do about it, a sentence.
    """

    def __init__(self, what: str, reason: str, remedy: str) -> None:
        super().__init__(f"{what} can't be loaded: {reason}. {remedy}")
        self.what = what
        self.reason = reason
        self.remedy = remedy
