"""The skin and clothes over a posed skeleton. Offsets are shares of the body's height."""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Material, Mesh
from amodal.render.people.clothes import Outfit
from amodal.render.people.ends import hand, shoe
from amodal.render.people.extras import bag, collar, skirt
from amodal.render.people.heads import head
from amodal.render.people.limbs import limb, oval, resampled, unit
from amodal.render.people.skeleton import SIDES, Body, Joints
from amodal.render.primitives import loft

TIGHTS = Material("tights", (0.012, 0.011, 0.012), 0.6)
# Sections of the trunk: share of the spine from hips to shoulders, half-width, half-depth, and
# the middle's place forward.
TRUNK = (
    (-0.20, 0.034, 0.040, -0.008),
    (-0.11, 0.068, 0.054, -0.012),
    (0.00, 0.090, 0.062, -0.012),
    (0.14, 0.093, 0.064, -0.008),
    (0.34, 0.082, 0.057, 0.003),
    (0.50, 0.082, 0.057, 0.004),
    (0.68, 0.091, 0.063, 0.002),
    (0.84, 0.098, 0.063, -0.003),
    (0.94, 0.094, 0.054, -0.008),
    (1.02, 0.078, 0.043, -0.010),
    (1.09, 0.050, 0.036, -0.010),
    (1.15, 0.034, 0.033, -0.006),
)
# What a form of 1 (womanly) adds to half-width, half-depth and middle.
FORM = (
    (0.002, 0.002, 0),
    (0.006, 0.003, -0.003),
    (0.008, 0.002, -0.004),
    (0.004, 0.000, -0.002),
    (-0.010, -0.004, 0),
    (-0.009, -0.003, 0.001),
    (-0.007, 0.004, 0.007),
    (-0.010, 0.002, 0.006),
    (-0.010, -0.003, 0.002),
    (-0.008, -0.003, 0),
    (-0.004, -0.003, 0),
    (-0.004, -0.004, 0),
)
# How far a girth of 2 moves the middle forward: a belly.
BELLY = (0, 0, 0.01, 0.05, 0.09, 0.07, 0.03, 0, 0, 0, 0, 0)
# Share along the arm (0 shoulder, 1 elbow, 2 wrist) and radius.
ARM = (
    (0, 0.0315),
    (0.25, 0.0305),
    (0.5, 0.0275),
    (0.9, 0.023),
    (1.08, 0.0225),
    (1.3, 0.0235),
    (1.7, 0.0175),
    (2, 0.0145),
)
# Share along the leg (0 hip, 1 knee, 2 ankle), radius, and how far behind the bone.
LEG = (
    (-0.12, 0.047, 0.004),
    (0.06, 0.051, 0.002),
    (0.25, 0.049, 0.000),
    (0.6, 0.041, -0.003),
    (0.9, 0.0335, -0.004),
    (1.04, 0.0310, -0.002),
    (1.28, 0.0320, 0.007),
    (1.45, 0.0300, 0.008),
    (1.7, 0.0235, 0.004),
    (2.0, 0.0190, 0.002),
)


def figure(
    body: Body,
    joints: Joints,
    outfit: Outfit,
    rng: np.random.Generator,
    hands: dict[str, str] | None = None,
) -> list[Mesh]:
    """A dressed body over its joints.

    Args:
        rng: for the creases of the clothes.
        hands: side -> "open" (as without), "fist", or "hidden", in a pocket.
    """
    parts = [*trunk(body, joints, outfit, rng), *head(body, joints, outfit)]
    parts += [*collar(body, joints, outfit), *bag(body, joints, outfit)]
    if outfit.skirt:
        legs = [leg_rows(body, joints, side) for side in SIDES]
        hips = trunk_rings(body, joints, np.linspace(-0.15, 0.32, 8), 0.0)
        parts.append(skirt(outfit, hips, legs, body.height, rng))
    for side in SIDES:
        parts += arm(body, joints, outfit, side, rng)
        parts += hand(body, joints, outfit, side, (hands or {}).get(side, "open"))
        parts += leg(body, joints, outfit, side, rng)
        parts += shoe(body, joints, outfit, side)
    return parts


