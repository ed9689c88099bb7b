"""Closed rows of town houses along the street and along a crossing road. Metres."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from amodal.render.mesh import Mesh, merged
from amodal.render.plan import Plan
from amodal.render.primitives import cylinder
from amodal.render.scenery import palette as p
from amodal.render.scenery.build import boxes, panel, quads
from amodal.render.scenery.facades import (
    Front,
    build_front,
    draw_front,
    pierced,
    windows,
)
from amodal.render.scenery.ground import FAR, KERB_HEIGHT, stretches

DEEP = 12.0  # of a house, from front to back


def town(rng: np.random.Generator, plan: Plan) -> list[Mesh]:
    """Rows on both sides, around the corners, and across the street's end."""
    shops = float(rng.uniform(0.15, 0.75))
    tall = int(rng.integers(2, 5))
    parts = []
    for side in (-1, 1):
        for start, end in stretches(plan, margin=plan.pavement):
            for low, high in _lots(rng, start, end):
                corner = low == start or high == end
                house = _house(rng, high - low, tall, shops, corner)
                parts.append(_facing_street(house, side, plan.wall(side), low, high))
        if plan.junction is not None:
            parts += _side_rows(rng, plan, side, tall, shops)
    end = plan.length + 15 + plan.pavement
    for low, high in _lots(rng, -45.0, 45.0):
        parts.append(_house(rng, high - low, tall, shops).moved((low, end, KERB_HEIGHT)))
    return parts


def _lots(rng: np.random.Generator, start: float, end: float) -> list[tuple[float, float]]:
    """Spans of house fronts, 8 to 17 m wide, that fill a row without a gap."""
    widths = []
    while sum(widths) < end - start:
        widths.append(rng.uniform(8, 17))
    edges = start + np.concatenate([[0], np.cumsum(widths)]) * (end - start) / sum(widths)
    return [(float(a), float(b)) for a, b in pairwise(edges)]


def _facing_street(house: Mesh, side: int, wall: float, low: float, high: float) -> Mesh:
    """A house with its front at x = side * wall and from y = low to high."""
    if side > 0:
        return house.moved((wall, high, KERB_HEIGHT), -np.pi / 2)
    return house.moved((-wall, low, KERB_HEIGHT), np.pi / 2)


def _side_rows(
    rng: np.random.Generator, plan: Plan, side: int, tall: int, shops: float
) -> list[Mesh]:
    """Houses along the crossing road, behind those at its corners."""
    near, far = stretches(plan, margin=plan.pavement)
    start = plan.wall(side) + DEEP
    parts = []
    for low, high in _lots(rng, start, min(start + 60, FAR)):
        beyond = _house(rng, high - low, tall, shops)
        before = _house(rng, high - low, tall, shops)
        left = low if side > 0 else -high
        right = high if side > 0 else -low
        parts.append(beyond.moved((left, far[0], KERB_HEIGHT)))
        parts.append(before.moved((right, near[1], KERB_HEIGHT), np.pi))
    return parts


def _house(
    rng: np.random.Generator, width: float, tall: int, shops: float, corner: bool = False
) -> Mesh:
    """A house in its front's frame, `width` wide and `DEEP` deep; at a corner its sides show."""
    floors = int(np.clip(tall + rng.integers(-1, 2), 1, 6))
    front = draw_front(rng, width, floors, shops)
    parts = build_front(rng, front)
    parts += _gables(rng, front, corner)
    parts += _roof(rng, front)
    return merged(parts)


def _gables(rng: np.random.Generator, front: Front, corner: bool) -> list[Mesh]:
    """The side walls, with windows where the house stands at a corner, and the back."""
    across, high = front.window
    middles = np.array([0.3, 0.7]) * DEEP
    holes = np.array(
        [
            (x - across / 2, x + across / 2, z + 0.85, z + 0.85 + high)
            for z in front.ground + front.storey * np.arange(front.floors)
            for x in (middles if corner else ())
        ]
    ).reshape(-1, 4)
    parts = []
    for turn, offset in ((np.pi / 2, (front.width, 0)), (-np.pi / 2, (0, DEEP))):
        wall = merged(
            [
                *pierced(DEEP, (0.0, front.height), holes, front.wall, front.wall),
                *windows(rng, holes, front.frame, front.trim, front.sash),
            ]
        )
        parts.append(wall.moved((*offset, 0.0), turn))
    back = panel(np.array([(0, front.width)]), np.array([(0, front.height)]), 0.0, front.wall)
    parts.append(back.moved((front.width, DEEP, 0.0), np.pi))
    return parts


