"""What fills the horizon, and wires overhead. Metres."""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Mesh, merged
from amodal.render.plan import BEHIND, Plan
from amodal.render.primitives import cylinder, grid, tube
from amodal.render.scenery import palette as p
from amodal.render.scenery.build import columns, leaves, unit
from amodal.render.scenery.ground import KERB_HEIGHT, crossing
from amodal.render.scenery.trees import any_tree

WIRE_HEIGHT = 5.6  # of the wire that a tram's pantograph touches


def horizon(rng: np.random.Generator, plan: Plan) -> list[Mesh]:
    """Hills, a belt of woods, and trees that close the street's end."""
    parts = [_hills(rng), _woods(rng, plan)]
    if plan.houses != "town":
        for x in np.arange(-42, 43, 5.5):
            at = (x + rng.uniform(-2, 2), plan.length + rng.uniform(18, 34), 0)
            parts.append(
                any_tree(rng, float(rng.uniform(6, 14)), 0.06).moved(at, rng.uniform(0, 6))
            )
    return parts


def _hills(rng: np.random.Generator) -> Mesh:
    """A ridge all around, 900 m away."""
    angle = np.linspace(0, 2 * np.pi, 181)
    height = np.zeros_like(angle)
    for k in range(1, 24):
        height += rng.normal() / k * np.cos(k * angle + rng.uniform(0, 6))
    height = rng.uniform(20, 60) * (1.1 + height / max(np.abs(height).max(), 1e-6))
    height[-1] = height[0]
    ring = np.column_stack([np.sin(angle), np.cos(angle)])
    foot = np.column_stack([880 * ring, np.full_like(angle, -1.0)])
    crest = np.column_stack([980 * ring, height])
    return grid(np.stack([foot, crest])[:, ::-1][::-1], p.HILL)


def _woods(rng: np.random.Generator, plan: Plan) -> Mesh:
    """Leaves in clumps along a ring, as a far belt of trees; few, large."""
    count = 260
    angle = rng.uniform(0, 2 * np.pi, count)
    away = rng.uniform(260, 420, count)
    size = rng.uniform(3, 7, count)
    trees = np.column_stack([away * np.sin(angle), away * np.cos(angle), 0.8 * size])
    # Only what is ahead can be seen, so that the belt behind is left out.
    ahead = trees[:, 1] > plan.length * 0.2
    trees, size = trees[ahead], size[ahead]
    which = np.repeat(np.arange(len(trees)), 130)
    way = unit(columns(rng.normal(size=(len(which), 3))))
    centres = trees.T[:, which] + way * size[which] * np.array([[1], [1], [0.9]])
    outward = way + np.array([[0], [0], [0.5]])
    return leaves(rng, centres.T, outward.T, 1.6, p.foliage(rng))


def tram_wires(rng: np.random.Generator, plan: Plan) -> list[Mesh]:
    """Contact wires over both tracks, hung from spans between posts at the kerbs."""
    line = p.WIRE
    x = (-plan.lane / 2, plan.lane / 2)
    end = plan.length + 15
    parts = [cylinder((a, -BEHIND, WIRE_HEIGHT), (a, end, WIRE_HEIGHT), 0.012, line, 5) for a in x]
    gap = crossing(plan)
    left, right = -plan.kerb(-1) - 0.5, plan.kerb(1) + 0.5
    share = np.linspace(0, 1, 9)
    for y in np.arange(-BEHIND + 3, plan.length, 28.0):
        if gap and gap[0] - 1 < y < gap[1] + 1:
            continue
        for at in (left, right):
            foot, top = (at, y, KERB_HEIGHT - 0.05), (at, y, 7.2)
            parts.append(cylinder(foot, top, 0.10, p.GALVANISED, 10, end_radius=0.07))
        z = 6.9 - 3.0 * share * (1 - share)
        span = np.stack([left + share * (right - left), np.full(9, y), z], -1)
        parts.append(tube(span, 0.012, line, 4))
        parts += [cylinder((a, y, WIRE_HEIGHT), (a, y, 6.3), 0.01, line, 4) for a in x]
    return [merged(parts)]