def trunk(body: Body, joints: Joints, outfit: Outfit, rng: np.random.Generator) -> list[Mesh]:
    """Hips in the bottom's cloth, the rest in the top's, and the neck."""
    waist = 0.42 - 0.42 * outfit.hem
    lower = outfit.top if outfit.skirt and outfit.skirt_of_top else outfit.bottom
    shirt = trunk_rings(body, joints, np.linspace(waist, 1.15, 12), outfit.loose_top)
    parts = [
        loft(trunk_rings(body, joints, np.linspace(-0.2, waist + 0.12, 9), 0.0), lower),
        loft(_creased(shirt, min(0.02, outfit.loose_top), rng), outfit.top),
    ]
    chest = joints.at("chest", "chest", (0, -0.006 * body.height, 0.015 * body.height))
    top = joints.at("head", "neck", (0, 0.0, 0.25 * body.head))
    wide = (0.026 + 0.007 * (1 - body.grown_form)) * body.height * body.girth**0.5
    neck = resampled(np.stack([chest, joints.points["neck"] - (chest - top) * 0.05, top]), 6)
    return [*parts, limb(neck, np.linspace(1.1, 0.95, 6) * wide, outfit.skin)]


def trunk_rings(body: Body, joints: Joints, shares: np.ndarray, loose: float) -> np.ndarray:
    """(P, 18, 3) outlines of the trunk at shares of the spine, in cloth that stands off."""
    width, depth, middle = _trunk_sections(body, shares).T
    # Cloth hangs from the chest: a loose top is straight below it.
    hang = np.clip((0.75 - shares) / 0.5, 0, 1) * np.clip(loose / 0.012, 0, 1.1)
    chest = _trunk_sections(body, np.array([0.7]))[0, 0]
    width = np.maximum(width, hang * chest) + _ease(shares, loose)
    depth = depth + _ease(shares, loose)
    centre, axes = spine(body, joints, shares)
    outline = oval(18, 2.35)
    across = body.height * width[:, None] * outline[:, 0]
    ahead = body.height * (middle[:, None] + depth[:, None] * outline[:, 1])
    offset = np.stack([across, ahead, np.zeros_like(across)], -1)
    return centre[:, None] + np.einsum("pij,pnj->pni", axes, offset)


