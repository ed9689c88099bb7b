"""Rims are left out of a completion, hidden parts are kept."""

import numpy as np

from amodal.slivers import without_slivers


def test_a_rim_goes_and_a_part_stays():
    added = np.zeros((120, 120), bool)
    added[:, 0] = True  # a rim of one pixel
    added[40:80, 60:100] = True
    kept = without_slivers(added, 100 * 100)
    assert kept[40:80, 60:100].all()
    assert kept.sum() == 40 * 40


def test_small_objects_keep_everything():
    added = np.eye(10, dtype=bool)
    assert np.array_equal(without_slivers(added, 200), added)


def test_nothing_is_added():
    added = np.random.default_rng(0).random((60, 60)) > 0.3
    assert not (without_slivers(added, 3000) & ~added).any()
