"""A house front: a wall with windows, doors, shop fronts, ledges and balconies.

Lengths in metres, in a front's own frame (see build.py): x along it, y into the house, z up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amodal.render.mesh import Material, Mesh
from amodal.render.scenery import palette as p
from amodal.render.scenery.build import boxes, panel, quads
from amodal.render.scenery.shops import shop_front

_REVEAL = 0.16  # how deep the panes lie in the wall
_PANES = (p.WINDOW, p.CURTAIN, p.LIT_ROOM)

# The sides of a hole (least x, greatest x, least z, greatest z): which of its numbers is a corner's
# x, whether it lies at the back, which number is its z.
_SIDES = np.array(
    [
        [(0, 0, 2), (0, 1, 2), (0, 1, 3), (0, 0, 3)],
        [(1, 1, 2), (1, 0, 2), (1, 0, 3), (1, 1, 3)],
        [(0, 0, 2), (1, 0, 2), (1, 1, 2), (0, 1, 2)],
        [(0, 1, 3), (1, 1, 3), (1, 0, 3), (0, 0, 3)],
    ]
)


@dataclass(frozen=True)
class Front:
    """What a front looks like.

    Args:
        width: of the front.
        floors: above the ground floor.
        ground: height of the ground floor.
        storey: height of each floor above.
        bays: windows in a row.
        window: (width, height) of a window.
        wall, base, trim, frame: materials of the walls above and on the ground floor, of ledges,
            and of window frames.
        shop: whether the ground floor is a shop.
        balconies: bays that have them.
        sash: whether the windows have bars.
    """

    width: float
    floors: int
    ground: float
    storey: float
    bays: int
    window: tuple[float, float]
    wall: Material
    base: Material
    trim: Material
    frame: Material
    shop: bool
    balconies: tuple[int, ...]
    sash: bool

    @property
    def height(self) -> float:
        """Of the eaves above the ground."""
        return self.ground + self.floors * self.storey

    @property
    def middles(self) -> np.ndarray:
        """x of the bays' middles."""
        return (np.arange(self.bays) + 0.5) * self.width / self.bays


def draw_front(rng: np.random.Generator, width: float, floors: int, shops: float) -> Front:
    """Draw a town house's front; `shops` is the probability of a shop."""
    style = rng.choice(["plaster", "brick", "stone"], p=[0.68, 0.22, 0.10])
    wall = {"plaster": p.plaster, "brick": p.brick, "stone": p.stone}[style](rng)
    trim = p.stone(rng) if rng.random() < 0.6 else Material("plaster", (0.58, 0.57, 0.54), 0.9)
    spacing = rng.uniform(2.0, 3.1)
    bays = max(2, round(width / spacing))
    across = min(rng.uniform(0.95, 1.5), 0.66 * width / bays)
    storey = float(rng.uniform(2.9, 3.5))
    shop = bool(rng.random() < shops)
    balconies = ()
    if floors > 1 and rng.random() < 0.3:
        balconies = tuple(range(bays)) if rng.random() < 0.3 else (int(rng.integers(bays)),)
    dark = Material("dark frame", (0.05, 0.045, 0.04), roughness=0.5)
    return Front(
        width=width,
        floors=floors,
        ground=float(rng.uniform(3.6, 4.4)) if shop else storey + 0.4,
        storey=storey,
        bays=bays,
        window=(float(across), float(min(rng.uniform(1.35, 2.0), storey - 1.2))),
        wall=wall,
        base=wall
        if rng.random() < 0.45
        else (p.stone(rng) if rng.random() < 0.6 else p.plaster(rng)),
        trim=trim,
        frame=p.WHITE_WOOD if rng.random() < 0.75 else dark,
        shop=shop,
        balconies=balconies,
        sash=bool(rng.random() < 0.6),
    )


def build_front(rng: np.random.Generator, front: Front) -> list[Mesh]:
    """The whole front of a house that stands on z = 0."""
    lower, parts = ground_floor(rng, front)
    upper = upper_windows(front)
    split = front.ground
    parts += pierced(front.width, (0.0, split), lower, front.base, front.base)
    parts += pierced(front.width, (split, front.height), upper, front.wall, front.wall)
    parts += windows(rng, upper, front.frame, front.trim, front.sash)
    parts += ledges(rng, front)
    for bay in front.balconies:
        parts += _balcony(front, bay)
    return parts


