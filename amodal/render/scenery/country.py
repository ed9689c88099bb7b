"""Fields beside the road: trees, hedgerows, post fences, poles with wires, a farm. Metres."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from amodal.render.mesh import Mesh
from amodal.render.plan import Plan
from amodal.render.primitives import cylinder, tube
from amodal.render.scenery import palette as p
from amodal.render.scenery.build import boxes
from amodal.render.scenery.ground import KERB_HEIGHT, stretches
from amodal.render.scenery.suburb import single_house
from amodal.render.scenery.trees import any_tree, cleared, detail_at, hedge, shrub


def country(rng: np.random.Generator, plan: Plan) -> list[Mesh]:
    """What stands in the fields on both sides."""
    parts = []
    wires = int(rng.choice([-1, 1]))
    for side in (-1, 1):
        for start, end in stretches(plan, margin=plan.pavement + 1):
            parts += _verge(rng, plan, side, start, end)
            if side == wires:
                parts += _poles(side * (plan.wall(side) + 1.5), start, end)
        parts += _farm(rng, side, plan)
    return parts


def _verge(rng: np.random.Generator, plan: Plan, side: int, start: float, end: float) -> list[Mesh]:
    """An avenue, a hedgerow or a fence, with bushes and single trees behind."""
    wall = plan.wall(side)
    parts = []
    kind = rng.choice(["avenue", "hedge", "fence"])
    if kind == "avenue":
        gap = float(rng.uniform(9, 16))
        for y in np.arange(start + rng.uniform(2, 6), end - 2, gap):
            tree = any_tree(rng, float(rng.uniform(7, 13)), detail_at(y))
            parts.append(tree.moved((side * (wall + 0.8), y, KERB_HEIGHT), rng.uniform(0, 6)))
    elif kind == "hedge":
        leaf = p.foliage(rng)
        edges = np.append(np.arange(start, end - 3, 12.0), end)
        for low, high in pairwise(edges):
            size = (float(rng.uniform(0.8, 1.2)), float(rng.uniform(1.0, 1.9)))
            ends = (side * (wall + 0.9), low + 0.3), (side * (wall + 0.9), high - 0.3)
            piece = hedge(rng, *ends, size, 0.7 * detail_at((low + high) / 2), leaf)
            parts.append(piece.moved((0, 0, KERB_HEIGHT - 0.02)))
    else:
        parts += _rails(side * (wall + 0.5), start, end)
    for _ in range(14):
        x, y = side * (wall + rng.uniform(2.5, 45)), rng.uniform(max(start, 4), end)
        if rng.random() < 0.5:
            item = shrub(rng, float(rng.uniform(0.8, 2.4)), detail_at(y), p.foliage(rng))
        else:
            item = any_tree(rng, float(rng.uniform(5, 13)), 0.6 * detail_at(y))
        parts.append(item.moved((x, y, KERB_HEIGHT - 0.02), rng.uniform(0, 6)))
    return [cleared(piece, plan) for piece in parts]


def _rails(x: float, start: float, end: float) -> list[Mesh]:
    """Posts with two wires or bars, as around pastures."""
    y = np.arange(start, end, 2.5)
    low = np.stack([np.full_like(y, x - 0.06), y - 0.06, np.zeros_like(y)], -1)
    posts = boxes(low, low + np.array((0.12, 0.12, 1.25)), p.BARK)
    bars = np.array([(x - 0.03, start, z) for z in (0.5, 1.0)])
    return [posts, boxes(bars, bars + np.array((0.05, end - start, 0.09)), p.BARK)]


def _poles(x: float, start: float, end: float) -> list[Mesh]:
    """Wooden poles with two wires that sag."""
    spots = np.arange(start + 4, end, 28.0)
    parts = []
    for y in spots:
        parts.append(cylinder((x, y, -0.2), (x, y, 7.6), 0.13, p.BARK, 8, end_radius=0.09))
        parts.append(boxes((x - 0.7, y - 0.05, 7.1), (x + 0.7, y + 0.05, 7.2), p.BARK))
    share = np.linspace(0, 1, 9)
    for low, high in pairwise(spots):
        for offset in (-0.6, 0.6):
            z = 7.25 - 2.2 * share * (1 - share)
            line = np.stack([np.full(9, x + offset), low + share * (high - low), z], -1)
            parts.append(tube(line, 0.015, p.WIRE, 4))
    return parts


def _farm(rng: np.random.Generator, side: int, plan: Plan) -> list[Mesh]:
    """A house or two far from the road."""
    parts = []
    for _ in range(int(rng.integers(0, 3))):
        at = (side * (plan.wall(side) + rng.uniform(25, 60)), rng.uniform(60, plan.length), 0.1)
        turn = rng.uniform(0, 6)
        parts += [piece.moved(at, turn) for piece in single_house(rng, float(rng.uniform(9, 14)))]
    return parts
