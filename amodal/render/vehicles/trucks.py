"""Lorries: a cab on a frame with a box, a tipping body, a flat bed, or a semi-trailer behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amodal.render import materials as m
from amodal.render.mesh import Material, Mesh, merged
from amodal.render.primitives import box, cylinder, rounded_box
from amodal.render.vehicles import parts
from amodal.render.vehicles.cabs import Cab, cab
from amodal.render.vehicles.loads import box_body, flat_bed, tipper, trailer

KINDS = ("box", "flatbed", "tipper", "articulated")


@dataclass(frozen=True)
class Truck:
    """A drawn lorry, in metres; y forward from its middle.

    Args:
        kind: one of KINDS.
        length: of the whole.
        width: of the body behind the cab.
        cab: the cab.
        wheel: radius of the tyres.
        deck: height of the load's floor.
        rear: y of the rear axles; each carries double tyres.
    """

    kind: str
    length: float
    width: float
    cab: Cab
    wheel: float
    deck: float
    rear: tuple[float, ...]


def truck(rng: np.random.Generator, kind: str | None = None) -> Mesh:
    """A lorry of a drawn kind, size and colours.

    Args:
        rng: decides everything.
        kind: one of KINDS; drawn by default.
    """
    drawn = _draw(rng, kind or str(rng.choice(KINDS, p=(0.45, 0.18, 0.17, 0.20))))
    paint = m.lorry_paint(rng)
    nose = drawn.length / 2
    made = [cab(drawn.cab, paint, rng).moved((0, nose - drawn.cab.length / 2, 0))]
    made += [_frame(drawn), *_axles(drawn, rng)]
    span = (-nose, nose - drawn.cab.length - 0.12)
    if drawn.kind == "box":
        made.append(box_body(span, drawn.width, drawn.deck, _box_top(drawn, rng), rng))
    elif drawn.kind == "flatbed":
        made.append(flat_bed(span, drawn.width, drawn.deck, rng))
    elif drawn.kind == "tipper":
        made.append(tipper(span, drawn.width, drawn.deck, rng))
    else:
        made.append(trailer(span, drawn.width, 1.2, min(drawn.cab.height + 0.2, 4.0), rng))
    return merged(made)


def _draw(rng: np.random.Generator, kind: str) -> Truck:
    large = kind == "articulated" or rng.random() < 0.55
    wheel = rng.uniform(0.48, 0.52) if large else rng.uniform(0.38, 0.42)
    low, high = {"articulated": (11.2, 12.0), "tipper": (7.0, 8.6)}.get(kind, (8.2, 10.2))
    length = rng.uniform(low, high) if large else rng.uniform(6.2, 7.6)
    width = rng.uniform(2.45, 2.55) if large else rng.uniform(2.15, 2.35)
    sleeper = kind == "articulated" or (large and kind == "box" and rng.random() < 0.4)
    front = Cab(
        length=rng.uniform(2.15, 2.3) if sleeper else rng.uniform(1.65, 1.85),
        width=rng.uniform(2.42, 2.5) if large else rng.uniform(2.05, 2.2),
        height=rng.uniform(3.4, 3.75) if sleeper else rng.uniform(2.75, 3.0) - (not large) * 0.45,
        floor=0.42 if large else 0.36,
        axle=rng.uniform(1.30, 1.42) if large else rng.uniform(1.05, 1.18),
        wheel=wheel,
    )
    tail = -length / 2
    if kind == "articulated":
        rear = (length / 2 - front.axle - rng.uniform(3.5, 3.7), tail + 2.6, tail + 1.35)
    elif large and length > 7.8 and rng.random() < 0.4:
        rear = (tail + 2.75, tail + 1.40)
    else:
        rear = (tail + 0.21 * length,)
    return Truck(kind, length, width, front, wheel, 2 * wheel + 0.12, rear)


def _box_top(truck: Truck, rng: np.random.Generator) -> float:
    low = truck.cab.height + 0.05
    return float(min(rng.uniform(low, low + 0.5), 3.9))


def _frame(truck: Truck) -> Mesh:
    """Two rails, the rear bar, tanks, the lamps' bar and what hangs between the axles."""
    nose, tail, half = truck.length / 2, -truck.length / 2, truck.width / 2
    first = tail + 0.1 if truck.kind != "articulated" else truck.rear[0] - 0.9
    front = nose - truck.cab.length + 0.2
    height = truck.wheel + 0.3
    made = [
        box((0.09, front - first, 0.24), (x, (front + first) / 2, height), m.BLACK_PLASTIC)
        for x in (-0.42, 0.42)
    ]
    made.append(cylinder((0, first, height), (0, front, height), 0.16, m.DARK, 8))
    made.append(box((2 * half - 0.1, 0.06, 0.13), (0, tail + 0.12, 0.5), m.STEEL))
    for x in (-0.45, 0.45):
        made.append(box((0.08, 0.08, 0.5), (x, tail + 0.16, 0.72), m.BLACK_PLASTIC))
    made += _tail_lamps(tail + 0.08, half, truck.deck)
    axle = nose - truck.cab.axle
    ahead, behind = axle - truck.wheel - 0.25, truck.rear[0] + truck.wheel + 0.25
    if ahead - behind > 0.9:
        long = min(1.3, 0.5 * (ahead - behind))
        for x, y, material in (
            (1, ahead - long / 2, m.STEEL),
            (-1, ahead - long / 2, m.GREY_PLASTIC),
        ):
            made.append(rounded_box((0.5, long, 0.5), (x * (half - 0.30), y, 0.78), material, 0.09))
        rest = ahead - long - behind - 0.1
        if rest > 0.6 and truck.kind != "articulated":
            made += _side_guards((behind, behind + rest), half)
    return merged(made)


