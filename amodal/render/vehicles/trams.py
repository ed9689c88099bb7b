"""Trams of two or three sections, with a driver's cab at each end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amodal.render import materials as m
from amodal.render.mesh import Material, Mesh, merged
from amodal.render.primitives import box, cylinder, loft, rounded_box, tube
from amodal.render.vehicles import parts
from amodal.render.vehicles.body import Shape, box_plan, curve, half_shell, whole
from amodal.render.vehicles.parts import RIGHT, rectangle
from amodal.render.vehicles.skin import FRONT, SIDE, Skin, beyond, inset, prism

_BELLOWS = 0.75  # metres between sections


@dataclass(frozen=True)
class Tram:
    """A drawn tram, in metres.

    Args:
        end: length of the sections at the ends.
        middle: length of the one between; 0: there is none.
        width, height: of the body; the roof's boxes and the pantograph come on top.
        skirt: height of the lower edge.
        sill: height of the windows' lower edge.
        rake: how far the windscreens lean back.
        lower: share of the windows that the accent colour's band leaves below, or none above 1.
    """

    end: float
    middle: float
    width: float
    height: float
    skirt: float
    sill: float
    rake: float
    lower: float


def tram(rng: np.random.Generator) -> Mesh:
    """A tram of drawn proportions and livery; its doors are on both sides."""
    drawn = Tram(
        end=rng.uniform(8.6, 9.8),
        middle=rng.uniform(6.0, 8.4) if rng.random() < 0.6 else 0.0,
        width=rng.uniform(2.35, 2.65),
        height=rng.uniform(3.15, 3.4),
        skirt=rng.uniform(0.22, 0.32),
        sill=rng.uniform(1.15, 1.35),
        rake=rng.uniform(0.5, 1.2),
        lower=rng.uniform(0.3, 1.6),
    )
    colours = m.livery(rng)
    total = 2 * drawn.end + (drawn.middle + _BELLOWS if drawn.middle else 0) + _BELLOWS
    ahead = _section(drawn, drawn.end, True, colours, rng)
    offset = (total - drawn.end) / 2
    made = [ahead.moved((0, offset, 0)), ahead.moved((0, -offset, 0), turn=np.pi)]
    joints = [0.0]
    if drawn.middle:
        made.append(_section(drawn, drawn.middle, False, colours, rng))
        joints = [-(drawn.middle + _BELLOWS) / 2, (drawn.middle + _BELLOWS) / 2]
    made += [_bellows(drawn).moved((0, y, 0)) for y in joints]
    made.append(_pantograph(drawn).moved((0, 0.22 * total, 0)))
    return merged(made)


def _section(
    tram: Tram,
    length: float,
    cab: bool,
    colours: tuple[Material, Material],
    rng: np.random.Generator,
) -> Mesh:
    """A section about y = 0; the driver's cab is in front."""
    shape = _outline(tram, length, cab)
    skin = Skin(half_shell(shape, colours[0], gap=1.6))
    _paint(skin, shape, tram, length, cab, colours[1])
    body = whole(skin.mesh())
    bogie = 0.5 * length - 2.6 if cab else 0.0
    made = [body, _bogie(tram).moved((0, bogie, 0))]
    if cab and length > 9.2:
        made.append(_bogie(tram).moved((0, -length / 2 + 1.5, 0)))
    y = -length / 2 + 0.4
    while y < length / 2 - (3.0 if cab else 1.2):
        long = min(rng.uniform(1.2, 2.6), length / 2 - (2.2 if cab else 0.4) - y)
        size = (0.7 * tram.width, long, 0.30)
        made.append(rounded_box(size, (0, y + long / 2, tram.height + 0.1), m.GREY_PLASTIC, 0.06))
        y += long + rng.uniform(0.15, 0.8)
    if cab:
        made.append(_mirrors(shape, tram, length))
    return merged(made)


