"""What hangs on a dressed body: skirts and coats, collars, bags. Metres, the world's frame."""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Material, Mesh
from amodal.render.people.clothes import Outfit
from amodal.render.people.limbs import ball, limb, oval, resampled
from amodal.render.people.skeleton import SIDES, Body, Joints
from amodal.render.primitives import box, loft

BLACK = Material("glass", (0.012, 0.012, 0.014), 0.15)


def skirt(
    outfit: Outfit,
    hips: np.ndarray,
    legs: list[np.ndarray],
    height: float,
    rng: np.random.Generator,
) -> Mesh:
    """Cloth drawn round both legs from the hips down.

    Args:
        hips: (R, N, 3) level rings of the trunk, from below to the waist.
        legs: for each, (P, 5): point, radius, share (0 hip, 1 knee, 2 ankle).
        height: of the body.
    """
    firm = min(legs, key=lambda rows: rows[-1, 2])
    hem = np.interp(outfit.skirt, firm[:, 4], firm[:, 2])
    waist = hips[-1, :, 2].mean()
    levels = np.linspace(waist, hem, 10)
    loose = height * (outfit.loose_top if outfit.skirt_of_top else 0.005) + 0.004
    angle = 2 * np.pi * np.arange(20) / 20
    folds = rng.integers(5, 8) * angle + rng.uniform(0, 6)
    rings = []
    for level in levels:
        inside = np.concatenate([_cut(hips, level), *(_leg_cut(rows, level) for rows in legs)])
        middle = inside.mean(0)
        below = waist - level
        stands_off = loose * min(1, below / 0.12) + outfit.flare * max(0, below - 0.15) / 2
        radius = _hull(inside - middle, angle) + stands_off
        radius *= 1 + 0.05 * min(1, 2 * below) * np.sin(folds)
        ring = middle + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
        rings.append(np.column_stack([ring, np.full(20, level)]))
    material = outfit.top if outfit.skirt_of_top else outfit.bottom
    return loft(np.array(rings[::-1]), material)


def _cut(rings: np.ndarray, level: float) -> np.ndarray:
    """(N, 2) outline of a stack of rings at a height, the nearest ring's beyond its ends."""
    heights = rings[:, :, 2].mean(1)
    index = np.clip(np.searchsorted(heights, level), 1, len(rings) - 1)
    share = np.clip((level - heights[index - 1]) / (heights[index] - heights[index - 1]), 0, 1)
    outline = ((1 - share) * rings[index - 1] + share * rings[index])[:, :2]
    # Below the trunk nothing of it is left to wrap.
    return outline if level >= heights[0] else outline.mean(0, keepdims=True)


def _leg_cut(rows: np.ndarray, level: float) -> np.ndarray:
    """(12, 2) circle of a leg at a height."""
    down = rows[::-1] if rows[0, 2] > rows[-1, 2] else rows
    order = np.argsort(down[:, 2])
    x, y, radius = (np.interp(level, down[order, 2], down[order, k]) for k in (0, 1, 3))
    return np.array([x, y]) + radius * oval(12)


