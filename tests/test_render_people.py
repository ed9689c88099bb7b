"""People and cycles as meshes: sound, of real sizes, and posed as bodies can be."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.render.cycles import bicycle, cyclist, motorcycle, motorcyclist
from amodal.render.cycles.bicycles import any_bicycle
from amodal.render.cycles.bicycles import drawn as drawn_bicycle
from amodal.render.cycles.motorcycles import any_motorcycle
from amodal.render.cycles.motorcycles import drawn as drawn_motorcycle
from amodal.render.cycles.riders import BALL, GRIP, mounted, saddle_for
from amodal.render.people import any_body, any_pose, person
from amodal.render.people.poses import folded_arms, standing, walking
from amodal.render.people.skeleton import SIDES, Body, Limb, Pose, joints, reached

# Least and most extent in metres: across, along, up.
SIZES = {
    person: ((0.30, 0.20, 1.05), (0.95, 1.10, 2.05)),
    bicycle: ((0.40, 1.65, 0.85), (0.75, 1.95, 1.20)),
    cyclist: ((0.40, 1.65, 1.40), (0.95, 1.95, 2.10)),
    motorcycle: ((0.60, 1.85, 1.00), (1.05, 2.35, 1.45)),
    motorcyclist: ((0.60, 1.85, 1.45), (1.05, 2.35, 2.00)),
}
makers = pytest.mark.parametrize("maker", SIZES, ids=lambda maker: maker.__name__)
angle = st.floats(-1.2, 1.2)
limbs = st.builds(Limb, angle, angle, angle, st.floats(0, 2.2), angle)
poses = st.builds(Pose, angle, angle, angle, angle, angle, angle, limbs, limbs, limbs, limbs)


def silhouette(mesh, height=120, axes=(0, 2)):
    """The mesh seen along a level axis as a mask, its upper end in row 0."""
    points = mesh.vertices[:, axes].astype(float)
    low, high = points.min(0), points.max(0)
    scale = (height - 3) / (high[1] - low[1])
    pixels = np.round((points - low) * scale).astype(np.int32) + 1
    mask = np.zeros((height, pixels[:, 0].max() + 2), np.uint8)
    for triangle in pixels[mesh.triangles]:
        cv2.fillConvexPoly(mask, triangle, 1)
    return mask[::-1] > 0


def area_of_largest(mask):
    """Share of a mask's pixels that its largest connected part has."""
    areas = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)[2][1:, 4]
    return areas.max() / areas.sum()


@makers
def test_is_a_sound_mesh_that_stands_on_the_ground(maker):
    least, most = SIZES[maker]
    for seed in range(5):
        mesh = maker(np.random.default_rng(seed))
        assert mesh.vertices.dtype == np.float32
        assert np.isfinite(mesh.vertices).all()
        assert mesh.triangles.min() >= 0
        assert mesh.triangles.max() < len(mesh.vertices)
        assert mesh.material.max() < len(mesh.materials)
        assert len(mesh.material) == len(mesh.smooth) == len(mesh.triangles)
        assert mesh.vertices[:, 2].min() == pytest.approx(0, abs=0.01)
        middle = (mesh.vertices.min(0) + mesh.vertices.max(0))[:2] / 2
        assert np.abs(middle).max() < 0.01
        assert (mesh.size >= least).all(), (seed, mesh.size)
        assert (mesh.size <= most).all(), (seed, mesh.size)


def parts_of(mesh):
    """(V,) a number for each vertex, equal where triangles join them."""
    label = np.arange(len(mesh.vertices))
    while True:
        least = label[mesh.triangles].min(1)
        new = label.copy()
        for corner in mesh.triangles.T:
            np.minimum.at(new, corner, least)
        if (new == label).all():
            return label
        label = new[new]


@makers
def test_triangles_face_outwards(maker):
    for seed in range(2):
        mesh = maker(np.random.default_rng(seed))
        label = parts_of(mesh)
        points = mesh.vertices.astype(float)
        counts = np.maximum(np.bincount(label), 1)
        centres = np.stack([np.bincount(label, column) / counts for column in points.T], -1)
        a, b, c = (points - centres[label])[mesh.triangles].transpose(1, 0, 2)
        signed = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6
        volumes = np.bincount(label[mesh.triangles[:, 0]], signed)
        # A part that faced inwards would have a negative volume; single sheets may have a little.
        assert volumes.sum() > 0.005
        assert volumes.min() > -2e-4