def upper_windows(front: Front) -> np.ndarray:
    """The windows above the ground floor, (N, 4) of (least x, greatest x, least z, greatest z)."""
    across, high = front.window
    boxes_ = []
    for floor in range(front.floors):
        for bay, x in enumerate(front.middles):
            sill = front.ground + floor * front.storey + 0.85
            foot = sill - 0.7 if bay in front.balconies and floor else sill
            boxes_.append((x - across / 2, x + across / 2, foot, sill + high))
    return np.array(boxes_).reshape(-1, 4)


def ground_floor(rng: np.random.Generator, front: Front) -> tuple[np.ndarray, list[Mesh]]:
    """Openings of the ground floor, as `upper_windows` has them, and what fills them."""
    if front.shop:
        return shop_front(rng, front.width, front.ground)
    across, high = front.window
    door = int(rng.integers(front.bays))
    glazed, parts = [], []
    hole = np.zeros((0, 4))
    for bay, x in enumerate(front.middles):
        if bay == door:
            wide = min(1.15, 0.8 * front.width / front.bays)
            hole = np.array([(x - wide / 2, x + wide / 2, 0.0, 2.35)])
            parts = door_leaf(rng, hole[0], front.frame)
        else:
            glazed.append(
                (x - across / 2, x + across / 2, 1.15, 1.15 + min(high, front.ground - 1.9))
            )
    glazed = np.array(glazed).reshape(-1, 4)
    parts = [*parts, *windows(rng, glazed, front.frame, front.trim, front.sash)]
    return np.concatenate([glazed, hole]), parts


def pierced(
    width: float, z: tuple[float, float], holes: np.ndarray, wall: Material, reveal: Material
) -> list[Mesh]:
    """A wall from x = 0 to `width` with rectangular holes (N, 4) and their reveals."""
    xs = np.unique(np.append(holes[:, :2], (0.0, width)).round(4))
    zs = np.unique(np.append(holes[:, 2:], z).round(4))
    zs = zs[(zs >= z[0] - 1e-4) & (zs <= z[1] + 1e-4)]
    beside, above = _between(xs, holes[:, :2]), _between(zs, holes[:, 2:])
    row, column = np.nonzero(~(above[:, None] & beside).any(axis=-1))
    u, v = xs[[column, column + 1]].T, zs[[row, row + 1]].T
    sheet = panel(u, v, 0.0, wall)
    return [sheet, _reveals(holes, reveal)] if len(holes) else [sheet]


