"""Bicycles: road, city (high bars, step-through or not), trekking and mountain ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amodal.render import materials as m
from amodal.render.cycles.bicycle_extras import extra_parts
from amodal.render.cycles.wheels import Contacts, both, curve, strut, wheel
from amodal.render.mesh import Material, Mesh
from amodal.render.people.limbs import oval, resampled
from amodal.render.primitives import box, cylinder, lathe, loft

CRANK = 0.170  # from the bottom bracket to a pedal's axle
STEERING = np.radians(71.5)  # of the fork, against the ground
SEAT = np.radians(72.5)  # of the seat tube
RAKE = 0.05  # how far the front axle lies ahead of the steering axis
UP_FORK = np.array([-np.cos(STEERING), np.sin(STEERING)])
AHEAD = np.array([np.sin(STEERING), np.cos(STEERING)])


@dataclass(frozen=True)
class Bicycle:
    """Sizes in metres and looks.

    Args:
        kind: "road", "city", "trekking" or "mountain".
        radius, tyre: of the wheels outside, and half the tyre's width.
        wheelbase: between the axles.
        saddle: from the bottom bracket to the saddle's top along the seat tube.
        stem: how far the bars are above the head tube.
        phase: of the right crank, radians; 0 ahead, pi / 2 up.
        low: whether the frame has no top tube to climb over.
        paint: of the frame.
        extras: of "mudguards", "rack", "lamp", "basket", "crate".
    """

    kind: str
    radius: float
    tyre: float
    wheelbase: float
    saddle: float
    stem: float
    phase: float
    low: bool
    paint: Material
    extras: frozenset[str]

    @property
    def rear(self) -> np.ndarray:
        """Axle (y, z)."""
        return np.array([-self.wheelbase / 2, self.radius])

    @property
    def front(self) -> np.ndarray:
        """Axle (y, z)."""
        return np.array([self.wheelbase / 2, self.radius])

    @property
    def bracket(self) -> np.ndarray:
        """Bottom bracket (y, z)."""
        return np.array([self.rear[0] + 0.445, 0.285])

    def seat(self, along: float) -> np.ndarray:
        """(y, z) on the seat tube, so far up from the bottom bracket."""
        return self.bracket + along * np.array([-np.cos(SEAT), np.sin(SEAT)])

    def fork(self, along: float) -> np.ndarray:
        """(y, z) on the steering axis, so far up from beside the front axle."""
        return self.front - RAKE * AHEAD + along * UP_FORK

    @property
    def crown(self) -> float:
        """How far up the fork the wheel is cleared."""
        return self.radius + 0.035 + (0.06 if self.kind == "mountain" else 0)

    @property
    def head(self) -> float:
        """How far up the fork the frame ends."""
        return (
            self.crown + {"road": 0.15, "city": 0.19, "trekking": 0.16, "mountain": 0.11}[self.kind]
        )


def any_bicycle(rng: np.random.Generator, saddle: float | None = None) -> Bicycle:
    """A bicycle; `saddle` as in `Bicycle` where a rider asks for it."""
    kind = str(rng.choice(["road", "city", "trekking", "mountain"], p=[0.2, 0.4, 0.25, 0.15]))
    saddle = rng.uniform(0.62, 0.74) if saddle is None else saddle
    tyre = {"road": 0.014, "city": 0.019, "trekking": 0.020, "mountain": 0.028}[kind]
    radius = 0.311 + {"mountain": 0.0 if rng.random() < 0.5 else -0.012}.get(kind, 0) + 1.7 * tyre
    longer = {"road": 0.0, "city": 0.08, "trekking": 0.05, "mountain": 0.07}[kind]
    return Bicycle(
        kind=kind,
        radius=radius,
        tyre=tyre,
        wheelbase=1.03 + longer + rng.uniform(0, 0.04),
        saddle=saddle,
        stem={"road": 0.02, "city": 0.10, "trekking": 0.05, "mountain": 0.03}[kind]
        + max(0, 0.5 * (saddle - 0.66)),
        phase=rng.uniform(0, 2 * np.pi),
        low=bool(kind == "city" and rng.random() < 0.6),
        paint=m.car_paint(rng),
        extras=_extras(rng, kind),
    )


def _extras(rng: np.random.Generator, kind: str) -> frozenset[str]:
    likely = {"road": 0.05, "city": 0.95, "trekking": 0.75, "mountain": 0.15}[kind]
    drawn = {name for name in ("mudguards", "rack", "lamp") if rng.random() < likely}
    if kind == "city":
        drawn |= {name for name, p in (("basket", 0.25), ("crate", 0.12)) if rng.random() < p}
    return frozenset(drawn)


def drawn(bike: Bicycle) -> tuple[list[Mesh], Contacts]:
    """The bicycle's parts, its middle near the origin, and where a rider touches it."""
    spokes = wheel(bike.radius, bike.tyre, m.ALLOY, 24, wire=True)
    bars, grips = _bars(bike)
    cranks, feet = _cranks(bike)
    parts = [spokes.moved((0, *axle)) for axle in (bike.rear, bike.front)]
    parts += [*_frame(bike), *_fork(bike), *bars, *cranks, *_saddle(bike), *extra_parts(bike)]
    top = bike.seat(bike.saddle)
    return parts, Contacts((0.0, float(top[0]) - 0.02, float(top[1])), grips, feet)