def _creased(rings: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Rings (P, N, 3) whose points move from or to their middle at random."""
    middle = rings.mean(1, keepdims=True)
    return middle + (rings - middle) * (1 + amount * rng.normal(size=(*rings.shape[:2], 1)))


def _ease(shares: np.ndarray, loose: float) -> np.ndarray:
    """Cloth lies on the shoulders and stands off below."""
    return loose * np.interp(shares, [0.5, 0.95, 1.15], [1.0, 0.6, 0.35])


def _trunk_sections(body: Body, shares: np.ndarray) -> np.ndarray:
    """(P, 3): half-width, half-depth and middle at shares of the spine."""
    table = np.array(TRUNK)
    table[:, 1:] += body.grown_form * np.array(FORM)
    stout = body.girth - 1
    table[:, 1] *= 1 + stout * np.interp(table[:, 0], [0.4, 0.9, 1.1], [0.8, 0.45, 0.3])
    table[:, 2] *= 1 + stout * np.interp(table[:, 0], [0.4, 0.9, 1.1], [1.1, 0.7, 0.3])
    table[:, 3] += stout * np.array(BELLY)
    fine = resampled(table, 80)
    return np.stack([np.interp(shares, fine[:, 0], fine[:, k]) for k in (1, 2, 3)], -1)


def spine(body: Body, joints: Joints, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (P, 3) and axes (P, 3, 3) along the spine, bent smoothly between hips and chest."""
    u = np.clip((shares - 0.25) / 0.4, 0, 1)
    upper = 0.4 * (u**3 - u**4 / 2) + np.maximum(shares - 0.65, 0)
    up = (joints.frames["pelvis"][:, 2], joints.frames["chest"][:, 2])
    along = (shares - upper)[:, None] * up[0] + upper[:, None] * up[1]
    weight = (u * u * (3 - 2 * u))[:, None, None]
    axes = (1 - weight) * joints.frames["pelvis"] + weight * joints.frames["chest"]
    return joints.points["pelvis"] + body.spine * along, unit(axes.swapaxes(1, 2)).swapaxes(1, 2)


def _along(points: list[np.ndarray], share: float) -> np.ndarray:
    """The point at a share 0..2 of two bones."""
    index = min(int(max(share, 0)), 1)
    return points[index] + (share - index) * (points[index + 1] - points[index])


def arm(
    body: Body, joints: Joints, outfit: Outfit, side: str, rng: np.random.Generator
) -> list[Mesh]:
    """A sleeve and what it leaves bare, from the base of the neck to the wrist."""
    bones = [joints.points[f"{side} {name}"] for name in ("shoulder", "elbow", "wrist")]
    thick = body.girth**0.8 * (1 - 0.12 * body.grown_form) * body.height
    shoulder = joints.at("chest", f"{side} shoulder", (SIDES[side] * -0.004 * body.height, 0, 0))
    inner = SIDES[side] * -0.25 * body.shoulders
    start = joints.at(
        "chest", f"{side} shoulder", (inner, -0.004 * body.height, 0.010 * body.height)
    )
    rows = [[*start, 0.022 * thick, -0.4], [*shoulder, ARM[0][1] * thick, 0]]
    rows += [[*_along(bones, share), radius * thick, share] for share, radius in ARM[1:]]
    fine = resampled(np.array(rows), 14)
    sleeve = _between(fine, -0.4, outfit.sleeve, 5 + int(4 * outfit.sleeve))
    skin = _between(fine, outfit.sleeve - 0.15, 2.0, 3 + int(5 * (2 - outfit.sleeve)))
    stands_off = np.interp(sleeve[:, 4], [-0.4, 0.0, 0.6, 2.0], [0.2, 0.4, 1.0, 0.75])
    cloth = sleeve[:, 3] + stands_off * outfit.loose_top * body.height
    cloth *= 1 + min(0.03, 2.5 * outfit.loose_top) * rng.normal(size=len(cloth))
    parts = [limb(sleeve[:, :3], cloth, outfit.top, sides=10, round_ends=(True, False))]
    return [*parts, limb(skin[:, :3], skin[:, 3], outfit.skin, sides=9)]


def _between(rows: np.ndarray, start: float, end: float, count: int) -> np.ndarray:
    """Rows (R, 5) of a limb at `count` equal steps of their last column, the share along it."""
    shares = np.linspace(start, end, count)
    return np.stack([np.interp(shares, rows[:, 4], column) for column in rows.T], -1)


def leg(
    body: Body, joints: Joints, outfit: Outfit, side: str, rng: np.random.Generator
) -> list[Mesh]:
    """A trouser leg and what it leaves bare."""
    fine = leg_rows(body, joints, side)
    parts = []
    if outfit.leg:
        tights = outfit.skirt and not outfit.skirt_of_top
        material = TIGHTS if tights else outfit.bottom
        cloth = _between(fine, -0.12, outfit.leg, 4 + int(6 * outfit.leg))
        radius = _trouser_radius(body, outfit, cloth)
        creases = min(0.035, 3 * outfit.loose_leg) * rng.normal(size=len(radius))
        radius *= 1 + creases * (cloth[:, 4] > 0.3)
        parts.append(limb(cloth[:, :3], radius, material, sides=12, round_ends=(True, False)))
    if outfit.leg < 1.9:
        bare = _between(fine, max(outfit.leg - 0.15, -0.12), 2.0, 13 - int(4 * outfit.leg))
        parts.append(limb(bare[:, :3], bare[:, 3], outfit.skin, sides=11))
    return parts


def _trouser_radius(body: Body, outfit: Outfit, rows: np.ndarray) -> np.ndarray:
    """Of the cloth along a leg; it falls straight from where the leg is thick."""
    loose = outfit.loose_leg * body.height
    radius = rows[:, 3] + loose * np.interp(rows[:, 4], [0, 0.5, 2], [0.15, 0.8, 1.2])
    straight = (0.024 + 0.9 * outfit.loose_leg) * body.height * body.girth**0.5
    return np.maximum(radius, straight if outfit.loose_leg else 0)


def leg_rows(body: Body, joints: Joints, side: str) -> np.ndarray:
    """(R, 5) along a leg: point, radius, share (0 hip, 1 knee, 2 ankle)."""
    bones = [joints.points[f"{side} {name}"] for name in ("hip", "knee", "ankle")]
    rows = []
    for share, radius, behind in LEG:
        bone = joints.frames[f"{side} {'thigh' if share < 1 else 'shank'}"]
        point = _along(bones, share) - bone[:, 1] * behind * body.height
        full = body.girth**0.8 * (1 + 0.06 * body.grown_form * (share < 0.8))
        rows.append([*point, radius * full * body.height, share])
    return resampled(np.array(rows), 17)
