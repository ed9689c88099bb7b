"""What streets are made of. Colours are linear RGB: a mid grey is 0.2, not 0.5.

A picture's renderer may give a material of one of these names a pattern of its own, such as the
joints of "brick"; the colour here is its average.
"""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Material

ASPHALT = Material("asphalt", (0.085, 0.085, 0.088), roughness=0.85, grain=30.0)
PATCH = Material("asphalt patch", (0.055, 0.055, 0.058), roughness=0.85, grain=30.0)
ROAD_PAINT = Material("road paint", (0.52, 0.52, 0.50), roughness=0.7, grain=5.0)
KERB_STONE = Material("kerb stone", (0.27, 0.265, 0.25), roughness=0.85, grain=12.0)
IRON = Material("cast iron", (0.045, 0.043, 0.042), roughness=0.6, metallic=0.6, grain=20.0)
RAIL = Material("rail", (0.30, 0.29, 0.28), roughness=0.35, metallic=0.9)
GRASS = Material("grass", (0.075, 0.115, 0.025), roughness=0.95, grain=8.0)
SOIL = Material("soil", (0.07, 0.05, 0.035), roughness=0.95, grain=10.0)
YARD = Material("yard", (0.16, 0.15, 0.14), roughness=0.95, grain=6.0)
BARK = Material("bark", (0.075, 0.06, 0.048), roughness=0.95, grain=10.0)
WINDOW = Material("window", (0.012, 0.014, 0.016), roughness=0.03)
CURTAIN = Material("curtained window", (0.30, 0.29, 0.27), roughness=0.25, coat=1.0)
LIT_ROOM = Material("lit window", (0.22, 0.17, 0.10), roughness=0.2, coat=1.0)
BLIND = Material("blind", (0.42, 0.41, 0.39), roughness=0.7)
GALVANISED = Material("galvanised steel", (0.33, 0.34, 0.35), roughness=0.5, metallic=0.6, grain=9)
DARK_STEEL = Material("painted steel", (0.030, 0.034, 0.036), roughness=0.45)
GREEN_STEEL = Material("green steel", (0.020, 0.045, 0.032), roughness=0.45)
WIRE = Material("wire", (0.012, 0.012, 0.013), roughness=0.6)
CONCRETE = Material("concrete", (0.30, 0.29, 0.275), roughness=0.9, grain=5.0)
WHITE_WOOD = Material("white frame", (0.62, 0.62, 0.60), roughness=0.5)
ZINC = Material("zinc", (0.22, 0.235, 0.25), roughness=0.5, metallic=0.5)
HILL = Material("hill", (0.055, 0.085, 0.045), roughness=1.0, grain=0.02)

SIGN_RED = Material("sign red", (0.50, 0.012, 0.016), roughness=0.35)
SIGN_BLUE = Material("sign blue", (0.010, 0.075, 0.36), roughness=0.35)
SIGN_WHITE = Material("sign white", (0.72, 0.72, 0.71), roughness=0.35)
SIGN_YELLOW = Material("sign yellow", (0.70, 0.45, 0.02), roughness=0.35)
LAMP_GLASS = Material("lamp glass", (0.62, 0.62, 0.60), roughness=0.25)
SIGNAL_RED = Material("red light", (0.9, 0.03, 0.01), roughness=0.3, glow=4.0)
SIGNAL_GREEN = Material("green light", (0.03, 0.8, 0.35), roughness=0.3, glow=3.0)
SIGNAL_OFF = Material("signal lens", (0.035, 0.020, 0.012), roughness=0.3)

_PLASTERS = (
    (0.60, 0.57, 0.51),
    (0.55, 0.50, 0.41),
    (0.52, 0.43, 0.29),
    (0.50, 0.36, 0.19),
    (0.47, 0.33, 0.25),
    (0.42, 0.40, 0.37),
    (0.36, 0.38, 0.33),
    (0.30, 0.33, 0.36),
    (0.26, 0.245, 0.23),
    (0.62, 0.61, 0.59),
)
_BRICKS = ((0.23, 0.095, 0.062), (0.17, 0.075, 0.055), (0.29, 0.16, 0.10), (0.38, 0.29, 0.18))
_STONES = ((0.40, 0.37, 0.31), (0.34, 0.33, 0.31), (0.45, 0.40, 0.31))
_PAVINGS = ((0.25, 0.245, 0.235), (0.20, 0.19, 0.18), (0.28, 0.25, 0.215), (0.155, 0.155, 0.155))
_ROOFS = ((0.20, 0.070, 0.042), (0.15, 0.065, 0.045), (0.085, 0.082, 0.085), (0.10, 0.065, 0.050))
_LEAVES = (
    (0.080, 0.135, 0.028),
    (0.062, 0.112, 0.026),
    (0.105, 0.155, 0.034),
    (0.066, 0.105, 0.038),
)
_AUTUMN = ((0.24, 0.13, 0.02), (0.22, 0.075, 0.02), (0.16, 0.13, 0.025))
_DOORS = (
    (0.10, 0.055, 0.03),
    (0.02, 0.035, 0.06),
    (0.015, 0.05, 0.03),
    (0.12, 0.015, 0.015),
    (0.20, 0.20, 0.20),
    (0.025, 0.022, 0.02),
)
_SHOPS = (
    (0.02, 0.022, 0.025),
    (0.30, 0.02, 0.02),
    (0.015, 0.07, 0.035),
    (0.02, 0.05, 0.15),
    (0.50, 0.33, 0.04),
    (0.48, 0.47, 0.44),
    (0.10, 0.05, 0.03),
    (0.06, 0.15, 0.18),
)


def plaster(rng: np.random.Generator) -> Material:
    """A painted wall."""
    return Material("plaster", _one(rng, _PLASTERS), roughness=0.9, grain=2.0)


def brick(rng: np.random.Generator) -> Material:
    """A brick wall."""
    return Material("brick", _one(rng, _BRICKS), roughness=0.9, grain=6.0)


def stone(rng: np.random.Generator) -> Material:
    """Ashlar."""
    return Material("stone", _one(rng, _STONES), roughness=0.85, grain=3.0)


def paving(rng: np.random.Generator) -> Material:
    """Slabs, setts, or asphalt of a pavement."""
    return Material("paving", _one(rng, _PAVINGS), roughness=0.88, grain=5.0)


def roof_tiles(rng: np.random.Generator) -> Material:
    """Clay tiles or slate."""
    return Material("roof tiles", _one(rng, _ROOFS), roughness=0.8, grain=4.0)


def foliage(rng: np.random.Generator, autumn: bool = False) -> Material:
    """The leaves of a tree or hedge."""
    return Material("leaves", _one(rng, _AUTUMN if autumn else _LEAVES), roughness=0.6)


def door_paint(rng: np.random.Generator) -> Material:
    """A front door, gate or shutter."""
    return Material("door", _one(rng, _DOORS), roughness=0.4)


def shop_paint(rng: np.random.Generator) -> Material:
    """A shop's fascia or awning."""
    return Material("shop", _one(rng, _SHOPS), roughness=0.5)


def _one(rng: np.random.Generator, colours: tuple) -> tuple[float, float, float]:
    """One of the colours, up to an eighth brighter or darker."""
    colour, light = colours[rng.integers(len(colours))], rng.uniform(0.88, 1.12)
    tints = rng.uniform(0.97, 1.03, 3).tolist()
    red, green, blue = (min(c * light * tint, 1.0) for c, tint in zip(colour, tints, strict=True))
    return red, green, blue
