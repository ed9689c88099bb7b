"""What lorries carry behind the cab: boxes, beds, tipping bodies and semi-trailers."""

from __future__ import annotations

import numpy as np

from amodal.render import materials as m
from amodal.render.mesh import Material, Mesh, merged
from amodal.render.primitives import box, cylinder, loft, rounded_box

Span = tuple[float, float]


def box_body(span: Span, width: float, deck: float, top: float, rng: np.random.Generator) -> Mesh:
    """A closed body between two y, from the deck up to `top`, with a frame of metal edges."""
    colour = _siding(rng)
    tail, front = span
    middle, long = (tail + front) / 2, front - tail
    size = (width, long, top - deck)
    made = [rounded_box(size, (0, middle, (deck + top) / 2), colour, 0.035)]
    made.append(box((width + 0.01, long + 0.01, 0.10), (0, middle, deck - 0.03), m.STEEL))
    made.append(box((width + 0.012, long - 0.1, 0.05), (0, middle, top - 0.06), m.ALLOY))
    if rng.random() < 0.4:
        made.append(_banner(span, width, (deck, top), rng))
    made += _rear_doors(tail, width, (deck, top))
    return merged(made)


def _siding(rng: np.random.Generator) -> Material:
    if rng.random() < 0.55:
        return Material("siding", (0.66, 0.66, 0.65), roughness=0.45)
    return Material("siding", m.lorry_paint(rng).colour, roughness=0.5)


def _banner(span: Span, width: float, z: Span, rng: np.random.Generator) -> Mesh:
    """A coloured field on both sides, as a firm's name."""
    colour = Material("lettering", m.livery(rng)[1].colour, roughness=0.5)
    long = rng.uniform(0.35, 0.7) * (span[1] - span[0])
    tall = rng.uniform(0.15, 0.4) * (z[1] - z[0])
    middle = (0, (span[0] + span[1]) / 2, z[0] + rng.uniform(0.5, 0.65) * (z[1] - z[0]))
    return box((width + 0.006, long, tall), middle, colour)


def _rear_doors(tail: float, width: float, z: Span) -> list[Mesh]:
    """The gap between the doors, their locking bars and the lamps above."""
    middle, tall = (z[0] + z[1]) / 2, z[1] - z[0]
    made = [box((0.02, 0.012, tall - 0.2), (0, tail, middle), m.DARK)]
    for x in (-0.28 * width, -0.06 * width, 0.06 * width, 0.28 * width):
        made.append(box((0.035, 0.05, tall - 0.14), (x, tail - 0.005, middle), m.STEEL))
    for x in (-0.45 * width, 0.45 * width):
        made.append(box((0.09, 0.03, 0.05), (x, tail, z[1] - 0.06), m.TAIL_LAMP))
    return made


def flat_bed(span: Span, width: float, deck: float, rng: np.random.Generator) -> Mesh:
    """A bed with low boards, a headboard, and perhaps goods upon it."""
    tail, front = span
    middle, long = (tail + front) / 2, front - tail
    board = rng.uniform(0.35, 0.6)
    colour = m.ALLOY if rng.random() < 0.6 else m.lorry_paint(rng)
    made = [box((width, long, 0.14), (0, middle, deck - 0.05), m.STEEL)]
    for x in (-width / 2 + 0.02, width / 2 - 0.02):
        made.append(box((0.04, long, board), (x, middle, deck + board / 2), colour))
        count = max(int(long / 1.3), 2)
        for y in np.linspace(tail + 0.05, front - 0.05, count + 1):
            made.append(box((0.07, 0.07, board + 0.06), (x, y, deck + board / 2), m.STEEL))
    made.append(box((width, 0.04, board), (0, tail + 0.02, deck + board / 2), colour))
    made.append(box((width, 0.06, 1.1), (0, front - 0.03, deck + 0.55), m.STEEL))
    if rng.random() < 0.7:
        made += _goods(span, width, deck, rng)
    return merged(made)


def _goods(span: Span, width: float, deck: float, rng: np.random.Generator) -> list[Mesh]:
    """Crates, pallets or pipes."""
    made, y = [], span[0] + 0.25
    if rng.random() < 0.3:
        for x in np.linspace(-0.3, 0.3, 4) * width:
            ends = (x, span[0] + 0.15, deck + 0.2), (x, span[1] - 0.3, deck + 0.2)
            made.append(cylinder(*ends, 0.09 * width, m.GREY_PLASTIC, 12))
        return made
    while y < span[1] - 1.3:
        long, wide, tall = rng.uniform((0.8, 0.6, 0.4), (1.2, 0.9, 1.2)) * (1, width, 1)
        colour = m.WOOD if rng.random() < 0.4 else _dull(rng)
        if rng.random() < 0.8:
            where = (0, y + long / 2, deck + 0.02 + tall / 2)
            made.append(rounded_box((0.9 * wide, long, tall), where, colour, 0.04))
        y += long + rng.uniform(0.05, 0.4)
    return made


