"""What one drives and walks on: roads, markings, kerbs, pavements, rails, lawns. Metres."""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Material, Mesh
from amodal.render.plan import BEHIND, Plan
from amodal.render.primitives import grid
from amodal.render.scenery import palette as p
from amodal.render.scenery.build import boxes, sheet, sheets

KERB_HEIGHT = 0.12  # of a pavement above the road
FAR = 90.0  # how far a crossing road goes on to either side
_PAINT = 0.005  # markings lie so far above the road, which keeps them from flickering
_STONE = 0.16  # width of a kerb stone
_GAUGE = 1.435


def ground(rng: np.random.Generator, plan: Plan) -> list[Mesh]:
    """The road with all that lies flat on it, pavements, and the lots behind them."""
    return [
        *_roads(plan),
        *_lots(plan),
        *_pavements(rng, plan),
        *_repairs(rng, plan),
        *(_rails(plan) if plan.tracks else ()),
        markings(rng, plan),
    ]


def crossing(plan: Plan) -> tuple[float, float] | None:
    """y of the near and the far kerb of the crossing road, or None."""
    if plan.junction is None:
        return None
    return plan.junction - plan.driven, plan.junction + plan.driven


def stretches(plan: Plan, margin: float = 0.0) -> list[tuple[float, float]]:
    """y spans of the street beside which no road turns off.

    Args:
        plan: of the street.
        margin: to keep from the crossing road's kerbs.
    """
    gap = crossing(plan)
    if gap is None:
        return [(-BEHIND, plan.length)]
    spans = [(-BEHIND, gap[0] - margin), (gap[1] + margin, plan.length)]
    return [span for span in spans if span[1] > span[0]]


def _roads(plan: Plan) -> list[Mesh]:
    left, right = plan.kerb(-1), plan.kerb(1)
    parts = [
        sheet((-900, 900), (-300, 1500), -0.08, p.GRASS),
        sheet((-left, right), (-BEHIND, plan.length + 15), 0.0, p.ASPHALT),
    ]
    gap = crossing(plan)
    if gap:
        parts += [sheet(x, gap, 0.0, p.ASPHALT) for x in ((-FAR, -left), (right, FAR))]
        # The corners of the pavements are round; behind them lies the road as well.
        around = (gap[0] - plan.pavement, gap[1] + plan.pavement)
        spans = ((-plan.wall(-1), -left), (right, plan.wall(1)))
        parts += [sheet(x, around, -0.001, p.ASPHALT) for x in spans]
    return parts


def _lots(plan: Plan) -> list[Mesh]:
    """The ground behind the pavements, as high as they are."""
    material = p.YARD if plan.houses == "town" else p.GRASS
    spans = stretches(plan, margin=plan.pavement)
    return [
        sheet(x, y, KERB_HEIGHT - 0.01, material)
        for y in spans
        for x in ((-FAR, -plan.wall(-1)), (plan.wall(1), FAR))
    ]


def _pavements(rng: np.random.Generator, plan: Plan) -> list[Mesh]:
    material = p.paving(rng)
    if plan.houses == "country":
        material = Material("gravel", (0.21, 0.19, 0.16), roughness=0.95, grain=15.0)
    gap = crossing(plan)
    parts = []
    for side in (-1, 1):
        kerb, wall = plan.kerb(side), plan.wall(side)
        if gap is None:
            y = np.array([-BEHIND, plan.length])
            edge = np.column_stack([np.full(2, kerb), y])
            parts += _raised(side, edge, np.column_stack([np.full(2, wall), y]), material)
            continue
        for end, corner, turn in ((-BEHIND, gap[0], -1), (plan.length, gap[1], 1)):
            edge, back = _around(kerb, wall, end, corner, turn)
            parts += _raised(side, edge, back, material)
    return parts


