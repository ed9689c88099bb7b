"""Fronts and rears of cars: lamps, grilles, intakes, plates."""

from __future__ import annotations

import numpy as np

from amodal.render import materials as m
from amodal.render.mesh import Mesh
from amodal.render.primitives import ellipsoid
from amodal.render.vehicles import parts
from amodal.render.vehicles.body import Shape
from amodal.render.vehicles.car_styles import Car
from amodal.render.vehicles.skin import FRONT, Skin, beyond, inset, prism


def paint_front(skin: Skin, shape: Shape, car: Car, rng: np.random.Generator) -> list[Mesh]:
    """Headlamps that reach around the corners, grille and intake; gives plate and badge."""
    half, height = car.width / 2, car.height
    front = beyond(1, car.length / 2 - 0.62)
    low = _paint_headlamps(skin, shape, car, rng)
    grille = _bar(rng.uniform(0.40, 0.56) * half, 0.31 * height, low + rng.uniform(0.02, 0.09))
    shiny = rng.random() < 0.4
    if shiny:
        border = prism(inset(grille, -0.02), FRONT)
        skin.paint(np.concatenate([front, border]), m.CHROME, (0.3, 1, 0))
    skin.paint(np.concatenate([front, prism(grille, FRONT)]), m.BLACK_PLASTIC, (0, 1, 0))
    top = grille[2, 1]
    for z in np.arange(top - 0.045, 0.30 * height + 0.08, -0.05):
        slat = _bar(0.93 * grille[2, 0], z - 0.012, z)
        colour = m.ALLOY if shiny else m.GLOSS_BLACK
        skin.paint(np.concatenate([front, prism(slat, FRONT)]), colour, (0, 1, 0))
    intake = _bar(rng.uniform(0.5, 0.8) * half, car.clearance + 0.06, 0.25 * height)
    skin.paint(np.concatenate([front, prism(intake, FRONT)]), m.BLACK_PLASTIC, (0, 1, 0))
    yellow = rng.random() < 0.08
    made = [parts.plate(shape, 0.30 * height, True, m.YELLOW_PLATE if yellow else m.WHITE_PLATE)]
    made.append(_badge(shape, top - 0.02, True))
    return made


def _paint_headlamps(skin: Skin, shape: Shape, car: Car, rng: np.random.Generator) -> float:
    """Paints them; gives the height of their lower edge."""
    half, nose = car.width / 2, car.length / 2
    front, towards = beyond(1, nose - 0.62), (0.3, 1.0, 0.0)
    lip = float(shape.top_at(nose - 0.24))
    high, low = lip - rng.uniform(0.03, 0.06), lip - rng.uniform(0.15, 0.20)
    inner, slant = rng.uniform(0.48, 0.60) * half, rng.uniform(0.02, 0.07)
    lamp = np.array([(inner, low + 0.03), (0.75 * half, low), (1.1 * half, low + slant)])
    lamp = np.concatenate([lamp, [(1.1 * half, high + slant), (inner, high - 0.02)]])
    border = prism(inset(lamp, -0.008), FRONT)
    skin.paint(np.concatenate([front, border]), m.GLOSS_BLACK, towards)
    skin.paint(np.concatenate([front, prism(lamp, FRONT)]), m.HEADLAMP, towards)
    # A bright reflector; dark rings around it would look like eyes.
    lit = m.LIT_HEADLAMP if rng.random() < 0.12 else m.CLEAR_LAMP
    middle = np.array([inner + 0.12, 0.5 * (low + high) + 0.005])
    angle = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    spot = middle + np.stack([0.06 * np.cos(angle), 0.036 * np.sin(angle)], axis=-1)
    skin.paint(np.concatenate([front, prism(spot, FRONT)]), lit, towards)
    return low


def _badge(shape: Shape, z: float, ahead: bool) -> Mesh:
    """The maker's round badge."""
    y, _ = shape.end_at(z, ahead)
    return ellipsoid((0, y, z), (0.055, 0.02, 0.045), m.CHROME, 4, 10)


def _bar(half: float, low: float, high: float) -> np.ndarray:
    """Outline in the front view of a band across the middle, narrower below."""
    return np.array([(-0.92 * half, low), (0.92 * half, low), (half, high), (-half, high)])


def paint_rear(skin: Skin, shape: Shape, car: Car, rng: np.random.Generator) -> list[Mesh]:
    """Tail lamps that reach around the corners; gives plate and badge."""
    half, height = car.width / 2, car.height
    behind = beyond(1, -car.length / 2 + (0.42 if not car.style.tall_lamps else 0.36), less=True)
    base = 0.545 * height
    if car.style.tall_lamps:
        inner, high = rng.uniform(0.76, 0.82) * half, rng.uniform(0.72, 0.86) * height
    else:
        inner, high = rng.uniform(0.45, 0.66) * half, base + rng.uniform(0.12, 0.17)
    low = base + rng.uniform(-0.02, 0.02)
    lamp = np.array(
        [(inner, low + 0.02), (1.1 * half, low), (1.1 * half, high), (inner, high - 0.01)]
    )
    if rng.random() < 0.5:
        border = prism(inset(lamp, -0.012), FRONT)
        skin.paint(np.concatenate([behind, border]), m.GLOSS_BLACK, (0.3, -1, 0))
    lit = m.LIT_TAIL_LAMP if rng.random() < 0.15 else m.TAIL_LAMP
    skin.paint(np.concatenate([behind, prism(lamp, FRONT)]), lit, (0.3, -1, 0))
    stripe = low + 0.35 * (high - low)
    clear = np.array([(inner + 0.03, stripe), (0.9 * half, stripe)])
    clear = np.concatenate([clear, clear[::-1] + np.array([0, 0.03])])
    skin.paint(np.concatenate([behind, prism(clear, FRONT)]), m.CLEAR_LAMP, (0, -1, 0))
    z = rng.choice([0.33, 0.50]) * height
    yellow = rng.random() < 0.2
    number = parts.plate(shape, z, False, m.YELLOW_PLATE if yellow else m.WHITE_PLATE)
    return [number, _badge(shape, 0.61 * height, False)]
