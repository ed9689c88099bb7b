"""Wheels of two-wheelers, and the small shapes that cycles share. Metres; y forward, z up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amodal.render import materials as m
from amodal.render.mesh import Material, Mesh, merged
from amodal.render.people.limbs import limb, oval, resampled
from amodal.render.primitives import cylinder, lathe, loft, tube


@dataclass(frozen=True)
class Contacts:
    """Where a rider touches a cycle, each (3,) metres.

    Args:
        saddle: the top of the seat under the hips.
        grips: left and right, the middle of the grip.
        feet: left and right, the middle of the pedal's or peg's upper side, under the foot's ball.
        lean: of the trunk, forward, radians; None: what the arms ask for.
    """

    saddle: tuple[float, float, float]
    grips: dict[str, tuple[float, float, float]]
    feet: dict[str, tuple[float, float, float]]
    lean: float | None = None


def wheel(radius: float, tyre: float, rim: Material, spokes: int, wire: bool) -> Mesh:
    """A wheel about the x axis, its middle at the origin.

    Args:
        radius: outside.
        tyre: half its width.
        rim: the metal.
        spokes: how many.
        wire: thin crossed wires, else cast spokes.
    """
    steps = 40 if radius > 0.3 else 30
    depth = tyre if wire else 0.8 * tyre
    inner = radius - 2 * depth
    edge = -oval(9 if wire else 11)
    edge = np.concatenate([edge, edge[:1]])[::-1] * (tyre, depth)
    hoop = np.array([(1, 0.3), (-1, 0.3), (-0.7, -1), (0.7, -1), (1, 0.3)])[::-1]
    hoop = hoop * (0.55 * tyre, 0.011 if wire else 0.022) + (0, inner)
    parts = [
        lathe(edge + np.array([0, radius - depth]), m.RUBBER, steps),
        lathe(hoop, rim, steps),
        cylinder((-0.05, 0, 0), (0.05, 0, 0), 0.02 if wire else 0.05, m.STEEL, 10),
    ]
    if wire:
        return merged([*parts, *_wires(inner, spokes)])
    return merged([*parts, *_cast(inner, spokes, rim), _disc_brake(inner)])


def _wires(inner: float, spokes: int) -> list[Mesh]:
    turn = 2 * np.pi * np.arange(spokes) / spokes
    parts = []
    for index, angle in enumerate(turn):
        side = 0.03 if index % 2 else -0.03
        # Wires leave the hub along its rim, crossed by their neighbours.
        start = angle + (0.9 if index // 2 % 2 else -0.9)
        hub = (side, 0.02 * np.cos(start), 0.02 * np.sin(start))
        end = (0.0, inner * np.cos(angle), inner * np.sin(angle))
        parts.append(tube(np.array([hub, end]), 0.0013, m.STEEL, sides=3))
    return parts


def _cast(inner: float, spokes: int, rim: Material) -> list[Mesh]:
    parts = []
    for angle in 2 * np.pi * np.arange(spokes) / spokes:
        out = np.array([0, np.cos(angle), np.sin(angle)])
        path = np.linspace(0.03, inner, 3)[:, None] * out
        wide = np.linspace(0.020, 0.013, 3)
        parts.append(limb(path, np.stack([wide, wide], -1), rim, sides=6))
    return parts


def _disc_brake(inner: float) -> Mesh:
    plate = np.array([(0.052, 0.03), (0.052, 0.62 * inner), (0.056, 0.62 * inner), (0.056, 0.03)])
    return lathe(plate, m.STEEL, 20)


def arch(
    axle: tuple[float, float],
    radius: float,
    start: float,
    end: float,
    width: float,
    material: Material,
) -> Mesh:
    """A mudguard over a wheel.

    Args:
        axle: (y, z).
        radius: of the arc.
        start, end: radians about the axle; 0 ahead, pi / 2 above.
        width: half of it.
    """
    angle = np.linspace(start, end, 14)
    y, z = axle[0] + radius * np.cos(angle), axle[1] + radius * np.sin(angle)
    path = np.stack([np.zeros_like(y), y, z], -1)
    radii = np.full((len(path), 2), (width, 0.006))
    return limb(path, radii, material, sides=6, side=np.array([1.0, 0, 0]), squareness=3.0)


def hull(rows: tuple, material: Material, sides: int = 16, squareness: float = 2.6) -> Mesh:
    """A smooth body along y, the same left and right.

    Args:
        rows: (y, lower z, upper z, half-width), from behind to ahead.
    """
    y, low, high, wide = resampled(np.array(rows), 3 * len(rows)).T[:, :, None]
    outline = oval(sides, squareness)
    z = (low + high) / 2 + (high - low) / 2 * outline[:, 0]
    rings = np.stack([wide * outline[:, 1], np.broadcast_to(y, z.shape), z], -1)
    return loft(rings, material)


def curve(
    points: tuple, radius: float, material: Material, sides: int = 8, count: int = 12
) -> Mesh:
    """A bent tube through points (x, y, z)."""
    return tube(resampled(np.array(points), count), radius, material, sides)


def strut(start: tuple, end: tuple, radius: float, material: Material, sides: int = 8) -> Mesh:
    """A straight tube."""
    return cylinder(start, end, radius, material, sides)


def both(mesh: Mesh) -> Mesh:
    """The mesh and its mirror image at x = 0."""
    return merged([mesh, mesh.mirrored()])


def headlamp(at: tuple, radius: float, length: float) -> Mesh:
    """A round lamp that looks ahead, its glass at `at`."""
    x, y, z = at
    path = np.array([(x, y - length, z), (x, y - 0.4 * length, z), (x, y, z)])
    return tube(path, radius * np.array([0.4, 0.9, 1.0]), m.HEADLAMP, 12)