def _tubes(*ends: tuple, radius: float, material: Material, out: tuple = (0, 0)) -> list[Mesh]:
    """A tube between points (y, z) in the middle, or two beside it if `out` says how far."""
    start, end = ends
    tubes = [
        strut((sign * out[0], *start), (sign * out[1], *end), radius, material)
        for sign in ((-1, 1) if any(out) else (0,))
    ]
    return tubes


def _frame(bike: Bicycle) -> list[Mesh]:
    paint, cluster = bike.paint, min(0.54, bike.saddle - 0.12)
    fat = 0.020 if bike.kind == "mountain" else 0.016
    top = bike.fork(bike.head - 0.03)
    low = bike.fork(bike.crown + 0.03)
    parts = [
        *_tubes(bike.bracket, bike.seat(cluster), radius=fat, material=paint),
        *_tubes(bike.seat(cluster), bike.seat(bike.saddle - 0.04), radius=0.0136, material=m.ALLOY),
        *_tubes(bike.fork(bike.crown), bike.fork(bike.head), radius=0.021, material=paint),
        *_tubes(low, bike.bracket, radius=fat + 0.003, material=paint),
        *_tubes(bike.bracket, bike.rear, radius=0.010, material=paint, out=(0.035, 0.065)),
        *_tubes(
            bike.seat(cluster - 0.02), bike.rear, radius=0.008, material=paint, out=(0.02, 0.065)
        ),
        cylinder((-0.04, *bike.bracket), (0.04, *bike.bracket), 0.022, paint, 10),
    ]
    if bike.low:
        low = bike.fork(bike.crown + 0.09)
        middle = (low + bike.bracket) / 2 + (0, 0.02)
        bend = ((0, *low), (0, *middle), (0, *bike.seat(0.24)))
        return [*parts, curve(bend, fat, paint)]
    return [*parts, *_tubes(top, bike.seat(cluster - 0.03), radius=fat, material=paint)]


def _fork(bike: Bicycle) -> list[Mesh]:
    crown, axle = bike.fork(bike.crown), bike.front
    wide = max(0.045, bike.tyre + 0.03)
    middle = (bike.fork(0.13) * 0.8 + axle * 0.2) if bike.kind != "mountain" else bike.fork(0.16)
    blade = ((wide, *crown), (wide + 0.004, *middle), (wide + 0.004, *axle))
    thick = 0.017 if bike.kind == "mountain" else 0.011
    bridge = cylinder((-wide, *crown), (wide, *crown), 0.016, bike.paint, 8)
    material = m.GLOSS_BLACK if bike.kind == "mountain" else bike.paint
    return [both(curve(blade, thick, material, count=7)), bridge]


def _bars(bike: Bicycle) -> tuple[list[Mesh], dict]:
    """Stem, handlebar and grips."""
    head, top = bike.fork(bike.head), bike.fork(bike.head + bike.stem)
    reach = {"road": 0.10, "city": 0.03, "trekking": 0.07, "mountain": 0.06}[bike.kind]
    clamp = top + np.array([reach, 0.01])
    y, z = clamp
    parts = [*_tubes(head, top, radius=0.014, material=m.ALLOY)]
    parts += _tubes(top, clamp, radius=0.015, material=m.ALLOY)
    half, grip = _bar_shape(bike.kind)
    path = [(x, y + dy, z + dz) for x, dy, dz in half]
    parts.append(both(curve(tuple(path), 0.0125, m.ALLOY, count=20)))
    tape = [(x, y + dy, z + dz) for x, dy, dz in half[grip[0] : grip[1]]]
    parts.append(both(curve(tuple(tape), 0.0165, m.BLACK_PLASTIC, count=6)))
    x, dy, dz = grip[2]
    grips = {"left": (-x, y + dy, z + dz), "right": (x, y + dy, z + dz)}
    return [*parts, *_levers(grips)], {side: tuple(map(float, at)) for side, at in grips.items()}


