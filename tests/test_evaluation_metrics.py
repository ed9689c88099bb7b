"""Metrics against masks that a person can check, and against slow, obvious definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from amodal.evaluation import answers
from amodal.evaluation.case import MARGIN, Case
from amodal.evaluation.metrics import BOXES, MASKS, boundary, boundary_depth, in_window
from amodal.evaluation.scores import metric_set
from amodal.geometry import Box
from tests.evaluation_cases import at

SIZE = (7, 9)
masks = arrays(bool, SIZE)


def scores(case: Case, *predictions) -> dict[str, float]:
    """Metrics of answers to one case, as the report forms them from summed columns."""
    kind = metric_set([case])
    sums = dict(zip(kind.columns, sum(map(kind.judge(case), predictions)), strict=True))
    return {
        name: float(sums[top] / sums[bottom])
        for name, (top, bottom) in kind.metrics.items()
        if sums[bottom]
    }


@pytest.fixture
def case() -> Case:
    whole = np.ones((4, 10), bool)
    modal = whole.copy()
    modal[:, 6:] = False  # 24 of 40 pixels are visible
    return Case(whole, modal, "car", (0, 0))


def test_the_modal_mask_scores_nothing_where_it_is_hidden(case):
    (answer,) = answers.modal([case])
    found = scores(case, answer)
    assert found["full_miou_pooled"] == 24 / 40
    assert found["invisible_miou_pooled"] == 0
    assert found["invisible_recall"] == 0
    assert "invisible_precision" not in found


def test_the_truth_scores_one(case):
    assert set(scores(case, at(case.whole)).values()) == {1.0}
    assert set(scores(case, at(case.whole))) == set(MASKS.metrics)


def test_pixels_beyond_the_truth_s_box_count_as_false(case):
    found = scores(case, at(np.ones((4, 12), bool), x=-1))
    assert found["full_miou_pooled"] == 40 / 48
    assert found["invisible_miou_pooled"] == 16 / 24
    assert (found["invisible_recall"], found["invisible_precision"]) == (1, 16 / 24)


def test_outside_the_photo_nothing_counts(case):
    bounded = Case(case.whole, case.modal, "car", (0,), photo=Box(0, -2, 10, 5))
    wide = at(np.ones((9, 30), bool), x=-MARGIN - 7, y=2 - MARGIN - 2)  # canvas starts at (0, -2)
    mask, x0, y0 = in_window(wide, bounded)
    assert (x0, y0) == (0, -2)
    assert mask.shape == (7, 10)
    assert scores(bounded, wide)["full_miou_pooled"] == 40 / 70


def test_pooled_weighs_pixels_and_mean_weighs_cases(case):
    half = case.whole.copy()
    half[:, 8:] = False  # 32 of 40, 8 of 16 hidden
    small = Case(np.ones((2, 2), bool), np.eye(2, dtype=bool), "car", (1,))
    sums = MASKS.judge(case)(at(half)) + MASKS.judge(small)(at(small.whole))
    by = dict(zip(MASKS.columns, sums, strict=True))
    assert by["full_intersection"] / by["full_union"] == 36 / 44
    assert by["full_iou"] / by["cases"] == (0.8 + 1) / 2
    assert by["invisible_iou"] / by["hidden_cases"] == (0.5 + 1) / 2


def test_a_case_with_nothing_hidden_is_no_case_of_the_invisible_mean():
    whole = np.ones((3, 3), bool)
    row = dict(
        zip(MASKS.columns, MASKS.judge(Case(whole, whole, "car", (0,)))(at(whole)), strict=True)
    )
    assert (row["hidden_cases"], row["invisible_iou"], row["cases"]) == (0, 0, 1)


def test_a_merged_bit_of_a_neighbour_counts_as_a_false_invisible_pixel(case):
    given = case.modal.copy()
    given[0, 9] = given[1, 9] = True  # two hidden pixels that the predictor guessed
    predicted = Case(case.whole, given, "car", (0,), true_modal=case.modal)
    (answer,) = answers.modal([predicted])
    assert scores(predicted, answer)["invisible_miou_pooled"] == 2 / 16


def slow_boundary(mask: np.ndarray, depth: int) -> np.ndarray:
    """A pixel is of the boundary if some pixel within depth, on either axis, lies outside."""
    padded = np.pad(mask, depth)
    out = np.zeros_like(mask)
    for y, x in zip(*np.nonzero(mask), strict=True):
        out[y, x] = not padded[y : y + 2 * depth + 1, x : x + 2 * depth + 1].all()
    return out


@given(mask=masks, depth=st.integers(1, 3))
def test_the_boundary_is_what_it_says(mask, depth):
    assert np.array_equal(boundary(mask, depth), slow_boundary(mask, depth))


def test_the_boundary_of_a_square_is_its_ring():
    ring = boundary(np.ones((5, 5), bool), 1)
    assert ring.sum() == 16
    assert not ring[1:-1, 1:-1].any()


@pytest.mark.parametrize(("extent", "depth"), [((3, 4), 1), ((60, 80), 2), ((300, 400), 10)])
def test_the_boundary_is_a_fiftieth_of_the_diagonal_deep(extent, depth):
    assert boundary_depth(Box(0, 0, *extent)) == depth


def slow_counts(predicted: set, whole: set, visible: set) -> dict[str, int]:
    hidden, added = whole - visible, predicted - visible
    return {
        "full_intersection": len(predicted & whole),
        "full_union": len(predicted | whole),
        "invisible_intersection": len(added & hidden),
        "invisible_union": len(added | hidden),
        "invisible_true": len(hidden),
        "invisible_predicted": len(added),
    }


def pixels(mask: np.ndarray, x: int = 0, y: int = 0) -> set[tuple[int, int]]:
    return {(int(row) + y, int(column) + x) for row, column in zip(*np.nonzero(mask), strict=True)}


@given(
    whole=masks,
    seen=masks,
    predicted=masks,
    x=st.integers(-12, 12),
    y=st.integers(-12, 12),
    bounded=st.booleans(),
)
def test_counts_agree_with_sets_of_pixels(whole, seen, predicted, x, y, bounded):
    whole[3, 4] = seen[3, 4] = True
    photo = Box(-2, -1, 12, 8) if bounded else None
    case = Case(whole, seen, "car", (0,), photo=photo)
    left, top = (2, 1) if bounded else (MARGIN, MARGIN)
    answer = at(predicted, x - MARGIN + left, y - MARGIN + top)
    row = dict(zip(MASKS.columns, MASKS.judge(case)(answer), strict=True))
    found = pixels(predicted, x, y)
    if bounded:
        found = {(row, column) for row, column in found if -1 <= row < 8 and -2 <= column < 12}
    expected = slow_counts(found, pixels(whole), pixels(seen))
    assert {name: row[name] for name in expected} == expected
    assert row["full_iou"] == expected["full_intersection"] / expected["full_union"]
    if expected["invisible_true"]:
        iou = expected["invisible_intersection"] / expected["invisible_union"]
        assert row["invisible_iou"] == iou


def test_a_box_is_judged_inside_the_photo():
    modal = np.zeros((10, 10), bool)
    modal[2:4, 1:3] = True
    case = Case(None, modal, "car", (0,), photo=Box(0, 0, 10, 10), box=Box(0, 2, 4, 4))
    assert metric_set([case]) is BOXES
    mask = np.ones((2, 8), bool)
    # the canvas is the photo: x = -4 .. 4, of which 0 .. 4 lies inside
    found = scores(case, at(mask, -4 - MARGIN, 2 - MARGIN))
    assert found == {"box_miou_mean": 1, "box_iou_over_70": 1}
    half = scores(case, at(mask, -6 - MARGIN, 2 - MARGIN))
    assert half == {"box_miou_mean": 0.5, "box_iou_over_70": 0}


def test_an_answer_outside_the_photo_has_no_box():
    case = Case(
        None, np.ones((2, 2), bool), "car", (0,), photo=Box(0, 0, 2, 2), box=Box(0, 0, 2, 2)
    )
    assert scores(case, at(np.ones((2, 2), bool), 50, 50))["box_miou_mean"] == 0


def test_cases_of_both_kinds_are_not_mixed(case):
    box_only = Case(None, case.modal, "car", (0,), box=Box(0, 0, 10, 4))
    with pytest.raises(ValueError, match="one kind"):
        metric_set([case, box_only])
