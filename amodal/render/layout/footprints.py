"""What stands where on the ground, so that nothing stands in something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from amodal.render.layout.models import extent
from amodal.render.mesh import Mesh

CELL = 0.1  # metres of the map of obstacles
LOW, HIGH = 0.25, 2.0  # metres: scenery between these heights stands in the way


@dataclass(frozen=True)
class Item:
    """An object with its place, before its mesh is needed.

    Args:
        kind, number: of the model.
        x, y: of its origin, metres in the world.
        turn: to the left about z, radians.
        scale: of its size.
        z: of the ground there, metres.
    """

    kind: str
    number: int
    x: float
    y: float
    turn: float = 0.0
    scale: float = 1.0
    z: float = 0.0

    @property
    def footprint(self) -> np.ndarray:
        """The corners of the rectangle it covers, (4, 2) metres in the world, to the left."""
        x0, y0, x1, y1 = extent(self.kind, self.number)
        corners = self.scale * np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
        c, s = np.cos(self.turn), np.sin(self.turn)
        return corners @ np.array([[c, s], [-s, c]]) + (self.x, self.y)


def apart(first: np.ndarray, second: np.ndarray, margin: float) -> bool:
    """Whether a line separates two rectangles (4, 2) with a gap of at least `margin` metres."""
    for corners in (first, second):
        for edge in (corners[1] - corners[0], corners[2] - corners[1]):
            axis = edge / np.linalg.norm(edge)
            a, b = first @ axis, second @ axis
            if max(a.min() - b.max(), b.min() - a.max()) >= margin:
                return True
    return False


class Ground:
    """The places that are taken.

    Args:
        scenery: meshes that may stand in the way, in the world.
        length: how far the map of obstacles goes, metres.
    """

    def __init__(self, scenery: Sequence[Mesh] = (), length: float = 200.0) -> None:
        self._taken: list[tuple[np.ndarray, np.ndarray, float, float]] = []
        self._corner = np.array([-40.0, -25.0])
        self._map = _obstacles(scenery, self._corner, length) if scenery else None

    def add(self, footprint: np.ndarray, margin: float) -> None:
        """Take a place (4, 2); others keep the smaller of two margins away."""
        middle, radius = _round(footprint)
        self._taken.append((footprint, middle, radius, margin))

    def is_free(self, footprint: np.ndarray, margin: float) -> bool:
        """Whether an object could stand there."""
        middle, radius = _round(footprint)
        for other, centre, reach, distance in self._taken:
            gap = min(margin, distance)
            near = np.hypot(*(middle - centre)) < radius + reach + gap
            if near and not apart(footprint, other, gap):
                return False
        return self._map is None or not self._is_blocked(footprint)

    def _is_blocked(self, footprint: np.ndarray) -> bool:
        cells = np.round((footprint - self._corner) / CELL).astype(np.int32)
        low, high = cells.min(axis=0), cells.max(axis=0) + 1
        low, high = np.maximum(low, 0), np.minimum(high, self._map.shape[::-1])
        if (low >= high).any():
            return False
        window = np.zeros(high[::-1] - low[::-1], np.uint8)
        cv2.fillConvexPoly(window, cells - low, 1)
        return bool((window & self._map[low[1] : high[1], low[0] : high[0]]).any())


def _round(footprint: np.ndarray) -> tuple[np.ndarray, float]:
    middle = footprint.mean(axis=0)
    return middle, float(np.hypot(*(footprint[0] - middle)))


def _obstacles(scenery: Sequence[Mesh], corner: np.ndarray, length: float) -> np.ndarray:
    """(rows along y, columns along x) uint8: the cells in which scenery stands."""
    cells = np.zeros((int((length + 25) / CELL), int(80 / CELL)), np.uint8)
    for mesh in scenery:
        # Outlines suffice: nothing is small enough to stand inside of a triangle.
        flat = np.round((_standing(mesh)[..., :2] - corner) / CELL).astype(np.int32)
        _draw_outlines(cells, flat)
    return cells


def _standing(mesh: Mesh) -> np.ndarray:
    """Corners (T, 3, 3) of the triangles that stand in one's way."""
    heights = mesh.vertices[:, 2]
    high, low = (heights < HIGH)[mesh.triangles.T], (heights > LOW)[mesh.triangles.T]
    standing = (high[0] | high[1] | high[2]) & (low[0] | low[1] | low[2])
    return mesh.vertices[mesh.triangles[standing]]


def _draw_outlines(cells: np.ndarray, corners: np.ndarray) -> None:
    """Set the cells on the edges of triangles (T, 3, 2)."""
    x, y = corners[..., 0], corners[..., 1]
    left, above = x < 0, y < 0
    right, below = x >= cells.shape[1], y >= cells.shape[0]
    inside = ~(left | above | right | below)
    cells[y[inside], x[inside]] = 1
    # Most triangles are no larger than a cell: their corners are all that they cover.
    long = np.abs(corners - corners[:, [1, 2, 0]]).reshape(-1, 6).max(axis=1, initial=0) > 1
    for off in (left, above, right, below):
        long &= ~(off[:, 0] & off[:, 1] & off[:, 2])
    cv2.polylines(cells, list(corners[long]), True, 1)
