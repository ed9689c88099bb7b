"""Streets with traffic and people: each a function of its seed alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from amodal.render.layout.footprints import Ground, Item
from amodal.render.layout.models import KINDS, model, painted
from amodal.render.layout.pavements import fill_pavements
from amodal.render.layout.stage import MARGIN, Stage
from amodal.render.layout.traffic import fill_traffic
from amodal.render.layout.views import draw_camera, draw_light
from amodal.render.mesh import Mesh
from amodal.render.plan import Plan, draw_plan
from amodal.render.scene import Camera, Street, Thing

MOST = 26  # objects of a street; more are too small to tell apart
COMMON = ("car", "person", "bicycle", "motorcycle")
TRACKS = 0.45  # share of the streets with tram rails: trams are rare otherwise

__all__ = ["Item", "items", "street", "unpainted"]


def street(seed: int, *, scenery: bool = True, camera: Camera | None = None) -> Street:
    """Draw a street.

    Args:
        seed: the street is a function of it and of the other arguments.
        scenery: whether there are ground, houses, trees and poles. They stand in the way of some
            objects, so that a street without them holds a few others.
        camera: who looks; drawn when None.
    """
    camera, placed, meshes = _filled(seed, scenery, camera)
    things = tuple(_thing(seed, id, item) for id, item in enumerate(placed, start=1))
    return Street(seed, camera, draw_light(_rng(seed, "light")), things, meshes)


def items(
    seed: int, camera: Camera | None = None, unseen: bool = False
) -> tuple[Camera, list[Item]]:
    """What stands in a street without scenery and who looks: `street` before it is painted.

    The objects come in the order of the things' ids. With `unseen`, as many other meshes stand
    there, which are for tests alone.
    """
    camera, placed, _ = _filled(seed, False, camera, unseen)
    return camera, placed


def unpainted(id: int, item: Item, number: int | None = None) -> Thing:
    """An object for masks alone, or another one of its kind in its place."""
    mesh = model(item.kind, item.number if number is None else number)
    position = (item.x, item.y, item.z)
    return Thing(id, KINDS[item.kind].category, mesh, position, item.turn, item.scale)


def _thing(seed: int, id: int, item: Item) -> Thing:
    rng = np.random.default_rng([seed, 100 + id])
    return replace(unpainted(id, item), mesh=painted(item.kind, item.number, rng))


def _rng(seed: int, part: str) -> np.random.Generator:
    """Each part of a street has a source of chance of its own."""
    return np.random.default_rng(
        [seed, ("plan", "camera", "light", "things", "scenery").index(part)]
    )


def _filled(
    seed: int, scenery: bool, camera: Camera | None, unseen: bool = False
) -> tuple[Camera, list[Item], tuple[Mesh, ...]]:
    plan = _plan(_rng(seed, "plan"))
    meshes: tuple[Mesh, ...] = ()
    if scenery:
        from amodal.render.scenery import scenery as build  # slow to build, often not needed

        meshes = tuple(build(_rng(seed, "scenery"), plan))
    ground = Ground(meshes, plan.length)
    camera = camera or _camera(_rng(seed, "camera"), plan, ground)
    ground.add(_own_place(camera, plan), MARGIN)
    stage = Stage(_rng(seed, "things"), plan, camera, ground, unseen=unseen)
    fill_traffic(stage)
    fill_pavements(stage)
    return camera, _chosen(stage), meshes


def _camera(rng: np.random.Generator, plan: Plan, ground: Ground) -> Camera:
    """A camera with nothing right before it, such as a tree."""
    for _ in range(20):
        camera = draw_camera(rng, plan)
        if ground.is_free(_own_place(camera, plan), 0.0):
            break
    return camera


def _plan(rng: np.random.Generator) -> Plan:
    plan = draw_plan(rng)
    if rng.random() > TRACKS or plan.tracks:
        return plan
    houses = "town" if plan.houses == "country" else plan.houses
    return replace(plan, tracks=True, houses=houses)


def _own_place(camera: Camera, plan: Plan) -> np.ndarray:
    """(4, 2): the photographer's car, or a free metre around somebody on foot."""
    x, y, _ = camera.position
    driving = abs(x) < plan.driven
    wide, back, front = (1.0, 3.0, 2.6) if driving else (0.7, 0.7, 1.6)
    corners = np.array([(-wide, -back), (wide, -back), (wide, front), (-wide, front)])
    c, s = np.cos(camera.yaw), np.sin(camera.yaw)
    turned = corners if driving else corners @ np.array([[c, s], [-s, c]])
    return turned + np.array([x, y])


def _chosen(stage: Stage) -> list[Item]:
    """What the camera may see, without the far ones of the commonest kinds where it is too much."""
    seen = stage.seen()
    extra = len(seen) - MOST
    if extra <= 0:
        return seen
    common = [index for index, item in enumerate(seen) if item.kind in COMMON]
    x, y, _ = stage.camera.position
    far = [np.hypot(seen[k].x - x, seen[k].y - y) * stage.rng.uniform(0.5, 1) for k in common]
    dropped = {common[k] for k in np.argsort(far)[::-1][:extra].tolist()}
    return [item for index, item in enumerate(seen) if index not in dropped]
