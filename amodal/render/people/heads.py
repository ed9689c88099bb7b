"""Heads: a face, hair and what people put on it. Lengths are shares of the head's height."""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Material, Mesh
from amodal.render.people.clothes import Outfit
from amodal.render.people.limbs import ball, limb, oval, resampled
from amodal.render.people.skeleton import Body, Joints
from amodal.render.primitives import loft

# Cross-sections from chin to crown: height, half-width, middle (forward), half-depth.
SKULL = (
    (0.000, 0.090, 0.215, 0.085),
    (0.045, 0.175, 0.165, 0.185),
    (0.160, 0.243, 0.085, 0.285),
    (0.300, 0.285, 0.020, 0.365),
    (0.450, 0.315, -0.015, 0.405),
    (0.600, 0.330, -0.025, 0.420),
    (0.740, 0.322, -0.030, 0.405),
    (0.860, 0.270, -0.035, 0.345),
    (0.950, 0.175, -0.035, 0.225),
    (0.995, 0.060, -0.035, 0.080),
)
# Hair lies behind the face: low sections cover the back of the skull alone.
SHORT = (
    (0.20, 0.200, -0.200, 0.150),
    (0.34, 0.290, -0.215, 0.215),
    (0.50, 0.345, -0.200, 0.255),
    (0.64, 0.360, -0.160, 0.305),
    (0.76, 0.360, -0.065, 0.405),
    (0.84, 0.335, -0.030, 0.415),
    (0.93, 0.265, -0.035, 0.325),
    (1.00, 0.165, -0.040, 0.200),
    (1.03, 0.060, -0.040, 0.080),
)
BOB = ((-0.02, 0.345, -0.14, 0.20), (0.16, 0.375, -0.15, 0.25), (0.34, 0.375, -0.16, 0.275))
LONG = (
    (-0.62, 0.20, -0.38, 0.07),
    (-0.40, 0.30, -0.34, 0.11),
    (-0.12, 0.33, -0.25, 0.17),
    *BOB[1:],
)
BEANIE = (
    (0.55, 0.350, -0.090, 0.375),
    (0.66, 0.365, -0.030, 0.440),
    (0.80, 0.350, -0.030, 0.425),
    (0.95, 0.270, -0.050, 0.330),
    (1.06, 0.140, -0.070, 0.180),
    (1.09, 0.050, -0.070, 0.070),
)
CAP = ((0.66, 0.350, -0.03, 0.435), *SHORT[4:])
HOOD = (
    (-0.16, 0.400, -0.100, 0.350),
    (0.05, 0.400, -0.130, 0.330),
    (0.30, 0.425, -0.130, 0.350),
    (0.60, 0.440, -0.110, 0.390),
    (0.80, 0.420, -0.070, 0.430),
    (0.97, 0.320, -0.070, 0.370),
    (1.08, 0.160, -0.090, 0.200),
    (1.11, 0.050, -0.090, 0.070),
)
SHELL = (
    (0.60, 0.365, -0.110, 0.370),
    (0.70, 0.395, -0.040, 0.480),
    (0.82, 0.390, -0.030, 0.490),
    (0.98, 0.320, -0.040, 0.400),
    (1.09, 0.190, -0.050, 0.250),
    (1.13, 0.060, -0.050, 0.080),
)
FULL_FACE = (
    (0.00, 0.300, 0.040, 0.400),
    (0.07, 0.410, 0.050, 0.550),
    (0.22, 0.490, 0.045, 0.640),
    (0.48, 0.525, 0.000, 0.640),
    (0.74, 0.505, -0.025, 0.600),
    (0.94, 0.415, -0.035, 0.490),
    (1.07, 0.260, -0.045, 0.310),
    (1.12, 0.080, -0.045, 0.100),
)
SIDES = 13


def head(body: Body, joints: Joints, outfit: Outfit) -> list[Mesh]:
    """Head, neck's upper end not included, with hair, hat or helmet."""
    if outfit.hat == "motorcycle helmet":
        return _full_face(body, joints, outfit)
    parts = [_stack(body, joints, SKULL, outfit.skin), *_face(body, joints, outfit)]
    covered = outfit.hat in ("beanie", "hood", "cap", "bicycle helmet")
    if outfit.style != "bald" and outfit.hat != "hood":
        parts += _hair(body, joints, outfit, flat=covered)
    return parts + _hat(body, joints, outfit)


def _stack(
    body: Body, joints: Joints, profile: tuple, material: Material, grow: float = 1.0
) -> Mesh:
    """The skin over level ellipses of the head's frame."""
    height, width, middle, depth = resampled(np.array(profile), 1 + len(profile)).T[:, :, None]
    circle = oval(SIDES, 2.15)
    x, y = grow * width * circle[:, 0], middle + grow * depth * circle[:, 1]
    rings = body.head * np.stack([x, y, np.broadcast_to(height, x.shape)], -1)
    return loft(joints.points["neck"] + rings @ joints.frames["head"].T, material)


