"""Cars on a turntable: the same car from all sides, its picture and its parts in one place."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from amodal.render.layout.models import UNSEEN
from amodal.render.turntable import SIDE, main, turntable


def test_views_go_all_around_and_are_functions_of_the_number():
    street, views = turntable(5, 8)
    again, same = turntable(5, 8)
    assert views == same
    assert (again.camera, again.light) == (street.camera, street.light)
    turns = np.sort([view.turn for view in views])
    assert np.diff([*turns, turns[0] + 2 * np.pi]).max() < 2 * np.pi / 8 * 1.7
    assert turntable(6, 8)[1] != views


def test_mistakes_are_told_before_anything_is_rendered(tmp_path, capsys):
    assert main(["--cars", "0", "--out", f"{tmp_path}"]) == 2
    assert "--cars and --views must be at least 1" in capsys.readouterr().err


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("bpy", reason="needs Blender: pip install bpy==4.5.15")
    out = tmp_path_factory.mktemp("cars")
    assert main(["--cars", "1", "--views", "2", "--unseen", "--out", f"{out}"]) == 0
    return out / f"{UNSEEN:07d}"


def test_picture_and_parts_have_one_silhouette(folder):
    for index in range(2):
        picture = cv2.imread(str(folder / f"{index}.png"), cv2.IMREAD_UNCHANGED)
        parts = cv2.imread(str(folder / f"{index}-parts.png"), cv2.IMREAD_UNCHANGED)
        assert picture.shape == (SIDE, SIDE, 4)
        solid, shape = picture[..., 3] > 127, parts > 0
        assert (solid & shape).sum() / (solid | shape).sum() > 0.97
        assert picture[solid][:, :3].std() > 5


def test_views_are_written_and_a_second_run_renders_nothing(folder):
    views = json.loads((folder / "views.json").read_text())
    assert views["number"] == UNSEEN
    assert len(views["views"]) == 2
    before = (folder / "0.png").stat().st_mtime_ns
    options = ["--cars", "1", "--views", "2", "--unseen", "--out", f"{folder.parent}"]
    assert main(options) == 0
    assert (folder / "0.png").stat().st_mtime_ns == before
