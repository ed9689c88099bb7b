"""Simple solids as meshes: boxes, tubes, lathes, lofts and panels.

Lengths in metres. Every solid is closed and counter-clockwise outside unless its docstring says
otherwise. Two surfaces that meet in an edge to be seen do not share vertices, so that averaged
normals leave the edge sharp.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from amodal.render.mesh import Material, Mesh, merged, surface, welded

Point = Sequence[float] | np.ndarray


def grid(points: np.ndarray, material: Material, wrap: bool = False, smooth: bool = True) -> Mesh:
    """An open sheet of quadrilaterals through a grid of points.

    Args:
        points: (M, N, 3); the outside is along (step in N) x (step in M).
        material: of the whole sheet.
        wrap: whether each row's last point joins its first.
        smooth: whether it is shaded as if curved.
    """
    triangles = _grid_triangles(*points.shape[:2], wrap)
    return surface(points.reshape(-1, 3), triangles, material, smooth)


@functools.cache
def _grid_triangles(rows: int, columns: int, wrap: bool) -> np.ndarray:
    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    if wrap:
        index = np.concatenate([index, index[:, :1]], axis=1)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    return _shared(np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3))


def _shared(indices: np.ndarray) -> np.ndarray:
    """What many meshes hold and none may change."""
    indices.flags.writeable = False
    return indices


def fan(ring: np.ndarray, material: Material, smooth: bool = False) -> Mesh:
    """A flat sheet that fills a ring (N, 3); seen from outside the ring is counter-clockwise."""
    corners = np.concatenate([ring, ring.mean(0)[None]])
    return surface(corners, _fan_triangles(len(ring)), material, smooth)


@functools.cache
def _fan_triangles(count: int) -> np.ndarray:
    here = np.arange(count, dtype=np.int32)
    return _shared(np.stack([np.full_like(here, count), here, (here + 1) % count], axis=-1))


def loft(
    sections: np.ndarray,
    material: Material,
    caps: bool = True,
    smooth: bool = True,
    cap_material: Material | None = None,
) -> Mesh:
    """A skin over cross-sections.

    Args:
        sections: (M, N, 3) rings, counter-clockwise when looked at against the way they follow
            one another.
        material: of the skin.
        caps: whether the first and the last ring are filled.
        smooth: whether the skin is shaded as if curved; the caps are flat.
        cap_material: of the caps; the skin's by default.
    """
    skin = grid(sections, material, wrap=True, smooth=smooth)
    if not caps:
        return skin
    lid = cap_material or material
    return merged([skin, fan(sections[0, ::-1], lid), fan(sections[-1], lid)])


def tube(
    points: np.ndarray,
    radii: float | np.ndarray,
    material: Material,
    sides: int = 8,
    round_ends: bool = False,
) -> Mesh:
    """A tube along a polyline.

    Args:
        points: (N, 3), no two in a row equal.
        radii: one, or (N,).
        material: of the tube and its ends.
        sides: corners of the cross-section.
        round_ends: half-spheres at the ends, which lengthen it by its radius; else flat ones.
    """
    points = np.asarray(points, np.float64)
    radii = np.broadcast_to(np.asarray(radii, np.float64), len(points))
    if round_ends:
        points, radii = _with_round_ends(points, radii)
    return tubes(points[None], radii, material, sides)


def tubes(points: np.ndarray, radii: np.ndarray, material: Material, sides: int = 8) -> Mesh:
    """Many tubes with flat ends at once.

    Args:
        points: (K, N, 3), no two in a row equal.
        radii: (N,), or (K, N).
        material: of all.
        sides: corners of the cross-sections.
    """
    across, up = _frames(points)
    angle = np.arange(sides) * (2 * np.pi / sides)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    ring = cos * across[:, :, None] + sin * up[:, :, None]
    rings = points[:, :, None] + radii[..., None, None] * ring
    ends = (rings[:, 0, ::-1], rings[:, -1])
    lids = [part for end in ends for part in (end, end.sum(axis=1, keepdims=True) / sides)]
    vertices = np.concatenate([rings.reshape(len(points), -1, 3), *lids], axis=1)
    triangles, smooth = _tube_triangles(points.shape[1], sides)
    starts = np.arange(len(points), dtype=np.int32) * vertices.shape[1]
    return Mesh(
        vertices.reshape(-1, 3).astype(np.float32),
        (triangles + starts[:, None, None]).reshape(-1, 3),
        (material,),
        np.zeros(len(points) * len(triangles), np.int32),
        np.tile(smooth, len(points)),
    )


@functools.cache
def _tube_triangles(rings: int, sides: int) -> tuple[np.ndarray, np.ndarray]:
    """Triangles of a tube and which of them are curved: its skin, and a lid at each end."""
    skin, lid = _grid_triangles(rings, sides, True), _fan_triangles(sides)
    head = rings * sides
    triangles = np.concatenate([skin, lid + head, lid + head + sides + 1], dtype=np.int32)
    return _shared(triangles), _shared(np.arange(len(triangles)) < len(skin))


def _with_round_ends(points: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The polyline with three more points at each end, where the radius falls as a circle's."""
    angle = np.radians([85, 60, 30])
    first = (points[0] - points[1]) / np.linalg.norm(points[0] - points[1])
    last = (points[-1] - points[-2]) / np.linalg.norm(points[-1] - points[-2])
    head = points[0] + radii[0] * np.sin(angle)[:, None] * first
    tail = points[-1] + radii[-1] * np.sin(angle[::-1])[:, None] * last
    ends = radii[0] * np.cos(angle), radii[-1] * np.cos(angle[::-1])
    return np.concatenate([head, points, tail]), np.concatenate([ends[0], radii, ends[1]])


