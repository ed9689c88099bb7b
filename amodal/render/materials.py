"""Materials that street objects share, and the colours that traffic has.

Colours are linear RGB: a mid grey is 0.2, not 0.5.
"""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Material

GLASS = Material("glass", (0.010, 0.013, 0.015), roughness=0.04)
TINTED_GLASS = Material("tinted glass", (0.004, 0.005, 0.006), roughness=0.06)
RUBBER = Material("rubber", (0.018, 0.018, 0.018), roughness=0.85)
DARK = Material("shadow", (0.006, 0.006, 0.006), roughness=0.95)
BLACK_PLASTIC = Material("black plastic", (0.022, 0.022, 0.024), roughness=0.6)
GLOSS_BLACK = Material("gloss black", (0.008, 0.008, 0.009), roughness=0.15)
GREY_PLASTIC = Material("grey plastic", (0.12, 0.12, 0.125), roughness=0.6)
CHROME = Material("chrome", (0.75, 0.76, 0.78), roughness=0.12, metallic=1.0)
ALLOY = Material("alloy", (0.50, 0.51, 0.53), roughness=0.32, metallic=0.85)
DARK_ALLOY = Material("dark alloy", (0.06, 0.06, 0.065), roughness=0.35, metallic=0.6)
STEEL = Material("steel", (0.28, 0.28, 0.29), roughness=0.5, metallic=0.7)
RUSTY_STEEL = Material("worn steel", (0.10, 0.085, 0.075), roughness=0.8, metallic=0.3, grain=6.0)
HEADLAMP = Material("headlamp", (0.34, 0.36, 0.38), roughness=0.15, metallic=0.7, coat=1.0)
LIT_HEADLAMP = Material("lit headlamp", (1.0, 0.97, 0.90), roughness=0.1, glow=3.0)
TAIL_LAMP = Material("tail lamp", (0.33, 0.008, 0.010), roughness=0.1, coat=1.0)
LIT_TAIL_LAMP = Material("lit tail lamp", (0.9, 0.02, 0.01), roughness=0.1, glow=1.2)
AMBER_LAMP = Material("amber lamp", (0.62, 0.20, 0.01), roughness=0.12, coat=1.0)
CLEAR_LAMP = Material("clear lamp", (0.55, 0.55, 0.56), roughness=0.12, coat=1.0)
DISPLAY = Material("display", (0.85, 0.42, 0.04), roughness=0.4, glow=1.0)
WHITE_PLATE = Material("white plate", (0.75, 0.75, 0.74), roughness=0.4)
YELLOW_PLATE = Material("yellow plate", (0.72, 0.48, 0.03), roughness=0.4)
WOOD = Material("wood", (0.22, 0.13, 0.07), roughness=0.85, grain=8.0)

_SKINS = ((0.55, 0.33, 0.24), (0.46, 0.26, 0.17), (0.27, 0.14, 0.08), (0.10, 0.05, 0.03))

# Shares of new cars in Europe, roughly: two thirds have no colour at all.
_SHADES: tuple[tuple[float, str, tuple[float, float, float], float], ...] = (
    (0.22, "white", (0.72, 0.72, 0.71), 0.0),
    (0.20, "grey", (0.115, 0.12, 0.125), 0.45),
    (0.17, "black", (0.010, 0.010, 0.011), 0.1),
    (0.13, "silver", (0.42, 0.43, 0.44), 0.6),
    (0.06, "dark blue", (0.012, 0.030, 0.095), 0.3),
    (0.05, "blue", (0.03, 0.11, 0.33), 0.3),
    (0.07, "red", (0.36, 0.012, 0.014), 0.1),
    (0.03, "dark red", (0.12, 0.010, 0.014), 0.3),
    (0.02, "dark green", (0.018, 0.055, 0.030), 0.3),
    (0.02, "beige", (0.36, 0.30, 0.22), 0.4),
    (0.01, "orange", (0.55, 0.13, 0.015), 0.2),
    (0.01, "yellow", (0.62, 0.42, 0.03), 0.0),
    (0.01, "brown", (0.085, 0.050, 0.030), 0.4),
)
_LORRIES: tuple[tuple[float, float, float], ...] = (
    (0.72, 0.72, 0.71),
    (0.70, 0.70, 0.68),
    (0.035, 0.09, 0.30),
    (0.42, 0.018, 0.014),
    (0.60, 0.38, 0.03),
    (0.05, 0.20, 0.08),
    (0.10, 0.105, 0.11),
    (0.55, 0.15, 0.02),
)
_LIVERIES: tuple[tuple[float, float, float], ...] = (
    (0.70, 0.70, 0.69),
    (0.62, 0.42, 0.03),
    (0.46, 0.022, 0.018),
    (0.03, 0.13, 0.36),
    (0.05, 0.24, 0.10),
    (0.20, 0.32, 0.42),
    (0.58, 0.54, 0.42),
    (0.08, 0.10, 0.13),
)


def paint(
    colour: tuple[float, float, float], metallic: float = 0.0, roughness: float = 0.32
) -> Material:
    """Car paint under a clear coat."""
    return Material("paint", colour, roughness, metallic, coat=1.0)


def car_paint(rng: np.random.Generator) -> Material:
    """A paint as often as traffic has it, its shade a little varied."""
    shares = np.array([shade[0] for shade in _SHADES])
    _, _, colour, metallic = _SHADES[rng.choice(len(_SHADES), p=shares / shares.sum())]
    return paint(_varied(rng, colour), metallic, float(rng.uniform(0.25, 0.42)))


def lorry_paint(rng: np.random.Generator) -> Material:
    """The plain paint of a lorry's cab or of a van of a firm; mostly white."""
    colour = _LORRIES[0] if rng.random() < 0.4 else _LORRIES[rng.integers(len(_LORRIES))]
    return paint(_varied(rng, colour), 0.0, 0.4)


def livery(rng: np.random.Generator) -> tuple[Material, Material]:
    """A main and an accent paint of a bus or tram company."""
    first, second = rng.choice(len(_LIVERIES), 2, replace=False)
    return paint(_varied(rng, _LIVERIES[first])), paint(_varied(rng, _LIVERIES[second]))


def cloth(colour: tuple[float, float, float]) -> Material:
    """A dull woven stuff: clothes, tarpaulins, seats."""
    return Material("cloth", colour, roughness=0.9, grain=12.0)


def skin(rng: np.random.Generator) -> Material:
    """Human skin of a drawn tone."""
    return Material("skin", _varied(rng, _SKINS[rng.integers(len(_SKINS))]), roughness=0.55)


def _varied(
    rng: np.random.Generator, colour: tuple[float, float, float]
) -> tuple[float, float, float]:
    """The colour up to a fifth brighter or darker and its channels a little off."""
    factor = rng.uniform(0.82, 1.18) * rng.uniform(0.97, 1.03, 3)
    red, green, blue = np.clip(np.array(colour) * factor, 0.0, 0.82)
    return float(red), float(green), float(blue)
