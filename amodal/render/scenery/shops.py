"""Shop fronts: big panes, a fascia with letters, an awning. Frame and units as in facades.py."""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Material, Mesh
from amodal.render.scenery import palette as p
from amodal.render.scenery.build import boxes, panel, quads


def shop_front(
    rng: np.random.Generator, width: float, height: float
) -> tuple[np.ndarray, list[Mesh]]:
    """The opening of a shop on the ground floor and what fills it.

    Returns:
        (1, 4) of (least x, greatest x, least z, greatest z), and meshes.
    """
    pier = float(rng.uniform(0.25, 0.6))
    top = height - float(rng.uniform(0.85, 1.2))
    hole = np.array([(pier, width - pier, 0.0, top)])
    paint = p.shop_paint(rng)
    frame = paint if rng.random() < 0.5 else Material("shop frame", (0.09, 0.09, 0.095), 0.4)
    parts = [
        *_glazing(rng, hole[0], frame),
        *_fascia(rng, hole[0], height, paint),
        *(_awning(rng, hole[0], p.shop_paint(rng)) if rng.random() < 0.35 else ()),
    ]
    return hole, parts


def _glazing(rng: np.random.Generator, hole: np.ndarray, frame: Material) -> list[Mesh]:
    """Panes above a low stall board, a glazed door, goods and posters behind the glass."""
    x0, x1, _, top = hole
    y = 0.16
    board = float(rng.uniform(0.25, 0.6))
    count = max(2, round((x1 - x0) / rng.uniform(1.4, 2.2)))
    posts = np.linspace(x0, x1, count + 1)
    door = int(rng.integers(count))
    parts = [panel(np.array([(x0, x1)]), np.array([(0.0, top)]), y, p.WINDOW)]
    wide = np.where((posts == x0) | (posts == x1), 0.08, 0.045)
    low = np.stack([posts - wide, np.full_like(posts, y - 0.07), np.zeros_like(posts)], -1)
    high = np.stack([posts + wide, np.full_like(posts, y + 0.01), np.full_like(posts, top)], -1)
    parts.append(boxes(low, high, frame))
    bar = min(2.3, top - 0.3)
    rails = [((x0, y - 0.06, bar), (x1, y + 0.01, bar + 0.07))]
    rails.append(((x0, y - 0.06, top - 0.08), (x1, y + 0.01, top)))
    for k in range(count):
        foot = 0.12 if k == door else board
        rails.append(((posts[k], y - 0.06, 0.0), (posts[k + 1], y + 0.01, foot)))
        if k != door:
            parts += _goods(rng, (posts[k] + 0.1, posts[k + 1] - 0.1), (board, bar), y)
    parts.append(boxes(*(np.array(c) for c in zip(*rails, strict=True)), frame))
    return parts


def _goods(rng: np.random.Generator, x: tuple, z: tuple, y: float) -> list[Mesh]:
    """Posters and things on display: rectangles just before the pane, as if behind it."""
    parts = []
    for _ in range(int(rng.integers(0, 5))):
        wide, high = rng.uniform(0.15, 0.55), rng.uniform(0.2, 0.8)
        a, c = rng.uniform(x[0], max(x[0], x[1] - wide) + 1e-6), rng.uniform(z[0], z[1] - high)
        colour = tuple(float(v) for v in rng.uniform(0.03, 0.5) * rng.uniform(0.3, 1.0, 3))
        what = Material("poster", colour, roughness=0.25, coat=1.0, grain=6.0)
        u = np.array([(a, min(a + wide, x[1]))])
        parts.append(panel(u, np.array([(c, c + high)]), y - 0.004, what))
    return parts


def _fascia(
    rng: np.random.Generator, hole: np.ndarray, height: float, paint: Material
) -> list[Mesh]:
    """The board above the panes with a row of letters."""
    x0, x1, _, top = hole
    low, high = top + 0.04, min(top + 0.75, height - 0.1)
    parts = [
        boxes((x0 - 0.1, -0.09, low), (x1 + 0.1, 0.03, high), paint),
        boxes((x0 - 0.15, -0.16, high), (x1 + 0.15, 0.03, high + 0.06), paint),
    ]
    dark = sum(paint.colour) < 0.6
    ink = Material("letters", (0.62, 0.60, 0.55) if dark else (0.03, 0.03, 0.04), roughness=0.4)
    size = 0.55 * (high - low)
    foot = low + 0.24 * (high - low)
    x = x0 + rng.uniform(0.1, 0.4) * (x1 - x0)
    strokes = []
    for _ in range(int(rng.integers(4, 11))):
        if x + size > x1 - 0.2:
            break
        if rng.random() < 0.88:
            strokes += _letter(rng, x, foot, size)
        x += 0.82 * size
    if strokes:
        a, b, c, d = np.array(strokes).T
        y = np.full_like(a, -0.12)
        parts.append(boxes(np.stack([a, y, c], -1), np.stack([b, y + 0.04, d], -1), ink))
    return parts


def _letter(rng: np.random.Generator, x: float, foot: float, size: float) -> list[tuple]:
    """Strokes (least x, greatest x, least z, greatest z) that look like some capital letter."""
    thick, wide = 0.16 * size, 0.6 * size
    top = foot + size
    strokes = [
        (x, x + thick, foot, top),
        (x + wide - thick, x + wide, foot, top),
        (x, x + wide, top - thick, top),
        (x, x + wide, foot + 0.45 * size, foot + 0.45 * size + thick),
        (x, x + wide, foot, foot + thick),
    ]
    letters = (
        (0, 1, 2, 3),
        (0, 2, 3, 4),
        (0, 4),
        (0, 1, 2, 4),
        (0, 2, 3),
        (0, 1, 3),
        (2, 0),
        (1, 2),
    )
    return [strokes[k] for k in letters[rng.integers(len(letters))]]


def _awning(rng: np.random.Generator, hole: np.ndarray, cloth: Material) -> list[Mesh]:
    """A slanting cloth with a valance, out over the pavement, in broad stripes."""
    x0, x1, _, top = hole
    reach, drop = float(rng.uniform(0.8, 1.3)), float(rng.uniform(0.35, 0.6))
    edges = np.arange(x0, x1, 0.4) if rng.random() < 0.5 else np.array([x0])
    ends = np.append(edges[1:], x1)
    pale = Material("awning", (0.55, 0.53, 0.48), roughness=0.9)
    plain = Material("awning", cloth.colour, roughness=0.9)
    parts = []
    for k, material in enumerate((plain, pale)):
        a, b = edges[k::2], ends[k::2]
        if not len(a):
            continue
        out, wall = np.full_like(a, -reach), np.full_like(a, -0.02)
        foot, high = np.full_like(a, top - drop), np.full_like(a, top)
        slope = [(a, out, foot), (b, out, foot), (b, wall, high), (a, wall, high)]
        valance = [(a, out, foot - 0.2), (b, out, foot - 0.2), (b, out, foot), (a, out, foot)]
        corners = np.concatenate([np.moveaxis(np.array(q), -1, 0) for q in (slope, valance)])
        parts.append(quads(corners, material))
    return parts
