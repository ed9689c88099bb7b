"""Trees, shrubs and hedges: wood as tubes, foliage as many small leaves. Metres.

Leaves dominate the triangle count of a street, so that `detail` says how many there are: 1 for
what stands next to the camera, less for what is far, whose leaves are larger instead.
"""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Material, Mesh, merged
from amodal.render.plan import Plan
from amodal.render.primitives import ellipsoid, tube, tubes
from amodal.render.scenery import palette as p
from amodal.render.scenery.build import boxes, columns, leaves, unit

OVERHEAD = 5.3  # above the driven road nothing hangs lower; the tallest lorries are 4.1 m
OVER_PARKING = 2.9


def detail_at(y: float) -> float:
    """How finely to draw foliage y metres along a street that is seen from about y = 0."""
    return float(np.clip(15.0 / max(abs(y - 4.0), 1.0), 0.06, 1.0))


def any_tree(rng: np.random.Generator, height: float, detail: float, autumn: bool = False) -> Mesh:
    """A tree of some kind, standing at the origin; conifers have needles down to the ground."""
    leaf = p.foliage(rng, autumn)
    kind = rng.choice(["round", "tall", "conifer"], p=[0.72, 0.16, 0.12])
    if kind == "conifer":
        return conifer(rng, height, detail)
    wide = height * (0.17 if kind == "tall" else rng.uniform(0.27, 0.36))
    return broadleaf(rng, height, wide, detail, leaf)


def broadleaf(
    rng: np.random.Generator,
    height: float,
    radius: float,
    detail: float,
    leaf: Material,
    clear: float | None = None,
) -> Mesh:
    """A trunk that forks into boughs, each of which ends in clumps of leaves.

    Args:
        rng: draws its shape.
        height: of the crown's top.
        radius: of the crown.
        detail: see above.
        leaf: material of its leaves.
        clear: height of the trunk below the crown; drawn by default. About 0.5 m below it hang
            no leaves.
    """
    clear = clear or min(0.36 * height, rng.uniform(2.3, 3.4))
    girth = 0.012 * height + 0.04
    fork = np.array([*rng.normal(0, 0.08, 2), clear])
    middle = np.array([0.0, 0.0, (clear + height) / 2 - 0.2])
    half = np.array([radius, radius, (height - clear) / 2])
    clumps = _clump_centres(rng, middle, half, max(16, int(44 * detail**0.5)))
    trunk = tube(
        np.array(
            [
                (0, 0, -0.1),
                (0, 0, 0.4),
                0.6 * fork,
                fork,
                [*fork[:2], fork[2] + 0.35 * (height - clear)],
            ]
        ),
        np.array([1.5, 1.1, 1.0, 0.85, 0.4]) * girth,
        p.BARK,
        sides=8,
    )
    boughs = np.array([_bough(rng, fork, end) for end in clumps[:: 2 if detail > 0.3 else 4]])
    wood = tubes(boughs, girth * np.array([0.42, 0.26, 0.08]), p.BARK, 5)
    reach = rng.uniform(0.30, 0.42) * radius
    return merged([trunk, wood, _crown(rng, clumps, middle, reach, radius, detail, leaf)])


