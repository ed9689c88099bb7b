"""What the user did on the picture, whatever shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

COMMANDS = ("delete", "bring_forward", "send_back", "undo", "redo")
"""What keys do; handlers of these names."""


@dataclass(frozen=True)
class Gesture:
    """What the user did on the picture, in image pixels.

    Args:
        kind: "click" [(x, y)], "drag" [from, to], "stroke" [along the path], "nudge" [(dx, dy)],
            "scale" of the selected object, "pick" of an outline by keyboard, or a "command".
        points: as the kind says.
        reach: how far from a point a small object may be and still be meant.
        off: whether a click says "not this" (right button or Alt).
        index: the number of the outline that was picked.
        factor: how many times as large the object becomes.
        command: one of COMMANDS, or "".
    """

    kind: str
    points: tuple[tuple[float, float], ...]
    reach: float = 0.0
    off: bool = False
    index: int = 0
    factor: float = 1.0
    command: str = ""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Gesture:
        """Check what a browser sent. Raises ValueError for what no stage sends."""
        kind, points = data["kind"], data["points"]
        counts = {"click": 1, "drag": 2, "nudge": 1, "stroke": max(len(points), 1)}
        counts |= {"pick": 0, "scale": 0, "command": 0}
        points = tuple((float(x), float(y)) for x, y in points)
        if not np.isfinite(points).all() or len(points) != counts.get(kind):
            raise ValueError(f"gesture: got {kind!r} with {len(points)} points")
        factor, command = float(data.get("factor", 1)), str(data.get("command", ""))
        if not 0 < factor < np.inf:
            raise ValueError(f"factor: got {factor}, expected a positive number")
        if command not in (COMMANDS if kind == "command" else ("",)):
            raise ValueError(f"command: got {command!r}, expected one of {', '.join(COMMANDS)}")
        return cls(
            kind,
            points,
            float(data.get("reach", 0)),
            bool(data.get("off", False)),
            int(data.get("index", 0)),
            factor,
            command,
        )
