"""Vans: panel vans and people carriers, one box with a short bonnet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amodal.render import materials as m
from amodal.render.mesh import Material, Mesh, merged
from amodal.render.vehicles import parts
from amodal.render.vehicles.body import Shape, box_plan, curve, half_shell, whole
from amodal.render.vehicles.parts import RIGHT, rectangle
from amodal.render.vehicles.skin import FRONT, SIDE, Skin, beyond, cropped, inset, prism

_AHEAD, _BACK = (0.0, 1.0, 0.25), (0.0, -1.0, 0.0)


@dataclass(frozen=True)
class Van:
    """A drawn van, in metres; y forward from its middle."""

    length: float
    width: float
    height: float
    front_axle: float
    rear_axle: float
    wheel: float
    clearance: float
    belt: float
    cowl: float
    screen: float
    lip: float
    windows: bool


# (length, width, height, overhang, rear overhang, wheel, belt, lip of the bonnet), low and high:
# delivery vans, transporters, high-roofed panel vans
_SIZES = (
    ((4.90, 5.00), (1.84, 1.90), (1.84, 1.95), (0.90, 0.96), (0.95, 1.1), (0.32, 0.335),
     (1.08, 1.13), (0.90, 0.96)),
    ((4.92, 5.35), (1.89, 1.96), (1.94, 2.02), (0.91, 0.99), (1.0, 1.15), (0.33, 0.35),
     (1.14, 1.20), (0.97, 1.04)),
    ((5.30, 5.99), (1.99, 2.07), (2.38, 2.68), (0.98, 1.05), (1.0, 1.25), (0.335, 0.36),
     (1.30, 1.38), (1.08, 1.16)),
)  # fmt: skip


def van(rng: np.random.Generator, windows: bool | None = None) -> Mesh:
    """A van of drawn proportions, colour and trim.

    Args:
        rng: decides everything.
        windows: whether it carries people and has windows all along; drawn by default.
    """
    drawn = _draw(rng, windows)
    colour = m.car_paint(rng) if drawn.windows else m.lorry_paint(rng)
    shape = _outline(drawn)
    skin = Skin(half_shell(shape, colour, gap=0.5))
    _paint_lower(skin, drawn, rng)
    _paint_windows(skin, shape, drawn, rng)
    _paint_ends(skin, shape, drawn, rng)
    made = _arches(skin, shape, drawn, colour)
    made += _fittings(shape, drawn, colour if rng.random() < 0.5 else m.BLACK_PLASTIC, colour)
    body, sides = whole(skin.mesh()), merged(made)
    kind = parts.Wheel(
        drawn.wheel, 0.22, rng.uniform(0.62, 0.7), 0 if rng.random() < 0.5 else 5, m.STEEL
    )
    wheels = [
        parts.wheel_pair(kind, y, drawn.width / 2 - 0.05, rng.random())
        for y in (drawn.front_axle, drawn.rear_axle)
    ]
    plates = [
        parts.plate(shape, z, ahead, m.WHITE_PLATE) for z, ahead in ((0.5, True), (0.62, False))
    ]
    return merged([body, sides, sides.mirrored(), *wheels, *plates])


def _draw(rng: np.random.Generator, windows: bool | None) -> Van:
    if windows is None:
        windows = bool(rng.random() < 0.35)
    sizes = _SIZES[rng.choice(3, p=(0.2, 0.75, 0.05) if windows else (0.3, 0.25, 0.45))]
    length, width, height, front, rear, wheel, belt, lip = (rng.uniform(*s) for s in sizes)
    axle = length / 2 - front
    cowl = axle - rng.uniform(-0.15, 0.0)
    return Van(
        length=length,
        width=width,
        height=height,
        front_axle=axle,
        rear_axle=-length / 2 + rear,
        wheel=wheel,
        clearance=rng.uniform(0.18, 0.24),
        belt=belt,
        cowl=cowl,
        screen=(height - belt) * rng.uniform(0.85, 1.05)
        if height < 2.2
        else rng.uniform(0.75, 0.95),
        lip=lip,
        windows=windows,
    )


def _outline(van: Van) -> Shape:
    nose, tail, height = van.length / 2, -van.length / 2, van.height
    roof, low = van.cowl - van.screen, van.clearance
    # A high roof goes on rising behind the windscreen.
    header = 0.955 * height if height < 2.2 else 0.86 * height
    top = [(tail, 0.50, 0), (tail + 0.03, 0.9, 0.2), (tail + 0.10, 0.955 * height, 0.16)]
    top += [(tail + 0.45, 0.99 * height, 0.3), (0.1 * (nose - tail) - 0.3, height, 0.6)]
    top += [(roof, header, 0.4), (van.cowl, van.belt + 0.06, 0.12), (nose - 0.20, van.lip, 0.2)]
    top += [(nose - 0.04, 0.66, 0.12), (nose, 0.55, 0)]
    bottom = [(tail, 0.42, 0), (tail + 0.06, low + 0.12, 0.06), (tail + 0.6, low, 0.2)]
    bottom += [(nose - 0.7, low, 0.2), (nose - 0.10, low + 0.04, 0.08), (nose, 0.40, 0)]
    belt = [(tail, van.belt, 0), (van.cowl, van.belt, 0.3), (nose, van.lip + 0.04, 0)]
    return Shape(
        top=curve(top),
        bottom=curve(bottom),
        plan=box_plan(van.length, van.width / 2, corner=(0.30, 0.60), end=(0.80, 0.62)),
        belt=curve(belt),
        waist=0.75,
        barrel=0.04,
        shoulder=0.03,
        tumble=0.11 if height < 2.2 else 0.085,
        crown=(0.06, 0.045),
        rail=(0.12, 0.09),
    )


def _paint_lower(skin: Skin, van: Van, rng: np.random.Generator) -> None:
    skin.paint(beyond(2, van.clearance + 0.06, less=True), m.BLACK_PLASTIC, RIGHT)
    skin.paint(beyond(2, van.clearance + 0.015, less=True), m.DARK, (0, 0, -1))
    if not van.windows or rng.random() < 0.4:  # bumpers and rubbing strips of bare plastic
        for less, at in ((False, van.length / 2 - 0.45), (True, -van.length / 2 + 0.3)):
            for towards in ((0, -1 if less else 1, 0), RIGHT):
                end = np.concatenate([beyond(1, at, less), beyond(2, 0.56, less=True)])
                skin.paint(end, m.BLACK_PLASTIC, towards)
        span = (van.rear_axle + van.wheel + 0.08, van.front_axle - van.wheel - 0.08)
        strip = prism(rectangle(span, (0.52, 0.62)), SIDE)
        skin.paint(np.concatenate([beyond(0, 0.3), strip]), m.BLACK_PLASTIC, RIGHT)


def _paint_windows(skin: Skin, shape: Shape, van: Van, rng: np.random.Generator) -> None:
    """The front door's window, and those behind when there are any."""
    side = beyond(0, 0.3)
    door = van.front_axle - van.wheel - 0.85
    y = np.linspace(door + 0.02, van.cowl - 0.03, 10)
    high = np.minimum(shape.edge_at(y) - 0.03, van.belt + 0.72)
    y, high = y[high > van.belt + 0.06], high[high > van.belt + 0.06]
    ends = np.array([(y[-1], van.belt + 0.03), (y[0], van.belt + 0.03)])
    front = np.concatenate([np.stack([y, high], axis=-1), ends])
    front = cropped(front, np.array([-1.0, 0.0]), y[-1])
    for by, material in ((0.0, m.GLOSS_BLACK), (0.022, m.GLASS)):
        pane = inset(front, by, 0.03)
        skin.paint(np.concatenate([side, prism(pane, SIDE)]), material, RIGHT)
    if van.windows or rng.random() < 0.15:
        tail = -van.length / 2 + rng.uniform(0.18, 0.3)
        split = van.rear_axle + 0.55 * van.wheel
        edges = [tail, split, door - 0.02] if van.windows else [split, door - 0.02]
        top = float(shape.edge_at(0.0)) - 0.04
        glass = m.TINTED_GLASS if rng.random() < 0.6 else m.GLASS
        parts.pane_row(skin, edges, (van.belt + 0.03, min(top, van.belt + 0.75)), glass, 0.09)


