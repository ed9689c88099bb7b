"""Truths borrowed from other frames, on a street whose whole masks are known."""

import json
from dataclasses import replace

import numpy as np
import pytest

from amodal.data import kitti_mots
from amodal.errors import AmodalError
from amodal.evaluation import temporal
from amodal.evaluation.borrowed import RULES, Borrowed, solid, vote
from amodal.evaluation.case import instance_of, padding
from amodal.evaluation.recording import Recording, Row
from amodal.evaluation.surroundings import contact, look_around
from amodal.evaluation.temporal import LIST_FILE, case_of, draw, read_list, twin_of, write_list
from amodal.evaluation.transfer import LIMIT, Shift
from amodal.geometry import Box
from tests.street import HIDDEN, OTHER, PARKED, car, change, driving, extent, street, write_street

WHOLE_FRAMES, HIDDEN_FRAMES = (0, 1, 2, 3, 4), (6, 8)


def recording(tmp_path, scene) -> Recording:
    return Recording(kitti_mots.read(write_street(tmp_path, scene), [0]))


def in_window(mask: np.ndarray, photo: Box, shape: tuple[int, int]) -> np.ndarray:
    x, y = -int(photo.x0), -int(photo.y0)
    return mask[y : y + shape[0], x : x + shape[1]]


def test_the_truth_is_the_hidden_car(tmp_path):
    found = recording(tmp_path, street())
    pairs, funnel = draw(found)
    assert [row.key for row, _ in pairs] == [(0, 6, 1004), (0, 8, 1004)]
    assert funnel["car"] == {"kept": 2}
    for row, _ in pairs:
        case = case_of(found, row)
        whole = in_window(driving(row.key[1]), case.photo, case.whole.shape)
        assert (case.whole & whole).sum() / (case.whole | whole).sum() > 0.99
        assert 0.05 < case.occlusion_rate < 0.9
        assert not (case.modal & ~case.whole).any()
        assert not (case.others & case.modal).any()
        assert case.others[case.whole & ~case.modal].mean() > 0.9


def test_the_window_keeps_the_photo_s_borders(tmp_path):
    found = recording(tmp_path, street())
    case = case_of(found, draw(found)[0][0][0])
    height, width = case.modal.shape
    assert case.photo.x1 - case.photo.x0 == 320
    assert case.photo.y1 - case.photo.y0 == 120
    assert case.photo.contains(Box(0, 0, width, height))
    instance, (dx, dy) = instance_of(case)
    assert dy == -case.photo.y0  # fewer than MARGIN pixels above
    assert instance.area == case.modal.sum()
    assert dx == padding(case)[0]


def without(track: int) -> list:
    return [seen for seen in street() if seen.track != track]


def sliver(scene: list) -> list:
    """The hidden car, of which the parked one covers its rightmost columns only."""
    parked = car(129, 52, 72, 48)
    seen = change(scene, HIDDEN, [6], mask=driving(6) & ~parked)
    return change(seen, PARKED, [6], mask=parked, box=extent(parked))


def stretched(scene: list) -> list:
    x0, y0, x1, y1 = extent(driving(6))
    return change(scene, HIDDEN, [6], box=Box(x0 - 12, y0 - 9, x1 + 12, y1 + 9))


def unexplained(scene: list) -> list:
    """Something that nobody annotated hides a part too, such as a pole's foot."""
    parked = car(104, 52, 72, 48)
    mask = driving(6) & ~parked
    mask[60:74, 70:78] = False
    return change(scene, HIDDEN, [6], mask=mask)


def surrounded(scene: list) -> list:
    around = np.zeros_like(driving(6))
    around[20:100, 40:200] = True
    visible = driving(6) & ~car(104, 52, 72, 48)
    return change(scene, PARKED, [6], mask=around & ~visible)


@pytest.mark.parametrize(
    ("scene", "reason"),
    [
        (without(PARKED), "nothing hides it"),
        (change(street(), PARKED, [6], depth=25.0), "nothing hides it"),
        (change(street(), HIDDEN, WHOLE_FRAMES, angle=-1.2), "no source"),
        (change(street(), HIDDEN, WHOLE_FRAMES, occluded=1), "no source"),
        (change(street(), HIDDEN, WHOLE_FRAMES, truncated=1), "no source"),
        (change(street(), HIDDEN, WHOLE_FRAMES, box=Box(20, 0, 84, 110)), "no source"),
        (change(street(), HIDDEN, WHOLE_FRAMES[1:], occluded=3), "too few sources"),
        (sliver(street()), "occlusion"),
        (stretched(street()), "agreement"),
        (unexplained(street()), "explained"),
        (surrounded(street()), "anchored"),
    ],
)
def test_a_rule_excludes_what_it_says(tmp_path, scene, reason):
    scene = [seen for seen in scene if not (seen.track == HIDDEN and seen.frame == 8)]
    scene = [seen for seen in scene if seen.frame not in WHOLE_FRAMES or seen.track != PARKED]
    pairs, funnel = draw(recording(tmp_path, scene))
    kept = [row.key for row, _ in pairs if row.key == (0, 6, 1004)]
    assert not kept
    assert funnel["car"][reason] == 1


@pytest.mark.parametrize("rule", ["agreement", "consistency", "explained", "occlusion", "depth"])
def test_a_truth_just_below_a_rule_is_refused(rule):
    rules = RULES["car"]
    good = Borrowed(np.ones((2, 2), bool), ((None, Shift()),) * 2, 1.0, 1.0, 1.0, 1.0, 1.0)
    assert good.fault(rules) is None
    least = getattr(rules, rule)
    assert replace(good, **{rule: least}).fault(rules) is None
    assert replace(good, **{rule: least - 1e-6}).fault(rules) == rule
    assert replace(good, voters=good.voters[:1]).fault(rules) == "too few sources"


