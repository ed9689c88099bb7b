"""Single houses in gardens: walls, pitched roofs, garages, fences and hedges. Metres."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from amodal.render.mesh import Material, Mesh, merged
from amodal.render.plan import Plan
from amodal.render.scenery import palette as p
from amodal.render.scenery.build import boxes, panel, quads, sheet
from amodal.render.scenery.facades import door_leaf, pierced, windows
from amodal.render.scenery.ground import KERB_HEIGHT, stretches
from amodal.render.scenery.trees import any_tree, cleared, detail_at, hedge, shrub


def suburb(rng: np.random.Generator, plan: Plan) -> list[Mesh]:
    """Lots with a house each along both sides."""
    parts = []
    for side in (-1, 1):
        for start, end in stretches(plan, margin=plan.pavement):
            count = max(1, round((end - start) / rng.uniform(14, 20)))
            edges = np.linspace(start, end, count + 1)
            for low, high in pairwise(edges):
                lot = merged(_lot(rng, float(high - low), detail_at((low + high) / 2)))
                wall = plan.wall(side)
                if side > 0:
                    lot = lot.moved((wall, high, KERB_HEIGHT), -np.pi / 2)
                else:
                    lot = lot.moved((-wall, low, KERB_HEIGHT), np.pi / 2)
                parts.append(cleared(lot, plan))
    return parts


def _lot(rng: np.random.Generator, width: float, detail: float) -> list[Mesh]:
    """A garden `width` wide with all that stands in it, in the frame of its front edge."""
    drive = float(rng.uniform(2.6, 3.4))
    back = float(rng.uniform(3.5, 7.5))
    wide = min(float(rng.uniform(7.5, 11.0)), width - drive - 1.5)
    parts = [
        *(piece.moved((drive + 0.8, back, 0)) for piece in single_house(rng, wide)),
        sheet((0.3, drive), (0.0, back + 1.0), 0.004, p.YARD),
        sheet((drive + wide / 2, drive + wide / 2 + 1.2), (0.0, back), 0.003, p.CONCRETE),
        *_border(rng, (drive + 0.1, width), detail),
    ]
    if rng.random() < 0.6:
        parts += [piece.moved((0.2, back + 0.8, 0)) for piece in _garage(rng, drive)]
    for _ in range(int(rng.integers(1, 4))):
        leaf = p.foliage(rng)
        at = (rng.uniform(drive + 0.8, width - 0.8), rng.uniform(1.2, back - 1.0), 0)
        parts.append(shrub(rng, float(rng.uniform(0.6, 1.6)), detail, leaf).moved(at))
    for _ in range(int(rng.integers(0, 3))):
        at = (rng.uniform(drive + 1.5, width - 1.0), rng.uniform(1.8, back - 1.0), 0)
        tree = any_tree(rng, float(rng.uniform(4.0, 8.5)), 0.45 * detail, rng.random() < 0.1)
        parts.append(tree.moved(at, rng.uniform(0, 6)))
    at = (rng.uniform(0, width), back + rng.uniform(14, 20), 0)
    parts.append(any_tree(rng, float(rng.uniform(8, 14)), 0.35 * detail).moved(at))
    return parts


def single_house(rng: np.random.Generator, wide: float) -> list[Mesh]:
    """A house of one or two floors with a pitched roof, its gable to the street or aside."""
    deep = float(rng.uniform(7.5, 10))
    floors = int(rng.integers(1, 3))
    top = 0.4 + 2.75 * floors
    wall = p.brick(rng) if rng.random() < 0.4 else p.plaster(rng)
    frame = p.WHITE_WOOD
    trim = p.CONCRETE
    count = max(2, round(wide / 2.8))
    middles = (np.arange(count) + 0.5) * wide / count
    door = int(rng.integers(count))
    holes = [
        (x - 0.65, x + 0.65, 1.25 + 2.75 * f, 2.55 + 2.75 * f)
        for f in range(floors)
        for k, x in enumerate(middles)
        if f or k != door
    ]
    glazed = np.array(holes)
    entry = np.array([(middles[door] - 0.55, middles[door] + 0.55, 0.0, 2.4)])
    parts = pierced(wide, (0.0, top), np.concatenate([glazed, entry]), wall, wall)
    parts += windows(rng, glazed, frame, trim, bool(rng.random() < 0.4))
    parts += door_leaf(rng, entry[0], frame)
    side = np.array(
        [
            (deep * s - 0.6, deep * s + 0.6, 1.25 + 2.75 * f, 2.5 + 2.75 * f)
            for s in (0.3, 0.7)
            for f in range(floors)
        ]
    )
    for turn, offset in ((np.pi / 2, (wide, 0, 0)), (-np.pi / 2, (0, deep, 0))):
        pieces = [
            *pierced(deep, (0.0, top), side, wall, wall),
            *windows(rng, side, frame, trim, False),
        ]
        parts += [piece.moved(offset, turn) for piece in pieces]
    parts.append(
        panel(np.array([(0, wide)]), np.array([(0, top)]), 0, wall).moved((wide, deep, 0), np.pi)
    )
    parts += _roof(rng, wide, deep, top, wall)
    return parts


def _roof(
    rng: np.random.Generator, wide: float, deep: float, top: float, wall: Material
) -> list[Mesh]:
    """A saddle roof with overhanging eaves, white boards along the gables, and a chimney."""
    tiles = p.roof_tiles(rng)
    pitch = float(rng.uniform(0.65, 1.05))
    to_street = rng.random() < 0.45
    # Built with the ridge along u from 0 to `run`, then turned where the gable faces the street.
    run, half = (deep, wide / 2) if to_street else (wide, deep / 2)
    ridge = top + pitch * half
    parts = _saddle(run, half, top, pitch, tiles)
    # Gables are triangles: quadrilaterals of which two corners meet.
    ends = [[(0, 2 * half, top), (0, 0, top), (0, half, ridge), (0, half, ridge)]]
    ends.append([(run, 0, top), (run, 2 * half, top), (run, half, ridge), (run, half, ridge)])
    parts.append(quads(np.array(ends), wall))
    if rng.random() < 0.7:
        u = rng.uniform(0.2, 0.8) * run
        parts.append(
            boxes(
                (u - 0.3, half - 0.3, ridge - 0.6), (u + 0.3, half + 0.3, ridge + 0.8), p.brick(rng)
            )
        )
    return [piece.moved((wide, 0, 0), np.pi / 2) for piece in parts] if to_street else parts


def _saddle(run: float, half: float, top: float, pitch: float, tiles: Material) -> list[Mesh]:
    """Two thick slopes with a ridge along x above y = `half`, 0.4 m beyond the walls all around.

    Args:
        run: length of the walls below the ridge.
        half: half of the width across it.
        top: of the walls.
        pitch: rise per metre.
        tiles: material of the upper side.
    """
    over, thick = 0.4, 0.16
    ridge, foot = top + pitch * half, top - pitch * over
    upper, boards = [], []
    for sign in (-1, 1):
        edge = half + sign * (half + over)
        low = np.array([(-over, edge, foot), (run + over, edge, foot)])
        high = np.array([(run + over, half, ridge), (-over, half, ridge)])
        slope = np.concatenate([low, high])
        raised = slope + np.array((0, 0, thick))
        rims = [slope[[0, 1]], slope[[1, 2]], slope[[3, 0]]]
        rims = [np.concatenate([rim, rim[::-1] + np.array((0, 0, thick))]) for rim in rims]
        sheets = [raised, slope[::-1], *rims]
        # Turned over on the far side, which is the near one's mirror image.
        first, *others = sheets if sign < 0 else [sheet[::-1] for sheet in sheets]
        upper.append(first)
        boards += others
    return [quads(np.array(upper), tiles), quads(np.array(boards), p.WHITE_WOOD)]


def _garage(rng: np.random.Generator, wide: float) -> list[Mesh]:
    wall, door = p.plaster(rng), p.door_paint(rng) if rng.random() < 0.5 else p.WHITE_WOOD
    leaves = np.arange(0.15, 2.1, 0.28)
    low = np.stack([np.full_like(leaves, 0.3), np.full_like(leaves, -0.02), leaves], -1)
    high = np.stack(
        [np.full_like(leaves, wide - 0.3), np.full_like(leaves, 0.02), leaves + 0.25], -1
    )
    return [
        boxes((0.0, 0.0, 0.0), (wide, 6.0, 2.6), wall),
        boxes((-0.1, -0.15, 2.6), (wide + 0.1, 6.1, 2.75), p.ZINC),
        boxes(low, high, door),
    ]


def _border(rng: np.random.Generator, x: tuple[float, float], detail: float) -> list[Mesh]:
    """What parts the garden from the pavement: hedge, pickets, railings or a low wall."""
    a, b = x
    kind = rng.choice(
        ["hedge", "pickets", "railings", "wall", "none"], p=[0.4, 0.2, 0.12, 0.2, 0.08]
    )
    if kind == "hedge":
        size = (float(rng.uniform(0.5, 0.8)), float(rng.uniform(0.8, 1.7)))
        return [hedge(rng, (a + 0.4, 0.5), (b - 0.4, 0.5), size, detail, p.foliage(rng))]
    if kind == "wall":
        wall = p.brick(rng) if rng.random() < 0.6 else p.plaster(rng)
        high = float(rng.uniform(0.5, 1.0))
        return [
            boxes((a, 0.1, -0.02), (b, 0.34, high), wall),
            boxes((a - 0.04, 0.06, high), (b + 0.04, 0.38, high + 0.07), p.CONCRETE),
        ]
    if kind == "none":
        return []
    return _fence(a, b, pickets=kind == "pickets", high=float(rng.uniform(0.8, 1.15)))


def _fence(a: float, b: float, pickets: bool, high: float) -> list[Mesh]:
    step, wide = (0.13, 0.09) if pickets else (0.12, 0.02)
    material = p.WHITE_WOOD if pickets else p.DARK_STEEL
    bars = np.arange(a, b, step)
    flat = np.full_like(bars, 0.2)
    low = [np.stack([bars, flat, np.full_like(bars, 0.06)], -1)]
    top = [np.stack([bars + wide, flat + 0.025, np.full_like(bars, high)], -1)]
    posts = np.arange(a, b, 2.0)
    low.append(np.stack([posts, np.full_like(posts, 0.22), np.full_like(posts, -0.05)], -1))
    top.append(
        np.stack([posts + 0.09, np.full_like(posts, 0.31), np.full_like(posts, high + 0.05)], -1)
    )
    rails = np.array([(a, 0.225, z) for z in (0.22, high - 0.22)])
    low.append(rails)
    top.append(rails + np.array((b - a, 0.04, 0.06)))
    return [boxes(np.concatenate(low), np.concatenate(top), material)]