def _paint_ends(skin: Skin, shape: Shape, van: Van, rng: np.random.Generator) -> None:
    """Windscreen, lamps and grille; rear window or doors."""
    roof, nose, half = van.cowl - van.screen, van.length / 2, van.width / 2
    ahead = beyond(1, roof - 0.2)
    span = (van.belt + 0.09, float(shape.top_at(roof + 0.08)) - 0.05)
    parts.cross_pane(skin, shape, (van.cowl - 0.1, roof + 0.1), span, ahead, _AHEAD, 0.05)
    front = beyond(1, nose - 0.55)
    low, high, inner = van.lip - rng.uniform(0.24, 0.30), van.lip - 0.05, 0.56 * half
    lamp = np.array([(inner + 0.08, low), (1.1 * half, low + 0.04), (1.1 * half, high + 0.08)])
    lamp = np.concatenate([lamp, [(inner, high - 0.03)]])
    for by, material in ((-0.01, m.GLOSS_BLACK), (0.0, m.HEADLAMP), (0.07, m.CLEAR_LAMP)):
        where = np.concatenate([front, prism(inset(lamp, by), FRONT)])
        skin.paint(where, material, (0.3, 1, 0))
    grille = rectangle((-0.5 * half, 0.5 * half), (low - 0.02, high - 0.06))
    skin.paint(np.concatenate([front, prism(grille, FRONT)]), m.BLACK_PLASTIC, (0, 1, 0))
    intake = rectangle((-0.55 * half, 0.55 * half), (0.30, 0.40))
    skin.paint(np.concatenate([front, prism(intake, FRONT)]), m.DARK, (0, 1, 0))
    _paint_tail(skin, shape, van, rng)


