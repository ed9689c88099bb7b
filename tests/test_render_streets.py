"""Rendered streets: what stands in them and what is written."""

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
from amodal.render.layout.models import KINDS
from amodal.render.primitives import box
from amodal.render.raster import rasterise
from amodal.render.write import write_scene
from tests.render_parts import GREY, boxes, on_photo

SEEDS = (2, 5, 9)


@pytest.fixture(scope="module", autouse=True)
def small_library():
    """Three meshes of a kind: building them is what takes long."""
    with pytest.MonkeyPatch.context() as patch:
        for name, kind in KINDS.items():
            patch.setitem(KINDS, name, replace(kind, count=3))
        yield


@pytest.fixture(scope="module")
def streets():
    return [layout.street(seed, scenery=False) for seed in SEEDS]


@pytest.fixture(scope="module")
def seen(streets):
    return [rasterise(street) for street in streets]


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
