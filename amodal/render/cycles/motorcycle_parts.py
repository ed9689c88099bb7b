"""The parts of a motorcycle behind its fork. Metres; y forward, z up from the road."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amodal.render import materials as m
from amodal.render.cycles.wheels import arch, both, curve, hull, strut
from amodal.render.mesh import Material, Mesh
from amodal.render.people.limbs import ball
from amodal.render.primitives import box, cylinder, loft, rounded_box

SEAT_STUFF = Material("seat", (0.015, 0.015, 0.016), 0.7)
SCREEN = Material("screen", (0.30, 0.33, 0.35), 0.05, transmission=0.8)


@dataclass(frozen=True)
class Motorcycle:
    """Sizes in metres and looks.

    Args:
        kind: "naked", "tourer" or "scooter".
        wheelbase: between the axles.
        front, rear: radii of the wheels outside.
        seat: the rider's height over the ground.
        bars: how far the grips stand out of the middle.
        paint, trim: of the panels, and of engine and frame.
        extras: of "screen", "mirrors", "top case", "side cases".
    """

    kind: str
    wheelbase: float
    front: float
    rear: float
    seat: float
    bars: float
    paint: Material
    trim: Material
    extras: frozenset[str]

    def along(self, share: float) -> float:
        """y at a share of the wheelbase: 0 the rear axle, 1 the front one."""
        return (share - 0.5) * self.wheelbase


def feet(bike: Motorcycle) -> dict[str, tuple[float, float, float]]:
    if bike.kind == "scooter":
        place = (0.13, bike.along(0.74), 0.335)
    else:
        place = (0.20, bike.along(0.50 if bike.kind == "tourer" else 0.44), 0.36)
    return {"left": (-place[0], *place[1:]), "right": place}


def clamp(bike: Motorcycle) -> tuple[float, float]:
    """(y, z) of the upper end of the fork."""
    if bike.kind == "scooter":
        return bike.along(0.76), 0.95
    return bike.along(0.76), 0.97 + (0.06 if bike.kind == "tourer" else 0)


def naked(bike: Motorcycle) -> list[Mesh]:
    """Frame, engine, tank and seat of a naked bike; a tourer has them too."""
    at, seat, paint = bike.along, bike.seat, bike.paint
    tank = ((at(0.42), seat - 0.05, seat + 0.02, 0.06), (at(0.47), seat - 0.07, seat + 0.10, 0.12))
    tank += (
        (at(0.58), seat - 0.08, seat + 0.20, 0.165),
        (at(0.70), seat - 0.04, seat + 0.19, 0.15),
    )
    tank += ((at(0.77), seat + 0.02, seat + 0.12, 0.08),)
    cushion = (
        (at(-0.10), seat + 0.03, seat + 0.10, 0.06),
        (at(0.0), seat + 0.01, seat + 0.11, 0.11),
    )
    cushion += (
        (at(0.17), seat - 0.03, seat + 0.09, 0.14),
        (at(0.25), seat - 0.06, seat + 0.02, 0.15),
    )
    cushion += ((at(0.38), seat - 0.08, seat, 0.13), (at(0.47), seat - 0.06, seat + 0.03, 0.08))
    tail = (
        (at(-0.20), seat + 0.02, seat + 0.06, 0.04),
        (at(-0.05), seat - 0.05, seat + 0.05, 0.10),
    )
    tail += ((at(0.15), seat - 0.13, seat - 0.01, 0.13), (at(0.36), seat - 0.20, seat - 0.06, 0.12))
    y, z = clamp(bike)
    spar = ((0.09, y - 0.03, z - 0.12), (0.13, at(0.55), seat - 0.10), (0.12, at(0.33), 0.45))
    air = ((at(0.22), 0.54, 0.70, 0.07), (at(0.36), 0.46, 0.75, 0.12))
    air += ((at(0.52), 0.50, 0.76, 0.13),)
    arm = strut((0.10, at(0.33), 0.42), (0.10, at(0), bike.rear), 0.026, bike.trim)
    guard = arch((at(1), bike.front), bike.front + 0.014, 0.7, 2.6, 0.07, paint)
    return [
        hull(tank, paint),
        hull(cushion, SEAT_STUFF, squareness=3.2),
        hull(tail, paint),
        both(curve(spar, 0.026, bike.trim, count=8)),
        both(arm),
        guard,
        hull(air, m.BLACK_PLASTIC),
        *_engine(bike),
    ]


def _engine(bike: Motorcycle) -> list[Mesh]:
    at, trim = bike.along, bike.trim
    block = (
        (at(0.30), 0.24, 0.52, 0.10),
        (at(0.36), 0.19, 0.56, 0.17),
        (at(0.52), 0.17, 0.50, 0.19),
    )
    block += ((at(0.63), 0.22, 0.46, 0.15),)
    parts = [hull(block, trim, squareness=4.0)]
    head = np.array([[1, 0, 0], [0, 0.93, -0.37], [0, 0.37, 0.93]])
    cylinders = rounded_box((0.34, 0.19, 0.30), (0, 0, 0), m.DARK_ALLOY, 0.03)
    parts.append(cylinders.transformed(np.column_stack([head, (0, at(0.58), 0.57)])))
    for side in (-1, 1):
        lid = cylinder(
            (side * 0.17, at(0.42), 0.34), (side * 0.215, at(0.42), 0.34), 0.10, m.DARK_ALLOY, 16
        )
        parts.append(lid)
    parts.append(rounded_box((0.30, 0.05, 0.26), (0, at(0.735), 0.55), m.BLACK_PLASTIC, 0.015))
    down = (
        (0.08, at(0.66), 0.55),
        (0.10, at(0.71), 0.36),
        (0.09, at(0.62), 0.20),
        (0.12, at(0.40), 0.17),
    )
    down += ((0.17, at(0.22), 0.28),)
    parts.append(both(curve(down[:4], 0.022, m.STEEL, 8, 14)))
    parts.append(curve((*down[3:], (0.18, at(0.12), 0.34)), 0.024, m.STEEL, 8, 5))
    parts.append(strut((0.19, at(0.14), 0.33), (0.21, at(-0.14), 0.47), 0.055, m.STEEL, 14))
    place = feet(bike)["right"]
    peg = strut((0.14, *place[1:]), (place[0] + 0.06, *place[1:]), 0.014, m.RUBBER, 6)
    return [*parts, both(peg.moved((0, 0, -0.014)))]


def fairing(bike: Motorcycle) -> list[Mesh]:
    """A tourer's nose and flanks."""
    at = bike.along
    y, z = clamp(bike)
    nose = ((y - 0.05, z - 0.30, z + 0.06, 0.24), (y + 0.10, z - 0.32, z + 0.10, 0.27))
    nose += ((y + 0.25, z - 0.28, z + 0.04, 0.20), (y + 0.36, z - 0.20, z - 0.08, 0.08))
    flank = (
        (at(0.50), 0.40, 0.62, 0.22),
        (at(0.62), 0.26, 0.86, 0.25),
        (at(0.74), 0.34, 0.90, 0.26),
    )
    flank += ((at(0.84), 0.60, 0.94, 0.22),)
    lamp = both(ball((0.085, y + 0.295, z - 0.12), (0.075, 0.06, 0.045), m.HEADLAMP, sides=10))
    return [hull(nose, bike.paint), hull(flank, bike.paint), lamp]


