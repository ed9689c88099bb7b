"""Picks, spread, calibration and bootstrap, on numbers whose truth is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from amodal.evaluation import calibration, samples
from amodal.evaluation.bootstrap import Resampling, interval, ratio
from amodal.evaluation.case import MARGIN, Case
from amodal.evaluation.metrics import MASKS
from amodal.evaluation.samples import Judged
from amodal.geometry import Box
from amodal.scene import Completion, Completions
from tests.evaluation_cases import completions_of


def strip(length: int, visible_iou: float = 1.0) -> Completion:
    """`length` pixels of a row."""
    return Completion(np.ones((1, length), bool), MARGIN, MARGIN, visible_iou)


@pytest.fixture
def judged() -> Judged:
    """Truth: 10 pixels of a row, 4 visible; samples of 5, 8, 13 and 4 pixels."""
    whole = np.ones((1, 10), bool)
    case = Case(whole, whole & (np.arange(10) < 4), "car", (0,))
    drawn = (strip(5, 0.9), strip(8, 0.7), strip(13, 0.95), strip(4, 0.2))
    probability = np.array([[1.0] * 4 + [0.75] + [0.5] * 3 + [0.25] * 5], np.float32)
    answer = Completions(strip(6), drawn, probability, MARGIN, MARGIN)
    return Judged(answer, MASKS.judge(case), MASKS)


def full_iou(row: np.ndarray) -> float:
    return row[MASKS.column("full_iou")]


def test_each_pick_takes_what_it_says(judged):
    assert full_iou(samples.mode(judged)) == 6 / 10
    assert full_iou(samples.best_by_truth(judged)) == 8 / 10
    assert full_iou(samples.best_by_visible(judged)) == 10 / 13
    assert full_iou(samples.consensus(judged)) == 8 / 10
    assert full_iou(samples.average(judged)) == pytest.approx((0.5 + 0.8 + 10 / 13 + 0.4) / 4)
    assert full_iou(samples.best_by_invisible(judged)) == 8 / 10  # invisible 4/6 against 6/9


def test_a_single_answer_has_a_mode_but_no_samples(judged):
    single = Judged(strip(10), judged.judge, MASKS)
    assert full_iou(samples.mode(single)) == 1
    with pytest.raises(ValueError, match="no samples"):
        samples.average(single)


def spread_of(masks: list[np.ndarray], modal: np.ndarray) -> dict[str, float]:
    case = Case(modal, modal, "car", (0,))
    return dict(
        zip(samples.SPREAD_COLUMNS, samples.spread(completions_of(masks), case), strict=True)
    )


def test_equal_samples_have_no_spread():
    mask = np.ones((3, 4), bool)
    found = spread_of([mask] * 5, mask & (np.arange(4) < 2))
    assert found["pairwise_iou_full"] == found["pairwise_iou_invisible"] == 1
    assert found["posterior_width"] == 0


def test_width_is_a_bit_for_each_pixel_in_doubt():
    modal = np.zeros((2, 4), bool)
    modal[:, :2] = True
    large = np.ones((2, 4), bool)
    found = spread_of([modal, large], modal)  # 4 pixels in doubt, mean area 6
    assert found["posterior_width"] == pytest.approx(4 / 6)
    assert found["pairwise_iou_full"] == 0.5
    assert found["pairwise_iou_invisible"] == 0


@given(arrays(bool, (4, 3, 5)), arrays(bool, (3, 5)))
def test_pairwise_iou_agrees_with_a_loop_over_pairs(masks, modal):
    modal[0, 0] = True
    found = spread_of(list(masks), modal)
    for name, kept in (("full", np.ones_like(modal)), ("invisible", ~modal)):
        ious = []
        for i in range(4):
            for j in range(i):
                both, either = masks[i] & masks[j] & kept, (masks[i] | masks[j]) & kept
                ious.append(both.sum() / either.sum() if either.any() else 1)
        assert found[f"pairwise_iou_{name}"] == pytest.approx(np.mean(ious), abs=1e-6)


def forecast(
    bias: float, seed: int, cases: int = 40
) -> tuple[np.ndarray, list[tuple[Completions, Case]]]:
    """Pixels that are inside with their stated probability, plus `bias`."""
    rng = np.random.default_rng(seed)
    out = []
    for group in range(cases):
        stated = rng.uniform(0.05, 0.95, size=(30, 30)).astype(np.float32)
        whole = rng.random((30, 30)) < np.clip(stated + bias, 0, 1)
        modal = np.zeros_like(whole)
        modal[15, 15] = whole[15, 15] = True
        mode = Completion(stated >= 0.5, MARGIN, MARGIN)
        answer = Completions(mode, (), stated, MARGIN, MARGIN)
        out.append((answer, Case(whole, modal, "car", (group,))))
    tallies = np.stack([calibration.tally(answer, case) for answer, case in out])
    return tallies.sum(axis=0), out


def test_a_calibrated_forecast_has_no_error():
    sums, _ = forecast(bias=0, seed=1)
    assert calibration.expected_error(sums) < 0.01
    for confidence, accuracy, share in calibration.curve(sums):
        assert accuracy == pytest.approx(confidence, abs=0.03)
        assert share == pytest.approx(0.11, abs=0.06)


def test_an_overconfident_forecast_is_found_out():
    sums, _ = forecast(bias=-0.04, seed=2)
    assert calibration.expected_error(sums) == pytest.approx(0.04, abs=0.01)
    assert all(accuracy < confidence for confidence, accuracy, _ in calibration.curve(sums)[1:])


def test_visible_pixels_do_not_count():
    _, ((answer, case), *_) = forecast(bias=0, seed=3, cases=1)
    pixels = calibration.tally(answer, case).reshape(3, 3, -1)[:, 0].sum(axis=1)
    objects, wide, support = pixels
    assert objects == support == 900 - 1  # one visible pixel; the whole frame is likely
    assert wide == (30 + 2 * round(0.25 * 30)) ** 2 - 1


def test_outside_the_photo_no_pixel_counts():
    _, ((answer, case), *_) = forecast(bias=0, seed=3, cases=1)
    bounded = Case(case.whole, case.modal, "car", (0,), photo=Box(0, 0, 30, 31))
    moved = Completions(answer.mode, (), answer.probability, 0, 0)  # the canvas is the photo
    _, wide, _ = calibration.tally(moved, bounded).reshape(3, 3, -1)[:, 0].sum(axis=1)
    assert wide == 30 * 31 - 1


def test_what_no_sample_covers_but_the_truth_does_counts_as_missed():
    whole = np.ones((1, 10), bool)
    case = Case(whole, whole & (np.arange(10) < 4), "car", (0,))
    nothing_added = completions_of([case.modal, case.modal])
    sums = calibration.tally(nothing_added, case)
    assert calibration.curve(sums) == [[0, 1, 1]]
    assert calibration.expected_error(sums) == 1


@pytest.mark.parametrize("hits", range(21))
def test_shares_of_20_samples_fall_into_the_bin_that_starts_with_them(hits):
    share = np.full((1, 1), np.float32(hits) / 20)
    tally = calibration._bin(share.ravel(), np.zeros(1, bool)).reshape(3, -1)
    assert tally[0].argmax() == min(hits // 2, 9)


def test_row_0_is_the_cases_themselves():
    table = np.arange(12.0).reshape(6, 2)
    resampling = Resampling(["a", "a", "b", "c", "c", "c"], draws=50)
    assert resampling.sums(table)[0].tolist() == table.sum(axis=0).tolist()
    chosen = np.array([1, 0, 0, 1, 0, 0], bool)
    assert resampling.sums(table, chosen)[0].tolist() == table[chosen].sum(axis=0).tolist()


def test_a_draw_takes_whole_groups():
    table = np.array([[1.0], [10.0], [100.0], [100.0]])
    sums = Resampling(["a", "b", "c", "c"], draws=200).sums(table)
    possible = {a + 10 * b + 200 * (3 - a - b) for a in range(4) for b in range(4 - a)}
    assert set(sums[1:, 0]) <= possible
    assert len(set(sums[1:, 0])) > 5


def test_equal_seeds_give_equal_draws():
    table = np.random.default_rng(0).random((9, 1))
    first, second = (Resampling(range(9), seed=4).sums(table) for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, Resampling(range(9), seed=5).sums(table))


def test_intervals_cover_the_truth_about_19_times_in_20():
    rng = np.random.default_rng(7)
    covered = 0
    for trial in range(200):
        level = rng.normal(0.5, 0.1, size=40)  # the groups' own levels
        values = np.repeat(level, 5) + rng.normal(0, 0.05, size=200)
        table = np.column_stack([values, np.ones(200)])
        sums = Resampling(np.repeat(np.arange(40), 5), draws=300, seed=trial).sums(table)
        low, high = interval(ratio(sums[:, 0], sums[:, 1]))
        covered += low <= 0.5 <= high
    assert 0.89 <= covered / 200 <= 0.98


def test_a_paired_difference_is_narrower_than_the_scores():
    rng = np.random.default_rng(1)
    difficulty = rng.normal(0.5, 0.2, size=100)
    first, second = difficulty + 0.02, difficulty + rng.normal(0, 0.01, size=100)
    resampling = Resampling(range(100))
    mean = {
        name: resampling.sums(values[:, None])[:, 0] / 100
        for name, values in (("first", first), ("second", second))
    }
    low, high = interval(mean["first"] - mean["second"])
    assert 0 < low < high < 0.03
    assert interval(mean["second"])[1] > mean["first"][0]  # apart they could not be told


def test_undefined_draws_are_left_out():
    values = ratio(np.array([1.0, 0, 2, 1]), np.array([2.0, 0, 4, 2]))
    assert np.isnan(values[1])
    assert interval(values) == (0.5, 0.5)
    with pytest.raises(ValueError, match="undefined"):
        interval(np.array([0.5, np.nan]))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_sums_agree_with_a_loop_over_draws(groups):
    table = np.random.default_rng(0).random((len(groups), 2))
    resampling = Resampling(groups, draws=3)
    order = list(dict.fromkeys(groups))
    for weights, sums in zip(resampling.weights, resampling.sums(table), strict=True):
        expected = sum(
            weights[order.index(group)] * row for group, row in zip(groups, table, strict=True)
        )
        assert sums == pytest.approx(expected)
        assert weights.sum() == len(order)