@pytest.mark.parametrize("changes", [{"occluded": 0}, {"occluded": 3}, {"truncated": 1}])
def test_what_is_no_candidate_is_not_counted(tmp_path, changes):
    scene = change(street(), HIDDEN, HIDDEN_FRAMES, **changes)
    pairs, funnel = draw(recording(tmp_path, scene))
    assert pairs == []
    assert not funnel["car"]


def test_a_source_that_may_be_hidden_itself_is_not_used(tmp_path):
    wall = np.zeros_like(driving(0))
    wall[:, :200] = True
    scene = [seen for seen in street() if seen.track != PARKED or seen.frame in HIDDEN_FRAMES]
    scene += [
        type(scene[0])(frame, 7, wall & ~driving(frame), Box(0, 0, 200, 120), depth=5.0)
        for frame in WHOLE_FRAMES
    ]
    pairs, funnel = draw(recording(tmp_path, scene))
    assert not pairs
    assert funnel["car"]["no source"] == 2


def test_drawing_again_gives_the_same_list(tmp_path):
    found = recording(tmp_path, street())
    first, second = draw(found)[0], draw(found)[0]
    assert first == second
    write_list(first, tmp_path / "list.json")
    assert read_list(tmp_path / "list.json") == first


def test_a_missing_mask_is_named(tmp_path):
    found = recording(tmp_path, street())
    with pytest.raises(AmodalError, match=r"\(0, 99, 1004\).*lacks"):
        case_of(found, Row((0, 99, 1004), ((0, Shift()),)))


def test_a_twin_is_hidden_by_the_case_s_occluders(tmp_path):
    found = recording(tmp_path, street())
    for row, twin in draw(found)[0]:
        assert twin.key[2] in (1000 + PARKED, 1000 + OTHER)
        case, exact = twin_of(found, row, twin)
        question = case_of(found, row)
        height, width = case.modal.shape
        left, top, _, _ = padding(case)
        assert (exact.x0, exact.y0) == (left, top)
        assert exact.mask.shape == (height, width)
        assert not (case.modal & ~exact.mask).any()
        assert case.occlusion_rate == pytest.approx(question.occlusion_rate, abs=0.06)
        gaps = [abs(frame - twin.key[1]) for frame, _ in twin.voters]
        assert min(gaps) >= min(abs(frame - row.key[1]) for frame, _ in row.voters)
        iou = (case.whole & exact.mask).sum() / (case.whole | exact.mask).sum()
        assert iou > 0.95


def test_the_outline_s_contact_is_a_share(tmp_path):
    found = recording(tmp_path, street())
    item = next(item for item in found.items if item.key == (0, 6, 1004))
    around = look_around(item, found.wholes.frames[0, 6])
    assert 0.1 < contact(around.visible, around.hiding) < 0.6
    assert contact(around.visible, np.zeros_like(around.visible)) == 0
    assert contact(around.visible, ~around.visible) == 1
    assert not (around.behind & around.visible).any()


def test_the_majority_decides_and_of_two_the_first():
    a, b, c = (np.array([[bool(v) for v in row]]) for row in ([1, 1, 0], [1, 0, 1], [0, 1, 0]))
    assert vote([a, b, c]).tolist() == [[True, True, False]]
    assert vote([a, b]).tolist() == a.tolist()
    assert vote([b]).tolist() == b.tolist()


def test_the_command_writes_the_list_and_prints_the_funnel(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(kitti_mots, "VALIDATION_SEQUENCES", (0,))
    write_street(tmp_path, street())
    assert temporal.main([str(tmp_path), str(tmp_path / "list.json")]) == 0
    assert len(read_list(tmp_path / "list.json")) == 2
    assert "2 cases in 1 tracks" in capsys.readouterr().out
    monkeypatch.setattr(temporal, "LIST_FILE", tmp_path / "list.json")
    loaded = temporal.held_out_cases(tmp_path, [0])
    assert len(loaded.cases) == len(loaded.twins) == 2
    assert temporal.main([str(tmp_path / "nowhere"), str(tmp_path / "list.json")]) == 2
    assert "instances_txt" in capsys.readouterr().err


def test_the_fixed_list_is_from_validation_sequences_and_keeps_the_rules():
    pairs = read_list()
    assert len(pairs) >= 100
    assert json.loads(LIST_FILE.read_text())["columns"] == temporal.COLUMNS
    for row in (row for pair in pairs for row in pair if row is not None):
        sequence, frame, track = row.key
        rules = RULES[kitti_mots.CATEGORY_OF_CLASS[track // 1000]]
        assert sequence in kitti_mots.VALIDATION_SEQUENCES
        assert rules.least_voters <= len(row.voters) <= rules.voters
        assert all(0 < abs(source - frame) <= rules.frames for source, _ in row.voters)
        assert all(abs(value) <= LIMIT for _, shift in row.voters for value in shift)
    assert all(twin.key[::2] != row.key[::2] for row, twin in pairs if twin is not None)


def test_rims_and_specks_are_no_part_of_the_truth():
    visible, hidden = np.zeros((40, 60), bool), np.zeros((40, 60), bool)
    visible[5:35, 10:40] = True
    hidden[5:35, 40:50] = True  # a real part
    hidden[5:35, 9] = True  # a rim
    hidden[36:38, 12:14] = True  # a speck
    kept = solid(hidden, visible)
    assert kept[5:35, 40:50].all()
    assert kept.sum() == 300
    assert not solid(np.zeros_like(visible), visible).any()
