"""The camera, and masks of hand-made meshes against a brute-force z-buffer."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from amodal.render.layout.models import model
from amodal.render.primitives import box
from amodal.render.raster import SCENERY, rasterise
from amodal.render.scene import Camera, Light, Street, Thing
from amodal.render.spans import spans
from tests.render_parts import GREY, SMALL, boxes, on_photo

# The camera.


def test_a_camera_looks_along_y_with_x_to_the_right_and_z_up():
    pixels, depth = Camera(200, 100, 50.0, (1.0, 2.0, 1.5)).project(
        np.array([(1.0, 12.0, 1.5), (3.0, 12.0, 1.5), (1.0, 7.0, 2.5), (1.0, 7.0, 0.0)])
    )
    np.testing.assert_allclose(pixels, [(100, 50), (110, 50), (100, 40), (100, 65)])
    np.testing.assert_allclose(depth, [10, 10, 5, 5])


def test_yaw_turns_to_the_left_and_pitch_upwards():
    ahead = np.array([(0.0, 10.0, 0.0)])
    left = Camera(200, 100, 50.0, (0, 0, 0), yaw=np.arctan(0.5))
    np.testing.assert_allclose(left.project(ahead)[0], [(100 + 50 * 0.5, 50)])
    up = Camera(200, 100, 50.0, (0, 0, 0), pitch=np.arctan(0.2))
    np.testing.assert_allclose(up.project(ahead)[0], [(100, 50 + 50 * 0.2)])


@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (0.7, 0), (0, -0.3), (-2.0, 0.4)])
def test_the_rotation_is_orthonormal_and_right_handed(yaw, pitch):
    rotation = Camera(2, 2, 1.0, (0, 0, 0), yaw, pitch).rotation
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert rotation[0, 2] == 0  # the horizon is level


# Masks.


def brute_force(street):
    """Rays through pixel centres against every triangle: id of the nearest, 0 none, -1 scenery."""
    camera = street.camera
    y, x = np.mgrid[: camera.height, : camera.width] + 0.5
    rays = np.stack(
        [(x - camera.width / 2) / camera.focal, (y - camera.height / 2) / camera.focal, x * 0 + 1],
        axis=-1,
    )
    best, owner = np.full(x.shape, np.inf), np.zeros(x.shape, int)
    alone = {thing.id: np.zeros(x.shape, bool) for thing in street.things} | {-1: x < 0}
    meshes = [(thing.id, thing.placed) for thing in street.things]
    for id, mesh in [*meshes, *((-1, mesh) for mesh in street.scenery)]:
        for a, b, c in camera.view(mesh.vertices.astype(float))[mesh.triangles]:
            matrix = np.stack([b - a, c - a], axis=-1)
            normal = np.cross(b - a, c - a)
            with np.errstate(divide="ignore", invalid="ignore"):
                depth = (a @ normal) / (rays @ normal)
                share = (rays * depth[..., None] - a) @ np.linalg.pinv(matrix).T
            hit = (share.min(axis=-1) >= 0) & (share.sum(axis=-1) <= 1) & (depth > 0.05)
            alone[id] |= hit
            nearer = hit & (depth < best)
            best[nearer], owner[nearer] = depth[nearer], id
    return owner, alone


CROWD = (
    (0.4, 9, 1.8, 4, 1.5, 0.3),
    (-0.9, 7, 1.2, 1.2, 1.0, 1.0),
    (1.8, 6, 0.5, 0.5, 1.8, 0.2),
    (-3.5, 12, 2.2, 6, 3.0, -0.4),
    (-2.6, 4, 1.5, 3, 1.1, 0.0),
)


@pytest.mark.parametrize(
    "camera", [SMALL, replace(SMALL, yaw=0.3, pitch=-0.1), replace(SMALL, position=(0.5, 2, 2.2))]
)
def test_masks_are_those_of_a_brute_force_z_buffer(camera):
    wall = box((1.0, 0.2, 4.0), (0.3, 5.5, 2.0), GREY)
    street = boxes(*CROWD, camera=camera, scenery=[wall])
    owner, alone = brute_force(street)
    found = rasterise(street)
    assert len(found) >= 4
    for item in found:
        # Rays that graze an edge may fall on either side of it.
        assert (on_photo(item, item.amodal) != alone[item.id]).sum() <= 3
        assert (on_photo(item, item.modal) != (owner == item.id)).sum() <= 3
        covers = {max(int(id), SCENERY) for id in np.unique(owner[alone[item.id]])} - {item.id}
        assert covers <= set(item.hidden_by)


def test_objects_that_run_through_each_other_share_the_pixels_by_depth():
    street = boxes((0, 8, 1, 6, 1, 0.6), (0, 8, 1, 6, 1, -0.6))
    owner, _ = brute_force(street)
    for item in rasterise(street):
        assert (on_photo(item, item.modal) != (owner == item.id)).sum() <= 3
        assert 0.1 < item.occlusion_rate < 0.9


def test_the_nearer_one_hides_the_farther_one_and_comes_first():
    first, second = rasterise(boxes((0.3, 12, 2, 2, 2, 0), (0, 6, 2, 2, 1, 0)))
    assert (first.id, second.id) == (2, 1)
    assert (first.depth, second.depth) == (pytest.approx(5), pytest.approx(11))
    assert first.hidden_by == ()
    assert first.occlusion_rate == 0
    assert second.hidden_by == (2,)
    assert 0 < second.occlusion_rate < 1


def test_scenery_hides_only_what_is_behind_it():
    pole = box((0.3, 0.3, 5.0), (0.0, 8.0, 2.5), GREY)
    road = box((60, 200, 0.1), (0, 0, -0.05), GREY)
    behind = boxes((0, 12, 2, 2, 2, 0), scenery=[road, pole])
    (item,) = rasterise(behind)
    assert item.hidden_by == (SCENERY,)
    assert 0.05 < item.occlusion_rate < 0.4
    (before,) = rasterise(boxes((0, 6, 2, 2, 2, 0), scenery=[road, pole]))
    assert before.hidden_by == ()
    assert before.occlusion_rate == 0


def test_the_whole_of_a_truncated_object_goes_on_beyond_the_photo():
    (item,) = rasterise(boxes((-4.2, 8, 2, 4, 2, 0)))
    assert item.x0 < 0 < item.x0 + item.amodal.shape[1]
    assert item.complete
    assert 0.2 < item.truncation < 0.8
    assert not item.modal[:, : -item.x0].any()
    wide = replace(SMALL, width=3 * SMALL.width)
    (alone,) = rasterise(boxes((-4.2, 8, 2, 4, 2, 0), camera=wide))
    np.testing.assert_array_equal(item.amodal, alone.amodal)


def test_an_object_beside_the_camera_is_not_complete():
    (item,) = rasterise(boxes((-2, 1, 1, 9, 2, 0)))
    assert not item.complete
    assert item.modal.any()
    assert rasterise(boxes((0, -6, 2, 4, 2, 0))) == ()


def test_triangles_that_share_edges_cover_each_pixel_once():
    rng = np.random.default_rng(0)
    middle, x, y = rng.uniform(5, 15, 2), rng.uniform(0, 20, 2), rng.uniform(0, 20, 2)
    ring = [(0, 0), (x[0], 0), (20, 0), (20, y[0]), (20, 20), (x[1], 20), (0, 20), (0, y[1])]
    fan = np.array([(middle, ring[k], ring[(k + 1) % 8]) for k in range(8)])
    runs = spans(fan, 0, 0, 20, 20)
    covered = np.zeros((20, 20), int)
    for row, start, end in zip(runs.row, runs.start, runs.end, strict=True):
        covered[row, start:end] += 1
    assert (covered == 1).all()
    needle = np.array([[(3.6, 2.0), (3.8, 2.0), (3.7, 9.0)]])
    assert len(spans(needle, 0, 0, 20, 20).row) == 0


def test_one_sees_through_the_wheels_of_a_bicycle():
    mesh = model("bicycle", 0)
    camera = Camera(1242, 375, 721.0, (0, 0, 1.0))
    thing = Thing(1, "bicycle", mesh, (0.0, 12.0, 0.0), np.pi / 2)
    (item,) = rasterise(Street(0, camera, Light(1.0, 0.0), (thing,), ()))
    mask = item.amodal.astype(np.uint8)
    closed = cv2.morphologyEx(np.pad(mask, 40), cv2.MORPH_CLOSE, np.ones((35, 35)))
    assert mask.sum() < 0.62 * closed.sum()
