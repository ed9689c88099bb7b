"""What widgets, browsers and programs send: anything, until it is checked here.

Each function gives the value, or raises AmodalError: "what: got this, expected that."
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any, TypeVar

from amodal.data.segmentation import is_number, short
from amodal.errors import AmodalError

Choice = TypeVar("Choice")

MAX_MARKS = 200  # points, or boxes, that one request may give about an object
MAX_STROKE = 20_000  # points of one brush stroke


class Malformed(AmodalError, ValueError):
    """A message that no page of ours sends: the page is old, or somebody else made it."""

    def __init__(self, what: str, got: object, expected: str) -> None:
        super().__init__(f"{what}: got {short(got)}, expected {expected}: reload the page.")


def number(value: Any, what: str, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number in low..high."""
    if is_number(value) and math.isfinite(value) and low <= value <= high:
        return float(value)
    limits = "" if math.isinf(low) else f" from {low:g} to {high:g}"
    raise AmodalError(f"{what}: got {short(value)}, expected a finite number{limits}.")


def whole(value: Any, what: str, low: int, high: int) -> int:
    """A whole number in low..high, which may be written as 3.0."""
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if fits and low <= value <= high and int(value) == value:  # nan is in no range
        return int(value)
    raise AmodalError(f"{what}: got {short(value)}, expected a whole number from {low} to {high}.")


def one_of(value: Any, what: str, choices: Collection[Choice]) -> Choice:
    """One of these."""
    same = [choice for choice in choices if type(choice) is type(value) and choice == value]
    if not same:
        expected = ", ".join(map(str, choices))
        raise AmodalError(f"{what}: got {short(value)}, expected one of {expected}.")
    return same[0]


def listed(value: Any, what: str, most: int) -> list[Any]:
    """A list of at most so many things; None is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise AmodalError(f"{what}: got {short(value)}, expected a list.")
    if len(value) > most:
        raise AmodalError(
            f"{what}: got {len(value):,}, expected at most {most:,}: send fewer, or several "
            "requests."
        )
    return list(value)


def points(value: Any, what: str, most: int = MAX_MARKS) -> list[tuple[float, float]]:
    """Points [[x, y], ...], both finite."""
    found = []
    for point in listed(value, what, most):
        if not isinstance(point, list | tuple) or len(point) != 2:
            raise AmodalError(f"{what}: got {short(point)}, expected [[x, y], ...].")
        found.append((number(point[0], what), number(point[1], what)))
    return found


def path(value: Any) -> str:
    """The path of an uploaded file."""
    if not isinstance(value, str) or not value:
        raise AmodalError(f"File: got {short(value)}, expected an uploaded file: upload one.")
    return value