def _outline(tram: Tram, length: float, cab: bool) -> Shape:
    nose, tail, height, low = length / 2, -length / 2, tram.height, tram.skirt
    top = [(tail, height, 0)]
    bottom = [(tail, low, 0)]
    if cab:
        top += [(nose - tram.rake - 0.5, height, 0.5), (nose - tram.rake, height - 0.30, 0.4)]
        top += [(nose - 0.10, tram.sill - 0.1, 0.4), (nose, 0.80, 0)]
        bottom += [(nose - 0.8, low, 0.3), (nose - 0.15, low + 0.05, 0.1), (nose, 0.50, 0)]
        plan = box_plan(length, tram.width / 2, corner=(0.08, 1.25), end=(0.97, 0.52))
    else:
        top.append((nose, height, 0))
        bottom.append((nose, low, 0))
        plan = box_plan(length, tram.width / 2, corner=(0.08, 0.08), end=(0.97, 0.97))
    return Shape(
        top=curve(top),
        bottom=curve(bottom),
        plan=plan,
        belt=curve([(tail, tram.sill, 0), (nose, tram.sill, 0)]),
        waist=tram.sill - 0.25,
        barrel=0.05,
        shoulder=0.0,
        tumble=0.05,
        crown=(0.10, 0.05),
        rail=(0.2, 0.1),
    )