@makers
def test_a_seed_fixes_the_mesh(maker):
    first, again, other = (maker(np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.vertices, again.vertices)
    np.testing.assert_array_equal(first.triangles, again.triangles)
    assert first.materials == again.materials
    assert first.vertices.shape != other.vertices.shape or not np.allclose(
        first.vertices, other.vertices
    )


def test_people_differ_and_have_few_triangles():
    people = [person(np.random.default_rng(seed)) for seed in range(40)]
    counts = [len(mesh.triangles) for mesh in people]
    heights = [mesh.size[2] for mesh in people]
    assert 1500 <= min(counts) <= max(counts) <= 6000
    assert min(heights) < 1.5 < 1.85 < max(heights)


@settings(max_examples=30, deadline=None)
@given(pose=poses, height=st.floats(1.1, 2.0), child=st.floats(0, 1))
def test_bones_keep_their_lengths_in_any_pose(pose, height, child):
    body = Body(height=height, child=child)
    points = joints(body, pose).points
    for side in SIDES:
        for start, end, length in (
            ("shoulder", "elbow", body.upper_arm),
            ("elbow", "wrist", body.forearm),
            ("hip", "knee", body.thigh),
            ("knee", "ankle", body.shank),
        ):
            bone = points[f"{side} {end}"] - points[f"{side} {start}"]
            assert np.linalg.norm(bone) == pytest.approx(length)
    across = points["right hip"] - points["left hip"]
    assert np.linalg.norm(across) == pytest.approx(body.hips)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("part", "root", "tip"), [("arm", "shoulder", "wrist"), ("leg", "hip", "ankle")]
)
def test_a_limb_reaches_what_its_bones_can(part, root, tip, side):
    body, rng = Body(), np.random.default_rng(0)
    pose = Pose(lean=0.3, stoop=0.1, sway=0.05, twist=0.1)
    start = joints(body, pose).points[f"{side} {root}"]
    for _ in range(20):
        way = rng.normal(size=3)
        target = start + way / np.linalg.norm(way) * rng.uniform(0.2, 0.5)
        bent = reached(body, pose, part, side, target, tuple(rng.normal(size=3)))
        np.testing.assert_allclose(joints(body, bent).points[f"{side} {tip}"], target, atol=1e-6)


def test_the_feet_are_apart_at_contact_and_the_arms_go_the_other_way():
    body = Body()
    for phase, front, back in ((0.0, "right", "left"), (0.5, "left", "right")):
        placed = joints(body, walking(phase)).points
        hips = placed["pelvis"][1]
        assert placed[f"{front} ankle"][1] > hips + 0.2
        assert placed[f"{back} ankle"][1] < hips - 0.2
        assert placed[f"{front} wrist"][1] < hips < placed[f"{back} wrist"][1]


def test_a_swinging_leg_lifts_its_foot_and_bends_its_knee():
    placed = joints(Body(), walking(0.75)).points
    assert placed["right ankle"][2] > placed["left ankle"][2] + 0.05
    assert walking(0.75).right_leg.bent > walking(0.75).left_leg.bent + 0.5


def test_who_stands_has_both_feet_flat_on_the_ground():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        body = any_body(rng)
        placed = joints(body, standing(rng, body))
        left, right = (placed.points[f"{side} ankle"] for side in SIDES)
        assert abs(left[2] - right[2]) < 0.005
        for side in SIDES:
            assert abs(placed.frames[f"{side} foot"][2, 1]) < 0.06


def test_folded_arms_cross_before_the_chest():
    body = Body()
    placed = joints(body, folded_arms(body, Pose())).points
    assert placed["left wrist"][0] > placed["right wrist"][0]
    for side in SIDES:
        assert placed[f"{side} wrist"][1] > placed["chest"][1] + 0.1
        assert placed["pelvis"][2] + 0.15 < placed[f"{side} wrist"][2] < placed["chest"][2]


def test_knees_and_elbows_never_bend_the_wrong_way():
    for seed in range(40):
        rng = np.random.default_rng(seed)
        body = any_body(rng)
        pose = any_pose(rng, body)[0]
        for side in SIDES:
            assert -0.01 <= pose.limb(side, "leg").bent < 2.6
            assert -0.01 <= pose.limb(side, "arm").bent < 2.8


@pytest.mark.parametrize("seed", range(8))
def test_a_person_is_one_shape_with_a_head_above_wider_shoulders(seed):
    mask = silhouette(person(np.random.default_rng(seed)))
    assert area_of_largest(mask) > 0.97
    widths = mask.sum(1)
    assert widths[24:50].max() > 1.5 * widths[6:12].max()
    assert 0.10 < mask.sum() / mask.shape[0] ** 2 < 0.35


@pytest.fixture(scope="module")
def riders():
    """Bodies on what they sit on: (body, contacts, joints)."""
    drawn = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        body = any_body(rng, grown=True)
        bike = drawn_bicycle(any_bicycle(rng, saddle=saddle_for(body)))[1]
        motorcycle = drawn_motorcycle(any_motorcycle(rng))[1]
        drawn += [(body, contacts, mounted(body, contacts)[1]) for contacts in (bike, motorcycle)]
    return drawn


def test_riders_hold_the_grips_and_tread_on_the_pedals(riders):
    for body, contacts, placed in riders:
        for side in SIDES:
            fist = placed.at(f"{side} forearm", f"{side} wrist", (0, 0, -GRIP * body.hand))
            assert np.linalg.norm(fist - contacts.grips[side]) < 0.03
            ball = (0, BALL * body.foot, -body.ankle_height)
            ball = placed.at(f"{side} foot", f"{side} ankle", ball)
            assert np.linalg.norm(ball - contacts.feet[side]) < 0.05


def test_riders_knees_point_ahead_and_their_heads_are_up(riders):
    for _, _, placed in riders:
        for side in SIDES:
            hip, knee = placed.points[f"{side} hip"], placed.points[f"{side} knee"]
            assert knee[1] > hip[1]
        assert placed.frames["head"][2, 2] > 0.9


@pytest.mark.parametrize("maker", [cyclist, motorcyclist])
def test_a_rider_and_the_cycle_are_one_shape(maker):
    for seed in range(4):
        mask = silhouette(maker(np.random.default_rng(seed)), axes=(1, 2))
        assert area_of_largest(mask) > 0.97


def test_a_bicycle_is_see_through_between_its_tubes():
    mask = silhouette(bicycle(np.random.default_rng(0)), height=300, axes=(1, 2))
    filled = np.zeros_like(mask, np.uint8)
    outlines, _ = cv2.findContours(
        mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
    assert mask.sum() < 0.7 * filled.sum()
