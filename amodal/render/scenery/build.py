"""Many boxes, quads and leaves at once: scenery has too many parts to build them one by one.

Lengths in metres. A house front is built in its own frame: x along the front to the right of who
looks at it from the street, y into the house (the wall's face is y = 0), z up.
"""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Material, Mesh

# Corners of a box are numbered x + 2 y + 4 z; each face counter-clockwise from outside.
_FACES = np.array(
    [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
)
# Whether each corner of each face has the greatest x, y, z.
_CORNERS = (_FACES.reshape(-1, 1) >> np.arange(3)) & 1 == 1


def boxes(low: np.ndarray, high: np.ndarray, material: Material) -> Mesh:
    """Axis-parallel boxes with sharp edges.

    Args:
        low: least corners, (N, 3) or (3,).
        high: greatest corners, as many.
        material: of all.
    """
    low = np.asarray(low, np.float64).reshape(-1, 1, 3)
    high = np.asarray(high, np.float64).reshape(-1, 1, 3)
    corners = np.where(_CORNERS, high, low)
    return quads(corners.reshape(-1, 4, 3), material)


def quads(corners: np.ndarray, material: Material) -> Mesh:
    """Flat quadrilaterals (N, 4, 3), each counter-clockwise from outside."""
    count = len(corners)
    triangles = _HALVES[: 2 * count] if count <= _MANY else _halves(count)
    vertices = corners.reshape(-1, 3).astype(np.float32, copy=False)
    first, flat = np.zeros(2 * count, np.int32), np.zeros(2 * count, bool)
    return Mesh(vertices, triangles, (material,), first, flat)


def _halves(count: int) -> np.ndarray:
    """Triangles of as many quadrilaterals."""
    start = np.arange(0, 4 * count, 4, dtype=np.int32)[:, None]
    return (start + np.array([0, 1, 2, 0, 2, 3], np.int32)).reshape(-1, 3)


_MANY = 10_000
_HALVES = _halves(_MANY)
_HALVES.flags.writeable = False  # all meshes of quadrilaterals share it


def sheet(x: tuple[float, float], y: tuple[float, float], z: float, material: Material) -> Mesh:
    """A level rectangle that looks up."""
    (x0, x1), (y0, y1) = x, y
    return quads(np.array([[(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)]]), material)


def sheets(rectangles: np.ndarray, z: float, material: Material) -> Mesh:
    """Level rectangles (N, 4) of (least x, least y, greatest x, greatest y) that look up."""
    x0, y0, x1, y1 = np.asarray(rectangles, np.float64).reshape(-1, 4).T
    flat = np.stack([x0, y0, x1, y0, x1, y1, x0, y1], axis=-1).reshape(-1, 4, 2)
    return quads(np.concatenate([flat, np.full((*flat.shape[:2], 1), z)], axis=-1), material)


def panel(u: np.ndarray, z: np.ndarray, y: float, material: Material) -> Mesh:
    """Upright rectangles that look along -y: `u` and `z` are (N, 2) of (least, greatest)."""
    corners = np.empty((len(u), 4, 3))
    corners[..., 0] = u[:, [0, 1, 1, 0]]
    corners[..., 1] = y
    corners[..., 2] = z[:, [0, 0, 1, 1]]
    return quads(corners, material)


def leaves(
    rng: np.random.Generator,
    centres: np.ndarray,
    outward: np.ndarray,
    size: float | np.ndarray,
    material: Material,
) -> Mesh:
    """Small folded leaves, turned at random but rather facing `outward`.

    Args:
        rng: turns them.
        centres: (N, 3).
        outward: directions, (N, 3), of any length.
        size: length of a leaf, one or (N,).
        material: of all.
    """
    count = len(centres)
    size = size * rng.uniform(0.7, 1.3, count)
    facing = unit(unit(columns(outward)) + 0.75 * columns(rng.normal(size=(count, 3))))
    along = unit(_cross(facing, columns(rng.normal(size=(count, 3)))))
    across = _cross(facing, along)
    tip, side, fold = size * along, 0.36 * size * across, 0.10 * size * facing
    middle = columns(centres)
    corners = np.empty((count, 4, 3), np.float32)
    corners[:, 0] = (middle - 0.5 * tip).T
    corners[:, 1] = (middle - side + fold).T
    corners[:, 2] = (middle + 0.5 * tip).T
    corners[:, 3] = (middle + side + fold).T
    return quads(corners, material)


def columns(vectors: np.ndarray) -> np.ndarray:
    """(3, N) of (N, 3): with its long axis last an array is far faster to compute with."""
    return np.ascontiguousarray(vectors.T)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (3, N) of length 1."""
    x, y, z = vectors
    return vectors / np.maximum(np.sqrt(x * x + y * y + z * z), 1e-9)


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Vector products of vectors (3, N)."""
    (a, b, c), (x, y, z) = first, second
    return np.stack([b * z - c * y, c * x - a * z, a * y - b * x])
