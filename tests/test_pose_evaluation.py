"""Turned cars against the truth: what is asked, and that a perfect answer scores best."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amodal.evaluation import poses
from amodal.likeness import BEST_PSNR
from amodal.pose.gallery import FILE as GALLERY
from amodal.render.gallery import gallery
from tests.pose_parts import write_network
from tests.test_pose import write_car


@pytest.fixture(scope="module")
def cars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cars")
    for number in range(3):
        write_car(root / f"{number}", (60 * number + 40, 90, 120))
    return root


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    write_network(folder)
    gallery(steps=4, side=48).save(folder / GALLERY)
    return folder


class Oracle:
    """Paints the wanted picture itself."""

    def __init__(self, folder: Path, wanted: int) -> None:
        self.path = folder / f"{wanted}.png"

    def paint(self, rgba, layout):
        rows, columns = np.flatnonzero((layout > 0).any(1)), np.flatnonzero((layout > 0).any(0))
        window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return poses.read(self.path)[..., :3][window], 255 * (layout[window] > 0)


def test_a_perfect_answer_has_the_best_scores(cars):
    network, warp = poses.scores(Oracle(cars / "1", 2), cars / "1", 0, 2, None)
    assert network["psnr"] == BEST_PSNR
    assert network["mae"] == 0
    assert warp["fill"] == poses.WARP
    assert 10 < warp["psnr"] < BEST_PSNR


@given(st.integers(2, 30), st.integers(1, 30))
def test_other_poses_are_asked_for_than_are_shown(views: int, count: int):
    class Folder:
        def __truediv__(self, name):
            return self

        def read_text(self):
            return json.dumps({"views": [{}] * views})

    asked = list(poses.pairs(Folder(), count))
    assert 1 <= len(asked) <= count
    assert all(shown != wanted and max(shown, wanted) < views for shown, wanted in asked)


def test_the_command_end_to_end(cars, weights, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(poses, "fetch_own", lambda reference: weights)
    options = ["--cars", f"{cars}", "--pairs", "2", "--perceptual", "none"]
    assert poses.main([*options, "--json", f"{tmp_path}/poses.json"]) == 0
    document = json.loads((tmp_path / "poses.json").read_text())
    assert len(document["poses"]) == 3 * 2 * 2
    report = capsys.readouterr().out
    assert "3 cars, 6 turns" in report
    assert "| network |" in report


def test_no_cars_are_told(tmp_path, weights, monkeypatch, capsys):
    monkeypatch.setattr(poses, "fetch_own", lambda reference: weights)
    assert poses.main(["--cars", f"{tmp_path}", "--perceptual", "none"]) == 2
    assert "holds no cars" in capsys.readouterr().err
