"""Rendered streets: the camera, masks against a brute-force z-buffer, and what is written."""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import combinations

import cv2
import numpy as np
import pytest

from amodal import scene
from amodal.data.coco import decode_rle, read_instances
from amodal.render import layout, write
from amodal.render.__main__ import main
from amodal.render.layout.footprints import Ground, apart
from amodal.render.layout.models import KINDS, model
from amodal.render.mesh import Material
from amodal.render.primitives import box
from amodal.render.raster import SCENERY, rasterise
from amodal.render.scene import Camera, Light, Street, Thing
from amodal.render.spans import spans
from amodal.render.write import write_scene

GREY = Material("grey", (0.2, 0.2, 0.2))
SMALL = Camera(96, 64, 80.0, (0.0, 0.0, 1.5))
SEEDS = (2, 5, 9)


@pytest.fixture(scope="module", autouse=True)
def small_library():
    """Three meshes of a kind: building them is what takes long."""
    with pytest.MonkeyPatch.context() as patch:
        for name, kind in KINDS.items():
            patch.setitem(KINDS, name, replace(kind, count=3))
        yield


def boxes(*places, camera=SMALL, scenery=()):
    """A street of boxes: (x, y, width, length, height, turn), standing on the ground."""
    things = []
    for id, (x, y, wide, long, high, turn) in enumerate(places, start=1):
        mesh = box((wide, long, high), (0, 0, high / 2), GREY)
        things.append(Thing(id, "car", mesh, (x, y, 0.0), turn))
    return Street(0, camera, Light(1.0, 0.0), tuple(things), tuple(scenery))


def on_photo(seen, mask):
    photo = np.zeros((3 * seen.size[0], 3 * seen.size[1]), bool)
    y, x = seen.y0 + seen.size[0], seen.x0 + seen.size[1]
    photo[y : y + mask.shape[0], x : x + mask.shape[1]] = mask
    return photo[seen.size[0] : 2 * seen.size[0], seen.size[1] : 2 * seen.size[1]]


@pytest.fixture(scope="module")
def streets():
    return [layout.street(seed, scenery=False) for seed in SEEDS]


@pytest.fixture(scope="module")
def seen(streets):
    return [rasterise(street) for street in streets]


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


# Streets.


def test_visible_parts_lie_in_the_whole_and_apart_from_each_other(seen):
    for items in seen:
        taken = np.zeros(items[0].size, int)
        for item in items:
            assert not (item.modal & ~item.amodal).any()
            assert item.amodal.any(axis=0).all() or item.amodal.any(axis=1).any()
            assert bool(item.hidden_by) == (item.occlusion_rate > 0)
            taken += on_photo(item, item.modal)
        assert taken.max() == 1
        assert [item.depth for item in items] == sorted(item.depth for item in items)


def test_streets_are_full_and_hide_much(seen):
    for items in seen:
        rates = np.array([item.occlusion_rate for item in items])
        assert len(items) >= 10
        assert ((rates > 0.05) & (rates < 0.95)).sum() >= 3
        assert (rates < 0.95).sum() >= 6


def test_nothing_stands_in_anything_else():
    for seed in SEEDS:
        _, placed = layout.items(seed)
        for first, second in combinations(placed, 2):
            assert apart(first.footprint, second.footprint, 0.0), (first, second)


def rectangle(x, y, half, turn=0.0):
    corners = half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    c, s = np.cos(turn), np.sin(turn)
    return corners @ np.array([[c, s], [-s, c]]) + np.array([x, y])


def test_rectangles_are_apart_by_the_margin_at_least():
    square = rectangle(0, 0, 0.5)
    assert apart(square, rectangle(1.5, 0, 0.5), 0.49)
    assert not apart(square, rectangle(1.5, 0, 0.5), 0.51)
    diamond = rectangle(1.0, 1.0, 0.5, np.pi / 4)
    gap = np.sqrt(2) - np.sqrt(0.5) - 0.5
    assert apart(square, diamond, gap - 0.01)
    assert not apart(square, diamond, gap + 0.01)


