"""The shell of a vehicle: cross-sections lofted along its length, from curves on a drawing.

Frame of the mesh module: y runs from the tail (-length / 2) to the nose. Only the half with
x >= 0 is made; `whole` mirrors it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from amodal.render.mesh import Material, Mesh, merged
from amodal.render.primitives import grid, welded

# Points of half a cross-section, from the middle of the floor to the middle of the roof.
_SILL, _LOWER, _SHOULDER, _UPPER, _RAIL, _ROOF = 2, 4, 2, 2, 3, 3


@dataclass(frozen=True)
class Shape:
    """Curves of a body, in metres; each curve is (N, 2) of (y, value), y increasing.

    Args:
        top: height along the middle, from tail to nose.
        bottom: height of the floor.
        plan: half the width, where it is widest.
        belt: height of the shoulder, below the side windows.
        waist: height where the side bulges most.
        barrel: how much further in the sill is than the waist, per side.
        shoulder: the step inwards above the belt, per side.
        tumble: how far the sides lean in above the belt, per metre of height.
        crown: how much lower the roof's edge is than its middle, above the belt and below it.
        rail: radius of the roof's edge, above the belt and below it.
    """

    top: np.ndarray
    bottom: np.ndarray
    plan: np.ndarray
    belt: np.ndarray
    waist: float
    barrel: float = 0.05
    shoulder: float = 0.04
    tumble: float = 0.3
    crown: tuple[float, float] = (0.07, 0.04)
    rail: tuple[float, float] = (0.07, 0.08)

    def top_at(self, y: np.ndarray | float) -> np.ndarray:
        """Height of the middle at y."""
        return np.interp(y, *self.top.T)

    def belt_at(self, y: np.ndarray | float) -> np.ndarray:
        """Height of the shoulder at y."""
        return np.interp(y, *self.belt.T)

    def edge_at(self, y: np.ndarray | float) -> np.ndarray:
        """Height at which the side begins to turn into the roof or bonnet at y."""
        return self.top_at(y) - self._crown(y) - self._rail(y)

    def side_at(self, y: np.ndarray | float, z: np.ndarray | float) -> np.ndarray:
        """Half the width of the side at y and z, roof's edge aside."""
        y, z = np.broadcast_arrays(np.asarray(y, np.float64), np.asarray(z, np.float64))
        belt = self.belt_at(y)
        low = np.clip((self.waist - z) / max(self.waist - 0.15, 0.1), 0, 1.2)
        high = np.clip((z - self.waist) / np.maximum(belt - self.waist, 0.05), 0, 1)
        above = np.maximum(z - belt, 0)
        step = np.clip(above / 0.05, 0, 1)
        return (
            np.interp(y, *self.plan.T)
            - self.barrel * low**2
            - 0.025 * high**2
            - self.shoulder * step
            - self.tumble * above
        )

    def end_at(self, z: float, ahead: bool) -> tuple[float, float]:
        """Where the middle of the front or rear end is at height z: (y, its slope dy/dz)."""
        outline = np.concatenate([self.bottom[::-1], self.top])
        outline = outline[outline[:, 0] > 0] if ahead else outline[outline[:, 0] < 0]
        if ahead:
            outline = np.concatenate([self.bottom, self.top[::-1]])
            outline = outline[outline[:, 0] > 0]
        outline = outline[np.argsort(outline[:, 1], kind="stable")]
        y = [float(np.interp(high, outline[:, 1], outline[:, 0])) for high in (z - 0.06, z + 0.06)]
        return (max(y) if ahead else min(y)), (y[1] - y[0]) / 0.12

    def _blend(self, y: np.ndarray | float) -> np.ndarray:
        """0 where the body ends at its belt, 1 where a cabin stands on it."""
        return np.clip((self.top_at(y) - self.belt_at(y)) / 0.25, 0, 1)

    def _crown(self, y: np.ndarray | float) -> np.ndarray:
        part = self._blend(y)
        wanted = part * self.crown[0] + (1 - part) * self.crown[1]
        return np.minimum(wanted, 0.3 * self._depth(y))

    def _rail(self, y: np.ndarray | float) -> np.ndarray:
        part = self._blend(y)
        wanted = part * self.rail[0] + (1 - part) * self.rail[1]
        return np.minimum(wanted, 0.3 * self._depth(y))

    def _depth(self, y: np.ndarray | float) -> np.ndarray:
        return np.maximum(self.top_at(y) - np.interp(y, *self.bottom.T), 0.02)

    def stations(self, gap: float) -> np.ndarray:
        """Where to put cross-sections: at every bend of a curve, none further apart than `gap`."""
        bends = np.unique(np.concatenate([c[:, 0] for c in (self.top, self.bottom, self.plan)]))
        ends = bends[[0, -1]]
        kept = [ends[0]]
        for y in bends[1:]:
            near = min(y - ends[0], ends[1] - y) < 0.25
            if y - kept[-1] >= (0.015 if near else 0.09):
                kept.append(y)
        kept[-1] = ends[1]
        steps = [_spread(a, b, gap) for a, b in pairwise(kept)]
        return np.concatenate([*steps, ends[1:]])


def _spread(a: float, b: float, gap: float) -> np.ndarray:
    """Stations from a to b, without b.

    A long stretch gets one close to each end, which keeps the averaged normals of a bend from
    shading the straight piece beside it.
    """
    if b - a > 0.5:
        a, b, ends = a + 0.07, b - 0.07, [a]
        inner = np.linspace(a, b, int(np.ceil((b - a) / gap)) + 1)
        return np.concatenate([ends, inner])
    return np.linspace(a, b, int(np.ceil((b - a) / gap)), endpoint=False)


