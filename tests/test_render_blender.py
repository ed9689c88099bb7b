"""Blender's pictures agree with the street's own camera, with one another, and with themselves."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("bpy")

from amodal.placement import Placement, place
from amodal.render import blender
from amodal.render.blender_edits import changed_box, draw_edits
from amodal.render.blender_scene import Stage
from amodal.render.blender_sky import sun_direction
from amodal.render.mesh import Material, merged
from amodal.render.primitives import box, ellipsoid
from amodal.render.raster import outline, rasterise
from amodal.render.scene import Camera, Light, Street, Thing
from amodal.render.scenery.build import sheet
from amodal.render.vehicles import car

CAMERA = Camera(160, 90, 120.0, (0.3, 0.0, 1.6), yaw=0.1, pitch=-0.07)
ROAD = Material("asphalt", (0.08, 0.08, 0.08), 0.9)
SAMPLES = 12


@pytest.fixture(scope="module")
def street() -> Street:
    cars = [car(np.random.default_rng(seed)) for seed in range(3)]
    return Street(
        seed=3,
        camera=CAMERA,
        light=Light(0.9, 0.6, overcast=0.3),
        things=(
            Thing(1, "car", cars[0], (-0.4, 7.5, 0.0), turn=0.9),
            Thing(2, "car", cars[1], (-1.9, 12.0, 0.0), turn=-0.4),
            Thing(3, "car", cars[2], (2.4, 16.0, 0.0), turn=1.5),
        ),
        scenery=(sheet((-60, 60), (-20, 200), 0.0, ROAD),),
    )


@pytest.fixture(scope="module")
def folder(street, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("street")
    blender.render(street, out, samples=SAMPLES)
    return out


def read(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None, path
    return picture[..., [2, 1, 0, 3][: picture.shape[2]]]


def in_photo(seen, mask: np.ndarray) -> np.ndarray:
    """A window's mask on the photo's canvas."""
    out = np.zeros(seen.size, bool)
    rows, columns = seen.window
    y, x = seen.y0 + rows.start, seen.x0 + columns.start
    cut = mask[rows, columns]
    out[y : y + cut.shape[0], x : x + cut.shape[1]] = cut
    return out


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return (a & b).sum() / (a | b).sum()


def test_the_camera_projects_as_blender_does(street):
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    stage = Stage(street, 1)
    stage.bpy.context.view_layer.update()
    points = np.array([(0.0, 5.0, 0.0), (-2.0, 9.0, 2.5), (3.0, 30.0, 1.0), (-9.0, 40.0, 6.0)])
    expected, depth = CAMERA.project(points)
    for point, pixel, far in zip(points, expected, depth, strict=True):
        x, y, z = world_to_camera_view(stage.scene, stage.scene.camera, Vector(point))
        np.testing.assert_allclose((160 * x, 90 * (1 - y)), pixel, atol=1e-3)
        assert z == pytest.approx(far, rel=1e-5)


def test_small_balls_appear_where_they_project(street):
    lamp = Material("ball", (1.0, 1.0, 1.0), glow=50.0)
    points = np.array([(-1.6, 6.0, 0.4), (1.1, 5.0, 2.2), (0.3, 8.0, 1.4)])
    for point in points:
        ball = Thing(1, "car", ellipsoid((0, 0, 0), (0.05, 0.05, 0.05), lamp), tuple(point))
        stage = Stage(replace(street, things=(ball,), scenery=()), 16)
        _, picture = next(stage.cutouts({1: (0, 0, 160, 90)}))
        alpha = picture[..., 3]
        rows, columns = np.mgrid[:90, :160] + 0.5
        centre = (columns * alpha).sum() / alpha.sum(), (rows * alpha).sum() / alpha.sum()
        np.testing.assert_allclose(centre, CAMERA.project(point[None])[0][0], atol=0.15)


def test_an_objects_alpha_is_its_silhouette(street):
    large = replace(CAMERA, width=640, height=360, focal=480.0)
    street = replace(street, camera=large)
    stage = Stage(street, 8)
    seen = rasterise(street)
    boxes = {item.id: (0, 0, 640, 360) for item in seen}
    cutouts = dict(stage.cutouts(boxes))
    for item in seen:
        assert iou(cutouts[item.id][..., 3] > 0.5, in_photo(item, item.amodal)) > 0.97


def test_every_object_has_a_layer_that_covers_what_is_seen_of_it(street, folder):
    for item in rasterise(street):
        alpha = read(folder / "objects" / f"{item.id}.png")[..., 3]
        visible = in_photo(item, item.modal)
        assert alpha[visible].mean() > 0.93 * 255
        assert alpha[~in_photo(item, item.amodal)].mean() < 6


def test_plate_and_layers_give_the_photo_but_for_shadows(street, folder):
    photo = read(folder / "photo.png").astype(float)
    mixed = read(folder / "plate.png").astype(float)
    covered = np.zeros(mixed.shape[:2], bool)
    for item in sorted(rasterise(street), key=lambda item: -item.depth):
        layer = read(folder / "objects" / f"{item.id}.png").astype(float)
        alpha = layer[..., 3:] / 255
        mixed = alpha * layer[..., :3] + (1 - alpha) * mixed
        covered |= in_photo(item, item.modal)
    inside = cv2.erode(covered.astype(np.uint8), np.ones((3, 3))).astype(bool)
    difference = np.abs(mixed - photo).mean(axis=-1)
    assert difference[inside].mean() < 8
    sky = np.arange(90)[:, None] < 15
    assert difference[np.broadcast_to(sky, covered.shape) & ~covered].mean() < 4


def test_the_plate_shows_no_object(street, folder):
    plate, photo = (
        read(folder / "plate.png").astype(float),
        read(folder / "photo.png").astype(float),
    )
    for item in rasterise(street):
        visible = in_photo(item, item.modal)
        assert np.abs(plate - photo)[visible].mean() > 10


def test_an_edits_picture_is_cut_to_the_box_that_changes(folder):
    photo = read(folder / "photo.png")
    edits = json.loads((folder / "edits.json").read_text())
    assert {"delete", "sideways", "depth"} <= {edit["kind"] for edit in edits}
    for edit in edits:
        picture = read(folder / "edits" / f"{edit['name']}.png")
        x0, y0, x1, y1 = edit["box"]
        assert picture.shape == (y1 - y0, x1 - x0, 3)
        assert (picture != photo[y0:y1, x0:x1]).any()


def test_moves_take_an_object_to_where_it_is_rendered(street, folder):
    """Its whole mask, shifted and enlarged about its foot, covers its place after the edit."""
    drawn = {edit.name: edit for edit in draw_edits(street)}
    checked = 0
    for note in json.loads((folder / "edits.json").read_text()):
        for move, thing in zip(note["moves"], drawn[note["name"]].things, strict=True):
            (old,) = street.only(thing.id).things
            before, after = (outline(each, street.camera) for each in (old, thing))
            x, y = before.x0 + before.mask.shape[1] / 2, before.y0 + before.mask.shape[0]
            placement = Placement(move["dx"], move["dy"], move["scale"])
            size = street.camera.height, street.camera.width
            affine = placement.affine((x, y))
            mask = before.mask.astype(np.float32)
            moved, x0, y0 = place(mask, before.x0, before.y0, affine, *size)
            ours = on_canvas(moved >= 0.5, x0, y0)
            true = on_canvas(after.mask, after.x0, after.y0)
            # Things that change places turn as well, so another side of them is seen.
            alike = 0.55 if note["kind"] == "swap" else 0.7
            assert iou(ours[100:190, 200:360], true[100:190, 200:360]) > alike
            assert y + move["dy"] == pytest.approx(after.y0 + after.mask.shape[0], abs=0.6)
            middle = after.x0 + after.mask.shape[1] / 2
            assert x + move["dx"] == pytest.approx(middle, abs=0.6)
            checked += 1
    assert checked >= 2


def on_canvas(mask, x0, y0):
    """A mask on a canvas whose pixel (200, 100) is the photo's corner."""
    canvas = np.zeros((400, 600), bool)
    height, width = mask.shape
    canvas[y0 + 100 : y0 + 100 + height, x0 + 200 : x0 + 200 + width] = mask
    return canvas


