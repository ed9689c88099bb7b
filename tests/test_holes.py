"""Holes to train and test inpainters with, and which photos are for which."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.data.holes import HoleConfig, Holes
from amodal.data.shapes import toy_shapes
from amodal.data.street_photos import part_of, photo_paths
from amodal.errors import AmodalError

SHAPES = toy_shapes(4)
KINDS = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]


@given(st.integers(0, 10_000), st.integers(16, 96), st.sampled_from(KINDS))
@settings(max_examples=60, deadline=None)
def test_holes_are_neither_empty_nor_too_large(seed: int, side: int, kinds):
    holes = Holes(SHAPES, HoleConfig(kinds=kinds, most=0.4))
    hole = holes.draw(np.random.default_rng(seed), side)
    assert hole.shape == (side, side)
    assert hole.dtype == bool
    assert 0 < hole.mean() <= 0.4
    assert np.array_equal(hole, holes.draw(np.random.default_rng(seed), side))


def test_silhouettes_have_the_shapes_outlines():
    """Of a square alone, each hole is a rectangle."""
    square = SHAPES[0].__class__(np.ones((20, 20), bool), "car", (1,))
    holes = Holes([square], HoleConfig(kinds=KINDS[0], rim=(0, 0), object_side=(0.3, 0.3)))
    sizes = []
    for seed in range(40):
        hole = holes.draw(np.random.default_rng(seed), 100)
        rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
        sizes.append((len(rows), len(columns)))
    assert (30, 30) in sizes  # one that lies inside
    assert any(min(size) < 30 for size in sizes)  # one that leaves the picture


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_beyond_an_island_nothing_is_known(seed: int):
    holes = Holes(SHAPES, HoleConfig(islands=1.0))
    known, counted = holes.task(np.random.default_rng(seed), 64)
    assert not (known & ~counted).any()
    assert 0.15 * counted.sum() < known.sum() < counted.sum()


def test_without_islands_all_counts_and_a_hole_is_missing():
    holes = Holes(SHAPES, HoleConfig(islands=0.0))
    known, counted = holes.task(np.random.default_rng(3), 64)
    assert counted.all()
    assert 0.55 <= known.mean() < 1


def test_strips_touch_the_border():
    holes = Holes(SHAPES, HoleConfig(kinds=KINDS[2]))
    for seed in range(20):
        hole = holes.draw(np.random.default_rng(seed), 64)
        assert hole[0].any() or hole[-1].any() or hole[:, 0].any() or hole[:, -1].any()


def test_no_shapes_and_too_narrow_limits_are_told():
    with pytest.raises(ValueError, match="shapes: got none"):
        Holes([])
    with pytest.raises(ValueError, match="no hole fits"):
        Holes(SHAPES, HoleConfig(most=0.0)).draw(np.random.default_rng(0), 32)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("camvid/train/0001TP_006690.jpg", "train"),
        ("camvid/test/0001TP_008550.jpg", "train"),  # the other half of a training sequence
        ("camvid/test/Seq05VD_f00000.jpg", "test"),
        ("camvid/val/0016E5_07959.jpg", "train"),
        ("idd_lite/val/119_903127_image.jpg", "val"),
        ("idd_lite/test/103_206393_image.jpg", "test"),
        ("kitti_road/um_000000.jpg", "train"),
        ("test.jpg", "train"),
    ],
)
def test_photos_are_divided_by_sequence(path: str, part: str):
    assert part_of(Path(path)) == part


def test_photos_of_a_part_are_found(tmp_path):
    for name in ("a.jpg", "notes.txt", "test/b.PNG", "test/deep/c.webp"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert [path.name for path in photo_paths(tmp_path, "train")] == ["a.jpg"]
    assert [path.name for path in photo_paths(tmp_path, "test")] == ["b.PNG", "c.webp"]
    with pytest.raises(AmodalError, match="no photo of the part 'val'"):
        photo_paths(tmp_path, "val")
    with pytest.raises(AmodalError, match="is no folder"):
        photo_paths(tmp_path / "none", "train")
    with pytest.raises(ValueError, match="part: got 'all'"):
        photo_paths(tmp_path, "all")
