"""What the user did on the picture, whatever shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Gesture:
    """What the user did on the picture, in image pixels.

    Args:
        kind: "click" [(x, y)], "drag" [from, to], "stroke" [along the path], "nudge" [(dx, dy)], or
            "pick": an outline was chosen by keyboard.
        points: as the kind says.
        reach: how far from a point a small object may be and still be meant.
        off: whether a click says "not this" (right button or Alt).
        index: the number of the outline that was picked.
    """

    kind: str
    points: tuple[tuple[float, float], ...]
    reach: float = 0.0
    off: bool = False
    index: int = 0

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Gesture:
        """Check what a browser sent. Raises ValueError for what no stage sends."""
        kind, points = data["kind"], data["points"]
        counts = {"click": 1, "drag": 2, "nudge": 1, "pick": 0, "stroke": max(len(points), 1)}
        points = tuple((float(x), float(y)) for x, y in points)
        if not np.isfinite(points).all() or len(points) != counts.get(kind):
            raise ValueError(f"gesture: got {kind!r} with {len(points)} points")
        return cls(
            kind,
            points,
            float(data.get("reach", 0)),
            bool(data.get("off", False)),
            int(data.get("index", 0)),
        )
