"""Where photos of a street are taken from, and in what light."""

from __future__ import annotations

import numpy as np

from amodal.render.plan import Plan
from amodal.render.scene import Camera, Light

# width, height, range of focal lengths: KITTI's camera, dash cameras, phones.
KITTI = (1242, 375, (721.0, 721.0))
DASH = ((1280, 720, (700.0, 1150.0)), (960, 640, (480.0, 950.0)))
PHONES = ((1280, 720, (880.0, 1150.0)), (960, 640, (650.0, 850.0)), (1024, 768, (700.0, 860.0)))
KERB_HEIGHT = 0.12  # of the pavements above the road, as scenery builds them
SHOWN = 85.0  # metres: objects farther away are too small to matter
_STEPS = np.linspace(0, 1, 9)[:, None]


def draw_camera(rng: np.random.Generator, plan: Plan) -> Camera:
    """Someone who drives on the right lane, or stands on a pavement with a phone."""
    return driving(rng, plan) if rng.random() < 0.65 else pavement(rng, plan)


def driving(rng: np.random.Generator, plan: Plan) -> Camera:
    """A camera behind a windscreen: half of them are KITTI's."""
    if rng.random() < 0.5:
        (width, height, focal), high = KITTI, rng.normal(1.65, 0.02)
    else:
        width, height, focal = DASH[rng.integers(len(DASH))]
        high = rng.uniform(1.2, 2.5)
    return Camera(
        width,
        height,
        float(rng.uniform(*focal)),
        (plan.driven - plan.lane * rng.uniform(0.42, 0.58), 0.0, float(high)),
        yaw=float(rng.normal(0, 0.04)),
        pitch=float(rng.normal(-0.01, 0.012)),
    )


def pavement(rng: np.random.Generator, plan: Plan) -> Camera:
    """A phone in somebody's hands, looking along the street or to its other side."""
    width, height, focal = PHONES[rng.integers(len(PHONES))]
    side = 1 if rng.random() < 0.5 else -1
    x = side * (plan.kerb(side) + rng.uniform(0.3, max(plan.pavement - 0.5, 0.4)))
    turn = rng.uniform(0.0, 0.45) if rng.random() < 0.5 else rng.uniform(0.45, 1.45)
    return Camera(
        width,
        height,
        float(rng.uniform(*focal)),
        (float(x), float(rng.uniform(0, 25)), KERB_HEIGHT + float(rng.uniform(1.4, 1.75))),
        # From the right one looks to the left, which is a positive yaw.
        yaw=float(side * turn),
        pitch=float(rng.normal(-0.03, 0.03)),
    )


def draw_light(rng: np.random.Generator) -> Light:
    """By day: one in two skies is clear, one in four grey."""
    clouds = rng.random()
    overcast = 0.0 if clouds < 0.5 else 1.0 if clouds > 0.75 else float(rng.uniform(0.2, 0.9))
    return Light(
        elevation=float(rng.uniform(np.radians(15), np.radians(65))),
        azimuth=float(rng.uniform(-np.pi, np.pi)),
        overcast=overcast,
    )


def shows(camera: Camera, footprint: np.ndarray) -> bool:
    """Whether a rectangle (4, 2) on the ground meets the picture's left to right, near enough."""
    right, ahead = _border(camera, footprint)
    half = camera.width / 2 / camera.focal
    return bool(((ahead > 0.6) & (ahead < SHOWN) & (np.abs(right) < half * ahead)).any())


def covered(camera: Camera, footprint: np.ndarray, columns: int) -> tuple[np.ndarray, float]:
    """What a rectangle (4, 2) on the ground takes of the picture from left to right.

    Returns:
        (columns,) bool, which of equal columns; and the depth of its nearest point, metres.
    """
    right, ahead = _border(camera, footprint)
    right, ahead = right[ahead > 0.3], ahead[ahead > 0.3]
    taken = np.zeros(columns, bool)
    if not len(ahead):
        return taken, np.inf
    place = (camera.focal * right / ahead / camera.width + 0.5) * columns
    low, high = np.clip([place.min(), place.max()], 0, columns)
    taken[int(low) : int(np.ceil(high))] = low < high
    return taken, float(ahead.min())


def _border(camera: Camera, footprint: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points on a rectangle's edges to the right of the camera and before it, metres."""
    steps = (footprint[[1, 2, 3, 0]] - footprint)[:, None] * _STEPS
    points = (footprint[:, None] + steps).reshape(-1, 2) - camera.position[:2]
    c, s = np.cos(camera.yaw), np.sin(camera.yaw)
    return points @ (c, s), points @ (-s, c)