def _hull(points: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """How far the convex hull of points (N, 2) about the origin reaches in each direction."""
    fine = 2 * np.pi * np.arange(48) / 48
    support = (points @ np.stack([np.cos(fine), np.sin(fine)])).max(0)
    facing = np.cos(angle[:, None] - fine)
    return np.where(facing > 0.1, support / np.maximum(facing, 0.1), np.inf).min(1)


def collar(body: Body, joints: Joints, outfit: Outfit) -> list[Mesh]:
    """A hood on the back, a scarf or a stand-up collar."""
    height = body.height
    middle = joints.at("chest", "chest", (0, -0.004 * height, 0.020 * height))
    axes = joints.frames["chest"]
    if outfit.collar == "scarf":
        radii = (0.058 * height, 0.060 * height, 0.026 * height)
        return [
            ball(middle + 0.012 * height * axes[:, 2], radii, outfit.headwear, axes=axes, sides=12)
        ]
    if outfit.collar == "stand":
        rise = axes[:, 2] * 0.036 * height
        path = resampled(np.stack([middle - 0.6 * rise, middle + 0.7 * rise]), 3)
        wide = np.array([0.048, 0.041, 0.038]) * height
        flat = (False, False)
        return [limb(path, wide, outfit.top, sides=14, round_ends=flat)]
    if outfit.collar == "hood" and outfit.hat != "hood":
        back = joints.at("chest", "chest", (0, -0.040 * height, 0.006 * height))
        radii = (0.060 * height, 0.036 * height, 0.034 * height)
        ring = (0.050 * height, 0.048 * height, 0.018 * height)
        return [
            ball(back, radii, outfit.top, axes=axes, sides=12),
            ball(middle, ring, outfit.top, axes=axes, sides=12),
        ]
    return []


def bag(body: Body, joints: Joints, outfit: Outfit) -> list[Mesh]:
    """What is carried."""
    if outfit.carries == "backpack":
        return _backpack(body, joints, outfit)
    if outfit.carries == "shoulder bag":
        return _shoulder_bag(body, joints, outfit)
    return _hand_bag(body, joints, outfit) if outfit.carries == "hand bag" else []


def _pouch(size: tuple[float, float, float], material: Material) -> Mesh:
    """A soft box with its middle at the origin."""
    levels = np.array([[-0.5, 0.80], [-0.44, 0.95], [0, 1.0], [0.35, 0.93], [0.5, 0.70]])
    outline = oval(10, 4.0) / 2
    wide = levels[:, 1, None, None] * outline * np.array(size[:2])
    up = np.broadcast_to(levels[:, 0, None, None] * size[2], (*wide.shape[:2], 1))
    return loft(np.concatenate([wide, up], -1), material)


def _placed(mesh: Mesh, axes: np.ndarray, at: np.ndarray) -> Mesh:
    return mesh.transformed(np.column_stack([axes, at]))


def _backpack(body: Body, joints: Joints, outfit: Outfit) -> list[Mesh]:
    height, axes = body.height, joints.frames["chest"]
    small = body.child * 0.1
    size = (0.175 * height, (0.085 + small * 0.2) * height, (0.25 - 0.3 * small) * height)
    behind = -(0.058 * body.girth**0.7 + 0.045) * height - outfit.loose_top * height
    at = joints.at("chest", "chest", (0, behind, -0.135 * height))
    parts = [_placed(_pouch(size, outfit.bag), axes, at)]
    front = (0.056 * body.girth**0.8 + outfit.loose_top) * height
    for sign in SIDES.values():
        out = sign * 0.062 * height
        knots = [(out, behind, -0.03 * height), (out, -0.02 * height, 0.026 * height)]
        knots += [(out, 0.035 * height, -0.01 * height), (out * 1.1, front, -0.09 * height)]
        knots += [(out * 1.35, 0.02 * height, -0.19 * height), (out, behind, -0.22 * height)]
        path = resampled(np.array([joints.at("chest", "chest", knot) for knot in knots]), 11)
        parts.append(limb(path, 0.0085 * height, outfit.bag, sides=5))
    return parts


def _shoulder_bag(body: Body, joints: Joints, outfit: Outfit) -> list[Mesh]:
    """At the right hip, its strap over the left shoulder."""
    height = body.height
    wide = (0.095 * body.girth**0.6 + outfit.loose_top) * height
    deep = (0.066 * body.girth**0.8 + outfit.loose_top) * height
    at = joints.at("pelvis", "pelvis", (wide + 0.035 * height, -0.01 * height, 0.0))
    axes = joints.frames["pelvis"]
    parts = [_placed(_pouch((0.07 * height, 0.19 * height, 0.14 * height), outfit.bag), axes, at)]
    knots = [at + axes[:, 1] * 0.06 * height + axes[:, 2] * 0.06 * height]
    knots += [
        joints.at("chest", "chest", (x * height, y, z * height))
        for x, y, z in (
            (0.045, deep, -0.15),
            (-0.035, deep * 0.85, -0.06),
            (-0.066, 0, 0.024),
            (-0.03, -deep * 1.1, -0.06),
            (0.05, -deep * 1.05, -0.16),
        )
    ]
    knots.append(at - axes[:, 1] * 0.06 * height + axes[:, 2] * 0.06 * height)
    return [*parts, limb(resampled(np.array(knots), 13), 0.007 * height, outfit.bag, sides=5)]


def _hand_bag(body: Body, joints: Joints, outfit: Outfit) -> list[Mesh]:
    """Hanging from the left hand, upright whatever the arm does."""
    grip = joints.at("left hand", "left wrist", (0, 0, -0.55 * body.hand))
    size = (0.10, 0.28, 0.26) if body.child < 0.3 else (0.07, 0.18, 0.18)
    middle = grip - np.array([0, 0, 0.14 + size[2] / 2])
    parts = [_pouch(size, outfit.bag).moved(tuple(middle))]
    ends = [middle + np.array([0, y * size[1], 0.48 * size[2]]) for y in (-0.3, 0.3)]
    aside = np.array([0, 0.02, 0])
    knots = np.array([ends[0], grip - aside, grip + aside, ends[1]])
    return [*parts, limb(resampled(knots, 12), 0.008, outfit.bag, sides=5)]


def phone(body: Body, joints: Joints, side: str) -> Mesh:
    """A phone in the fist of a side."""
    at = joints.at(f"{side} hand", f"{side} wrist", (0, 0, -0.6 * body.hand))
    slab = box((0.072, 0.010, 0.15), (0, 0, 0), BLACK)
    axes = joints.frames["chest"]
    tilt = np.array([[1, 0, 0], [0, 0.77, -0.64], [0, 0.64, 0.77]])
    return _placed(slab, axes @ tilt, at + 0.03 * axes[:, 2])