def test_the_order_after_an_edit_names_all_that_stay_from_far_to_near(street, folder):
    for note in json.loads((folder / "edits.json").read_text()):
        assert not set(note["order"]) & set(note["removed"])
        if note["kind"] == "delete":
            seen = [item.id for item in rasterise(street.without(*note["removed"]))]
            assert note["order"] == seen[::-1]


def test_an_edit_is_the_street_rendered_with_the_change(street, folder):
    deleted = next(edit for edit in draw_edits(street) if edit.kind == "delete")
    assert changed_box(street, deleted) is not None
    seen = next(item for item in rasterise(street) if item.id == deleted.removed[0])
    where = cv2.erode(in_photo(seen, seen.modal).astype(np.uint8), np.ones((5, 5))).astype(bool)
    note = json.loads((folder / "edits.json").read_text())[0]
    assert note["name"] == "delete"
    x0, y0, x1, y1 = note["box"]
    picture = read(folder / "photo.png").astype(float)
    picture[y0:y1, x0:x1] = read(folder / "edits" / "delete.png")
    exposure = Stage(street, SAMPLES).expose()
    stage = Stage(street.without(*deleted.removed), SAMPLES)
    stage.scene.view_settings.exposure = exposure
    truth = 255 * stage.picture()
    assert np.abs(truth - picture)[where].mean() < 6


