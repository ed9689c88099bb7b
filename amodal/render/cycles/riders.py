"""Riders: a pose that sits on the saddle with the hands on the grips and the feet where they go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from amodal.render.cycles.bicycles import CRANK
from amodal.render.cycles.wheels import Contacts
from amodal.render.people.limbs import rotation
from amodal.render.people.skeleton import SIDES, Body, Joints, Limb, Pose, joints, reached

SITTING = 0.052  # of the hip joints above the seat, in body heights
GRIP = 0.30  # from the wrist to the middle of a fist, in lengths of a hand
BALL = 0.41  # from the ankle to the ball of the foot, in lengths of a shoe


def mounted(
    body: Body,
    contacts: Contacts,
    pitch: dict[str, float] | None = None,
    rolled: float = 1.2,
) -> tuple[Pose, Joints]:
    """A rider's pose and joints.

    Args:
        pitch: side -> of the shoe against the ground, radians, toes up; without: level.
        rolled: how far palms look down, see `Limb`.
    """
    x, y, z = contacts.saddle
    pelvis = (x, y + 0.02 * body.height, z + SITTING * body.height)
    pose = leaning(_lean(body, contacts, pelvis), rolled)
    for side in SIDES:
        pose = _hand_on_grip(body, pose, side, np.array(contacts.grips[side]), pelvis)
        toes = (pitch or {}).get(side, 0.0)
        pose = _foot_at(body, pose, side, np.array(contacts.feet[side]), toes, pelvis)
    return pose, joints(body, pose, pelvis)


def leaning(lean: float, rolled: float) -> Pose:
    """A trunk bent forward by `lean` radians in all, the eyes ahead."""
    arm = Limb(rolled=rolled)
    return Pose(
        lean=0.62 * lean - 0.08, stoop=0.38 * lean + 0.10, nod=0.05, left_arm=arm, right_arm=arm
    )


def _lean(body: Body, contacts: Contacts, pelvis: tuple[float, float, float]) -> float:
    """The lean at which slightly bent arms reach the grips."""
    if contacts.lean is not None:
        return contacts.lean
    wanted = 0.90 * (body.upper_arm + body.forearm) + GRIP * body.hand
    grip = np.array(contacts.grips["right"])
    leans = np.linspace(-0.05, 1.15, 25)
    far = [
        np.linalg.norm(grip - joints(body, leaning(lean, 0), pelvis).points["right shoulder"])
        for lean in leans
    ]
    return float(leans[np.argmin(np.abs(np.array(far) - wanted))])


def _hand_on_grip(
    body: Body, pose: Pose, side: str, grip: np.ndarray, pelvis: tuple[float, float, float]
) -> Pose:
    """The fist round the grip: the wrist lies before it in the forearm's direction."""
    wrist = grip + np.array([0, -GRIP * body.hand, 0.02])
    for _ in range(8):
        pole = (SIDES[side] * 0.75, -0.35, -0.6)
        pose = reached(body, pose, "arm", side, wrist, pole, pelvis)
        forearm = joints(body, pose, pelvis).frames[f"{side} forearm"]
        wrist = grip + GRIP * body.hand * forearm[:, 2]
    return pose


def _foot_at(
    body: Body,
    pose: Pose,
    side: str,
    under: np.ndarray,
    pitch: float,
    pelvis: tuple[float, float, float],
) -> Pose:
    """The ball of the foot on a pedal or peg, the knee ahead."""
    offset = rotation(x=pitch) @ np.array([0, -BALL * body.foot, body.ankle_height])
    pole = (SIDES[side] * 0.10, 1.0, 0.35)
    pose = reached(body, pose, "leg", side, under + offset, pole, pelvis)
    leg = pose.limb(side, "leg")
    end = pitch + pose.lean - leg.raised + leg.bent
    return replace(pose, **{f"{side}_leg": replace(leg, end=float(end))})


def saddle_for(body: Body) -> float:
    """How far above the bottom bracket a body's saddle is, so that a leg is nearly straight."""
    legs = 0.955 * (body.thigh + body.shank)
    return legs + 0.6 * body.ankle_height - CRANK - SITTING * body.height + 0.03