def scooter(bike: Motorcycle) -> list[Mesh]:
    """Leg shield, floor, body and seat."""
    at, seat, paint = bike.along, bike.seat, bike.paint
    y, z = clamp(bike)
    body = (
        (at(-0.22), seat - 0.19, seat - 0.08, 0.07),
        (at(-0.10), seat - 0.28, seat - 0.05, 0.15),
    )
    body += ((at(0.12), 0.36, seat - 0.06, 0.20), (at(0.34), 0.28, seat - 0.08, 0.19))
    body += ((at(0.46), 0.27, seat - 0.16, 0.15), (at(0.52), 0.26, 0.34, 0.13))
    cushion = (
        (at(-0.16), seat - 0.04, seat + 0.05, 0.08),
        (at(-0.02), seat - 0.07, seat + 0.08, 0.14),
    )
    cushion += ((at(0.16), seat - 0.09, seat + 0.06, 0.16), (at(0.26), seat - 0.09, seat, 0.16))
    cushion += ((at(0.42), seat - 0.10, seat, 0.12), (at(0.48), seat - 0.10, seat - 0.03, 0.06))
    floor = (
        (at(0.40), 0.18, 0.32, 0.15),
        (at(0.52), 0.17, 0.32, 0.17),
        (at(0.74), 0.18, 0.32, 0.17),
    )
    floor += ((at(0.80), 0.26, 0.40, 0.16),)
    engine = (
        (at(-0.04), 0.15, 0.34, 0.10),
        (at(0.10), 0.14, 0.40, 0.14),
        (at(0.34), 0.16, 0.38, 0.12),
    )
    guard = arch((at(1), bike.front), bike.front + 0.014, 0.35, 2.75, 0.075, paint)
    muffler = strut((0.14, at(0.20), 0.24), (0.16, at(-0.16), 0.32), 0.055, m.BLACK_PLASTIC, 12)
    return [
        hull(body, paint),
        hull(cushion, SEAT_STUFF, squareness=3.0),
        hull(floor, m.BLACK_PLASTIC, squareness=4.0),
        hull(engine, m.DARK_ALLOY, squareness=3.0),
        *_shield(bike, y, z),
        guard,
        muffler,
    ]


