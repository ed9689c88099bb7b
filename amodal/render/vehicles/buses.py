"""Buses: low-floor city buses and coaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amodal.render import materials as m
from amodal.render.mesh import Material, Mesh, merged
from amodal.render.primitives import box, rounded_box, tube
from amodal.render.vehicles import parts
from amodal.render.vehicles.body import Shape, box_plan, curve, half_shell
from amodal.render.vehicles.parts import RIGHT, rectangle
from amodal.render.vehicles.skin import FRONT, SIDE, Skin, beyond, inset, prism


@dataclass(frozen=True)
class Bus:
    """A drawn bus, in metres; y forward from its middle.

    Args:
        coach: whether it is a touring coach.
        length, width, height: of the body; units on the roof come on top.
        front_axle, rear_axle: y.
        wheel: radius of the tyres.
        clearance: height of the skirt.
        sill: height of the windows' lower edge.
        rake: how far the windscreen leans back.
        doors: y of the middle of each door, on the right; right-hand traffic.
    """

    coach: bool
    length: float
    width: float
    height: float
    front_axle: float
    rear_axle: float
    wheel: float
    clearance: float
    sill: float
    rake: float
    doors: tuple[float, ...]


def bus(rng: np.random.Generator, coach: bool | None = None) -> Mesh:
    """A bus of drawn proportions and livery.

    Args:
        rng: decides everything.
        coach: whether it is a touring coach; drawn by default.
    """
    drawn = _draw(rng, coach)
    colours = m.livery(rng)
    shape = _outline(drawn)
    shell = half_shell(shape, colours[0], gap=1.6)
    style = _Livery(
        colours[1], float(rng.random()), m.TINTED_GLASS if rng.random() < 0.5 else m.GLASS
    )
    halves, linings = [], []
    for right in (True, False):
        skin = Skin(shell)
        _paint(skin, shape, drawn, style, right)
        lining, radius = [], drawn.wheel + 0.08
        for y in (drawn.front_axle, drawn.rear_axle):
            lining.append(parts.arch(skin, shape, y, drawn.wheel, radius, 0.6))
            lining.append(parts.arch_lip(shape, y, drawn.wheel, radius, m.BLACK_PLASTIC, 0.018))
        half = merged([skin.mesh(), *lining])
        halves.append(half if right else half.mirrored())
    kind = parts.Wheel(drawn.wheel, 0.30, 0.60, 0, m.STEEL)
    for y in (drawn.front_axle, drawn.rear_axle):
        linings.append(parts.wheel_pair(kind, y, drawn.width / 2 - 0.06, rng.random()))
    return merged([*halves, *linings, *_fittings(shape, drawn, colours[0], rng)])


@dataclass(frozen=True)
class _Livery:
    accent: Material
    pattern: float
    glass: Material


def _draw(rng: np.random.Generator, coach: bool | None) -> Bus:
    coach = bool(rng.random() < 0.35) if coach is None else coach
    length = rng.uniform(10.2, 12.0)
    front = length / 2 - rng.uniform(2.6, 2.75)
    rear = -length / 2 + rng.uniform(3.1, 3.35)
    entry = length / 2 - 1.15
    doors: tuple[float, ...] = (entry, 0.5 * (front + rear) - 0.35)
    if not coach and length > 11.2 and rng.random() < 0.5:
        doors = (*doors, -length / 2 + 1.7)
    return Bus(
        coach=coach,
        length=length,
        width=rng.uniform(2.50, 2.55),
        height=rng.uniform(3.35, 3.7) if coach else rng.uniform(2.85, 3.05),
        front_axle=front,
        rear_axle=rear,
        wheel=rng.uniform(0.47, 0.50),
        clearance=rng.uniform(0.26, 0.32),
        sill=rng.uniform(1.72, 1.9) if coach else rng.uniform(1.12, 1.3),
        rake=rng.uniform(0.35, 0.6) if coach else rng.uniform(0.12, 0.3),
        doors=doors[:1] if coach else doors,
    )


def _outline(bus: Bus) -> Shape:
    nose, tail, height, low = bus.length / 2, -bus.length / 2, bus.height, bus.clearance
    top = [(tail, 1.3, 0), (tail + 0.04, 1.6, 0.3), (tail + 0.16, height - 0.15, 0.25)]
    top += [(tail + 0.45, height, 0.2), (nose - bus.rake - 0.35, height, 0.3)]
    top += [(nose - bus.rake, height - 0.28, 0.3), (nose - 0.05, 1.15, 0.3), (nose, 0.85, 0)]
    bottom = [(tail, 0.62, 0), (tail + 0.07, low + 0.16, 0.08), (tail + 1.2, low, 0.3)]
    bottom += [(nose - 1.2, low, 0.3), (nose - 0.12, low + 0.03, 0.1), (nose, 0.55, 0)]
    return Shape(
        top=curve(top),
        bottom=curve(bottom),
        plan=box_plan(bus.length, bus.width / 2, corner=(0.25, 0.45), end=(0.86, 0.72)),
        belt=curve([(tail, bus.sill, 0), (nose, bus.sill, 0)]),
        waist=bus.sill - 0.3,
        barrel=0.03,
        shoulder=0.0,
        tumble=0.045,
        crown=(0.09, 0.04),
        rail=(0.16, 0.1),
    )


def _paint(skin: Skin, shape: Shape, bus: Bus, style: _Livery, right: bool) -> None:
    """One half: the livery's accent, windows, doors, lamps."""
    nose, tail, low = bus.length / 2, -bus.length / 2, bus.clearance
    if style.pattern < 0.4:  # the accent below, or a swoosh at the tail, or nothing
        for towards in (RIGHT, (0, -1, 0), (0, 1, 0)):
            skin.paint(beyond(2, low + 0.55, less=True), style.accent, towards)
    elif style.pattern < 0.75:
        swoosh = np.array([(tail - 1, 0), (tail + 3.5, 0), (tail + 1.6, 5), (tail - 1, 5)])
        skin.paint(np.concatenate([beyond(0, 0.2), prism(swoosh, SIDE)]), style.accent, RIGHT)
    skin.paint(beyond(2, low + 0.12, less=True), m.BLACK_PLASTIC, RIGHT)
    skin.paint(beyond(2, low + 0.015, less=True), m.DARK, (0, 0, -1))
    high = float(shape.edge_at(0.0)) - (0.02 if bus.coach else 0.10)
    ahead = nose - (1.95 if right else 0.35)
    count = round((ahead - tail - 0.5) / 1.45)
    edges = np.linspace(tail + 0.5, ahead, count + 1).tolist()
    parts.pane_row(skin, edges, (bus.sill, high), style.glass, 0.05)
    if right:
        for y in bus.doors:
            _paint_door(skin, y, (low + 0.06, high), style.glass)
    _paint_front(skin, shape, bus, style)
    _paint_rear(skin, bus, style)