def _around(
    kerb: float, wall: float, end: float, corner: float, turn: int
) -> tuple[np.ndarray, np.ndarray]:
    """Kerb and back, each (N, 2), of a right-hand pavement that turns off at a junction.

    Args:
        kerb, wall: x of the pavement's edges.
        end: y where it begins.
        corner: y of the crossing road's kerb.
        turn: -1 where the pavement ends before the junction, 1 where it begins behind.
    """
    deep = wall - kerb
    radius = 0.75 * deep
    angle = np.radians(np.linspace(0, 90, 7))
    arc = np.column_stack(
        [
            kerb + radius * (1 - np.cos(angle)),
            corner + turn * radius * (1 - np.sin(angle)),
        ]
    )
    inner = corner + turn * deep
    edge = np.concatenate([[(kerb, end), (kerb, inner)], arc, [(wall, corner), (FAR, corner)]])
    back = np.array([(wall, end), *[(wall, inner)] * (len(edge) - 2), (FAR, inner)])
    return edge, back


def _raised(side: int, edge: np.ndarray, back: np.ndarray, material: Material) -> list[Mesh]:
    """A kerb and the pavement behind it; the mirror image where side is -1."""
    inward = back - edge
    inward /= np.linalg.norm(inward, axis=1, keepdims=True)
    top = edge + _STONE * inward

    def at(points: np.ndarray, z: float) -> np.ndarray:
        return np.column_stack([points * (side, 1), np.full(len(points), z)])

    bevel = edge + 0.02 * inward
    stone = [at(edge, -0.02), at(edge, KERB_HEIGHT - 0.02), at(bevel, KERB_HEIGHT)]
    stone.append(at(top, KERB_HEIGHT))
    slabs = np.stack([at(top, KERB_HEIGHT), at(back, KERB_HEIGHT)], axis=1)
    sheets = [(np.stack(stone, axis=1), p.KERB_STONE), (slabs, material)]
    return [_upwards(grid(points, what, smooth=False)) for points, what in sheets]


def _upwards(mesh: Mesh) -> Mesh:
    """The sheet with the side out that looks up."""
    a, b, c = np.moveaxis(mesh.vertices[mesh.triangles], 1, 0)
    if np.cross(b - a, c - a)[:, 2].sum() >= 0:
        return mesh
    turned = mesh.triangles[:, ::-1]
    return Mesh(mesh.vertices, turned, mesh.materials, mesh.material, mesh.smooth)


def markings(rng: np.random.Generator, plan: Plan) -> Mesh:
    """Painted lines: middle, lanes, parking bays, stop lines, zebra crossings."""
    zebra = _zebra_at(rng, plan)
    closed = [(y - 0.8, y + 4.8) for y in zebra]
    gap = crossing(plan)
    if gap:
        closed.append((gap[0] - 1.0, gap[1] + 1.0))
    lines = _lane_lines(rng, plan)
    lines = [line for line in lines if not any(a < line[3] and line[1] < b for a, b in closed)]
    for y in zebra:
        lines += _zebra(plan, y)
    return sheets(np.array(lines), _PAINT, p.ROAD_PAINT)


def _zebra_at(rng: np.random.Generator, plan: Plan) -> list[float]:
    """y where zebra crossings, 4 m deep, begin."""
    gap = crossing(plan)
    if gap:
        reach = 0.75 * plan.pavement
        return [gap[0] - reach - 4.2, gap[1] + reach + 0.2] if rng.random() < 0.8 else []
    return [float(rng.uniform(12, 45))] if rng.random() < 0.4 else []


def _zebra(plan: Plan, y: float) -> list[tuple[float, float, float, float]]:
    left = np.arange(-plan.kerb(-1) + 0.3, plan.kerb(1) - 0.5, 1.0)
    bars = [(x, y, x + 0.5, y + 4.0) for x in left]
    return [
        *bars,
        (0.1, y - 1.2, plan.driven - 0.1, y - 0.8),
        (-plan.driven + 0.1, y + 4.8, -0.1, y + 5.2),
    ]


