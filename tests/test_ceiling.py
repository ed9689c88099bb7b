"""The ceiling of borrowed truths and the gap closed, by numbers that a person can check."""

import numpy as np
import pytest

from amodal.evaluation import answers, scores
from amodal.evaluation.case import MARGIN, Case
from amodal.evaluation.ceiling import GAPS, add_ceiling, gap_closed
from amodal.evaluation.methods import Method, Runner
from amodal.scene import Completion


def case_of(whole_columns: int, visible_columns: int, category: str = "car") -> Case:
    """An object of 10 rows in a window of 20 columns: so many whole, so many visible."""
    whole, modal = np.zeros((10, 20), bool), np.zeros((10, 20), bool)
    whole[:, :whole_columns] = True
    modal[:, :visible_columns] = True
    return Case(whole, modal, category, (whole_columns, visible_columns))


def columns(count: int) -> Completion:
    mask = np.zeros((10, 20), bool)
    mask[:, :count] = True
    return Completion(mask, MARGIN, MARGIN)


def answering(count: int) -> Runner:
    method = Method("", lambda context: answers.modal)
    return Runner(lambda cases: (columns(count) for _ in cases), {"mode": method})


def report(cases: list[Case], count: int) -> dict:
    return scores.report(scores.measure([answering(count)], cases), cases, None)


def test_the_gap_closed_is_the_share_of_the_way_from_modal_to_ceiling():
    cases = [case_of(20, 10)]  # modal 0.5; 16 of 20 columns: 0.8; the ceiling 18 of 20: 0.9
    twins = [(case_of(20, 10), columns(18))]
    found = add_ceiling(report(cases, 16), cases, twins)
    assert found["ceiling"]["full_miou_pooled"] == pytest.approx(0.9)
    assert found["mode"]["gap_closed_pooled"] == pytest.approx(0.3 / 0.4)
    assert found["mode"]["gap_closed_mean"] == pytest.approx(0.3 / 0.4)
    assert found["mode"]["invisible_gap_closed_pooled"] == pytest.approx(0.6 / 0.8)
    assert found["mode"]["by_class"]["car"]["gap_closed_pooled"] == pytest.approx(0.3 / 0.4)
    assert found["mode"]["full_miou_pooled"] == pytest.approx(0.8)


def test_the_visible_pixels_close_nothing_and_worse_is_negative():
    cases, twins = [case_of(20, 10)], [(case_of(20, 10), columns(20))]
    assert add_ceiling(report(cases, 10), cases, twins)["mode"]["gap_closed_pooled"] == 0
    assert add_ceiling(report(cases, 8), cases, twins)["mode"]["gap_closed_pooled"] < 0
    assert add_ceiling(report(cases, 20), cases, twins)["mode"]["gap_closed_pooled"] == 1


def test_a_class_without_twins_has_a_score_but_no_gap():
    cases = [case_of(20, 10), case_of(20, 10, "person")]
    twins = [(case_of(20, 10), columns(20))]
    by_class = add_ceiling(report(cases, 15), cases, twins)["mode"]["by_class"]
    assert "gap_closed_pooled" in by_class["car"]
    assert "gap_closed_pooled" not in by_class["person"]
    assert by_class["person"]["full_miou_pooled"] == pytest.approx(0.75)


def test_no_gap_is_told_where_there_is_no_room():
    low, high = {"full_miou_pooled": 0.4}, {"full_miou_pooled": 0.6}
    assert gap_closed(high, high, low) == {}
    assert gap_closed(high, low, {}) == {}
    assert gap_closed(high, low, high) == {"gap_closed_pooled": 1.0}
    assert set(GAPS) >= {"gap_closed_pooled", "gap_closed_mean"}
