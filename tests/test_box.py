"""The protocol of label boxes, on a small street, and its fixed list."""

import json

import numpy as np
import pytest

from amodal.data import kitti_mots
from amodal.errors import AmodalError
from amodal.evaluation import box
from amodal.evaluation.box import LIST_FILE, case_of, draw, held_out_cases
from amodal.evaluation.recording import Recording
from amodal.geometry import Box, tight_box
from tests.street import HIDDEN, change, driving, extent, street, write_street


@pytest.fixture
def recording(tmp_path) -> Recording:
    return Recording(kitti_mots.read(write_street(tmp_path, street()), [0]))


def test_the_truth_is_the_label_s_box(recording):
    case = case_of(recording, (0, 6, 1004))
    assert case.whole is None
    x0, y0, x1, y1 = extent(driving(6))
    left, top = case.photo.x0, case.photo.y0
    assert case.full_extent == Box(x0 + left, y0 + top, x1 + left, y1 + top)
    assert case.full_extent.contains(tight_box(case.modal))
    assert case.group == (0, 1004)


def test_levels_are_asked_apart(tmp_path):
    write_street(tmp_path, street())
    partly, whole = (held_out_cases(tmp_path, [0], level).cases for level in (1, 0))
    assert len(partly) == 2
    assert len(whole) > len(partly)
    assert all(case.modal.sum() < driving(0).sum() for case in partly)
    assert held_out_cases(tmp_path, [0], 2).cases == ()


def speck() -> np.ndarray:
    mask = np.zeros_like(driving(6))
    mask[50:60, 70:80] = True
    return mask


@pytest.mark.parametrize("changes", [{"truncated": 1}, {"occluded": 3}, {"mask": speck()}])
def test_what_the_label_does_not_tell_whole_is_left_out(tmp_path, changes):
    scene = change(street(), HIDDEN, [6, 8], **changes)
    items = kitti_mots.read(write_street(tmp_path, scene), [0])
    keys = draw(items)
    assert not {(0, 6, 1004), (0, 8, 1004)} & set(keys)
    assert keys


def test_a_class_and_level_has_at_most_so_many(recording):
    few = draw(recording.items, count=3)
    levels = [recording.find(key).label.occluded for key in few]
    assert levels.count(0) == 3
    assert levels.count(1) == 2
    assert few == draw(recording.items, count=3)
    assert set(few) <= set(draw(recording.items))


def test_the_list_is_written_and_read(tmp_path, monkeypatch):
    write_street(tmp_path, street())
    monkeypatch.setattr(kitti_mots, "VALIDATION_SEQUENCES", (0,))
    monkeypatch.setattr(box, "LIST_FILE", tmp_path / "list.json")
    box.write_list(tmp_path, tmp_path / "list.json")
    assert len(box.validation_cases(tmp_path, 1).cases) == 2


def test_a_missing_mask_is_named(recording):
    with pytest.raises(AmodalError, match=r"\(0, 5, 1004\)"):
        case_of(recording, (0, 5, 1004))


def test_the_fixed_list_is_from_validation_sequences_only():
    keys = json.loads(LIST_FILE.read_text())["masks"]
    assert len(keys) == len({tuple(key) for key in keys}) > 2000
    assert {key[0] for key in keys} <= set(kitti_mots.VALIDATION_SEQUENCES)
    assert {key[2] // 1000 for key in keys} == {1, 2}
