"""People on foot: bodies, clothes and poses drawn at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from amodal.render.mesh import Mesh, merged
from amodal.render.people.clothes import outfit
from amodal.render.people.extras import phone
from amodal.render.people.figure import figure
from amodal.render.people.poses import folded_arms, hand_in_pocket, standing, walking, with_phone
from amodal.render.people.skeleton import SIDES, Body, Limb, Pose, joints


def person(rng: np.random.Generator) -> Mesh:
    """Someone walking or standing on z = 0, looking along +y, the middle at the origin."""
    body = any_body(rng)
    clothes = outfit(rng, body.form, young=body.child > 0)
    pose, hands, holds = any_pose(rng, body)
    if clothes.carries == "hand bag":
        # The arm that carries hangs, whatever the other does.
        arm = Limb(0.02, 0.10, 0.3, 0.10)
        pose, hands = replace(pose, left_arm=arm), hands | {"left": "fist"}
        holds = "" if holds == "left" else holds
    placed = joints(body, pose)
    parts = figure(body, placed, clothes, rng, hands)
    if holds:
        parts.append(phone(body, placed, holds))
    return on_ground(merged(parts))


def on_ground(mesh: Mesh) -> Mesh:
    """Moved so that it stands on z = 0 with the middle of its extent at x = y = 0."""
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    middle = (low + high) / 2
    return mesh.moved((-middle[0], -middle[1], -low[2]))


def any_body(rng: np.random.Generator, grown: bool = False) -> Body:
    """A body; one in eight is a child's unless `grown`."""
    if not grown and rng.random() < 0.125:
        height = rng.uniform(1.1, 1.5)
        child = float(np.clip((1.6 - height) / 0.5, 0, 1))
        return Body(height, rng.uniform(0.88, 1.12), rng.uniform(0.2, 0.6), child)
    form = rng.uniform(0.0, 0.35) if rng.random() < 0.5 else rng.uniform(0.65, 1.0)
    height = np.clip(rng.normal(1.80 - 0.13 * (form > 0.5), 0.07), 1.5, 2.0)
    girth = np.clip(rng.normal(1.02, 0.11), 0.84, 1.35)
    return Body(float(height), float(girth), form)


def any_pose(rng: np.random.Generator, body: Body) -> tuple[Pose, dict[str, str], str]:
    """A pose, what hands do (see `figure`), and the side of one that holds a phone or ""."""
    if rng.random() < 0.65:
        pose = walking(rng.random(), rng.uniform(0.6, 1.1), rng.uniform(0.3, 1.1))
        pose = replace(pose, look=rng.normal(0, 0.2), nod=rng.uniform(0, 0.25))
    else:
        pose = standing(rng, body)
    side, other = rng.permutation(list(SIDES))
    act = rng.random()
    if act < 0.14:
        return with_phone(body, pose, side), {side: "fist"}, side
    if act < 0.28:
        return hand_in_pocket(body, pose, side), {side: "hidden"}, ""
    if act < 0.36:
        return (
            hand_in_pocket(body, hand_in_pocket(body, pose, side), other),
            dict.fromkeys(SIDES, "hidden"),
            "",
        )
    if act < 0.46:
        return folded_arms(body, pose), dict.fromkeys(SIDES, "fist"), ""
    return pose, {}, ""