def _between(edges: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Whether the middle between each edge and the next lies in each span, (edges - 1, spans)."""
    middle = (edges[:-1, None] + edges[1:, None]) / 2
    return (middle > spans[:, 0]) & (middle < spans[:, 1])


def _reveals(holes: np.ndarray, material: Material) -> Mesh:
    """The four sides of each hole, as deep as `_REVEAL`."""
    corners = np.empty((len(holes), *_SIDES.shape))
    corners[..., 0] = holes[:, _SIDES[..., 0]]
    corners[..., 1] = _REVEAL * _SIDES[..., 1]
    corners[..., 2] = holes[:, _SIDES[..., 2]]
    return quads(corners.swapaxes(0, 1).reshape(-1, 4, 3), material)


def windows(
    rng: np.random.Generator, holes: np.ndarray, frame: Material, trim: Material, sash: bool
) -> list[Mesh]:
    """Panes, frames, sills and some blinds for holes in a wall."""
    if not len(holes):
        return []
    _, _, z0, z1 = holes.T
    kind = rng.choice(3, len(holes), p=[0.72, 0.23, 0.05])
    parts = [
        panel(holes[kind == k, :2], holes[kind == k, 2:], _REVEAL, pane)
        for k, pane in enumerate(_PANES)
        if (kind == k).any()
    ]
    parts += [_bars(holes, frame, sash), _sills(holes, trim)]
    shut = rng.random(len(holes)) < 0.18
    if shut.any():
        foot = z1 - rng.uniform(0.15, 0.8, len(holes)) * (z1 - z0)
        parts.append(
            panel(holes[shut, :2], np.stack([foot, z1], -1)[shut], _REVEAL - 0.05, p.BLIND)
        )
    return parts


def _bars(holes: np.ndarray, frame: Material, sash: bool) -> Mesh:
    """Frames around panes, a post in the middle, and a bar across."""
    x0, x1, z0, z1 = holes.T
    wide = 0.06
    spans = [
        (x0, x0 + wide, z0, z1),
        (x1 - wide, x1, z0, z1),
        (x0, x1, z0, z0 + wide),
        (x0, x1, z1 - wide, z1),
        ((x0 + x1) / 2 - 0.035, (x0 + x1) / 2 + 0.035, z0, z1),
    ]
    if sash:
        bar = z0 + 0.68 * (z1 - z0)
        spans.append((x0, x1, bar - 0.025, bar + 0.025))
    a, b, c, d = (np.concatenate(side) for side in zip(*spans, strict=True))
    y = np.full_like(a, _REVEAL)
    return boxes(np.stack([a, y - 0.05, c], -1), np.stack([b, y + 0.01, d], -1), frame)


def _sills(holes: np.ndarray, trim: Material) -> Mesh:
    x0, x1, z0, _ = holes.T
    low = np.stack([x0 - 0.08, np.full_like(x0, -0.07), z0 - 0.08], -1)
    return boxes(low, np.stack([x1 + 0.08, np.full_like(x0, 0.1), z0], -1), trim)


def door_leaf(rng: np.random.Generator, hole: np.ndarray, frame: Material) -> list[Mesh]:
    """A front door in a hole that stands on the ground, with a fanlight and a step."""
    x0, x1, z0, z1 = hole
    head = z1 - 0.35
    y = _REVEAL
    door = p.door_paint(rng)
    fields = [(x0 + 0.2, x1 - 0.2, 0.25, 0.9), (x0 + 0.2, x1 - 0.2, 1.1, head - 0.2)]
    return [
        boxes((x0, y - 0.02, z0), (x1, y + 0.05, head), door),
        *(boxes((a, y - 0.04, c), (b, y, d), door) for a, b, c, d in fields),
        boxes((x0, y - 0.06, head - 0.05), (x1, y + 0.02, head), frame),
        panel(np.array([(x0, x1)]), np.array([(head, z1)]), y, p.WINDOW),
        boxes((x1 - 0.18, y - 0.09, 1.0), (x1 - 0.12, y - 0.02, 1.12), p.GALVANISED),
        boxes((x0 - 0.1, -0.25, -0.02), (x1 + 0.1, y, 0.08), p.CONCRETE),
    ]


def ledges(rng: np.random.Generator, front: Front) -> list[Mesh]:
    """Plinth, string course above the ground floor, cornice, downpipe."""
    wide = front.width
    top = front.height
    spans = [(0.06, top - 0.32, top - 0.18), (0.25, top - 0.18, top)]
    if rng.random() < 0.7:
        spans.append((0.08, front.ground - 0.02, front.ground + 0.16))
    if rng.random() < 0.35:
        spans += [
            (0.05, front.ground + f * front.storey, front.ground + f * front.storey + 0.12)
            for f in range(1, front.floors)
        ]
    low = np.array([(0.0, -out, z0) for out, z0, _ in spans])
    high = np.array([(wide, 0.02, z1) for _, _, z1 in spans])
    parts = [boxes(low, high, front.trim)]
    if rng.random() < 0.6:
        x = 0.12 if rng.random() < 0.5 else wide - 0.12
        parts.append(boxes((x - 0.05, -0.11, 0.1), (x + 0.05, -0.01, top - 0.2), p.ZINC))
    return parts


def _balcony(front: Front, bay: int) -> list[Mesh]:
    """Slabs with railings on every floor but the first above ground."""
    x = front.middles[bay]
    half = min(front.window[0] / 2 + 0.45, front.width / front.bays / 2 - 0.1)
    parts = []
    for floor in range(1, front.floors):
        z = front.ground + floor * front.storey + 0.02
        parts.append(boxes((x - half, -0.95, z), (x + half, 0.0, z + 0.14), p.CONCRETE))
        rail = [((x - half, -0.95, z + 1.05), (x + half, -0.91, z + 1.1))]
        rail += [
            ((s, -0.95, z + 1.05), (s + 0.04, 0.0, z + 1.1)) for s in (x - half, x + half - 0.04)
        ]
        bars = np.arange(x - half, x + half, 0.13)
        rail += [((b, -0.94, z + 0.14), (b + 0.016, -0.92, z + 1.06)) for b in bars]
        low, high = (np.array(c) for c in zip(*rail, strict=True))
        parts.append(boxes(low, high, p.DARK_STEEL))
    return parts
