"""Cabs of lorries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amodal.render import materials as m
from amodal.render.mesh import Material, Mesh, merged
from amodal.render.primitives import box, rounded_box, tube
from amodal.render.vehicles import parts
from amodal.render.vehicles.body import Shape, box_plan, curve, half_shell, whole
from amodal.render.vehicles.parts import RIGHT, rectangle
from amodal.render.vehicles.skin import FRONT, SIDE, Skin, beyond, inset, prism


@dataclass(frozen=True)
class Cab:
    """A cab over the front axle, in metres.

    Args:
        length, width, height: of the cab; the height from the road.
        floor: height of its lower edge.
        axle: from the nose to the front axle.
        wheel: radius of the tyre.
    """

    length: float
    width: float
    height: float
    floor: float
    axle: float
    wheel: float

    @property
    def belt(self) -> float:
        """Height of the lower edge of the windows."""
        return 0.55 * min(self.height, 3.0) + 0.13


def cab(kind: Cab, paint: Material, rng: np.random.Generator) -> Mesh:
    """A cab with y = 0 at its middle; without wheels."""
    shape = _outline(kind)
    skin = Skin(half_shell(shape, paint, gap=0.5))
    _paint(skin, shape, kind, rng)
    y, radius = kind.length / 2 - kind.axle, kind.wheel + 0.09
    linings = [
        parts.arch(skin, shape, y, kind.wheel, radius, 0.5),
        parts.arch_lip(shape, y, kind.wheel, radius, m.BLACK_PLASTIC, 0.02),
    ]
    sides = merged([*linings, *_fittings(shape, kind)])
    made = [whole(skin.mesh()), sides, sides.mirrored()]
    made.append(parts.plate(shape, kind.floor + 0.16, True, m.WHITE_PLATE))
    if kind.height < 3.2 and rng.random() < 0.35:
        made.append(_beacons(kind))
    return merged(made)


def _outline(cab: Cab) -> Shape:
    nose, tail, height = cab.length / 2, -cab.length / 2, cab.height
    high = height > 3.2
    brow = cab.belt + 0.95 if high else height - 0.16
    top = [(tail, height - 0.03, 0), (nose - (1.0 if high else 0.7), height, 0.3)]
    top += [(nose - 0.42, height - 0.12, 0.25)] if high else []
    top += [(nose - 0.24, brow, 0.12), (nose - 0.06, cab.belt, 0.15), (nose, cab.belt - 0.35, 0)]
    bottom = [(tail, cab.floor + 0.35, 0), (tail + 0.35, cab.floor + 0.3, 0.1)]
    bottom += [(nose - 0.45, cab.floor, 0.1), (nose - 0.08, cab.floor, 0.05)]
    bottom += [(nose, cab.floor + 0.12, 0)]
    return Shape(
        top=curve(top),
        bottom=curve(bottom),
        plan=box_plan(cab.length, cab.width / 2, corner=(0.06, 0.32), end=(0.97, 0.72)),
        belt=curve([(tail, cab.belt, 0), (nose, cab.belt, 0)]),
        waist=cab.belt - 0.4,
        barrel=0.03,
        shoulder=0.015,
        tumble=0.07,
        crown=(0.05, 0.05),
        rail=(0.12, 0.12),
    )


def _paint(skin: Skin, shape: Shape, cab: Cab, rng: np.random.Generator) -> None:
    nose, half, belt = cab.length / 2, cab.width / 2, cab.belt
    front, side = beyond(1, nose - 0.5), beyond(0, 0.3)
    brow = min(belt + 0.88, cab.height - 0.28)
    low = cab.floor + rng.uniform(0.05, 0.4)
    for towards in ((0, 1, 0), RIGHT):
        skin.paint(beyond(2, low, less=True), m.BLACK_PLASTIC, towards)
    screen = rectangle((-0.90 * half, 0.90 * half), (belt - 0.06, brow))
    for by, material in ((0.0, m.GLOSS_BLACK), (0.035, m.GLASS)):
        where = np.concatenate([front, prism(inset(screen, by, 0.06), FRONT)])
        skin.paint(where, material, (0, 1, 0))
    door = nose - 0.34, nose - 1.20
    pane = np.array([(door[1], belt), (door[0], belt - 0.10), (door[0] - 0.10, brow - 0.02)])
    pane = np.concatenate([pane, [(door[1], brow - 0.02)]])
    for by, material in ((0.0, m.GLOSS_BLACK), (0.025, m.GLASS)):
        where = np.concatenate([side, prism(inset(pane, by, 0.05), SIDE)])
        skin.paint(where, material, RIGHT)
    grille = rectangle((-0.62 * half, 0.62 * half), (low + 0.12, belt - rng.uniform(0.2, 0.45)))
    colour = m.BLACK_PLASTIC if rng.random() < 0.7 else m.GREY_PLASTIC
    skin.paint(np.concatenate([front, prism(inset(grille, 0, 0.06), FRONT)]), colour, (0, 1, 0))
    lamp = rectangle((0.62 * half, 1.1 * half), (cab.floor + 0.14, cab.floor + 0.34))
    skin.paint(np.concatenate([front, prism(lamp, FRONT)]), m.GLOSS_BLACK, (0.3, 1, 0))
    lamp = inset(lamp, 0.02)
    skin.paint(np.concatenate([front, prism(lamp, FRONT)]), m.HEADLAMP, (0.3, 1, 0))
    skin.paint(beyond(1, -nose + 0.01, less=True), m.BLACK_PLASTIC, (0, -1, 0))


def _fittings(shape: Shape, cab: Cab) -> list[Mesh]:
    """Mirrors on arms, the steps and the gap of the door, on the right."""
    nose, belt = cab.length / 2, cab.belt
    x, y = float(shape.side_at(nose - 0.35, belt)), nose - 0.18
    made = [
        rounded_box((0.22, 0.13, 0.40), (x + 0.18, y, belt + 0.42), m.BLACK_PLASTIC, 0.045),
        rounded_box((0.22, 0.13, 0.20), (x + 0.18, y, belt + 0.10), m.BLACK_PLASTIC, 0.045),
    ]
    arm = [(x - 0.08, y - 0.1, belt + 0.70), (x + 0.16, y, belt + 0.66), (x + 0.16, y, belt)]
    made.append(tube(np.array([*arm, (x - 0.04, y - 0.1, belt - 0.06)]), 0.018, m.BLACK_PLASTIC, 6))
    high, low = min(belt + 0.9, cab.height - 0.2), 2 * cab.wheel + 0.12
    points = [(nose - 1.27, high), (nose - 1.27, low), (nose - 0.30, low), (nose - 0.30, belt)]
    made.append(parts.seam(shape, points, 0.012))
    made.append(parts.handle(shape, nose - 1.12, belt - 0.12, m.BLACK_PLASTIC))
    return made


def _beacons(cab: Cab) -> Mesh:
    bar = box((0.5 * cab.width, 0.14, 0.05), (0, -0.1, cab.height + 0.02), m.GREY_PLASTIC)
    lamps = [
        rounded_box((0.24, 0.16, 0.11), (x, -0.1, cab.height + 0.09), m.AMBER_LAMP, 0.03)
        for x in (-0.22 * cab.width, 0.22 * cab.width)
    ]
    return merged([bar, *lamps])