def _paint(
    skin: Skin, shape: Shape, tram: Tram, length: float, cab: bool, accent: Material
) -> None:
    nose, tail, low = length / 2, -length / 2, tram.skirt
    high = float(shape.edge_at(tail + 1)) - 0.12
    if tram.lower < 1:
        for towards in (RIGHT, (0, 1, 0)):
            skin.paint(beyond(2, low + tram.lower * (tram.sill - low), less=True), accent, towards)
    skin.paint(beyond(2, low + 0.10, less=True), m.BLACK_PLASTIC, RIGHT)
    skin.paint(beyond(2, low + 0.015, less=True), m.DARK, (0, 0, -1))
    ahead = nose - (2.1 if cab else 0.25)
    count = max(round((ahead - tail) / 1.5), 2)
    edges = np.linspace(tail + 0.25, ahead, count + 1)
    parts.pane_row(skin, edges.tolist(), (tram.sill, high), m.TINTED_GLASS, 0.06)
    for index in range(count // 3, count, 3):
        _paint_door(skin, 0.5 * (edges[index] + edges[index + 1]), (low + 0.05, high))
    if cab:
        _paint_cab(skin, tram, nose, high)


def _paint_door(skin: Skin, y: float, z: tuple[float, float]) -> None:
    side = beyond(0, 0.3)
    frame = prism(rectangle((y - 0.68, y + 0.68), z), SIDE)
    skin.paint(np.concatenate([side, frame]), m.BLACK_PLASTIC, RIGHT)
    for leaf in ((y - 0.66, y - 0.01), (y + 0.01, y + 0.66)):
        pane = inset(rectangle(leaf, z), 0.09, 0.06)
        skin.paint(np.concatenate([side, prism(pane, SIDE)]), m.GLASS, RIGHT)


def _paint_cab(skin: Skin, tram: Tram, nose: float, high: float) -> None:
    """The wrapped windscreen, the sign, lamps and bumper."""
    half, front, up = tram.width / 2, beyond(1, nose - tram.rake - 0.6), (0.0, 1.0, 0.3)
    side = rectangle((nose - 1.75, nose - 0.75), (tram.sill, high))
    for by, material in ((0.0, m.GLOSS_BLACK), (0.04, m.GLASS)):
        pane = np.concatenate([beyond(0, 0.3), prism(inset(side, by, 0.08), SIDE)])
        skin.paint(pane, material, RIGHT)
    screen = rectangle((-0.87 * half, 0.87 * half), (tram.sill - 0.08, tram.height - 0.30))
    for by, material in ((0.0, m.GLOSS_BLACK), (0.04, m.GLASS)):
        skin.paint(np.concatenate([front, prism(inset(screen, by, 0.12), FRONT)]), material, up)
    sign = rectangle((-0.5 * half, 0.5 * half), (tram.height - 0.60, tram.height - 0.38))
    skin.paint(np.concatenate([front, prism(sign, FRONT)]), m.DISPLAY, up)
    lamp = inset(rectangle((0.50 * half, 0.84 * half), (0.74, 0.92)), 0, 0.05)
    skin.paint(
        np.concatenate([front, prism(inset(lamp, -0.03), FRONT)]), m.GLOSS_BLACK, (0.3, 1, 0)
    )
    skin.paint(np.concatenate([front, prism(lamp, FRONT)]), m.HEADLAMP, (0.3, 1, 0))
    bumper = rectangle((-1.1 * half, 1.1 * half), (0, 0.52))
    skin.paint(np.concatenate([front, prism(bumper, FRONT)]), m.BLACK_PLASTIC, (0.3, 1, 0))


def _bogie(tram: Tram) -> Mesh:
    """Two axles of small steel wheels and a dark frame, mostly behind the skirt."""
    radius, half = 0.30, 0.72
    made = [box((1.7, 2.3, 0.22), (0, 0, tram.skirt - 0.02), m.DARK)]
    for y in (-0.9, 0.9):
        for x in (-half, half):
            ends = (x - 0.07, y, radius), (x + 0.07, y, radius)
            made.append(cylinder(*ends, radius, m.RUSTY_STEEL, 20))
    return merged(made)


def _bellows(tram: Tram) -> Mesh:
    """The folded gangway between two sections, about y = 0."""
    y = np.linspace(-_BELLOWS / 2 - 0.02, _BELLOWS / 2 + 0.02, 15)
    half = tram.width / 2 - 0.10 - 0.05 * (np.arange(15) % 2)
    low, high = tram.skirt + 0.1, tram.height - 0.12
    # counter-clockwise about +y: from the top right over the bottom to the top left
    ring = np.array([(1, 1), (1, 0), (-1, 0), (-1, 1)], np.float64)
    sections = np.empty((len(y), 4, 3))
    sections[..., 0] = half[:, None] * ring[:, 0]
    sections[..., 1] = y[:, None]
    sections[..., 2] = low + (high - low) * ring[:, 1]
    return loft(sections, m.BLACK_PLASTIC, smooth=False)


def _pantograph(tram: Tram) -> Mesh:
    """A raised single-arm pantograph, about y = 0."""
    base = tram.height + 0.1
    made = [box((0.9, 0.9, 0.08), (0, 0, base + 0.05), m.GREY_PLASTIC)]
    knee, head = (0, -0.75, base + 0.65), (0, 0.15, base + 1.25)
    made.append(tube(np.array([(0, 0.3, base + 0.1), knee]), 0.035, m.STEEL, 6))
    made.append(tube(np.array([knee, head]), 0.03, m.STEEL, 6))
    for y in (0.0, 0.3):
        ends = [(-0.75, y, head[2] - 0.1), (-0.5, y, head[2]), (0.5, y, head[2])]
        made.append(tube(np.array([*ends, (0.75, y, head[2] - 0.1)]), 0.025, m.STEEL, 6))
    return merged(made)


def _mirrors(shape: Shape, tram: Tram, length: float) -> Mesh:
    y, z = length / 2 - 1.0, tram.height - 0.9
    x = float(shape.side_at(y, z))
    case = rounded_box((0.14, 0.08, 0.28), (x + 0.18, y, z - 0.1), m.BLACK_PLASTIC, 0.03)
    arm = tube(np.array([(x - 0.05, y - 0.1, z + 0.1), (x + 0.18, y, z)]), 0.02, m.BLACK_PLASTIC, 6)
    right = merged([case, arm])
    return merged([right, right.mirrored()])
