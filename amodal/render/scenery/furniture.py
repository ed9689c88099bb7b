"""What stands on pavements: lamps, signs, bollards, bins, lights, shelters, trees. Metres.

All of it keeps to a strip along the kerb, from `STRIP[0]` to `STRIP[1]` metres behind it, so that
people have the rest of the pavement; only a bus shelter is deeper.
"""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Material, Mesh, merged
from amodal.render.plan import Plan
from amodal.render.primitives import box, cylinder, ellipsoid, fan, rounded_box, tube
from amodal.render.scenery import palette as p
from amodal.render.scenery.build import boxes, sheet
from amodal.render.scenery.ground import KERB_HEIGHT, crossing, stretches
from amodal.render.scenery.trees import broadleaf, cleared, detail_at

STRIP = (0.25, 0.75)


def furniture(rng: np.random.Generator, plan: Plan) -> list[Mesh]:
    """Everything along both kerbs."""
    parts = []
    lamp_side = int(rng.choice([-1, 1]))
    steel = (
        p.GALVANISED
        if rng.random() < 0.5
        else (p.DARK_STEEL if rng.random() < 0.6 else p.GREEN_STEEL)
    )
    wooded = rng.random(2) < (0.5 if plan.pavement > 2.3 and plan.houses != "country" else 0.0)
    for side in (-1, 1):
        x = side * (plan.kerb(side) + 0.45)
        for start, end in stretches(plan, margin=plan.pavement + 1.0):
            if plan.houses != "country" or rng.random() < 0.3:
                offset = 0.0 if side == lamp_side else 13.0
                parts += _along(
                    x, np.arange(start + 6 + offset, end, 27.0), _lamp(rng, steel), side
                )
            if wooded[(side + 1) // 2]:
                parts += _trees(rng, x, start, end, plan)
            parts += _small_things(rng, side, plan, start, end)
    if plan.junction is not None:
        parts += _at_junction(rng, plan)
    if plan.houses == "town" and plan.pavement > 2.9 and rng.random() < 0.5:
        parts.append(_shelter(rng, plan))
    return parts


def _along(x: float, y: np.ndarray, item: Mesh, side: int) -> list[Mesh]:
    """Copies of what is built for the right side, its road towards -x."""
    item = item if side > 0 else item.mirrored()
    return [item.moved((x, float(at), KERB_HEIGHT)) for at in y]


def _lamp(rng: np.random.Generator, steel: Material) -> Mesh:
    """A street lamp on an arm over the road, or an old one on a post."""
    if rng.random() < 0.3:
        return merged(_old_lamp(steel))
    high, reach = float(rng.uniform(6.5, 8.5)), float(rng.uniform(0.9, 1.8))
    bend = np.array(
        [
            (0, 0, high),
            (-0.12 * reach, 0, high + 0.35),
            (-0.5 * reach, 0, high + 0.55),
            (-reach, 0, high + 0.6),
        ]
    )
    return merged(
        [
            cylinder((0, 0, -0.05), (0, 0, 1.1), 0.085, steel, 10),
            tube(
                np.concatenate([[(0, 0, 1.0)], bend]),
                np.array([0.065, 0.045, 0.04, 0.035, 0.035]),
                steel,
                8,
            ),
            rounded_box((0.7, 0.26, 0.10), (-reach - 0.25, 0, high + 0.62), steel, 0.04),
            box((0.5, 0.2, 0.03), (-reach - 0.27, 0, high + 0.56), p.LAMP_GLASS),
        ]
    )


def _old_lamp(steel: Material) -> list[Mesh]:
    glass = cylinder((0, 0, 3.55), (0, 0, 4.0), 0.11, p.LAMP_GLASS, 6, end_radius=0.2)
    return [
        cylinder((0, 0, -0.05), (0, 0, 0.8), 0.11, steel, 8, end_radius=0.07),
        cylinder((0, 0, 0.8), (0, 0, 3.5), 0.055, steel, 8, end_radius=0.04),
        cylinder((0, 0, 3.5), (0, 0, 3.56), 0.14, steel, 6),
        glass,
        cylinder((0, 0, 4.0), (0, 0, 4.22), 0.24, steel, 6, end_radius=0.03),
    ]


def _trees(rng: np.random.Generator, x: float, start: float, end: float, plan: Plan) -> list[Mesh]:
    """An alley with square pits."""
    gap = float(rng.uniform(8, 15))
    autumn = bool(rng.random() < 0.12)
    height = float(rng.uniform(6.5, 11))
    parts = []
    wide = float(rng.uniform(0.22, 0.34))
    leaf = p.foliage(rng, autumn)
    for y in np.arange(start + rng.uniform(2, 10), end - 2, gap):
        tall = height * float(rng.uniform(0.8, 1.15))
        # A crown too low to walk under would be cut.
        tree = broadleaf(rng, tall, wide * tall, detail_at(y), leaf, clear=3.0)
        parts.append(cleared(tree.moved((x, y, KERB_HEIGHT), rng.uniform(0, 6)), plan))
        parts.append(sheet((x - 0.45, x + 0.45), (y - 0.55, y + 0.55), KERB_HEIGHT + 0.004, p.SOIL))
    return parts


def _small_things(
    rng: np.random.Generator, side: int, plan: Plan, start: float, end: float
) -> list[Mesh]:
    """Signs, bollards, bins and cabinets at drawn places."""
    x = side * (plan.kerb(side) + 0.5)
    parts = []
    many = 1.0 if plan.houses == "town" else 0.5
    for y in np.arange(start, end, 9.0):
        y = float(y + rng.uniform(0, 8))
        if y > end:
            continue
        draw = rng.random() / many
        if draw < 0.30:
            parts.append(_sign(rng).moved((x, y, KERB_HEIGHT), 0.0 if side > 0 else np.pi))
        elif draw < 0.38:
            parts.append(_bin(rng).moved((x, y, KERB_HEIGHT)))
        elif draw < 0.44:
            cabinet = rounded_box(
                (0.35, 0.9, 1.15),
                (0, 0, 0.57),
                Material("cabinet", (0.33, 0.34, 0.32), 0.6, grain=3.0),
                0.02,
            )
            parts.append(cabinet.moved((x, y, KERB_HEIGHT)))
        elif draw < 0.54 and plan.houses == "town":
            post = merged(
                [
                    cylinder((0, 0, 0), (0, 0, 0.9), 0.055, p.DARK_STEEL, 10),
                    ellipsoid((0, 0, 0.92), (0.07, 0.07, 0.06), p.DARK_STEEL, 4, 10),
                ]
            )
            parts += _along(side * (plan.kerb(side) + 0.3), y + 1.4 * np.arange(5), post, side)
    return parts


def _sign(rng: np.random.Generator) -> Mesh:
    """A traffic sign on a pole; its face looks along -y, towards traffic on the right."""
    pole = cylinder((0, 0, -0.05), (0, 0, 2.75), 0.03, p.GALVANISED, 8)
    kind = rng.choice(
        ["stop", "limit", "parking", "warning", "way"], p=[0.25, 0.25, 0.25, 0.15, 0.1]
    )
    if kind == "parking":
        return merged([pole, *_plate(_square(0.30), 2.45, p.SIGN_BLUE), *_letter_p(2.45)])
    if kind == "way":
        return merged(
            [
                pole,
                *_plate(_square(0.28, diamond=True), 2.4, p.SIGN_WHITE),
                *_plate(_square(0.20, diamond=True), 2.4, p.SIGN_YELLOW, 0.012),
            ]
        )
    if kind == "warning":
        outer = 0.36 * np.array([(0, 1.1), (-1, -0.7), (1, -0.7)])
        return merged(
            [pole, *_plate(outer, 2.4, p.SIGN_RED), *_plate(0.72 * outer, 2.4, p.SIGN_WHITE, 0.012)]
        )
    angle = np.linspace(0, 2 * np.pi, 25)[:-1]
    disc = np.stack([-np.sin(angle), np.cos(angle)], -1)
    if kind == "limit":
        parts = [
            *_plate(0.32 * disc, 2.4, p.SIGN_RED),
            *_plate(0.24 * disc, 2.4, p.SIGN_WHITE, 0.012),
        ]
        digits = boxes(
            np.array([(-0.13, -0.065, 2.3), (0.03, -0.065, 2.3)]),
            np.array([(-0.03, -0.06, 2.5), (0.13, -0.06, 2.5)]),
            p.WIRE,
        )
        return merged([pole, *parts, digits])
    bar = boxes((-0.22, -0.065, 2.345), (0.22, -0.06, 2.455), p.SIGN_WHITE)
    return merged([pole, *_plate(0.32 * disc, 2.4, p.SIGN_RED), bar])


def _plate(outline: np.ndarray, z: float, face: Material, before: float = 0.0) -> list[Mesh]:
    """A flat sheet with a grey back just before a pole, from an outline of (x, z)."""
    ring = np.column_stack(
        [outline[:, 0], np.full(len(outline), -0.04 - before), outline[:, 1] + z]
    )
    a, b, c = ring[:3]
    ring = ring if np.cross(b - a, c - b)[1] < 0 else ring[::-1]
    parts = [fan(ring, face)]
    return parts if before else [*parts, fan((ring + np.array((0, 0.008, 0)))[::-1], p.GALVANISED)]


def _square(half: float, diamond: bool = False) -> np.ndarray:
    corners = half * np.array([(1.0, 1.0), (-1, 1), (-1, -1), (1, -1)])
    return corners @ (np.array([(1, 1), (-1, 1)]) / np.sqrt(2)) if diamond else corners


def _letter_p(z: float) -> list[Mesh]:
    low = np.array(
        [
            (-0.13, -0.055, -0.2),
            (-0.06, -0.055, 0.12),
            (-0.06, -0.055, -0.02),
            (0.08, -0.055, -0.02),
        ]
    )
    high = np.array(
        [(-0.06, -0.05, 0.2), (0.1, -0.05, 0.2), (0.1, -0.05, 0.05), (0.14, -0.05, 0.18)]
    )
    return [boxes(low, high, p.SIGN_WHITE).moved((0, 0, z))]


def _bin(rng: np.random.Generator) -> Mesh:
    if rng.random() < 0.5:
        steel = p.GREEN_STEEL if rng.random() < 0.5 else p.DARK_STEEL
        body = cylinder((0, 0, 0.1), (0, 0, 0.85), 0.21, steel, 14)
        return merged([body, cylinder((0, 0, 0.85), (0, 0, 0.95), 0.24, p.GALVANISED, 14)])
    colours = ((0.02, 0.06, 0.03), (0.025, 0.025, 0.028), (0.35, 0.25, 0.02), (0.02, 0.05, 0.14))
    plastic = Material("bin", colours[rng.integers(4)], roughness=0.5)
    lid = rounded_box((0.52, 0.6, 0.09), (0, 0, 1.04), plastic, 0.03)
    return merged([rounded_box((0.46, 0.54, 0.95), (0, 0, 0.53), plastic, 0.04), lid])


def _at_junction(rng: np.random.Generator, plan: Plan) -> list[Mesh]:
    """Traffic lights in town, signs elsewhere, at the near right and far left corners."""
    near, far = crossing(plan)
    parts = []
    lights = plan.houses == "town" or rng.random() < 0.3
    for side, y in ((1, near - plan.pavement - 0.5), (-1, far + plan.pavement + 0.5)):
        item = _signal(rng) if lights else _sign(rng)
        at = (side * (plan.kerb(side) + 0.5), y, KERB_HEIGHT)
        parts.append(item.moved(at, 0.0 if side > 0 else np.pi))
    return parts


def _signal(rng: np.random.Generator) -> Mesh:
    """A traffic light; its lenses look along -y."""
    go = rng.random() < 0.5
    lenses = (
        p.SIGNAL_OFF if go else p.SIGNAL_RED,
        p.SIGNAL_OFF,
        p.SIGNAL_GREEN if go else p.SIGNAL_OFF,
    )
    parts = [
        cylinder((0, 0, -0.05), (0, 0, 3.4), 0.06, p.DARK_STEEL, 10),
        rounded_box((0.32, 0.24, 0.95), (0, -0.17, 2.9), p.DARK_STEEL, 0.03),
    ]
    for k, lens in enumerate(lenses):
        z = 3.2 - 0.3 * k
        parts.append(cylinder((0, -0.27, z), (0, -0.30, z), 0.105, lens, 14))
        parts.append(boxes((-0.13, -0.42, z + 0.10), (0.13, -0.28, z + 0.12), p.DARK_STEEL))
    return merged(parts)


def _shelter(rng: np.random.Generator, plan: Plan) -> Mesh:
    """A bus shelter, open towards the road."""
    steel, side = p.DARK_STEEL, int(rng.choice([-1, 1]))
    posts = np.array([(x, y, 0.0) for x in (0.0, 1.1) for y in (-1.9, 1.8)])
    pane = Material("shelter glass", (0.10, 0.115, 0.115), roughness=0.05)
    advert = Material("poster", tuple(float(c) for c in rng.uniform(0.05, 0.5, 3)), 0.3, grain=4.0)
    parts = [
        boxes(posts, posts + np.array((0.07, 0.07, 2.4)), steel),
        boxes((-0.35, -2.1, 2.4), (1.25, 2.1, 2.5), steel),
        boxes((1.12, -1.85, 0.25), (1.14, 1.85, 2.2), pane),
        boxes((0.1, 1.8, 0.25), (1.1, 1.88, 2.2), advert),
        boxes((0.75, -1.4, 0.42), (1.05, 1.0, 0.48), p.GALVANISED),
    ]
    span = max(stretches(plan, margin=plan.pavement + 4), key=lambda s: s[1] - s[0])
    low = max(span[0], 10)
    y = float(rng.uniform(low, max(low, min(span[1], 60))))  # the only stretch may begin far away
    mesh = merged(parts)
    return (mesh if side > 0 else mesh.mirrored()).moved(
        (side * (plan.kerb(side) + 0.8), y, KERB_HEIGHT)
    )
