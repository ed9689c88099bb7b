"""Hands and shoes. Offsets are shares of the body's height, lengths along them of their own."""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Mesh
from amodal.render.people.clothes import Outfit
from amodal.render.people.limbs import limb, oval, resampled
from amodal.render.people.skeleton import SIDES, Body, Joints
from amodal.render.primitives import loft

# Along a shoe from the heel: share of its length, half-width, height.
SHOE = (
    (0.00, 0.008, 0.022),
    (0.03, 0.016, 0.044),
    (0.14, 0.0195, 0.058),
    (0.30, 0.0200, 0.060),
    (0.44, 0.0205, 0.046),
    (0.60, 0.0245, 0.034),
    (0.74, 0.0265, 0.028),
    (0.88, 0.0230, 0.023),
    (0.97, 0.0140, 0.017),
    (1.00, 0.0060, 0.010),
)
# Down an open hand: share of its length, half-width, half-thickness, how far it curls.
HAND = ((0, 0.0150, 0.0115, 0), (0.2, 0.0205, 0.0110, 0), (0.45, 0.0235, 0.0100, 0.001))
HAND += ((0.7, 0.0205, 0.0085, 0.006), (0.92, 0.0150, 0.0070, 0.014), (1.0, 0.0070, 0.0050, 0.017))
FIST = ((0, 0.0150, 0.0120, 0), (0.2, 0.0200, 0.0140, 0), (0.45, 0.0230, 0.0190, 0.004))
FIST += ((0.65, 0.0220, 0.0200, 0.006), (0.8, 0.0140, 0.0140, 0.006))


def hand(body: Body, joints: Joints, outfit: Outfit, side: str, kind: str) -> list[Mesh]:
    """A mitten of a hand with a thumb, or a fist, thumb forward, palm to the body."""
    if kind == "hidden":
        return []
    rows = resampled(np.array(FIST if kind == "fist" else HAND), 7)
    inward = -SIDES[side]
    path = [
        joints.at(
            f"{side} hand", f"{side} wrist", (inward * curl * body.height, 0, -share * body.hand)
        )
        for share, _, _, curl in rows
    ]
    axes = joints.frames[f"{side} hand"]
    palm = limb(np.array(path), body.height * rows[:, 1:3], outfit.skin, sides=8, side=axes[:, 1])
    thumb = np.array([(0.0, 0.012, -0.016), (0.005, 0.026, -0.034), (0.008, 0.026, -0.056)])
    thumb[:, 0] *= inward
    bones = [joints.at(f"{side} hand", f"{side} wrist", tuple(body.height * t)) for t in thumb]
    radii = body.height * np.array([0.010, 0.0080, 0.0060])
    return [palm, limb(np.array(bones), radii, outfit.skin, sides=5)]


def shoe(body: Body, joints: Joints, outfit: Outfit, side: str) -> list[Mesh]:
    """A shoe whose toes stay on the ground when the heel lifts, on a sole."""
    foot = joints.frames[f"{side} foot"]
    pitch = np.arcsin(np.clip(foot[2, 1], -1, 1))
    rows = resampled(np.array(SHOE), 11)
    length, ball = body.foot, 0.68
    bend = np.clip(-pitch - 0.12, 0, 0.75)
    forward, up = foot[:, 1], foot[:, 2]
    toes = np.cos(bend) * forward + np.sin(bend) * up
    heel = joints.points[f"{side} ankle"] - 0.27 * length * forward - body.ankle_height * up
    path = [
        heel + length * (min(share, ball) * forward + max(share - ball, 0) * toes)
        for share, _, _ in rows
    ]
    above = [
        up if share < ball else np.cos(bend) * up - np.sin(bend) * forward for share, _, _ in rows
    ]
    path, above = np.array(path), np.array(above)
    sole = 0.010 * body.height
    upper = _shoe_rings(body, path, above, foot[:, 0], rows[:, 1], sole * 0.6, rows[:, 2])
    lower = _shoe_rings(body, path, above, foot[:, 0], rows[:, 1] + 0.0018, 0, sole / body.height)
    return [loft(upper, outfit.shoes), loft(lower, outfit.sole)]


def _shoe_rings(
    body: Body,
    path: np.ndarray,
    above: np.ndarray,
    right: np.ndarray,
    width: np.ndarray,
    bottom: float,
    top: np.ndarray | float,
) -> np.ndarray:
    """Rings (R, 10, 3) around the foot's axis between two heights over the ground."""
    outline = oval(10, 2.7)
    top = np.broadcast_to(top, width.shape) * body.height
    height = bottom + (top - bottom)[:, None] * (outline[:, 0] + 1) / 2
    # Narrower above, like an instep.
    across = body.height * width[:, None] * outline[:, 1] * (1 - 0.18 * (outline[:, 0] > 0))
    return path[:, None] + height[..., None] * above[:, None] + across[..., None] * right