def test_a_move_in_depth_grows_by_its_factor(street):
    edit = next(edit for edit in draw_edits(street) if edit.kind == "depth")
    before = next(thing for thing in street.things if thing.id == edit.ids[0])
    tall = []
    for thing in (before, edit.things[0]):
        foot = np.array([thing.position, np.add(thing.position, (0, 0, 1.0))])
        tall.append(np.ptp(street.camera.project(foot)[0][:, 1]))
    assert tall[1] / tall[0] == pytest.approx(edit.factor, rel=0.03)


def test_edits_keep_objects_apart(street):
    for edit in draw_edits(street):
        for thing in edit.things:
            assert outline(thing, street.camera) is not None
            assert thing.position[2] == pytest.approx(0.0)


def test_equal_streets_give_equal_bytes(street, folder, tmp_path):
    blender.render(street, tmp_path, samples=SAMPLES)
    names = sorted(path.relative_to(folder) for path in folder.rglob("*.*"))
    assert names == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*"))
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_the_sun_shines_from_where_the_light_says(street):
    light = Light(0.7, 1.2)
    post = box((0.3, 0.3, 1.5), (0.0, 9.0, 0.75), Material("post", (0.3, 0.3, 0.3)))
    top = np.array([(0.0, 9.0, 1.5)])
    bare = replace(street, light=light, things=())
    stage = Stage(bare, 8)
    exposure = stage.expose()
    clear = stage.picture()
    stage = Stage(replace(bare, scenery=(merged([*bare.scenery, post]),)), 8)
    stage.scene.view_settings.exposure = exposure
    shaded = stage.picture()
    sun = np.array(sun_direction(light))
    thrown = top - 0.8 * top[0, 2] / sun[2] * sun
    thrown[:, 2] = 0
    x, y = np.floor(CAMERA.project(thrown)[0][0]).astype(int)
    assert shaded[y, x].mean() < 0.75 * clear[y, x].mean()


def test_without_bpy_the_import_works_and_rendering_says_what_to_install():
    script = (
        "import sys; sys.modules['bpy'] = None\n"
        "from amodal.errors import AmodalError\n"
        "from amodal.render import blender_scene\n"
        "import amodal.render.blender\n"
        "try:\n    blender_scene.load_bpy()\n"
        "except AmodalError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "pip install bpy==4.5.15" in done.stdout, done.stderr