def _frames(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors (K, N, 3) across polylines, right-handed with their direction, without twist."""
    steps = points[:, 1:] - points[:, :-1]
    steps /= _length(steps)
    ahead = np.concatenate([steps[:, :1], steps[:, :-1] + steps[:, 1:], steps[:, -1:]], axis=1)
    ahead /= np.maximum(_length(ahead), 1e-9)
    side = np.eye(3)[np.argmin(np.abs(ahead[:, 0]), axis=-1)]
    across = np.empty_like(points)
    for index in range(points.shape[1]):
        direction = ahead[:, index]
        side = side - _dot(side, direction) * direction
        side /= np.sqrt(_dot(side, side))
        across[:, index] = side
    (a, b, c), (x, y, z) = ahead.T, across.T
    return across, np.array([b * z - c * y, c * x - a * z, a * y - b * x]).T


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Scalar products (K, 1) of vectors (K, 3)."""
    return (first[:, None] @ second[:, :, None])[:, 0]


def cylinder(
    start: Point,
    end: Point,
    radius: float,
    material: Material,
    sides: int = 16,
    end_radius: float | None = None,
) -> Mesh:
    """A cylinder between two points, or a cone's stump when `end_radius` differs."""
    radii = np.array([radius, radius if end_radius is None else end_radius])
    return tube(np.array([start, end], np.float64), radii, material, sides)


def ellipsoid(
    centre: Point, radii: Point, material: Material, rings: int = 8, sides: int = 12
) -> Mesh:
    """An ellipsoid with half axes `radii` along x, y, z."""
    up = np.linspace(-np.pi / 2, np.pi / 2, rings + 1)[:, None]
    around = np.arange(sides) * (2 * np.pi / sides)
    unit = np.stack(
        [
            np.cos(up) * np.cos(around),
            np.cos(up) * np.sin(around),
            np.broadcast_to(np.sin(up), (rings + 1, sides)),
        ],
        axis=-1,
    )
    skin = grid(unit * np.asarray(radii) + np.asarray(centre), material, wrap=True)
    return welded(skin)


def lathe(
    profile: np.ndarray, material: Material, sides: int = 24, centre: Point = (0, 0, 0)
) -> Mesh:
    """A profile turned about the x axis; open where it leaves the axis.

    Args:
        profile: (N, 2) of (x, radius); the outside is to the left of its way with x to the right
            and the radius upwards.
        material: of the whole.
        sides: corners around.
        centre: where x = 0 on the axis goes.
    """
    x, radius = np.asarray(profile, np.float64).T
    around = np.arange(sides) * (2 * np.pi / sides)
    rings = np.stack(
        [
            np.broadcast_to(x[:, None], (len(x), sides)),
            radius[:, None] * np.cos(around),
            radius[:, None] * np.sin(around),
        ],
        axis=-1,
    )
    return welded(grid(rings + np.asarray(centre, np.float64), material, wrap=True))


def box(size: Point, centre: Point, material: Material) -> Mesh:
    """A box with sharp edges."""
    half = np.asarray(size, np.float64) / 2
    ring = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64)
    lower, upper = (np.column_stack([ring, np.full(4, z)]) for z in (-1, 1))
    corners = np.stack([lower, upper]) * half + np.asarray(centre)
    sides = [grid(corners[:, [i, (i + 1) % 4]], material, smooth=False) for i in range(len(ring))]
    return merged([*sides, fan(corners[0, ::-1], material), fan(corners[1], material)])


