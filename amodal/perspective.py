"""Where the horizon is, so that an object that moves down the picture can grow as it comes nearer.

On flat ground, seen by a level camera, an object's height in pixels is proportional to how far its
foot lies below the horizon: h = H (y_foot - y_horizon) / E, with its true height H and the height E
of the camera above the ground, both in metres.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amodal.layers import Layer

EYE = 1.6  # metres, about the height of a standing person's eyes and of a car's roof
METRES = {
    "car": 1.5,
    "van": 2.1,
    "truck": 3.2,
    "bus": 3.1,
    "tram": 3.5,
    "person": 1.7,
    "cyclist": 1.75,
    "bicycle": 1.05,
    "motorcycle": 1.2,
}
"""Typical heights of the classes."""
USUAL = 0.45  # of the photo's height, where no object tells


def horizon(layers: Sequence[Layer], height: int, width: int) -> float:
    """The row of the horizon, image pixels from the top; may lie outside the photo.

    The median over what the whole shapes of the objects say. Those that reach a border of the photo
    say nothing, for their feet or heads aren't known.

    Args:
        layers: with their completions.
        height, width: of the photo in pixels.
    """
    rows = []
    for layer in layers:
        box, metres = layer.box, METRES.get(layer.instance.category)
        inside = box.x0 > 0 and box.y0 > 0 and box.x1 < width and box.y1 < height
        if metres is not None and inside:
            rows.append(box.y1 - EYE * box.height / metres)
    return float(np.median(rows)) if rows else USUAL * height