def _dull(rng: np.random.Generator) -> Material:
    """A tarpaulin or cardboard of some greyish colour."""
    red, green, blue = rng.uniform(0.05, 0.4) * rng.uniform(0.6, 1.0, 3)
    return m.cloth((red, green, blue))


def tipper(span: Span, width: float, deck: float, rng: np.random.Generator) -> Mesh:
    """A tipping body: sloped walls with ribs, a shield over the cab, perhaps a heap of gravel."""
    tail, front = span
    high = deck + rng.uniform(0.75, 1.15)
    colour = m.lorry_paint(rng) if rng.random() < 0.6 else m.RUSTY_STEEL
    made = [_trough((tail, front), width, (deck, high), colour)]
    for y in np.linspace(tail + 0.25, front - 0.25, 6):
        for x in (-width / 2, width / 2):
            made.append(box((0.09, 0.12, high - deck - 0.02), (x, y, (deck + high) / 2), colour))
    made.append(box((width + 0.06, front - tail, 0.12), (0, (tail + front) / 2, high), colour))
    made.append(box((0.85, front - tail, 0.3), (0, (tail + front) / 2, deck - 0.15), m.DARK))
    made.append(box((width - 0.1, 0.06, 0.5), (0, front - 0.03, high + 0.25), colour))
    made.append(box((width - 0.2, 0.65, 0.05), (0, front + 0.25, high + 0.5), colour))
    if rng.random() < 0.6:
        made.append(_heap((tail, front), width, high, rng))
    return merged(made)


def _trough(span: Span, width: float, z: Span, colour: Material) -> Mesh:
    """A solid with sloped ends, wider above."""
    rings = []
    for high, half, tail, front in (
        (z[0], width / 2 - 0.10, span[0] + 0.22, span[1]),
        (z[1], width / 2 - 0.02, span[0], span[1]),
    ):
        ring = [(-half, tail), (half, tail), (half, front), (-half, front)]
        rings.append([(x, y, high) for x, y in ring])
    return loft(np.array(rings), colour, smooth=False, cap_material=m.DARK)


def _heap(span: Span, width: float, high: float, rng: np.random.Generator) -> Mesh:
    """Sand, gravel or earth that looks over the edge."""
    tone = rng.uniform(0.05, 0.35)
    stuff = Material("gravel", (tone, 0.88 * tone, 0.72 * tone), roughness=0.95, grain=9.0)
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    unit = np.sign(unit) * np.abs(unit) ** 0.5  # fills the corners
    half = np.array([0.46 * width, 0.46 * (span[1] - span[0])])
    rise = rng.uniform(0.2, 0.45)
    rings = []
    for scale, level in ((1.0, 0.0), (0.75, 0.55), (0.45, 0.9), (0.12, 1.0)):
        flat = unit * half * scale * rng.uniform(0.93, 1.0, (16, 1))
        flat[:, 1] += (span[0] + span[1]) / 2
        rings.append(np.column_stack([flat, np.full(16, high - 0.02 + rise * level)]))
    return loft(np.stack(rings), stuff)


def trailer(span: Span, width: float, deck: float, top: float, rng: np.random.Generator) -> Mesh:
    """A semi-trailer: a box or curtain sides over a deck, landing legs and side guards."""
    tail, front = span[0], span[1] + 0.05
    made = [box_body((tail, front), width, deck, top, rng)]
    made.append(
        box((1.0, front - tail - 1.2, 0.16), (0, (tail + front) / 2 - 0.2, deck - 0.14), m.DARK)
    )
    legs = front - 2.4 if front - tail < 10 else front - 2.6
    for x in (-0.75, 0.75):
        made.append(box((0.12, 0.12, deck - 0.42), (x, legs, (deck + 0.3) / 2), m.STEEL))
        made.append(box((0.24, 0.24, 0.03), (x, legs, 0.36), m.STEEL))
    guard = (tail + 3.4, legs - 0.4)
    for x in (-width / 2 + 0.05, width / 2 - 0.05):
        for z in (0.55, 0.85):
            size = (0.03, guard[1] - guard[0], 0.11)
            made.append(box(size, (x, sum(guard) / 2, z), m.ALLOY))
        for y in guard:
            made.append(box((0.05, 0.06, 0.75), (x, y, 0.85), m.STEEL))
    return merged(made)