def _tail_lamps(y: float, half: float, deck: float) -> list[Mesh]:
    """Lamps, plate and mudflaps under the tail."""
    made = [box((0.52, 0.02, 0.12), (0, y - 0.01, 0.68), m.WHITE_PLATE)]
    for side in (-1, 1):
        x = side * (half - 0.30)
        made.append(box((0.42, 0.05, 0.16), (x, y, deck - 0.22), m.BLACK_PLASTIC))
        made.append(box((0.22, 0.05, 0.12), (x + side * 0.08, y - 0.01, deck - 0.22), m.TAIL_LAMP))
        made.append(box((0.12, 0.05, 0.12), (x - side * 0.12, y - 0.01, deck - 0.22), m.AMBER_LAMP))
    return made


def _side_guards(span: tuple[float, float], half: float) -> list[Mesh]:
    """Bars between the axles that keep bicycles out."""
    middle, long = sum(span) / 2, span[1] - span[0]
    made = []
    for x in (-half + 0.06, half - 0.06):
        made += [box((0.03, long, 0.11), (x, middle, z), m.STEEL) for z in (0.52, 0.80)]
        made += [box((0.05, 0.06, 0.75), (x * 0.97, y, 0.85), m.BLACK_PLASTIC) for y in span]
    return made


def _axles(truck: Truck, rng: np.random.Generator) -> list[Mesh]:
    """The wheels: single in front, double behind, with their mudguards."""
    half = truck.width / 2 - 0.03
    front = parts.Wheel(truck.wheel, 0.29, 0.58, 0, m.STEEL)
    double = parts.Wheel(truck.wheel, 0.56, 0.58, 0, m.STEEL)
    y = truck.length / 2 - truck.cab.axle
    made = [parts.wheel_pair(front, y, truck.cab.width / 2 - 0.06, rng.random())]
    for y in truck.rear:
        made.append(parts.wheel_pair(double, y, half, rng.random()))
        made.append(
            cylinder((-half + 0.3, y, truck.wheel), (half - 0.3, y, truck.wheel), 0.1, m.DARK, 8)
        )
    for y in (truck.rear[-1] - truck.wheel - 0.12, truck.rear[0] + truck.wheel + 0.12):
        for x in (-half + 0.27, half - 0.27):
            made.append(_flap(x, y, truck.wheel, m.BLACK_PLASTIC))
    return made


def _flap(x: float, y: float, wheel: float, material: Material) -> Mesh:
    return box((0.56, 0.02, 1.1 * wheel), (x, y, 1.25 * wheel), material)