def _paint_door(skin: Skin, y: float, z: tuple[float, float], glass: Material) -> None:
    """Two glass leaves in dark frames."""
    side = beyond(0, 0.3)
    whole = rectangle((y - 0.65, y + 0.65), z)
    skin.paint(np.concatenate([side, prism(whole, SIDE)]), m.BLACK_PLASTIC, RIGHT)
    for leaf in ((y - 0.62, y - 0.01), (y + 0.01, y + 0.62)):
        pane = inset(rectangle(leaf, (z[0] + 0.08, z[1] - 0.05)), 0.06, 0.05)
        skin.paint(np.concatenate([side, prism(pane, SIDE)]), glass, RIGHT)


def _paint_front(skin: Skin, shape: Shape, bus: Bus, style: _Livery) -> None:
    nose, half = bus.length / 2, bus.width / 2
    front = beyond(1, nose - bus.rake - 0.5)
    foot = bus.sill - 0.45 if bus.coach else bus.sill - 0.12
    brow = bus.height - 0.28
    screen = rectangle((-1.1 * half, 0.955 * half), (foot, brow))
    for by, material in ((0.0, m.GLOSS_BLACK), (0.04, m.GLASS)):
        where = np.concatenate([front, prism(inset(screen, by, 0.08), FRONT)])
        skin.paint(where, material, (0, 1, 0.2))
    sign = rectangle((-0.62 * half, 0.62 * half), (brow - 0.36, brow - 0.06))
    for by, material in ((-0.05, m.GLOSS_BLACK), (0.05, m.DISPLAY)):
        if not bus.coach:
            where = np.concatenate([front, prism(inset(sign, by), FRONT)])
            skin.paint(where, material, (0, 1, 0.2))
    low = bus.clearance + 0.28
    lamp = inset(rectangle((0.60 * half, 0.93 * half), (low, low + 0.20)), 0, 0.05)
    for by, material in ((-0.02, m.GLOSS_BLACK), (0.0, m.HEADLAMP)):
        skin.paint(np.concatenate([front, prism(inset(lamp, by), FRONT)]), material, (0, 1, 0))
    bumper = rectangle((-1.1 * half, 1.1 * half), (0, low - 0.10))
    skin.paint(np.concatenate([front, prism(bumper, FRONT)]), m.BLACK_PLASTIC, (0, 1, 0))