def test_scenery_on_the_pavement_is_in_the_way():
    pole = box((0.2, 0.2, 4.0), (6.0, 10.0, 2.0), GREY)
    slab = box((4.0, 80.0, 0.12), (6.0, 20.0, 0.06), GREY)
    ground = Ground([pole, slab])
    assert not ground.is_free(rectangle(6.1, 10.1, 0.3), 0.1)
    assert ground.is_free(rectangle(6.9, 10.1, 0.3), 0.1)


def test_all_classes_appear():
    names = {item.kind for seed in range(12) for item in layout.items(seed)[1]}
    assert names >= set(scene.CLASSES) - {"unknown"}


def test_pavements_are_as_high_as_those_that_scenery_builds():
    ground = pytest.importorskip("amodal.render.scenery.ground")
    assert ground.KERB_HEIGHT == layout.views.KERB_HEIGHT


# Files and data.


def test_equal_seeds_give_equal_files(streets, tmp_path):
    again = layout.street(SEEDS[0], scenery=False)
    assert [t.mesh.materials for t in again.things] == [t.mesh.materials for t in streets[0].things]
    for name, street in (("a", streets[0]), ("b", again), ("c", streets[1])):
        write_scene(street, tmp_path / name)
    texts = [(tmp_path / name / "scene.json").read_bytes() for name in "abc"]
    assert texts[0] == texts[1] != texts[2]


def test_the_project_reads_the_visible_parts(streets, tmp_path):
    for street in streets:
        written = [item for item in write_scene(street, tmp_path) if item.modal.any()]
        size = street.camera.height, street.camera.width
        read = read_instances(tmp_path / "scene.json", *size)
        assert [item.category for item in read] == [item.category for item in written]
        for instance, item in zip(read, written, strict=True):
            np.testing.assert_array_equal(instance.modal, on_photo(item, item.modal))


def test_the_file_holds_the_whole_masks_and_how_each_object_stands(streets, seen, tmp_path):
    write_scene(streets[0], tmp_path)
    document = json.loads((tmp_path / "scene.json").read_text())
    items = {item.id: item for item in seen[0]}
    things = {thing.id: thing for thing in streets[0].things}
    assert document["annotations"]
    for entry in [*document["annotations"], *document["hidden"]]:
        item, whole = items[entry["id"]], entry["amodal"]
        inside = decode_rle(whole["segmentation"])
        np.testing.assert_array_equal(inside, on_photo(item, item.amodal))
        assert whole["bbox"] == [item.x0, item.y0, *item.amodal.shape[::-1]]
        assert ("window" in whole) == (item.truncation > 0)
        if "window" in whole:
            assert (whole["window"]["x0"], whole["window"]["y0"]) == (item.x0, item.y0)
            mask = decode_rle(whole["window"]["segmentation"])
            np.testing.assert_array_equal(mask, item.amodal)
        np.testing.assert_allclose(
            entry["pose"]["position"], things[entry["id"]].position, atol=1e-3
        )
    assert write.CLASSES == scene.CLASSES


def test_masks_as_pictures(tmp_path):
    street = boxes((0.3, 12, 2, 2, 2, 0), (-3.9, 6, 2, 2, 1, 0))
    items = write_scene(street, tmp_path, pngs=True)
    for item in items:
        picture = cv2.imread(str(tmp_path / f"modal_{item.id:03d}.png"), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(picture == 255, on_photo(item, item.modal))


def test_the_command_writes_a_folder_a_street(tmp_path, capsys):
    flags = ["--scenes", "2", "--seed", "5", "--out", str(tmp_path), "--bare"]
    assert main([*flags, "--masks-only"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000005", "000006"]
    assert "objects" in capsys.readouterr().out
    assert main(["--scenes", "0", "--out", str(tmp_path)]) == 2


def test_the_command_says_how_to_get_blender(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "bpy", None)
    assert main(["--out", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert "pip install bpy==4.5.15" in message
    assert "--masks-only" in message


def test_streets_are_drawn_without_torch():
    modules = "sys, amodal.render.__main__, amodal.render.raster"
    code = f"import {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
