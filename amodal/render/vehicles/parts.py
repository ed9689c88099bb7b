"""What vehicles have in common: wheels and their arches, mirrors, lamps, plates, seams."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from amodal.render import materials as m
from amodal.render.mesh import Material, Mesh, merged
from amodal.render.primitives import (
    box,
    cylinder,
    extruded,
    fan,
    grid,
    lathe,
    rounded_box,
    rounded_rectangle,
    tube,
)
from amodal.render.vehicles.body import Shape
from amodal.render.vehicles.skin import FRONT, SIDE, Skin, beyond, inset, prism

RIGHT = (1.0, 0.0, 0.0)  # where the side of a half looks
_ARC = np.radians(np.linspace(0, 180, 11))


@dataclass(frozen=True)
class Wheel:
    """A wheel in metres; its axle lies `radius` above the road.

    Args:
        radius: of the tyre.
        width: of the tyre.
        rim: radius of the rim, as a share of the tyre's.
        spokes: how many; 0: a plain disc with holes' ring, as lorries have.
        metal: of the rim.
    """

    radius: float
    width: float = 0.21
    rim: float = 0.68
    spokes: int = 5
    metal: Material = m.ALLOY


def wheel(kind: Wheel) -> Mesh:
    """A wheel about the x axis, its outer face towards +x at x = 0, its middle at the origin."""
    r, w = kind.radius, kind.width
    rim = kind.rim * r
    tyre = lathe(
        np.array(
            [
                (-w, 0.0),
                (-w, 0.9 * r),
                (-0.85 * w, r),
                (-0.15 * w, r),
                (-0.03 * w, 0.96 * r),
                (0.0, 0.86 * r),
                (-0.008, rim),
            ]
        ),
        m.RUBBER,
        sides=20,
    )
    return merged([tyre, *(_spoked(kind, rim) if kind.spokes else _disc(kind, rim))])


def _spoked(kind: Wheel, rim: float) -> list[Mesh]:
    """A dark dish with a bright edge, spokes and a hub."""
    dish = lathe(np.array([(-0.07, rim * 0.93), (-0.075, 0.0)]), m.DARK, 12)
    edge = lathe(
        np.array([(-0.008, rim), (-0.012, rim * 0.93), (-0.07, rim * 0.91)]), kind.metal, 20
    )
    hub = lathe(
        np.array([(-0.06, rim * 0.26), (-0.022, rim * 0.24), (-0.015, rim * 0.12), (-0.015, 0.0)]),
        kind.metal,
        12,
    )
    wide = 2.2 / kind.spokes * rim
    low, high = 0.15 * rim, 0.95 * rim
    fork = [(-wide / 4, low), (wide / 4, low), (wide / 2.6, high), (-wide / 2.6, high)]
    spoke = extruded(np.array(fork), 0.03, kind.metal)
    upright = spoke.transformed(np.array([[0, 1, 0, -0.035], [-1, 0, 0, 0], [0, 0, 1, 0]]))
    return [dish, edge, hub, *(_rolled(upright, k / kind.spokes) for k in range(kind.spokes))]


def _disc(kind: Wheel, rim: float) -> list[Mesh]:
    """The dished steel disc of a lorry's or bus's wheel, with its bolted hub."""
    dish = lathe(
        np.array([(-0.008, rim), (-0.015, rim * 0.92), (-0.06, rim * 0.85), (-0.07, rim * 0.45)]),
        kind.metal,
    )
    hub = lathe(
        np.array([(-0.07, rim * 0.45), (-0.02, rim * 0.38), (0.0, rim * 0.3), (0.0, 0.0)]),
        m.STEEL,
        16,
    )
    holes = [cylinder((-0.08, 0, 0.64 * rim), (-0.058, 0, 0.64 * rim), 0.09 * rim, m.DARK, 6)]
    return [dish, hub, *(_rolled(hole, k / 8) for hole in holes for k in range(8))]


def _rolled(part: Mesh, turns: float) -> Mesh:
    """Turned about the x axis by a share of a full turn."""
    c, s = np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)
    return part.transformed(np.array([[1, 0, 0, 0], [0, c, -s, 0], [0, s, c, 0]]))


def wheel_pair(kind: Wheel, y: float, outer: float, roll: float) -> Mesh:
    """Two wheels of an axle at y, outer faces at x = +- outer, rolled by a share of a turn."""
    right = _rolled(wheel(kind), roll).moved((outer, y, kind.radius))
    return merged([right, right.mirrored()])


def arch(skin: Skin, shape: Shape, y: float, z: float, radius: float, depth: float) -> Mesh:
    """Cuts a wheel arch into a right half and gives the lining to put behind it.

    Args:
        skin: of the half with x >= 0.
        shape: what the skin was made of.
        y: of the axle.
        z: height of the axle.
        radius: of the opening.
        depth: how deep the housing is, along x.
    """
    around = np.stack([y + radius * np.cos(_ARC), z + radius * np.sin(_ARC)], axis=-1)
    outline = np.concatenate([around, [(y - radius, -1.0), (y + radius, -1.0)]])
    inner = float(shape.side_at(y, z + radius)) - depth
    skin.remove(np.concatenate([beyond(0, inner), prism(outline, SIDE)]))
    low = [np.array([(end, np.interp(end, *shape.bottom.T))]) for end in (y + radius, y - radius)]
    path = np.concatenate([low[0], around, low[1]])
    outer = shape.side_at(path[:, 0], path[:, 1]) - 0.012  # behind the skin's facets
    rows = [np.column_stack([x, path]) for x in (np.full(len(path), inner), outer)]
    lining = grid(np.stack(rows[::-1]), m.DARK)
    wall = fan(rows[0], m.DARK)
    return merged([lining, wall])


def arch_lip(
    shape: Shape, y: float, z: float, radius: float, material: Material, thick: float
) -> Mesh:
    """A bead around a wheel arch on the side with x > 0, `thick` in radius."""
    angle = np.radians(np.linspace(-12, 192, 11))
    path = np.stack([y + radius * np.cos(angle), z + radius * np.sin(angle)], axis=-1)
    x = shape.side_at(path[:, 0], path[:, 1]) - 0.25 * thick
    return tube(np.column_stack([x, path]), thick, material, sides=4)


def seam(shape: Shape, points: list[tuple[float, float]], width: float = 0.010) -> Mesh:
    """A dark ribbon on the right side along a polyline of (y, z): the gap around a door.

    It lies on the skin, not in it: cut in, it would cost a hundred triangles.
    """
    corners = np.array(points, np.float64)
    pieces = []
    for a, b in pairwise(corners):
        along = (b - a) / max(np.linalg.norm(b - a), 1e-6)
        across = np.array([-along[1], along[0]]) * width / 2
        count = int(np.linalg.norm(b - a) / 0.12) + 2
        path = np.linspace(a - along * width / 2, b + along * width / 2, count)
        rows = np.stack([path - across, path + across])
        x = shape.side_at(path[:, 0], path[:, 1]) + 0.005
        sheet = np.concatenate([np.broadcast_to(x[:, None], (2, count, 1)), rows], axis=-1)
        pieces.append(grid(sheet, m.DARK, smooth=False))
    return merged(pieces)


def plate(shape: Shape, z: float, ahead: bool, material: Material, width: float = 0.52) -> Mesh:
    """A number plate with letters in the middle of the front or rear, at height z."""
    y, slope = shape.end_at(z, ahead)
    made = [box((width + 0.02, 0.016, 0.13), (0, 0, 0), m.BLACK_PLASTIC)]
    made.append(box((width, 0.02, 0.11), (0, 0, 0), material))
    for x in np.array([-0.4, -0.26, -0.06, 0.08, 0.22, 0.36]) * width:
        made.append(box((0.045, 0.022, 0.07), (x, 0, 0), m.BLACK_PLASTIC))
    tilt = np.arctan(slope)
    c, s = np.cos(tilt), np.sin(tilt)
    matrix = np.array([[1, 0, 0, 0], [0, c, s, y], [0, -s, c, z]])
    return merged(made).transformed(matrix)


def mirror(x: float, y: float, z: float, material: Material, size: float = 1.0) -> Mesh:
    """A door mirror on the right; x, y, z: where its foot meets the door."""
    width, height = 0.17 * size, 0.125 * size
    middle = np.array([x + 0.05 + width / 2, y - 0.02, z + 0.06 * size])
    shell = rounded_box((width, 0.10 * size, height), middle, material, 0.04 * size, 2)
    pane = extruded(rounded_rectangle(0.84 * width, 0.78 * height, 0.03), 0.006, m.GLOSS_BLACK)
    foot = tube(
        np.array([(x - 0.04, y + 0.01, z), middle - (0.3 * width, 0, 0.02)]),
        0.02,
        m.BLACK_PLASTIC,
        6,
    )
    return merged([shell, pane.moved(tuple(middle - (0, 0.0505 * size, 0))), foot])


def handle(shape: Shape, y: float, z: float, material: Material) -> Mesh:
    """A door handle on the right."""
    x = float(shape.side_at(y, z))
    return rounded_box((0.035, 0.17, 0.028), (x + 0.005, y, z), material, 0.012, 1)


def cross_pane(
    skin: Skin,
    shape: Shape,
    y: tuple[float, float],
    z: tuple[float, float],
    where: np.ndarray,
    towards: tuple[float, float, float],
    pillar: float,
) -> None:
    """A window across the body: from z[0] at y[0] up to z[1] at y[1], `pillar` off the edges."""
    low = float(shape.side_at(y[0], max(z[0], float(shape.belt_at(y[0])) + 0.05))) - pillar
    high = float(shape.side_at(y[1], z[1] - 0.05)) - pillar
    whole = np.array([(-low, z[0]), (low, z[0]), (high, z[1]), (-high, z[1])])
    for by, material in ((0.0, m.GLOSS_BLACK), (0.022, m.GLASS)):
        pane = inset(whole, by, 0.05)
        skin.paint(np.concatenate([where, prism(pane, FRONT)]), material, towards)


def strip(
    start: tuple[float, float], end: tuple[float, float], view: tuple[int, int]
) -> np.ndarray:
    """Region of a line, 1 cm wide, between two points of a view."""
    a, b = np.array(start), np.array(end)
    along = (b - a) / np.linalg.norm(b - a)
    across = np.array([-along[1], along[0]]) * 0.005
    return prism(np.array([a - across, b - across, b + across, a + across]), view)


def pane_row(
    skin: Skin,
    edges: list[float],
    z: tuple[float, float],
    glass: Material = m.GLASS,
    gap: float = 0.05,
) -> None:
    """Side windows in a dark band on a half: from edge to edge along y, `gap` apart."""
    side, low, high = beyond(0, 0.3), *z
    ends = np.array([(edges[0], low), (edges[-1], low), (edges[-1], high), (edges[0], high)])
    skin.paint(np.concatenate([side, prism(inset(ends, 0, 0.06), SIDE)]), m.GLOSS_BLACK, RIGHT)
    for behind, ahead in pairwise(edges):
        pane = inset(
            np.array([(behind, low), (ahead, low), (ahead, high), (behind, high)]), gap / 2
        )
        skin.paint(np.concatenate([side, prism(pane, SIDE)]), glass, RIGHT)


def rectangle(x: tuple[float, float], z: tuple[float, float]) -> np.ndarray:
    """Outline of a rectangle in a view, from its two spans."""
    return np.array([(x[0], z[0]), (x[1], z[0]), (x[1], z[1]), (x[0], z[1])])