def _lane_lines(rng: np.random.Generator, plan: Plan) -> list[tuple[float, float, float, float]]:
    dash, gap = ((3.0, 6.0), (2.0, 2.0), (4.0, 8.0))[rng.integers(3)]
    starts = np.arange(-BEHIND, plan.length, dash + gap)

    def dashed(x: float) -> list:
        return [(x - 0.06, y, x + 0.06, y + dash) for y in starts]

    def solid(x: float) -> list:
        # In pieces, so that a junction may take some out.
        return [(x - 0.06, y, x + 0.06, y + 1.0) for y in np.arange(-BEHIND, plan.length)]

    lines = [*solid(-0.12), *solid(0.12)] if plan.lanes == 2 else dashed(0.0)
    if plan.tracks and plan.lanes == 1:
        lines = []
    for side in (-1, 1):
        if plan.lanes == 2:
            lines += dashed(side * plan.lane)
        if plan.parking[(side + 1) // 2]:
            x = side * plan.driven
            lines += [
                (
                    *sorted((x, side * plan.kerb(side)))[:1],
                    y,
                    max(x, side * plan.kerb(side)),
                    y + 0.1,
                )
                for y in np.arange(-BEHIND, plan.length, 5.6)
            ] + solid(x)
        elif plan.houses == "country":
            lines += solid(side * (plan.driven - 0.2))
    return lines


def _rails(plan: Plan) -> list[Mesh]:
    """Two tracks of grooved rails, flush with the road."""
    x = np.array([s * plan.lane / 2 + r * _GAUGE / 2 for s in (-1, 1) for r in (-1, 1)])
    y0, y1 = np.full(4, -BEHIND), np.full(4, plan.length + 15)
    bed = sheets(np.column_stack([x - 0.14, y0, x + 0.14, y1]), 0.002, p.PATCH)
    head = sheets(np.column_stack([x - 0.035, y0, x + 0.035, y1]), 0.007, p.RAIL)
    inner = np.sign(np.array([-1, 1, -1, 1])) * -0.05
    groove = sheets(np.column_stack([x + inner - 0.015, y0, x + inner + 0.015, y1]), 0.006, p.WIRE)
    return [bed, head, groove]


def _repairs(rng: np.random.Generator, plan: Plan) -> list[Mesh]:
    """Patched trenches, manhole covers and gullies."""
    count = int(rng.integers(4, 12))
    x, y = (
        rng.uniform(-plan.driven, plan.driven - 1, count),
        rng.uniform(2, 0.7 * plan.length, count),
    )
    size = np.stack([rng.uniform(0.6, 1.6, count), rng.uniform(0.8, 7.0, count)])
    patches = sheets(
        np.stack([x, y, np.minimum(x + size[0], plan.driven), y + size[1]], -1), 0.001, p.PATCH
    )
    covers = []
    for _ in range(int(rng.integers(3, 8))):
        x, y = rng.uniform(-plan.driven + 0.5, plan.driven - 0.5), rng.uniform(4, 80)
        angle = np.linspace(0, 2 * np.pi, 17)[:-1]
        rim = np.column_stack([x + 0.33 * np.cos(angle), y + 0.33 * np.sin(angle)])
        inner = (rim - (x, y)) * 0.02 + (x, y)
        ring = np.stack([np.column_stack([r, np.full(16, 0.003)]) for r in (rim, inner)])
        covers.append(_upwards(grid(ring, p.IRON, wrap=True, smooth=False)))
    y = np.arange(rng.uniform(0, 15), plan.length, 22.0)
    gullies = [
        boxes(
            np.column_stack([np.full_like(y, min(x, x - side * 0.4)), y, np.full_like(y, -0.05)]),
            np.column_stack(
                [np.full_like(y, max(x, x - side * 0.4)), y + 0.5, np.full_like(y, 0.003)]
            ),
            p.IRON,
        )
        for side in (-1, 1)
        for x in [side * plan.kerb(side)]
    ]
    return [patches, *covers, *gullies]
