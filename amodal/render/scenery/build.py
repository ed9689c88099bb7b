"""Many boxes, quads and leaves at once: scenery has too many parts to build them one by one.

Lengths in metres. A house front is built in its own frame: x along the front to the right of who
looks at it from the street, y into the house (the wall's face is y = 0), z up.
"""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Material, Mesh, surface

# Corners of a box are numbered x + 2 y + 4 z; each face counter-clockwise from outside.
_FACES = np.array(
    [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
)
_CORNERS = np.array([[(c >> axis) & 1 for axis in range(3)] for c in range(8)])


def boxes(low: np.ndarray, high: np.ndarray, material: Material) -> Mesh:
    """Axis-parallel boxes with sharp edges.

    Args:
        low: least corners, (N, 3) or (3,).
        high: greatest corners, as many.
        material: of all.
    """
    low, high = (np.atleast_2d(np.asarray(c, np.float64)) for c in (low, high))
    low, high = np.broadcast_arrays(low, high)
    corners = np.where(_CORNERS, high[:, None], low[:, None])
    return quads(corners[:, _FACES].reshape(-1, 4, 3), material)


def quads(corners: np.ndarray, material: Material) -> Mesh:
    """Flat quadrilaterals (N, 4, 3), each counter-clockwise from outside."""
    start = 4 * np.arange(len(corners))[:, None, None]
    triangles = (start + np.array([(0, 1, 2), (0, 2, 3)])).reshape(-1, 3)
    return surface(np.reshape(corners, (-1, 3)), triangles, material, smooth=False)


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
    (u0, u1), (z0, z1) = np.atleast_2d(u).T, np.atleast_2d(z).T
    level = np.full_like(u0, y)
    corners = [(u0, level, z0), (u1, level, z0), (u1, level, z1), (u0, level, z1)]
    return quads(np.moveaxis(np.array(corners), -1, 0), material)


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
    size = np.broadcast_to(size, count)[:, None] * rng.uniform(0.7, 1.3, (count, 1))
    facing = _unit(_unit(outward) + 0.75 * rng.normal(size=(count, 3)))
    along = _unit(np.cross(facing, rng.normal(size=(count, 3))))
    across = np.cross(facing, along)
    tip, side, fold = size * along, 0.36 * size * across, 0.10 * size * facing
    corners = [centres - 0.5 * tip, centres - side + fold, centres + 0.5 * tip]
    corners.append(centres + side + fold)
    return quads(np.stack(corners, axis=1), material)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