def _ball(
    body: Body,
    joints: Joints,
    centre: tuple[float, float, float],
    radii: tuple[float, float, float],
    material: Material,
    sides: int = 5,
) -> Mesh:
    size = body.head
    at = joints.at("head", "neck", tuple(size * c for c in centre))
    scaled = tuple(size * r for r in radii)
    return ball(at, scaled, material, axes=joints.frames["head"], sides=sides)


def _face(body: Body, joints: Joints, outfit: Outfit) -> list[Mesh]:
    """Nose, ears, eyes, brows and mouth: what tells a face from a ball at 30 pixels."""
    dark = Material("eye", (0.02, 0.015, 0.012), 0.3)
    lips = Material(
        "lips", tuple(0.75 * c * f for c, f in zip(outfit.skin.colour, (1, 0.6, 0.6), strict=True))
    )
    parts = [
        _ball(body, joints, (0, 0.40, 0.36), (0.055, 0.085, 0.05), outfit.skin),
        _ball(body, joints, (0, 0.385, 0.44), (0.035, 0.055, 0.10), outfit.skin),
        _ball(body, joints, (0, 0.345, 0.20), (0.10, 0.035, 0.022), lips),
    ]
    for sign in (-1, 1):
        parts += [
            _ball(body, joints, (sign * 0.325, -0.03, 0.43), (0.035, 0.07, 0.115), outfit.skin),
            _ball(body, joints, (sign * 0.135, 0.352, 0.495), (0.05, 0.025, 0.022), dark),
            _ball(body, joints, (sign * 0.14, 0.355, 0.575), (0.075, 0.035, 0.018), outfit.hair),
        ]
    return parts


def _hair(body: Body, joints: Joints, outfit: Outfit, flat: bool) -> list[Mesh]:
    """Hair of a style; `flat` under a hat."""
    profile = {"bob": BOB + SHORT[2:], "long": LONG + SHORT[2:]}.get(outfit.style, SHORT)
    if flat:
        profile = tuple(row for row in profile if row[0] < 0.7)
    parts = [_stack(body, joints, profile, outfit.hair)]
    if outfit.style == "bun" and not flat:
        parts.append(_ball(body, joints, (0, -0.50, 0.83), (0.17, 0.16, 0.16), outfit.hair, 10))
    if outfit.style == "tail":
        tail = np.array([(0, -0.40, 0.72), (0, -0.56, 0.66), (0, -0.58, 0.30), (0, -0.50, -0.15)])
        path = np.array([joints.at("head", "neck", tuple(body.head * p)) for p in tail])
        thick = body.head * resampled(np.array([[0.06], [0.10], [0.11], [0.03]]), 8)[:, 0]
        parts.append(limb(resampled(path, 8), thick, outfit.hair, sides=8))
    return parts


def _hat(body: Body, joints: Joints, outfit: Outfit) -> list[Mesh]:
    profiles = {"cap": CAP, "brim": CAP, "beanie": BEANIE, "hood": HOOD, "bicycle helmet": SHELL}
    if outfit.hat not in profiles:
        return []
    material = outfit.top if outfit.hat == "hood" else outfit.headwear
    parts = [_stack(body, joints, profiles[outfit.hat], material, 1.03)]
    if outfit.hat == "cap":
        parts.append(_ball(body, joints, (0, 0.42, 0.70), (0.27, 0.26, 0.025), material, 12))
    if outfit.hat == "brim":
        parts.append(_ball(body, joints, (0, -0.03, 0.69), (0.62, 0.70, 0.03), material, 12))
    if outfit.hat == "bicycle helmet":
        parts += _vents(body, joints)
    return parts


def _vents(body: Body, joints: Joints) -> list[Mesh]:
    """The dark slots of a bicycle helmet."""
    dark = Material("slot", (0.012, 0.012, 0.012), 0.8)
    rows = ((-0.20, 0.12, 0.94), (0.0, 0.10, 1.03), (0.20, 0.12, 0.94))
    return [_ball(body, joints, (x, y, z), (0.045, 0.28, 0.10), dark, 8) for x, y, z in rows]


def _full_face(body: Body, joints: Joints, outfit: Outfit) -> list[Mesh]:
    glass = Material("visor", (0.01, 0.01, 0.012), 0.05, coat=1.0)
    return [
        _stack(body, joints, FULL_FACE, outfit.headwear),
        _ball(body, joints, (0, 0.17, 0.53), (0.515, 0.525, 0.30), glass, 16),
        _ball(body, joints, (0, 0.58, 0.15), (0.16, 0.12, 0.045), outfit.sole, 8),
    ]
