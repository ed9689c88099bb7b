"""Poses of people on foot: a step of a walk, and ways of standing. Angles in radians."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from amodal.render.people.skeleton import SIDES, Body, Limb, Pose, joints, reached

# One stride of one leg, degrees at shares of it; it begins as the heel touches the ground.
# After the joint angles that clinics publish for grown-ups walking at 1.3 m/s.
HIP = (
    (0, 29),
    (8, 26),
    (20, 14),
    (32, 2),
    (44, -9),
    (51, -12),
    (60, -4),
    (72, 17),
    (85, 31),
    (94, 31),
)
KNEE = (
    (0, 5),
    (8, 13),
    (15, 17),
    (28, 10),
    (40, 5),
    (50, 12),
    (60, 36),
    (71, 61),
    (84, 34),
    (95, 4),
)
# The shoe's pitch against the ground, toes up.
FOOT = (
    (0, 20),
    (7, 2),
    (12, 0),
    (36, 0),
    (44, -9),
    (52, -28),
    (62, -56),
    (72, -42),
    (84, -4),
    (94, 17),
)


def _cyclic(table: tuple[tuple[int, int], ...], share: float) -> float:
    """Radians at a share 0..1 of the cycle that the table gives in per cent and degrees."""
    at, degrees = np.array(table, float).T
    at, degrees = np.concatenate([at, [100]]), np.concatenate([degrees, degrees[:1]])
    return float(np.radians(np.interp(100 * (share % 1), at, degrees)))


def walking(phase: float, stride: float = 1.0, swing: float = 1.0) -> Pose:
    """A moment of a walk.

    Args:
        phase: 0..1 of the stride; at 0 the right heel touches the ground, at 0.5 the left.
        stride: length of the steps against a brisk walk's.
        swing: of the arms, against a brisk walk's; each goes with the other side's leg.
    """
    twist = 0.10 * stride * np.cos(2 * np.pi * phase)
    lean = 0.02 + 0.02 * stride
    limbs = {}
    for side, sign in SIDES.items():
        share = phase if side == "right" else phase + 0.5
        hip = stride * _cyclic(HIP, share)
        knee = (0.4 + 0.6 * stride) * _cyclic(KNEE, share)
        foot = stride * _cyclic(FOOT, share)
        # The leg turns back what the pelvis twists, so that feet point ahead.
        turn = -sign * twist - 0.08
        limbs[f"{side}_leg"] = Limb(hip, -0.025, turn, knee, foot + lean - hip + knee)
        back = np.cos(2 * np.pi * share)
        raised = -0.04 - 0.40 * swing * back
        limbs[f"{side}_arm"] = Limb(raised, 0.09, 0.25, 0.22 + 0.22 * swing * (0.6 - back), 0.05)
    sway = 0.05 * np.sin(2 * np.pi * phase)
    return Pose(lean=lean, stoop=0.03, sway=float(sway), twist=float(twist), nod=0.04, **limbs)


def standing(rng: np.random.Generator, body: Body) -> Pose:
    """Someone at rest: most of the weight on one leg, the arms at the sides."""
    sway = rng.uniform(0.0, 0.11) * rng.choice([-1, 1])
    pose = Pose(
        lean=rng.uniform(-0.04, 0.03),
        stoop=rng.uniform(0.02, 0.12),
        sway=float(sway),
        look=rng.normal(0, 0.35),
        nod=rng.uniform(-0.05, 0.2),
    )
    for side in SIDES:
        arm = Limb(rng.uniform(-0.1, 0.1), rng.uniform(0.06, 0.16), 0.3, rng.uniform(0.12, 0.4))
        pose = replace(pose, **{f"{side}_arm": arm})
    return _planted(rng, body, pose)


def _planted(rng: np.random.Generator, body: Body, pose: Pose) -> Pose:
    """Both feet flat on the ground: the higher hip's leg is straight, the other one eased."""
    firm, eased = ("right", "left") if pose.sway > 0 else ("left", "right")
    root = joints(body, pose).points
    legs = 0.995 * (body.thigh + body.shank)
    floor = root[f"{firm} hip"][2] - legs
    spread = rng.uniform(0.0, 0.06) * body.height
    step = rng.uniform(-0.02, 0.06) * body.height
    for side, out, ahead in ((firm, -0.012 * body.height, 0.0), (eased, spread, step)):
        hip = root[f"{side} hip"]
        target = (hip[0] + SIDES[side] * out, ahead - 0.008 * body.height, floor)
        toe_out = rng.uniform(0.05, 0.4)
        pole = (SIDES[side] * np.sin(toe_out), np.cos(toe_out), 0)
        pose = flat_foot(reached(body, pose, "leg", side, np.array(target), pole), side)
    return pose


def flat_foot(pose: Pose, side: str, pitch: float = 0.0) -> Pose:
    """The pose with a shoe at a pitch against the ground, toes up."""
    leg = pose.limb(side, "leg")
    end = pitch + pose.lean - leg.raised + leg.bent
    return replace(pose, **{f"{side}_leg": replace(leg, end=end)})


def reaching(
    body: Body, pose: Pose, side: str, offset: tuple[float, float, float], elbow: float
) -> Pose:
    """The pose with a wrist in front of the chest.

    Args:
        offset: of the wrist from the middle between the shoulders: outwards to this side,
            forward, up, in shares of the height.
        elbow: how far outwards it points, 0 (down and back) to 1 (sideways).
    """
    out, forward, up = np.array(offset) * body.height
    target = joints(body, pose).at("chest", "chest", (SIDES[side] * out, forward, up))
    return reached(body, pose, "arm", side, target, (SIDES[side] * (0.2 + elbow), -0.5, -0.6))


def folded_arms(body: Body, pose: Pose) -> Pose:
    """The forearms crossed on the chest."""
    pose = reaching(body, pose, "right", (-0.045, 0.105, -0.118), 0.7)
    return reaching(body, pose, "left", (-0.060, 0.088, -0.132), 0.7)


def with_phone(body: Body, pose: Pose, side: str) -> Pose:
    """One hand before the chest, the eyes on it."""
    pose = reaching(body, pose, side, (0.03, 0.165, -0.10), 0.15)
    return replace(pose, nod=0.45, look=-SIDES[side] * 0.12)


def hand_in_pocket(body: Body, pose: Pose, side: str) -> Pose:
    """One hand at the hip, the elbow out behind."""
    hips = joints(body, pose)
    outside = (SIDES[side] * 0.108 * body.height, 0.022 * body.height, 0.018 * body.height)
    target = hips.at("pelvis", "pelvis", outside)
    return reached(body, pose, "arm", side, target, (SIDES[side] * 0.7, -0.9, 0.0))