def _shield(bike: Motorcycle, y: float, z: float) -> list[Mesh]:
    """The leg shield: a curved plate before the knees, painted ahead and dark behind."""
    foot = bike.along(0.80)
    # y at the edge, height, half-width, how far the middle stands ahead of the edge
    rows = (
        (foot, 0.30, 0.17, 0.02),
        (foot + 0.04, 0.45, 0.23, 0.06),
        (foot + 0.02, 0.62, 0.25, 0.12),
        (y + 0.06, 0.78, 0.21, 0.11),
        (y + 0.02, z + 0.01, 0.11, 0.06),
    )
    ahead = np.array(rows)
    behind = ahead - np.array([0.018, 0, 0, 0])
    return [_plate(ahead, 0.018, bike.paint), _plate(behind, 0.018, m.BLACK_PLASTIC)]


def _plate(rows: np.ndarray, thickness: float, material: Material) -> Mesh:
    """A plate bent about the upright.

    Args:
        rows: (R, 4), from below: y at the edge, height, half-width, how far the middle stands
            ahead of the edge.
    """
    across = np.linspace(1, -1, 11)
    at, height, wide, bulge = rows.T[:, :, None]
    x, y = wide * across, at + bulge * (1 - across**2)
    front = np.stack([x, y, np.broadcast_to(height, x.shape)], -1)
    back = front - np.array([0, thickness, 0])
    return loft(np.concatenate([front, back[:, ::-1]], 1), material)


def cases(bike: Motorcycle) -> list[Mesh]:
    """Screen, top case and side cases."""
    at, parts = bike.along, []
    y, z = clamp(bike)
    if "screen" in bike.extras:
        tall = 0.36 if bike.kind == "tourer" else 0.45
        start = y + (0.16 if bike.kind == "tourer" else 0.07)
        rows = [(0, 0.04, 0.20, 0.05), (-0.03, 0.5 * tall, 0.21, 0.05)]
        rows += [(-0.10, 0.85 * tall, 0.17, 0.05), (-0.13, tall, 0.10, 0.05)]
        parts.append(_plate(np.array(rows) + np.array([start, z, 0, 0]), 0.004, SCREEN))
    box_paint = bike.paint if bike.kind == "scooter" else m.BLACK_PLASTIC
    if "top case" in bike.extras:
        size = (0.42, 0.36, 0.28)
        parts.append(rounded_box(size, (0, at(-0.17), bike.seat + 0.25), box_paint, 0.06))
        parts.append(box((0.12, 0.34, 0.05), (0, at(-0.16), bike.seat + 0.11), m.BLACK_PLASTIC))
    if "side cases" in bike.extras:
        case = rounded_box((0.20, 0.46, 0.34), (0.32, at(-0.02), 0.68), box_paint, 0.06)
        parts += [both(case), box((0.50, 0.05, 0.05), (0, at(0.0), 0.70), m.BLACK_PLASTIC)]
    return parts


def rear_end(bike: Motorcycle) -> list[Mesh]:
    """Lamp, plate and mudguard."""
    at = bike.along
    scooter = bike.kind == "scooter"
    end, high = at(-0.20), bike.seat - (0.13 if scooter else -0.035)
    tail = -0.012 if scooter else 0.0
    guard = (
        (0, end + 0.05, high - 0.02),
        (0, end - 0.06, high - 0.20),
        (0, end - 0.10, high - 0.34),
    )
    plate = (0, end - 0.11, high - 0.27)
    lamps = both(ball((0.11, end + 0.01, high - 0.06), (0.03, 0.025, 0.02), m.AMBER_LAMP, sides=8))
    return [
        ball((0, end + tail, high), (0.07, 0.025, 0.03), m.TAIL_LAMP, sides=10),
        curve(guard, 0.022, m.BLACK_PLASTIC, 6, 6),
        box((0.18, 0.008, 0.19), plate, m.WHITE_PLATE),
        lamps,
    ]
