"""People as joints: the lengths of a body, a pose as angles, and where that puts the joints.

Angles are radians. A person looks along +y with x to the right (see mesh.py), so the right side
has x > 0. All lengths of bones are fixed by `Body`; a pose only turns them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from amodal.render.people.limbs import rotation, unit

SIDES = {"left": -1, "right": 1}


@dataclass(frozen=True)
class Body:
    """Lengths of a body, after Drillis and Contini's shares of the height.

    Args:
        height: from sole to crown, metres.
        girth: how thick, about 0.85 (thin) to 1.3 (stout).
        form: 0 broad in the shoulders, 1 broad in the hips.
        child: 0 adult, 1 a child of five: a large head on short legs.
    """

    height: float = 1.75
    girth: float = 1.0
    form: float = 0.3
    child: float = 0.0

    @property
    def grown_form(self) -> float:
        """The form as far as a child has one."""
        return self.form * (1 - 0.7 * self.child)

    @property
    def head(self) -> float:
        """From chin to crown."""
        # Small adults have heads nearly as large as tall ones.
        return 0.068 * self.height + 0.112 - 0.005 * self.form + 0.018 * self.child

    @property
    def hip_height(self) -> float:
        return (0.520 - 0.035 * self.child) * self.height

    @property
    def ankle_height(self) -> float:
        return 0.045 * self.height

    @property
    def thigh(self) -> float:
        return 0.505 * (self.hip_height - self.ankle_height)

    @property
    def shank(self) -> float:
        return 0.495 * (self.hip_height - self.ankle_height)

    @property
    def foot(self) -> float:
        """Length of a shoe."""
        return 0.162 * self.height + 0.005

    @property
    def hips(self) -> float:
        """Between the hip joints."""
        return (0.098 + 0.010 * self.form) * self.height

    @property
    def shoulders(self) -> float:
        """Between the shoulder joints."""
        return (0.222 - 0.028 * self.form - 0.012 * self.child) * self.height

    @property
    def neck(self) -> float:
        """From the height of the shoulder joints to the chin."""
        return (0.046 - 0.016 * self.child) * self.height

    @property
    def spine(self) -> float:
        """From the hip joints' height to the shoulder joints'."""
        return self.height - self.head - self.neck - self.hip_height

    @property
    def upper_arm(self) -> float:
        return (0.178 - 0.010 * self.child) * self.height

    @property
    def forearm(self) -> float:
        return (0.148 - 0.006 * self.child) * self.height

    @property
    def hand(self) -> float:
        return 0.104 * self.height


@dataclass(frozen=True)
class Limb:
    """Angles of an arm or a leg.

    Args:
        raised: forward at the shoulder or hip; 0 hangs down.
        apart: sideways, away from the body.
        turned: about the upper bone; positive brings a bent forearm inwards.
        bent: elbow (forward) or knee (backward), 0 straight.
        end: ankle, toes up, or wrist, palm-wise.
        rolled: of the hand about the forearm; 0 thumb forward on a hanging arm, positive inwards.
    """

    raised: float = 0.0
    apart: float = 0.0
    turned: float = 0.0
    bent: float = 0.0
    end: float = 0.0
    rolled: float = 0.0


@dataclass(frozen=True)
class Pose:
    """Angles of a whole body.

    Args:
        lean: of the pelvis, forward.
        stoop: of the chest against the pelvis, forward.
        sway: of the pelvis, down at the left side; the chest makes up for it.
        twist: of the pelvis about the upright, leftward; the chest turns the other way.
        look: of the head, leftward.
        nod: of the head, down.
    """

    lean: float = 0.0
    stoop: float = 0.0
    sway: float = 0.0
    twist: float = 0.0
    look: float = 0.0
    nod: float = 0.0
    left_arm: Limb = field(default_factory=Limb)
    right_arm: Limb = field(default_factory=Limb)
    left_leg: Limb = field(default_factory=Limb)
    right_leg: Limb = field(default_factory=Limb)

    def limb(self, side: str, part: str) -> Limb:
        """The `part` ("arm" or "leg") of a `side` ("left" or "right")."""
        return getattr(self, f"{side}_{part}")


@dataclass(frozen=True, eq=False)
class Joints:
    """Where a posed body is.

    Args:
        points: name -> (3,): "pelvis", "chest" (between the tops of the shoulders), "neck" (at
            the chin's height), and for each side "left hip", "left knee", "left ankle",
            "left shoulder", "left elbow", "left wrist".
        frames: name -> (3, 3), columns right, forward, up of an upright bone: "pelvis", "chest",
            "head", "left thigh", "left shank", "left foot", "left arm", "left forearm",
            "left hand".
    """

    points: dict[str, np.ndarray]
    frames: dict[str, np.ndarray]

    def at(self, frame: str, point: str, offset: tuple[float, float, float]) -> np.ndarray:
        """A point (3,), `offset` away from the joint `point` along the axes of `frame`."""
        return self.points[point] + self.frames[frame] @ np.asarray(offset, float)


def joints(body: Body, pose: Pose, pelvis: tuple[float, float, float] = (0, 0, 0)) -> Joints:
    """The joints of a body in a pose with the middle of its hips at `pelvis`."""
    frames = {
        "pelvis": rotation(x=-pose.lean, y=-pose.sway, z=pose.twist),
        "chest": rotation(x=-pose.lean - pose.stoop, y=0.5 * pose.sway, z=-0.7 * pose.twist),
        "head": rotation(x=-pose.nod, z=pose.look),
    }
    points = {"pelvis": np.asarray(pelvis, float)}
    # Of the spine 45 % goes with the pelvis; the bend between is rounded when it is drawn.
    spine = 0.45 * frames["pelvis"][:, 2] + 0.55 * frames["chest"][:, 2]
    points["chest"] = points["pelvis"] + body.spine * spine
    neck = unit(frames["chest"][:, 2] + frames["head"][:, 2]) + 0.12 * frames["head"][:, 1]
    points["neck"] = points["chest"] + body.neck * neck
    built = Joints(points, frames)
    for side, sign in SIDES.items():
        points[f"{side} hip"] = built.at("pelvis", "pelvis", (sign * body.hips / 2, 0, 0))
        shoulder = (sign * body.shoulders / 2, 0, -0.028 * body.height)
        points[f"{side} shoulder"] = built.at("chest", "chest", shoulder)
        _leg(body, pose.limb(side, "leg"), side, built)
        _arm(body, pose.limb(side, "arm"), side, built)
    return built


def _leg(body: Body, limb: Limb, side: str, built: Joints) -> None:
    sign = SIDES[side]
    thigh = built.frames["pelvis"] @ _upper(limb, sign)
    shank = thigh @ rotation(x=-limb.bent)
    built.frames.update({f"{side} thigh": thigh, f"{side} shank": shank})
    built.frames[f"{side} foot"] = shank @ rotation(x=limb.end)
    points = built.points
    points[f"{side} knee"] = built.at(f"{side} thigh", f"{side} hip", (0, 0, -body.thigh))
    points[f"{side} ankle"] = built.at(f"{side} shank", f"{side} knee", (0, 0, -body.shank))


def _arm(body: Body, limb: Limb, side: str, built: Joints) -> None:
    arm = built.frames["chest"] @ _upper(limb, SIDES[side])
    forearm = arm @ rotation(x=limb.bent)
    built.frames.update({f"{side} arm": arm, f"{side} forearm": forearm})
    roll = rotation(z=SIDES[side] * limb.rolled)
    built.frames[f"{side} hand"] = forearm @ rotation(x=limb.end) @ roll
    points = built.points
    points[f"{side} elbow"] = built.at(f"{side} arm", f"{side} shoulder", (0, 0, -body.upper_arm))
    points[f"{side} wrist"] = built.at(f"{side} forearm", f"{side} elbow", (0, 0, -body.forearm))


def _upper(limb: Limb, sign: int) -> np.ndarray:
    turn = rotation(z=sign * limb.turned)
    return rotation(x=limb.raised) @ rotation(y=-sign * limb.apart) @ turn


def reached(
    body: Body,
    pose: Pose,
    part: str,
    side: str,
    target: np.ndarray,
    pole: tuple[float, float, float],
    pelvis: tuple[float, float, float] = (0, 0, 0),
) -> Pose:
    """The pose with one arm or leg ending at a target, or as near as its bones reach.

    Args:
        part: "arm" or "leg".
        target: of the wrist or ankle, (3,).
        pole: where the elbow or knee should point.
    """
    now = joints(body, pose, pelvis)
    parent, root = ("chest", "shoulder") if part == "arm" else ("pelvis", "hip")
    bones = (body.upper_arm, body.forearm) if part == "arm" else (body.thigh, body.shank)
    upper, lower = _bone_directions(
        np.asarray(target, float) - now.points[f"{side} {root}"], bones, np.asarray(pole, float)
    )
    frame = now.frames[parent]
    limb = _angles(frame.T @ upper, frame.T @ lower, SIDES[side], 1 if part == "arm" else -1)
    old = pose.limb(side, part)
    return replace(pose, **{f"{side}_{part}": replace(limb, end=old.end, rolled=old.rolled)})


def _bone_directions(
    reach: np.ndarray, bones: tuple[float, float], pole: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Unit directions of two bones that end at `reach`, the joint between them towards `pole`."""
    first, second = bones
    distance = np.clip(
        np.linalg.norm(reach), abs(first - second) * 1.01 + 1e-6, sum(bones) * 0.9995
    )
    onward = unit(reach)
    aside = unit(pole - onward * (pole @ onward))
    cosine = (first**2 + distance**2 - second**2) / (2 * first * distance)
    upper = cosine * onward + np.sqrt(max(0.0, 1 - cosine**2)) * aside
    return upper, unit(distance * onward - first * upper)


def _angles(upper: np.ndarray, lower: np.ndarray, sign: int, bend: int) -> Limb:
    """The angles that turn a hanging limb's bones to these directions; `bend` 1 elbow, -1 knee."""
    apart = np.arcsin(np.clip(sign * upper[0], -1, 1))
    raised = np.arctan2(upper[1], -upper[2])
    inside = (rotation(x=raised) @ rotation(y=-sign * apart)).T @ lower
    turned = np.arctan2(-bend * inside[0], bend * inside[1])
    bent = np.arccos(np.clip(-inside[2], -1, 1))
    return Limb(float(raised), float(apart), float(sign * turned), float(bent))