def _roof(rng: np.random.Generator, front: Front) -> list[Mesh]:
    """Flat behind a parapet, or pitched with the ridge along the street."""
    top, wide = front.height, front.width
    if rng.random() < 0.25:
        rim = 0.5
        low = [(0, 0, top), (0, DEEP - 0.3, top), (0, 0, top), (wide - 0.3, 0, top)]
        high = [(wide, 0.3, top + rim), (wide, DEEP, top + rim)]
        high += [(0.3, DEEP, top + rim), (wide, DEEP, top + rim)]
        flat = quads(
            np.array([[(0, 0, top), (wide, 0, top), (wide, DEEP, top), (0, DEEP, top)]]), p.YARD
        )
        return [flat, boxes(np.array(low), np.array(high), front.wall)]
    tiles = p.roof_tiles(rng)
    pitch = float(rng.uniform(0.6, 1.15))
    ridge = top + pitch * DEEP / 2
    eave = -0.3
    foot = top + pitch * eave + 0.25
    slopes = [
        [(0, eave, foot), (wide, eave, foot), (wide, DEEP / 2, ridge), (0, DEEP / 2, ridge)],
        [
            (wide, DEEP - eave, foot),
            (0, DEEP - eave, foot),
            (0, DEEP / 2, ridge),
            (wide, DEEP / 2, ridge),
        ],
    ]
    ends = [
        [(0, DEEP, top), (0, 0, top), (0, DEEP / 2, ridge), (0, DEEP / 2, ridge)],
        [(wide, 0, top), (wide, DEEP, top), (wide, DEEP / 2, ridge), (wide, DEEP / 2, ridge)],
    ]
    parts = [quads(np.array(slopes), tiles), quads(np.array(ends), front.wall)]
    gutter = cylinder((0, eave - 0.04, foot), (wide, eave - 0.04, foot), 0.07, p.ZINC, 8)
    parts += [gutter, *_chimneys(rng, wide, ridge)]
    if rng.random() < 0.45:
        parts += _dormers(rng, front, pitch)
    return parts


def _chimneys(rng: np.random.Generator, wide: float, ridge: float) -> list[Mesh]:
    parts = []
    for x in (0.5, wide - 0.5):
        if rng.random() < 0.6:
            y, high = DEEP / 2 + rng.uniform(-1, 1), rng.uniform(0.7, 1.4)
            stack = boxes(
                (x - 0.35, y - 0.5, ridge - 1.5), (x + 0.35, y + 0.5, ridge + high), p.brick(rng)
            )
            pots = [
                cylinder(
                    (x, y + d, ridge + high), (x, y + d, ridge + high + 0.4), 0.11, p.brick(rng), 8
                )
                for d in (-0.25, 0.25)
            ]
            parts += [stack, *pots]
    return parts


def _dormers(rng: np.random.Generator, front: Front, pitch: float) -> list[Mesh]:
    """Windows in the roof above every other bay."""
    parts = []
    for x in front.middles[:: 1 if front.bays < 4 else 2]:
        y = 0.9
        foot = front.height + pitch * y + 0.1
        wide, high = 1.2, 1.35
        deep = (high + 0.3) / pitch + 0.5
        parts.append(
            boxes((x - wide / 2, y + 0.03, foot), (x + wide / 2, y + deep, foot + high), p.ZINC)
        )
        hole = np.array(
            [(x - wide / 2 + 0.12, x + wide / 2 - 0.12, foot + 0.15, foot + high - 0.12)]
        )
        parts += [
            piece.moved((0, y - 0.15, 0))
            for piece in windows(rng, hole, front.frame, p.ZINC, False)
        ]
        lid = boxes(
            (x - wide / 2 - 0.12, y - 0.2, foot + high),
            (x + wide / 2 + 0.12, y + deep, foot + high + 0.1),
            p.ZINC,
        )
        parts.append(lid)
    return parts