def _bar_shape(kind: str) -> tuple[list, tuple]:
    """Half a bar's points from the clamp; which of them a grip covers, and its middle."""
    if kind == "road":
        drop = [(0, 0, 0), (0.16, 0, 0), (0.20, 0.03, 0), (0.205, 0.085, -0.015)]
        drop += [(0.207, 0.095, -0.07), (0.21, 0.05, -0.12), (0.215, -0.02, -0.13)]
        return drop, (2, 7, (0.205, 0.075, 0.0))
    if kind == "city":
        rise = [(0, 0, 0), (0.08, 0.03, 0.03), (0.22, 0.04, 0.08)]
        rise += [(0.28, -0.06, 0.085), (0.285, -0.15, 0.08), (0.29, -0.24, 0.07)]
        return rise, (4, 6, (0.288, -0.19, 0.076))
    rise = 0.02 if kind == "mountain" else 0.03
    flat = [
        (0, 0, 0),
        (0.10, 0, rise / 2),
        (0.21, -0.01, rise),
        (0.27, -0.025, rise),
        (0.335, -0.04, rise),
    ]
    return flat, (3, 5, (0.303, -0.032, rise))


def _levers(grips: dict) -> list[Mesh]:
    x, y, z = grips["right"]
    lever = (
        (x - 0.06, y + 0.03, z - 0.01),
        (x - 0.04, y + 0.06, z - 0.03),
        (x + 0.03, y + 0.05, z - 0.04),
    )
    return [both(curve(lever, 0.006, m.DARK_ALLOY, 5, 6))]


def _cranks(bike: Bicycle) -> tuple[list[Mesh], dict]:
    """Chain ring, cranks, pedals and chain, and the pedals' upper sides."""
    y, z = bike.bracket
    ring = np.array([(0.040, 0.05), (0.040, 0.092), (0.044, 0.092), (0.044, 0.05), (0.040, 0.05)])
    parts = [lathe(ring, m.DARK_ALLOY, 24, (0, y, z))]
    for turn in np.arange(5) * 2 * np.pi / 5 + bike.phase:
        arm = (0.042, y + 0.06 * np.cos(turn), z + 0.06 * np.sin(turn))
        parts.append(strut((0.042, y, z), arm, 0.008, m.DARK_ALLOY, 5))
    feet = {}
    for side, sign, turn in (("right", 1, bike.phase), ("left", -1, bike.phase + np.pi)):
        at = (y + CRANK * np.cos(turn), z + CRANK * np.sin(turn))
        parts.append(strut((sign * 0.055, y, z), (sign * 0.070, *at), 0.011, m.ALLOY, 6))
        parts.append(box((0.095, 0.085, 0.020), (sign * 0.125, *at), m.BLACK_PLASTIC))
        feet[side] = (sign * 0.125, float(at[0]), float(at[1] + 0.010))
    sprocket = np.array([(0.040, 0.0), (0.040, 0.045), (0.046, 0.045), (0.046, 0.0)])
    parts.append(lathe(sprocket, m.STEEL, 14, (0, *bike.rear)))
    for up in (1, -1):
        ends = (0.042, bike.rear[0], bike.rear[1] + up * 0.044), (0.042, y, z + up * 0.09)
        parts.append(strut(*ends, 0.0045, m.DARK_ALLOY, 4))
    return parts, feet


def _saddle(bike: Bicycle) -> list[Mesh]:
    y, z = bike.seat(bike.saddle)
    wide = 0.10 if bike.kind == "city" else 0.075
    rows = np.array(
        [(-0.14, 0.4), (-0.125, 0.85), (-0.07, 1.0), (0.0, 0.62), (0.07, 0.30), (0.13, 0.22)]
    )
    rows = resampled(rows, 9)
    outline = oval(10, 2.6)
    thick = 0.022 + 0.012 * rows[:, 1:]
    rings = np.stack(
        [
            wide * rows[:, 1:] * outline[:, 1],
            np.broadcast_to(y + rows[:, :1], (9, 10)),
            z - thick + thick * outline[:, 0],
        ],
        -1,
    )
    rails = curve(
        ((0.02, y - 0.09, z - 0.045), (0.02, y, z - 0.05), (0.01, y + 0.09, z - 0.03)),
        0.004,
        m.STEEL,
        5,
        5,
    )
    return [loft(rings, m.BLACK_PLASTIC), both(rails)]
