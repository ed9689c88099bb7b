"""A JSON document that anybody may have written, read field by field. Complaints say where."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from amodal.data.segmentation import is_number, short
from amodal.errors import AmodalError

Fits = Callable[[Any], bool]
REMEDY = "save it again in the app, or choose another file"


@dataclass(frozen=True)
class Fields:
    """One object of the document.

    Each method gives the value of a key, or raises AmodalError: "where: `key` is what, expected
    what: what to do".

    Args:
        values: as json.loads gives it.
        where: the file and the path in it, such as "project.json, layer 2".
        remedy: what to do about a wrong value.
    """

    values: Mapping[str, Any]
    where: str
    remedy: str = REMEDY

    def __contains__(self, key: str) -> bool:
        """Whether the key is there and not null."""
        return self.values.get(key) is not None

    def text(self, key: str) -> str:
        return self._get(key, "text", lambda value: isinstance(value, str))

    def yes(self, key: str) -> bool:
        return self._get(key, "true or false", lambda value: isinstance(value, bool))

    def whole(self, key: str, low: int, high: int) -> int:
        """A whole number in low..high."""

        def fits(value: Any) -> bool:
            return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

        return self._get(key, f"a whole number from {low} to {high}", fits)

    def number(self, key: str, low: float = -math.inf, high: float = math.inf) -> float:
        """A finite number in low..high."""

        def fits(value: Any) -> bool:
            return is_number(value) and math.isfinite(value) and low <= value <= high

        limits = "" if math.isinf(low) else f" from {low:g} to {high:g}"
        return float(self._get(key, f"a finite number{limits}", fits))

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """A list of `count` finite numbers."""
        return tuple(map(float, self._get(key, f"{count} finite numbers", _finite(count))))

    def points(self, key: str) -> tuple[tuple[float, float], ...]:
        """A list of points [x, y], both finite."""
        pair = _finite(2)

        def fits(value: Any) -> bool:
            return isinstance(value, list) and all(map(pair, value))

        return tuple((float(x), float(y)) for x, y in self._get(key, "a list of [x, y]", fits))

    def items(self, key: str) -> list[Any]:
        """A list of anything."""
        return self._get(key, "a list", lambda value: isinstance(value, list))

    def inner(self, key: str) -> Fields:
        """An object inside this one."""
        value = self._get(key, "an object", lambda value: isinstance(value, dict))
        return Fields(value, f"{self.where}, {key}", self.remedy)

    def error(self, key: str, expected: str) -> AmodalError:
        """What is wrong with a key, to be raised."""
        got = short(self.values[key]) if key in self.values else "missing"
        return AmodalError(f"{self.where}: `{key}` is {got}, expected {expected}: {self.remedy}.")

    def _get(self, key: str, expected: str, fits: Fits) -> Any:
        if key not in self.values or not fits(self.values[key]):
            raise self.error(key, expected)
        return self.values[key]


def parse(data: bytes, where: str) -> Fields:
    """A JSON file that holds one object.

    Raises:
        AmodalError: it is not JSON (NaN and infinity aren't), or something else than an object.
    """
    try:
        values = json.loads(data.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise AmodalError(f"{where} is not valid JSON ({error}): {REMEDY}.") from error
    return as_fields(values, where)


def as_fields(value: Any, where: str, remedy: str = REMEDY) -> Fields:
    """Any JSON value that has to be an object. Raises AmodalError for another one."""
    if not isinstance(value, dict):
        raise AmodalError(f"{where} is {short(value)}, expected an object: {remedy}.")
    return Fields(value, where, remedy)


def _finite(count: int) -> Fits:
    def fits(value: Any) -> bool:
        listed = isinstance(value, list) and len(value) == count
        return listed and all(is_number(item) and math.isfinite(item) for item in value)

    return fits


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number")
