"""Metrics on masks that a person can check, the fixed protocol, and the command line."""

import json
from pathlib import Path

import numpy as np
import pytest

from amodal.completer import Completer
from amodal.data.kitti_mots import VALIDATION_SEQUENCES
from amodal.data.occlusion import simulate
from amodal.data.shapes import Shape, toy_shapes
from amodal.evaluate import as_table
from amodal.evaluation import methods
from amodal.evaluation.case import MARGIN, Case
from amodal.evaluation.metrics import count, summarise
from amodal.evaluation.simulated import PAIRS_FILE
from amodal.scene import Completion

TINY = Path(__file__).parent / "data" / "tiny"


@pytest.fixture
def case() -> Case:
    whole = np.ones((4, 10), bool)
    modal = whole.copy()
    modal[:, 6:] = False  # 24 of 40 pixels are visible
    return Case(whole, modal, "car", (0, 0))


def at(mask: np.ndarray, x: int = 0, y: int = 0) -> Completion:
    return Completion(mask, x + MARGIN, y + MARGIN)


def test_the_modal_mask_scores_nothing_where_it_is_hidden(case):
    counts = count(methods.modal(case), case)
    assert counts == (24, 40, 0, 16)


def test_the_truth_scores_one(case):
    scores = summarise([count(at(case.whole), case)])
    assert set(scores.values()) == {1.0}


def test_pixels_beyond_the_truth_s_box_count_as_false(case):
    wide = np.ones((4, 12), bool)
    counts = count(at(wide, x=-1), case)
    assert counts == (40, 48, 16, 24)


def test_pooled_and_mean_differ_as_defined():
    table = [(1, 2, 1, 4), (8, 8, 3, 4)]
    scores = summarise(table)
    assert scores["full_miou_pooled"] == pytest.approx(9 / 10)
    assert scores["full_miou_mean"] == pytest.approx(0.75)
    assert scores["invisible_miou_pooled"] == pytest.approx(0.5)
    assert scores["invisible_miou_mean"] == pytest.approx(0.5)


def test_the_convex_hull_fills_a_bay():
    whole = np.ones((10, 10), bool)
    modal = whole.copy()
    modal[3:7, 5:] = False
    hull = methods.convex_hull(Case(whole, modal, "car", (0, 0)))
    assert hull.mask.all()


def toy_cases(count: int = 24) -> tuple[list[Shape], list[Case]]:
    rng = np.random.default_rng(3)
    shapes = toy_shapes(count, seed=9)
    cases = []
    for index, shape in enumerate(shapes):
        modal, _ = simulate(shape.mask, shapes[int(rng.integers(count))].mask, rng)
        cases.append(Case(shape.mask, modal, shape.category, (index,)))
    return shapes, cases


def test_the_trained_toy_model_beats_the_baselines():
    _, cases = toy_cases()
    completer = Completer.load(TINY, device="cpu")
    modes, bests = methods.score_model(completer, cases)
    mode, best = summarise(modes), summarise(bests)
    hull = summarise(methods.score_baseline(methods.convex_hull, cases))
    assert mode["invisible_miou_pooled"] > hull["invisible_miou_pooled"] + 0.2
    assert best["full_miou_mean"] >= mode["full_miou_mean"] - 0.02
    assert mode["full_miou_pooled"] > 0.9


def test_the_nearest_neighbour_finds_a_shape_it_has_seen():
    shapes, cases = toy_cases()
    completer = Completer.load(TINY, device="cpu")
    neighbour = methods.NearestNeighbour.build(shapes, per_shape=20)
    scores = summarise(methods.score_baseline(lambda case: neighbour(case, completer), cases))
    assert scores["full_miou_pooled"] > 0.85


def test_the_protocol_is_fixed_and_from_validation_sequences_only():
    rows = json.loads(PAIRS_FILE.read_text())["pairs"]
    assert len(rows) == 2000
    assert {row[0] for row in rows} | {row[3] for row in rows} <= set(VALIDATION_SEQUENCES)
    assert all((row[0], row[2]) != (row[3], row[5]) for row in rows)
    assert rows[0] == [2, 114, 1005, 10, 95, 1000, 65, 61, 43, 27, 1]


def test_the_table_is_in_per_cent():
    table = as_table({"mode": {"full_miou_pooled": 0.923, "invisible_miou_pooled": 0.711}})
    assert "| mode | 92.3 | 71.1 |" in table