def _paint_rear(skin: Skin, bus: Bus, style: _Livery) -> None:
    half, behind = bus.width / 2, beyond(1, -bus.length / 2 + 0.4, less=True)
    back = (0.0, -1.0, 0.0)
    pane = rectangle((-0.78 * half, 0.78 * half), (max(bus.sill, 1.5), bus.height - 0.42))
    for by, material in ((0.0, m.GLOSS_BLACK), (0.03, m.TINTED_GLASS)):
        skin.paint(np.concatenate([behind, prism(inset(pane, by, 0.07), FRONT)]), material, back)
    grille = rectangle((-0.62 * half, 0.62 * half), (0.72, 1.22))
    skin.paint(np.concatenate([behind, prism(grille, FRONT)]), m.BLACK_PLASTIC, back)
    for low, high, material in ((0.75, 1.0, m.TAIL_LAMP), (1.01, 1.16, m.AMBER_LAMP)):
        lamp = rectangle((0.76 * half, 0.93 * half), (low, high))
        skin.paint(np.concatenate([behind, prism(lamp, FRONT)]), material, back)


def _fittings(shape: Shape, bus: Bus, colour: Material, rng: np.random.Generator) -> list[Mesh]:
    """Mirrors, plates, wipers and what stands on the roof."""
    nose = bus.length / 2
    made = [_mirrors(shape, bus)]
    made.append(parts.plate(shape, bus.clearance + 0.22, True, m.WHITE_PLATE))
    made.append(parts.plate(shape, 0.60, False, m.WHITE_PLATE))
    for x in (-0.55, 0.35):
        foot = bus.sill - (0.42 if bus.coach else 0.10)
        z = np.array([foot, foot + 0.25])
        y = np.array([shape.end_at(high, True)[0] + 0.02 for high in z])
        made.append(tube(np.stack([np.array([x, x + 0.5]), y, z], -1), 0.015, m.BLACK_PLASTIC, 4))
    if bus.coach:
        size, where = (1.6, 2.0, 0.18), (0, -0.2 * bus.length, bus.height + 0.05)
        made.append(rounded_box(size, where, colour, 0.07))
        return made
    y = -nose + 2.2
    while y < nose - 2.5:
        if rng.random() < 0.6:
            long = rng.uniform(1.2, 2.4)
            size, where = (1.7, long, 0.26), (0, y + long / 2, bus.height + 0.06)
            made.append(rounded_box(size, where, colour, 0.06))
            y += long
        y += rng.uniform(0.6, 2.0)
    return made


def _mirrors(shape: Shape, bus: Bus) -> Mesh:
    """On arms: a coach's hang from the roof in front of the screen, a bus's stand at the sides."""
    nose, half = bus.length / 2, bus.width / 2
    y = nose - 0.12
    z = bus.height - 0.75 if bus.coach else bus.sill + 0.85
    x = half + 0.16
    root = (half - 0.22, nose - bus.rake - 0.15, bus.height - 0.2)
    bend = (half + 0.05, y + (0.25 if bus.coach else 0.1), bus.height - 0.25)
    casing = (x, y + (0.18 if bus.coach else 0.0), z)
    arm = tube(np.array([root, bend, casing]), 0.03, m.BLACK_PLASTIC, 6)
    shell = rounded_box((0.22, 0.12, 0.42), casing, m.BLACK_PLASTIC, 0.05)
    pane = box((0.18, 0.01, 0.36), (casing[0], casing[1] - 0.06, z), m.GLOSS_BLACK)
    right = merged([arm, shell, pane])
    return merged([right, right.mirrored()])