def rounded_box(
    size: Point, centre: Point, material: Material, radius: float = 0.02, steps: int = 2
) -> Mesh:
    """A box whose edges are rounded by `radius`, in `steps` facets."""
    half = np.asarray(size, np.float64) / 2
    radius = min(radius, *(0.98 * half))
    turn = np.linspace(0, np.pi / 2, steps + 1)
    around = np.concatenate([turn + quarter * np.pi / 2 for quarter in range(4)])
    up = np.concatenate([turn - np.pi / 2, turn])[:, None]
    level = np.broadcast_to(np.sin(up), (len(up), len(around)))
    unit = np.stack([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), level], axis=-1)
    quarter = np.repeat(np.pi / 4 + np.arange(4) * np.pi / 2, steps + 1)
    signs = np.stack([np.sign(np.cos(quarter)), np.sign(np.sin(quarter))], axis=-1)
    inner = np.empty_like(unit)
    inner[..., :2] = signs * (half - radius)[:2]
    inner[..., 2] = np.repeat([-1, 1], steps + 1)[:, None] * (half - radius)[2]
    return welded(loft(inner + radius * unit + np.asarray(centre), material))


def extruded(outline: np.ndarray, thickness: float, material: Material) -> Mesh:
    """A flat plate: an outline in x and z, as thick along y.

    Args:
        outline: (N, 2) of (x, z), star-shaped about its mean, counter-clockwise seen from
            behind (along +y).
        thickness: along y, centred on y = 0.
        material: of all its faces; the edges stay sharp.
    """
    x, z = np.asarray(outline, np.float64).T
    back, front = (
        np.stack([x, np.full_like(x, y), z], axis=-1) for y in (-thickness / 2, thickness / 2)
    )
    return loft(np.stack([front, back]), material, smooth=False)


def rounded_rectangle(width: float, height: float, radius: float, steps: int = 3) -> np.ndarray:
    """Outline (N, 2) with rounded corners about the origin, counter-clockwise."""
    radius = min(radius, width / 2, height / 2)
    turn = np.linspace(0, np.pi / 2, steps + 1)
    corners = []
    for quarter, (sx, sy) in enumerate([(1, 1), (-1, 1), (-1, -1), (1, -1)]):
        angle = turn + quarter * np.pi / 2
        middle = np.array([sx * (width / 2 - radius), sy * (height / 2 - radius)])
        corners.append(middle + radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1))
    return np.concatenate(corners)
