"""Cars: proportions of body styles, and the body that is built from one drawn car."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Span = tuple[float, float]
Bend = tuple[float, float, float]


@dataclass(frozen=True)
class Style:
    """Ranges (low, high) of a body style, in metres where nothing else is said.

    Args:
        name: such as "saloon".
        share: how often traffic has it, relative to the others.
        length, width, height: of the body, without mirrors.
        wheelbase: between the axles.
        overhang: from the nose to the front axle.
        wheel: radius of the tyre.
        clearance: height of the floor.
        belt: height of the shoulder at the windscreen, as a share of the height.
        lip: height of the bonnet's front edge, as a share of the height.
        cowl: how far behind the front axle the windscreen begins.
        screen: length of the windscreen, seen from above.
        rear: bends of the outline from the tail up to the roof: (distance from the tail, share of
            the height, radius of the bend).
        pillar: width of the rearmost pillar at the belt.
        doors: per side.
        tall_lamps: whether the tail lamps stand upright.
        cladding: whether arches and sills are black plastic.
    """

    name: str
    share: float
    length: Span
    width: Span
    height: Span
    wheelbase: Span
    overhang: Span
    wheel: Span
    clearance: Span
    belt: Span
    lip: Span
    cowl: Span
    screen: Span
    rear: tuple[Bend, ...]
    pillar: Span
    doors: int = 2
    tall_lamps: bool = False
    cladding: bool = False


STYLES = (
    Style(
        "city car",
        1.0,
        (3.60, 3.78),
        (1.62, 1.68),
        (1.46, 1.53),
        (2.34, 2.44),
        (0.66, 0.72),
        (0.28, 0.295),
        (0.17, 0.20),
        (0.60, 0.63),
        (0.51, 0.54),
        (0.12, 0.25),
        (0.72, 0.82),
        (
            (0, 0.40, 0),
            (0.02, 0.50, 0.05),
            (0.07, 0.60, 0.1),
            (0.27, 0.90, 0.12),
            (0.48, 0.96, 0.2),
        ),
        (0.12, 0.30),
        tall_lamps=True,
    ),
    Style(
        "hatchback",
        2.4,
        (3.95, 4.36),
        (1.72, 1.80),
        (1.43, 1.50),
        (2.50, 2.68),
        (0.80, 0.87),
        (0.30, 0.325),
        (0.16, 0.19),
        (0.61, 0.64),
        (0.51, 0.54),
        (0.22, 0.38),
        (0.80, 0.95),
        (
            (0, 0.41, 0),
            (0.03, 0.52, 0.06),
            (0.10, 0.63, 0.1),
            (0.42, 0.89, 0.12),
            (0.66, 0.955, 0.25),
        ),
        (0.14, 0.40),
    ),
    Style(
        "saloon",
        1.2,
        (4.50, 4.90),
        (1.79, 1.87),
        (1.41, 1.47),
        (2.70, 2.90),
        (0.82, 0.90),
        (0.315, 0.335),
        (0.15, 0.18),
        (0.62, 0.645),
        (0.51, 0.535),
        (0.38, 0.52),
        (0.85, 1.0),
        (
            (0, 0.42, 0),
            (0.05, 0.56, 0.06),
            (0.09, 0.705, 0.06),
            (0.52, 0.735, 0.15),
            (1.15, 0.935, 0.35),
            (1.7, 0.985, 0.4),
        ),
        (0.16, 0.26),
    ),
    Style(
        "estate",
        1.1,
        (4.45, 4.90),
        (1.78, 1.86),
        (1.44, 1.51),
        (2.65, 2.88),
        (0.82, 0.90),
        (0.315, 0.335),
        (0.15, 0.18),
        (0.61, 0.635),
        (0.50, 0.53),
        (0.36, 0.50),
        (0.85, 1.0),
        (
            (0, 0.40, 0),
            (0.03, 0.52, 0.05),
            (0.08, 0.64, 0.08),
            (0.38, 0.90, 0.12),
            (0.58, 0.945, 0.3),
        ),
        (0.10, 0.20),
    ),
    Style(
        "SUV",
        2.0,
        (4.20, 4.75),
        (1.80, 1.90),
        (1.62, 1.74),
        (2.58, 2.76),
        (0.82, 0.90),
        (0.355, 0.385),
        (0.22, 0.26),
        (0.62, 0.655),
        (0.565, 0.60),
        (0.32, 0.46),
        (0.68, 0.82),
        (
            (0, 0.40, 0),
            (0.03, 0.51, 0.05),
            (0.10, 0.63, 0.08),
            (0.32, 0.89, 0.12),
            (0.58, 0.955, 0.25),
        ),
        (0.12, 0.32),
        tall_lamps=False,
        cladding=True,
    ),
    Style(
        "coupe",
        0.4,
        (4.20, 4.60),
        (1.78, 1.86),
        (1.31, 1.39),
        (2.48, 2.72),
        (0.84, 0.92),
        (0.32, 0.34),
        (0.13, 0.16),
        (0.645, 0.67),
        (0.52, 0.55),
        (0.42, 0.58),
        (0.85, 1.0),
        (
            (0, 0.44, 0),
            (0.06, 0.60, 0.06),
            (0.11, 0.735, 0.06),
            (0.36, 0.76, 0.12),
            (1.20, 0.945, 0.5),
            (1.6, 0.985, 0.4),
        ),
        (0.22, 0.35),
        doors=1,
    ),
    Style(
        "MPV",
        0.8,
        (4.25, 4.75),
        (1.78, 1.84),
        (1.58, 1.70),
        (2.62, 2.80),
        (0.84, 0.92),
        (0.31, 0.33),
        (0.15, 0.18),
        (0.585, 0.61),
        (0.47, 0.51),
        (0.02, 0.18),
        (0.95, 1.15),
        (
            (0, 0.38, 0),
            (0.02, 0.49, 0.05),
            (0.07, 0.60, 0.08),
            (0.30, 0.90, 0.12),
            (0.52, 0.96, 0.25),
        ),
        (0.10, 0.20),
        tall_lamps=True,
    ),
)


@dataclass(frozen=True)
class Car:
    """A drawn car: a style's ranges as numbers, and its trim; metres, shares and y forward."""

    style: Style
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
    pillar: float
    lip: float
    nose: float
    rise: float
    tumble: float


def draw(rng: np.random.Generator, style: Style | None = None) -> Car:
    """A car of a style, drawn by the styles' shares unless one is given."""
    if style is None:
        shares = np.array([s.share for s in STYLES])
        style = STYLES[rng.choice(len(STYLES), p=shares / shares.sum())]
    length, height = rng.uniform(*style.length), rng.uniform(*style.height)
    front = length / 2 - rng.uniform(*style.overhang)
    # A short body does not get the longest wheelbase: the rear overhang would vanish.
    base = min(rng.uniform(*style.wheelbase), front + length / 2 - 0.52)
    return Car(
        style=style,
        length=length,
        width=rng.uniform(*style.width),
        height=height,
        front_axle=front,
        rear_axle=front - base,
        wheel=rng.uniform(*style.wheel),
        clearance=rng.uniform(*style.clearance),
        belt=height * rng.uniform(*style.belt),
        cowl=front - rng.uniform(*style.cowl),
        screen=rng.uniform(*style.screen),
        pillar=rng.uniform(*style.pillar),
        lip=height * rng.uniform(*style.lip),
        nose=rng.uniform(0.0, 1.0),
        rise=rng.uniform(0.02, 0.08),
        tumble=rng.uniform(0.24, 0.34),
    )