def _clump_centres(
    rng: np.random.Generator, middle: np.ndarray, half: np.ndarray, count: int
) -> np.ndarray:
    """Points near the surface of an uneven ellipsoid, fewer below than above."""
    way = rng.normal(size=(3 * count, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    way = way[way[:, 2] > rng.uniform(-1.1, 0.3, len(way))][:count]
    away = rng.uniform(0.35, 0.92, (len(way), 1)) ** 0.6
    lobes = 1 + 0.18 * np.sin(3 * np.arctan2(way[:, 1], way[:, 0]) + rng.uniform(0, 6))[:, None]
    return middle + way * away * half * lobes * 0.86


def _bough(rng: np.random.Generator, fork: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The line (3, 3) of a bough from the fork or above it to a clump."""
    start = fork + np.array([0, 0, max(0.0, rng.uniform(-0.1, 0.45) * (end[2] - fork[2]))])
    bend = 0.5 * (start + end) + (*rng.normal(0, 0.12, 2), -0.12)
    return np.stack([start, bend, end])


def _crown(
    rng: np.random.Generator,
    clumps: np.ndarray,
    middle: np.ndarray,
    reach: float,
    radius: float,
    detail: float,
    leaf: Material,
) -> Mesh:
    """Leaves in a cloud around each clump's centre."""
    count = int(np.clip(1700 * radius**2 * detail, 300, 8500))
    which = rng.integers(len(clumps), size=count)
    way = unit(columns(rng.normal(size=(count, 3))))
    away = rng.random(count) ** 0.45
    wide = rng.uniform(0.7, 1.35, len(clumps))[which]
    offset = way * away * reach * _column(1.2, 1.2, 0.85) * wide
    centres = clumps.T[:, which] + offset
    outward = way + 0.6 * (centres - middle[:, None]) / radius + _column(0, 0, 0.35)
    size = np.clip(0.135 / np.sqrt(detail), 0.135, 0.50)
    return leaves(rng, centres.T, outward.T, size, leaf)


def _column(*vector: float) -> np.ndarray:
    return np.array(vector)[:, None]


def conifer(rng: np.random.Generator, height: float, detail: float) -> Mesh:
    """A spruce: drooping tiers of needles about a straight trunk."""
    needle = Material(
        "leaves", tuple(rng.uniform(0.7, 1.2) * c for c in (0.022, 0.050, 0.022)), 0.7
    )
    trunk = tube(np.array([(0, 0, -0.1), (0, 0, 0.95 * height)]), np.array([0.16, 0.02]), p.BARK, 6)
    count = int(np.clip(1100 * height * detail, 300, 9000))
    up = rng.random(count) ** 1.35
    tier = 1.0 + 0.28 * np.cos(2 * np.pi * up * 11)
    away = 0.21 * height * (1 - up) * tier * rng.uniform(0.35, 1.0, count) ** 0.5
    angle = rng.uniform(0, 2 * np.pi, count)
    flat = np.stack([np.cos(angle), np.sin(angle)], -1)
    z = 0.7 + up * (height - 0.7) - 0.22 * away
    centres = np.column_stack([flat * away[:, None], z])
    size = np.clip(0.14 / np.sqrt(detail), 0.14, 0.4)
    return merged([trunk, leaves(rng, centres, np.column_stack([flat, 0.5 + 0 * z]), size, needle)])


def shrub(rng: np.random.Generator, size: float, detail: float, leaf: Material) -> Mesh:
    """A bush of a given height."""
    core = ellipsoid((0, 0, 0.45 * size), (0.42 * size, 0.42 * size, 0.4 * size), p.SOIL, 5, 8)
    count = int(np.clip(420 * size**2 * detail, 80, 1500))
    way = unit(columns(rng.normal(size=(count, 3))))
    way[2] = np.abs(way[2]) - 0.25
    centres = _column(0, 0, 0.45 * size) + way * rng.uniform(0.35, 0.62, count) * size
    centres[2] = np.maximum(centres[2], 0.05)
    wide = np.clip(0.09 / np.sqrt(detail), 0.09, 0.3)
    return merged([core, leaves(rng, centres.T, way.T, wide, leaf)])


def hedge(
    rng: np.random.Generator, start: tuple, end: tuple, size: tuple, detail: float, leaf: Material
) -> Mesh:
    """A cut hedge.

    Args:
        rng: scatters its leaves.
        start, end: of its middle line, (x, y); parallel to an axis.
        size: (thickness, height).
        detail: see above.
        leaf: material.
    """
    thick, high = size
    low = np.append(np.minimum(start, end) - thick / 2, 0.0)
    top = np.append(np.maximum(start, end) + thick / 2, high)
    dark = Material("hedge core", tuple(0.35 * c for c in leaf.colour), roughness=1.0)
    core = boxes(low + 0.07 * np.array((1, 1, 0)), top - 0.07, dark)
    span = top - low
    areas = np.array([span[1] * span[2], span[0] * span[2], span[0] * span[1]]) * (2, 2, 1)
    count = int(np.clip(140 * areas.sum() * detail, 60, 6000))
    face = rng.choice(3, count, p=areas / areas.sum())
    sign = np.where(face == 2, 1, rng.choice([-1, 1], count))
    centres = low + rng.random((count, 3)) * span
    here = np.arange(count)
    centres[here, face] = np.where(sign > 0, top[face], low[face]) + rng.normal(0, 0.035, count)
    outward = np.zeros((count, 3))
    outward[here, face] = sign
    return merged(
        [core, leaves(rng, centres, outward, np.clip(0.075 / np.sqrt(detail), 0.075, 0.25), leaf)]
    )


def cleared(mesh: Mesh, plan: Plan) -> Mesh:
    """Without the triangles that hang into the way of traffic."""
    x, z = mesh.vertices[:, 0], mesh.vertices[:, 2]
    parked = np.where(x < 0, plan.kerb(-1), plan.kerb(1))
    low = (np.abs(x) < plan.driven + 0.2) & (z < OVERHEAD)
    low |= (np.abs(x) < parked) & (z < OVER_PARKING)
    a, b, c = low[mesh.triangles.T]
    keep = ~(a | b | c)
    if keep.all():
        return mesh
    return Mesh(
        mesh.vertices, mesh.triangles[keep], mesh.materials, mesh.material[keep], mesh.smooth[keep]
    )
