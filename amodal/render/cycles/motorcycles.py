"""Motorcycles: naked bikes, tourers with a fairing and cases, and scooters."""

from __future__ import annotations

import numpy as np

from amodal.render import materials as m
from amodal.render.cycles.motorcycle_parts import (
    Motorcycle,
    cases,
    clamp,
    fairing,
    feet,
    naked,
    rear_end,
    scooter,
)
from amodal.render.cycles.wheels import Contacts, both, curve, headlamp, hull, strut, wheel
from amodal.render.mesh import Mesh
from amodal.render.people.limbs import ball
from amodal.render.primitives import box


def any_motorcycle(rng: np.random.Generator) -> Motorcycle:
    """A motorcycle; scooters and naked bikes are the most."""
    kind = str(rng.choice(["naked", "tourer", "scooter"], p=[0.4, 0.25, 0.35]))
    small, tourer = kind == "scooter", kind == "tourer"
    large = 0.29 + rng.uniform(0, 0.03)
    likely = {"screen": 0.35 if small else float(tourer), "mirrors": 0.95}
    likely |= {"top case": 0.35 if small else 0.7 * tourer, "side cases": 0.85 * tourer}
    return Motorcycle(
        kind=kind,
        wheelbase=rng.uniform(1.28, 1.40) if small else rng.uniform(1.38, 1.45) + 0.07 * tourer,
        front=rng.uniform(0.22, 0.26) if small else large,
        rear=rng.uniform(0.22, 0.24) if small else large + 0.005,
        seat=rng.uniform(0.75, 0.80) if small else rng.uniform(0.78, 0.83),
        bars=rng.uniform(0.31, 0.34) if small else rng.uniform(0.33, 0.38),
        paint=m.car_paint(rng),
        trim=m.GLOSS_BLACK if rng.random() < 0.5 else m.DARK_ALLOY,
        extras=frozenset(name for name, p in likely.items() if rng.random() < p),
    )


def drawn(bike: Motorcycle) -> tuple[list[Mesh], Contacts]:
    """The motorcycle's parts, its middle near the origin, and where a rider touches it."""
    small = bike.kind == "scooter"
    tyre = (0.055, 0.060) if small else (0.060, 0.085)
    rim = m.ALLOY if small else m.DARK_ALLOY
    parts = [
        wheel(bike.front, tyre[0], rim, 5, wire=False).moved((0, bike.along(1), bike.front)),
        wheel(bike.rear, tyre[1], rim, 5, wire=False).moved((0, bike.along(0), bike.rear)),
    ]
    parts += scooter(bike) if small else naked(bike)
    if bike.kind == "tourer":
        parts += fairing(bike)
    bars, grips = _bars(bike)
    parts += [*bars, *cases(bike), *rear_end(bike)]
    return parts, Contacts(_rider_seat(bike), grips, feet(bike))


def _rider_seat(bike: Motorcycle) -> tuple[float, float, float]:
    return (0.0, bike.along(0.36 if bike.kind == "scooter" else 0.37), bike.seat)


def _bars(bike: Motorcycle) -> tuple[list[Mesh], dict]:
    """Fork, handlebar, grips, mirrors and lamp."""
    y, z = clamp(bike)
    parts = _fork(bike, y, z)
    back = 0.10 if bike.kind == "naked" else 0.14
    high = z + 0.09
    half = ((0, y, z + 0.02), (0.10, y + 0.01, z + 0.06), (0.22, y - 0.03, high))
    half += ((bike.bars, y - back, high - 0.01),)
    parts.append(both(curve(half, 0.012, m.BLACK_PLASTIC, count=10)))
    grip = (bike.bars - 0.035, y - back + 0.03, high - 0.008)
    inner = (bike.bars - 0.105, y - back + 0.065, high - 0.003)
    parts.append(both(strut(inner, half[-1], 0.018, m.RUBBER, 8)))
    lever = (inner, (inner[0] + 0.02, inner[1] + 0.06, high), (bike.bars, grip[1] + 0.05, high))
    parts.append(both(curve(lever, 0.006, m.ALLOY, 5, 6)))
    if "mirrors" in bike.extras:
        x, y, _ = inner
        stalk = (
            inner,
            (x + 0.03, y + 0.03, high + 0.10),
            (bike.bars + 0.02, y + 0.02, high + 0.16),
        )
        parts.append(both(curve(stalk, 0.006, m.BLACK_PLASTIC, 5, 7)))
        glass = ball(
            (stalk[2][0] + 0.02, stalk[2][1], stalk[2][2] + 0.015),
            (0.062, 0.016, 0.040),
            m.BLACK_PLASTIC,
        )
        parts.append(both(glass))
    middle = (inner[0] + grip[0] + 0.035) / 2, (inner[1] + half[-1][1]) / 2, high
    return parts, {"left": (-middle[0], *middle[1:]), "right": middle}


def _fork(bike: Motorcycle, y: float, z: float) -> list[Mesh]:
    axle = (bike.along(1), bike.front)
    if bike.kind == "scooter":
        cover = hull(
            (
                (y - 0.12, z + 0.03, z + 0.09, 0.13),
                (y, z - 0.02, z + 0.11, 0.16),
                (y + 0.09, z - 0.01, z + 0.07, 0.10),
            ),
            bike.paint,
        )
        column = strut((0, y, z), (0, axle[0] - 0.05, axle[1] + 0.20), 0.028, m.BLACK_PLASTIC)
        legs = both(
            strut((0.075, axle[0] - 0.05, axle[1] + 0.22), (0.075, *axle), 0.018, m.DARK_ALLOY)
        )
        return [cover, column, legs, headlamp((0, y + 0.10, z + 0.03), 0.065, 0.07)]
    half = np.array([axle[0] * 0.45 + y * 0.55, axle[1] * 0.45 + z * 0.55])
    legs = [
        both(strut((0.095, y, z), (0.095, *half), 0.021, m.ALLOY)),
        both(strut((0.095, *half), (0.095, *axle), 0.027, bike.trim)),
    ]
    for share in (0.0, 0.22):
        at = (1 - share) * np.array([y, z]) + share * np.array(axle)
        legs.append(box((0.24, 0.05, 0.03), (0, *at), bike.trim))
    if bike.kind == "naked":
        legs.append(headlamp((0, y + 0.19, z - 0.10), 0.088, 0.13))
        legs.append(box((0.14, 0.05, 0.07), (0, y + 0.08, z + 0.04), m.BLACK_PLASTIC))
        lamp = ball((0.15, y + 0.08, z - 0.10), (0.035, 0.03, 0.02), m.AMBER_LAMP, sides=8)
        legs.append(both(lamp))
    return legs
