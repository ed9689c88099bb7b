"""What the user did on the picture, whatever shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from amodal.errors import AmodalError
from demo.values import MAX_STROKE, Malformed, number, one_of, points, whole

COMMANDS = ("delete", "bring_forward", "send_back", "undo", "redo")
"""What keys do; handlers of these names."""
COUNTS = {"click": 1, "drag": 2, "pick": 0, "place": 0, "command": 0}
"""Points of a gesture; a stroke has any number."""
FARTHEST = 1_000_000  # pixels from the photo's corner
LAST_OBJECT = 10**9


@dataclass(frozen=True)
class Gesture:
    """What the user did on the picture, in image pixels.

    Args:
        kind: "click" [(x, y)], "drag" [from, to] that draws a box, "stroke" [along the path],
            "pick" of an outline by keyboard, "place" of an object somewhere else, or a "command".
        points: as the kind says.
        reach: how far from a point a small object may be and still be meant.
        off: whether a click says "not this" (right button or Alt).
        index: the number of the object that is picked or placed.
        dx, dy, scale: where it stands from now on (amodal.placement).
        command: one of COMMANDS, or "".
    """

    kind: str
    points: tuple[tuple[float, float], ...]
    reach: float = 0.0
    off: bool = False
    index: int = 0
    dx: float = 0.0
    dy: float = 0.0
    scale: float = 1.0
    command: str = ""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Gesture:
        """Check what a browser sent. Raises Malformed for what no stage sends."""
        if not isinstance(data, Mapping):
            raise Malformed("Gesture", data, "an object")
        try:
            return cls._read(data)
        except AmodalError as error:
            raise Malformed("Gesture", dict(data), f"what the picture sends ({error})") from error

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Gesture:
        kind = one_of(data.get("kind"), "kind", [*COUNTS, "stroke"])
        where = tuple(points(data.get("points"), "points", MAX_STROKE))
        for value in chain(*where):
            number(value, "points", -FARTHEST, FARTHEST)
        fits = len(where) == COUNTS[kind] if kind in COUNTS else len(where) > 0
        if not fits:
            raise AmodalError(f"{kind!r} with {len(where)} points")
        commands = COMMANDS if kind == "command" else ("",)
        scale = number(data.get("scale", 1), "scale")
        if scale <= 0:
            raise AmodalError(f"scale {scale}, which is not above 0")
        return cls(
            kind,
            where,
            number(data.get("reach", 0), "reach"),
            bool(data.get("off", False)),
            whole(data.get("index", 0), "index", 0, LAST_OBJECT),
            number(data.get("dx", 0), "dx"),
            number(data.get("dy", 0), "dy"),
            scale,
            one_of(data.get("command", ""), "command", commands),
        )