def _paint_tail(skin: Skin, shape: Shape, van: Van, rng: np.random.Generator) -> None:
    half, behind = van.width / 2, beyond(1, -van.length / 2 + 0.24, less=True)
    high = min(van.belt + 0.65, 0.88 * van.height)
    if van.windows or rng.random() < 0.6:
        inner = -0.1 if van.windows else 0.04  # a tailgate's one window, or one of each door
        pane = rectangle((inner, 0.76 * half), (van.belt + 0.02, high))
        for by, material in ((0.0, m.GLOSS_BLACK), (0.025, m.TINTED_GLASS)):
            where = np.concatenate([behind, prism(inset(pane, by, 0.04), FRONT)])
            skin.paint(where, material, _BACK)
    if not van.windows:
        middle = parts.strip((0.0, 0.5), (0.0, 0.93 * van.height), FRONT)
        skin.paint(np.concatenate([behind, middle]), m.DARK, _BACK)
    lamp = rectangle((0.84 * half, 1.1 * half), (0.80, 1.15 + rng.uniform(0.0, 0.25)))
    skin.paint(np.concatenate([behind, prism(lamp, FRONT)]), m.TAIL_LAMP, (0.3, -1, 0))
    amber = rectangle((0.84 * half, 1.1 * half), (0.92, 0.99))
    skin.paint(np.concatenate([behind, prism(amber, FRONT)]), m.AMBER_LAMP, (0.3, -1, 0))


def _arches(skin: Skin, shape: Shape, van: Van, colour: Material) -> list[Mesh]:
    made = []
    for y in (van.front_axle, van.rear_axle):
        radius = van.wheel + 0.06
        made.append(parts.arch(skin, shape, y, van.wheel, radius, 0.34))
        material = colour if van.windows else m.BLACK_PLASTIC
        made.append(parts.arch_lip(shape, y, van.wheel, radius + 0.008, material, 0.016))
    return made


def _fittings(shape: Shape, van: Van, casing: Material, colour: Material) -> list[Mesh]:
    """Mirror, handles and the gaps of the doors, on the right."""
    y = van.cowl - 0.30
    z = van.belt + 0.03
    made = [parts.mirror(float(shape.side_at(y, z)), y, z + 0.02, casing, 1.45)]
    front, back = van.front_axle - 0.05, van.front_axle - van.wheel - 0.86
    low, split = van.clearance + 0.14, van.rear_axle + van.wheel + 0.16
    high = float(shape.edge_at(0.0)) - 0.02
    knee = (van.front_axle - van.wheel - 0.12, low)
    made.append(
        parts.seam(shape, [(front, van.belt), (knee[0], 0.75), knee, (back, low), (back, high)])
    )
    made.append(parts.seam(shape, [(back, low), (split, low), (split, high)]))
    made.append(
        parts.seam(
            shape, [(-van.length / 2 + 0.35, van.belt - 0.05), (split, van.belt - 0.05)], 0.03
        )
    )
    made += [parts.handle(shape, y, van.belt - 0.12, colour) for y in (back + 0.15, back - 0.15)]
    return made
