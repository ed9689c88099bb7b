"""Ways to colour hidden parts: what each may see, and that the comparison ranks them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from amodal.appearance import CutOut
from amodal.evaluation import appearance as evaluation
from amodal.evaluation.appearance import WAYS
from amodal.inpaint import OpenCV
from amodal.inpaint.crops import nearest_known
from tests.rendered_scene import write_rendered_street

RED, BLUE = (200, 30, 30), (20, 20, 200)


def cut_out() -> CutOut:
    """A red disc, with a dark spot, whose right half is behind something blue."""
    y, x = np.mgrid[:60, :60]
    amodal = np.hypot(x - 29.5, y - 29.5) < 20
    photo = np.full((60, 60, 3), BLUE, np.uint8)
    pure = amodal & (x < 28)
    photo[pure] = RED
    photo[24:36, 14:20] = (90, 10, 10)
    near, distance = nearest_known(photo, ~pure)
    return CutOut(photo, amodal, pure, near, distance, float(np.sqrt(pure.sum())))


@pytest.mark.parametrize("way", [name for name in WAYS if name != "surroundings"])
def test_nothing_of_the_surroundings_bleeds_in(way):
    cut = cut_out()
    colours = WAYS[way](cut, OpenCV())[cut.amodal & ~cut.pure]
    assert (colours[:, 0] > 80).all()
    assert (colours[:, 2] < 60).all()


def test_the_surroundings_bleed_in_where_they_are_seen():
    cut = cut_out()
    colours = WAYS["surroundings"](cut, OpenCV())[cut.amodal & ~cut.pure]
    assert colours[:, 2].max() > 120


def test_a_mirror_brings_what_the_other_side_shows():
    cut = cut_out()
    mirrored, plain = (WAYS[name](cut, OpenCV()) for name in ("mirrored", "own pixels, fading"))
    spot = np.s_[26:34, 41:45]
    assert np.abs(mirrored[spot] - (90, 10, 10)).max() < 2
    assert np.abs(plain[spot] - (90, 10, 10)).max() > 50
    amodal = cut.amodal.copy()
    amodal[:, 45:] = False  # no longer symmetric
    slanted = CutOut(cut.photo, amodal, cut.pure, cut.near, cut.distance, cut.unit)
    one, other = (WAYS[name](slanted, OpenCV()) for name in ("mirrored", "own pixels, fading"))
    assert np.array_equal(one, other)


def test_the_command_compares_all_ways(tmp_path: Path, capsys):
    write_rendered_street(tmp_path / "street")
    options = ["--scenes", f"{tmp_path}", "--fills", "opencv", "partial"]
    assert evaluation.main([*options, "--json", f"{tmp_path}/out.json"]) == 0
    printed = capsys.readouterr().out
    rows = json.loads((tmp_path / "out.json").read_text())["objects"]
    assert all(name in printed for name in WAYS)
    assert "OpenCV Telea: 1 objects" in printed
    assert {row["way"] for row in rows} == set(WAYS)
    errors = {row["way"]: row["mae"] for row in rows if row["inpainter"] == "opencv"}
    assert errors["own pixels"] < errors["surroundings"]
    assert evaluation.main(["--scenes", f"{tmp_path}/nothing"]) == 2