def curve(points: list[tuple[float, float, float]], steps: int = 3) -> np.ndarray:
    """A polyline with round corners.

    Args:
        points: (y, value, radius) of the corners; the radius is how far from the corner the bend
            begins, in metres.
        steps: facets of a bend.
    """
    corners = np.array(points, np.float64)
    bends = [corners[:1, :2]]
    for before, here, after in zip(corners[:-2], corners[1:-1], corners[2:], strict=True):
        corner, radius = here[:2], here[2]
        back, ahead = before[:2] - corner, after[:2] - corner
        reach = [min(radius / np.hypot(*way), 0.48) for way in (back, ahead)]
        start, end = corner + back * reach[0], corner + ahead * reach[1]
        t = np.linspace(0, 1, steps + 1 if radius > 0 else 1)[:, None]
        bends.append((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end)
    return np.concatenate([*bends, corners[-1:, :2]])


def mirrored_plan(length: float, half: float, nose: float, tail: float) -> np.ndarray:
    """A plan with rounded ends.

    Args:
        length: of the vehicle.
        half: half its width.
        nose: share of the half width that is left at the very front.
        tail: the same at the very back.
    """
    end = length / 2
    return curve(
        [
            (-end, tail * half, 0),
            (-end + 0.06, (0.55 + 0.45 * tail) * half, 0.08),
            (-end + 0.40, 0.975 * half, 0.3),
            (-0.28 * length, half, 0.6),
            (0.25 * length, half, 0.6),
            (end - 0.50, 0.965 * half, 0.3),
            (end - 0.09, (0.50 + 0.5 * nose) * half, 0.12),
            (end, nose * half, 0),
        ]
    )


def box_plan(
    length: float, half: float, corner: tuple[float, float], end: tuple[float, float]
) -> np.ndarray:
    """A plan with straight sides.

    Args:
        length: of the body.
        half: half its width.
        corner: how far from the tail and from the nose the sides begin to turn in.
        end: share of the half width that is left at the very tail and nose.
    """
    tail, nose = -length / 2, length / 2
    return curve(
        [
            (tail, end[0] * half, 0),
            (tail + 0.2 * corner[0], (0.45 + 0.55 * end[0]) * half, 0.4 * corner[0]),
            (tail + corner[0], half, 0.6 * corner[0]),
            (nose - corner[1], half, 0.6 * corner[1]),
            (nose - 0.2 * corner[1], (0.45 + 0.55 * end[1]) * half, 0.4 * corner[1]),
            (nose, end[1] * half, 0),
        ],
        steps=4,
    )


def half_shell(shape: Shape, material: Material, gap: float = 0.35) -> Mesh:
    """The half with x >= 0, closed but for the plane x = 0."""
    stations = shape.stations(gap)
    sections = np.stack([_section(shape, y) for y in stations])
    sheet = grid(sections, material)
    ends = [_cap(sections[0], material), _cap(sections[-1][::-1], material)]
    return welded(merged([_facing_out(sheet), *ends]))


def whole(half: Mesh) -> Mesh:
    """Both halves, welded in the middle."""
    return welded(merged([half, half.mirrored()]), 2e-4)


def _section(shape: Shape, y: float) -> np.ndarray:
    """Half a cross-section, (N, 3), from the middle of the floor to that of the roof."""
    floor, top = float(np.interp(y, *shape.bottom.T)), float(shape.top_at(y))
    edge = float(shape.edge_at(y))
    roof_edge = top - float(shape._crown(y))
    turn = min(0.06, 0.25 * (edge - floor))
    belt = min(float(shape.belt_at(y)), edge - 0.02)
    lower = np.linspace(floor + turn, max(belt - 0.05, floor + turn + 0.01), _LOWER)
    shoulder = np.linspace(lower[-1], min(belt + 0.05, edge - 0.005), _SHOULDER + 1)[1:]
    upper = np.linspace(shoulder[-1], edge, _UPPER + 1)[1:]
    z = np.concatenate([lower, shoulder, upper])
    side = np.stack([shape.side_at(y, z), z], axis=-1)
    sill_corner = np.array([float(shape.side_at(y, floor)), floor])
    sill = _bend(sill_corner - (1.2 * turn, 0), sill_corner, side[0], _SILL)
    corner = np.array([float(shape.side_at(y, roof_edge)), roof_edge])
    rail = _bend(side[-1], corner, _on_roof(corner[0], top, roof_edge), _RAIL)
    share = np.linspace(1, 0, _ROOF + 1)[1:]
    x = rail[-1, 0] * share
    roof = np.stack([x, top - (top - rail[-1, 1]) * share**2], axis=-1)
    outline = np.concatenate([[(0, floor)], sill[:-1], side[:-1], rail, roof])
    return np.insert(np.maximum(outline, (0, -1)), 1, y, axis=1)


def _on_roof(corner: float, top: float, edge: float) -> np.ndarray:
    """Where the roof begins, inwards of its edge's corner."""
    share = max(1 - 0.09 / max(corner, 0.1), 0.6)
    return np.array([corner * share, top - (top - edge) * share**2])


def _bend(start: np.ndarray, corner: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    t = np.linspace(0, 1, steps + 1)[:, None]
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end


def _cap(section: np.ndarray, material: Material) -> Mesh:
    """Half of a flat end: every edge of the section joined with the middle."""
    middle = section.copy()
    middle[:, 0] = 0
    return grid(np.stack([section, middle]), material)


def _facing_out(sheet: Mesh) -> Mesh:
    """Sections run floor to roof and stations tail to nose, which is inside out for x > 0."""
    return Mesh(
        sheet.vertices, sheet.triangles[:, ::-1], sheet.materials, sheet.material, sheet.smooth
    )
