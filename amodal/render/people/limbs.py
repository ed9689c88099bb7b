"""Soft shapes along curves, and turned ellipsoids: what bodies have beyond primitives.py."""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Material, Mesh
from amodal.render.primitives import loft

# The two rings that round off a tube's end: (how far out, how wide), in radii.
ROUND = ((0.5, 0.866), (0.85, 0.527))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) scaled to length 1."""
    vectors = np.asarray(vectors, float)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def rotation(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> np.ndarray:
    """(3, 3): turns about x, then about y, then about z, by radians, right-handed."""
    (cx, cy, cz), (sx, sy, sz) = np.cos([x, y, z]), np.sin([x, y, z])
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def resampled(rows: np.ndarray, count: int) -> np.ndarray:
    """A smooth curve (count, D) through `rows` (P, D), with the spacing of the rows kept.

    Catmull-Rom: it passes through every row, and rows may carry radii beside positions.
    """
    rows = np.asarray(rows, float)
    if len(rows) == 2:
        return rows[0] + np.linspace(0, 1, count)[:, None] * (rows[1] - rows[0])
    ends = np.concatenate([[2 * rows[0] - rows[1]], rows, [2 * rows[-1] - rows[-2]]])
    at = np.linspace(0, len(rows) - 1, count)
    index = np.minimum(at.astype(int), len(rows) - 2)
    t = (at - index)[:, None]
    a, b, c, d = (ends[index + k] for k in range(4))
    cubic = -a + 3 * b - 3 * c + d
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * cubic))


def oval(sides: int, squareness: float = 2.0) -> np.ndarray:
    """(sides, 2) points of a superellipse of radius 1, counter-clockwise; 2 is a circle."""
    angle = 2 * np.pi * np.arange(sides) / sides
    circle = np.stack([np.cos(angle), np.sin(angle)], -1)
    return np.sign(circle) * np.abs(circle) ** (2 / squareness)


def _frames(path: np.ndarray, side: np.ndarray | None = None) -> np.ndarray:
    """(P, 3, 3) axes along a path (P, 3); columns: sideways, the other sideways, onward.

    Args:
        side: where the first column should point, (3,) or (P, 3); without it the first is any,
            carried along without twist.
    """
    onward = unit(np.gradient(np.asarray(path, float), axis=0))
    if side is None:
        least = np.eye(3)[np.argmin(np.abs(onward[0]))]
        across = np.empty_like(onward)
        for i, tangent in enumerate(onward):
            least = unit(least - tangent * (least @ tangent))
            across[i] = least
    else:
        side = np.broadcast_to(side, onward.shape)
        across = unit(side - onward * (side * onward).sum(-1, keepdims=True))
    return np.stack([across, np.cross(onward, across), onward], -1)


def limb(
    path: np.ndarray,
    radii: np.ndarray | float,
    material: Material,
    *,
    sides: int = 10,
    side: np.ndarray | None = None,
    round_ends: tuple[bool, bool] = (True, True),
    squareness: float = 2.0,
) -> Mesh:
    """An elliptic tube along path (P, 3).

    Args:
        radii: one, (P,), or (P, 2): along the frame's first and second columns (see `_frames`).
        round_ends: whether the first and the last end bulge out by their radius, or are flat.
    """
    path = np.asarray(path, float)
    radii = np.asarray(radii, float)
    radii = radii[:, None] if radii.ndim == 1 else radii
    radii = np.broadcast_to(radii, (len(path), 2))
    axes = _frames(path, side)
    outline = oval(sides, squareness)
    flat = outline[None] * radii[:, None, :]
    rings = path[:, None] + np.einsum("pij,pnj->pni", axes[:, :, :2], flat)
    for end, sign in ((0, -1), (-1, 1)):
        if round_ends[end]:
            out = sign * axes[end, :, 2] * radii[end].min()
            cap = [path[end] + far * out + wide * (rings[end] - path[end]) for far, wide in ROUND]
            rings = np.concatenate([cap[::-1], rings] if end == 0 else [rings, cap])
    return loft(rings, material)


def ball(
    centre: np.ndarray,
    radii: tuple[float, float, float],
    material: Material,
    *,
    axes: np.ndarray | None = None,
    sides: int = 12,
) -> Mesh:
    """An ellipsoid with radii along the columns of `axes` (the world's x, y, z without)."""
    latitude = np.linspace(-np.pi / 2, np.pi / 2, sides // 2 + 2)[1:-1]
    circle = oval(sides)
    rings = np.concatenate(
        [
            np.cos(latitude)[:, None, None] * np.broadcast_to(circle, (len(latitude), sides, 2)),
            np.broadcast_to(np.sin(latitude)[:, None, None], (len(latitude), sides, 1)),
        ],
        -1,
    )
    axes = np.eye(3) if axes is None else axes
    return loft(np.asarray(centre) + (rings * radii) @ axes.T, material)
