"""What an object may be called: names come from files, and are shown and saved again."""

from __future__ import annotations

import unicodedata

from amodal.errors import AmodalError

LONGEST_NAME = 200  # characters
_UNUSABLE = ("Cc", "Cs")  # control characters and halves of characters: no file can hold them


def check_name(name: str, what: str = "its `name`") -> str:
    """The name.

    Raises:
        AmodalError: it is too long, or has characters that can't be shown or saved.
    """
    if len(name) > LONGEST_NAME:
        raise AmodalError(
            f"{what} has {len(name):,} characters, expected at most {LONGEST_NAME}: shorten it."
        )
    wrong = next((letter for letter in name if unicodedata.category(letter) in _UNUSABLE), None)
    if wrong is not None:
        raise AmodalError(
            f"{what} holds the character U+{ord(wrong):04X}, which can't be shown: leave it out."
        )
    return name
