"""Cases and their canvas, the fixed protocol, methods on a trained toy network."""

import json
from pathlib import Path

import numpy as np
import pytest

from amodal.completer import Completer
from amodal.data.kitti_mots import VALIDATION_SEQUENCES, TrackMask
from amodal.data.occlusion import Placement, occlude
from amodal.errors import AmodalError
from amodal.evaluation import answers, simulated
from amodal.evaluation.case import MARGIN, Case, instance_of, on_canvas
from amodal.evaluation.methods import METHODS, Context, build
from amodal.evaluation.neighbour import NearestNeighbour
from amodal.evaluation.protocols import DataSet
from amodal.evaluation.scores import measure, report
from amodal.geometry import Box, tight_box
from tests.evaluation_cases import toy_cases

TINY = Path(__file__).parent / "data" / "tiny"


def small_case(**changes) -> Case:
    whole = np.ones((4, 10), bool)
    modal = whole.copy()
    modal[:, 6:] = False  # 24 of 40 pixels are visible
    return Case(**({"whole": whole, "modal": modal, "category": "car", "group": (0, 0)} | changes))


def test_a_canvas_leaves_room_where_no_border_is_near():
    instance, (dx, dy) = instance_of(small_case())
    assert (dx, dy) == (MARGIN, MARGIN)
    assert instance.modal.shape == (4 + 2 * MARGIN, 10 + 2 * MARGIN)
    assert tight_box(instance.modal) == Box(dx, dy, dx + 6, dy + 4)


def test_a_canvas_ends_where_the_photo_ends():
    case = small_case(photo=Box(0, -3, 17, 900))
    instance, (dx, dy) = instance_of(case)
    assert (dx, dy) == (0, 3)
    assert instance.modal.shape == (3 + 4 + MARGIN, 17)
    assert np.array_equal(on_canvas(case, case.modal), instance.modal)


def test_what_is_hidden_is_told_from_what_is_truly_visible():
    case = small_case(true_modal=np.zeros((4, 10), bool))
    assert case.occlusion_rate == 1
    assert small_case().occlusion_rate == pytest.approx(0.4)
    assert small_case(whole=None, box=Box(0, 0, 9, 4)).occlusion_rate is None


@pytest.mark.parametrize(
    "changes",
    [
        {"whole": None},
        {"whole": np.ones((4, 9), bool)},
        {"modal": np.zeros((4, 10), bool)},
        {"others": np.ones((4, 10), np.uint8)},
        {"category": "dog"},
        {"photo": Box(1, 0, 20, 20)},
    ],
)
def test_a_case_that_makes_no_sense_is_refused(changes):
    with pytest.raises(ValueError, match="got"):
        small_case(**changes)


def test_the_protocol_is_fixed_and_from_validation_sequences_only():
    rows = json.loads(simulated.PAIRS_FILE.read_text())["pairs"]
    assert len(rows) == 2000
    assert {row[0] for row in rows} | {row[3] for row in rows} <= set(VALIDATION_SEQUENCES)
    assert all((row[0], row[2]) != (row[3], row[5]) for row in rows)
    assert rows[0] == [2, 114, 1005, 10, 95, 1000, 65, 61, 43, 27, 1]


def test_a_simulated_case_knows_its_occluder_around_the_object():
    whole = TrackMask(0, 0, 1001, "car", np.ones((20, 31), bool), 5, 5, (99, 99), None)
    occluder = TrackMask(1, 0, 1002, "car", np.ones((8, 8), bool), 5, 5, (99, 99), None)
    placement = Placement(16, 12, 25, -6)  # reaches beyond the whole's box
    case = simulated.case_of(whole, occluder, placement)
    box = tight_box(case.whole)
    inside = case.modal[box.y0 : box.y1, box.x0 : box.x1]
    assert np.array_equal(inside, occlude(whole.mask, occluder.mask, placement))
    assert tight_box(case.others) == Box(box.x0 + 25, box.y0 - 6, box.x0 + 41, box.y0 + 6)
    assert not (case.others & case.modal).any()
    assert case.group == (0, 1001)


def test_pairs_need_two_tracks():
    with pytest.raises(AmodalError, match="two tracks"):
        simulated.draw_pairs([], 3, seed=0)


def test_reported_sequences_are_not_held_out(tmp_path):
    with pytest.raises(AmodalError, match=r"\[2\]"):
        simulated.held_out_cases(tmp_path, [0, 2])


def test_the_convex_hull_fills_a_bay():
    whole = np.ones((10, 10), bool)
    modal = whole.copy()
    modal[3:7, 5:] = False
    (hull,) = answers.convex_hull([Case(whole, modal, "car", (0, 0))])
    assert hull.mask.all()
    assert (hull.x0, hull.y0) == (MARGIN, MARGIN)


@pytest.fixture(scope="module")
def toy_report() -> dict:
    """Every method on toy cases."""
    shapes, cases = toy_cases()
    data = DataSet(protocols={}, training_shapes=lambda root: shapes)
    context = Context(Completer.load(TINY, device="cpu"), data, Path("."))
    names = [name for name, method in METHODS.items() if method.default]
    return report(measure(build(names, context), cases), cases, "mode")


def test_the_trained_toy_model_beats_the_baselines(toy_report):
    invisible = {name: block["invisible_miou_pooled"] for name, block in toy_report.items()}
    assert invisible["mode"] > invisible["convex_hull"] + 0.2
    assert invisible["convex_hull"] > invisible["modal"] == 0
    assert toy_report["mode"]["full_miou_pooled"] > 0.9
    assert toy_report["modal"]["invisible_recall"] == 0
    assert "invisible_precision" not in toy_report["modal"]  # it predicts nothing


def test_better_informed_picks_score_better(toy_report):
    full = {name: block["full_miou_mean"] for name, block in toy_report.items()}
    assert full["best_of_20"] > full["samples"]
    assert full["best_of_20"] >= max(full["best_of_20_by_visible"], full["best_of_20_by_invisible"])
    best = toy_report["best_of_20_by_invisible"]["invisible_miou_mean"]
    assert best >= toy_report["best_of_20"]["invisible_miou_mean"]


def test_the_nearest_neighbour_finds_a_shape_it_has_seen(toy_report):
    assert toy_report["nearest_neighbour"]["full_miou_pooled"] > 0.85


def test_a_class_without_neighbours_is_looked_up_among_all():
    shapes, cases = toy_cases(8)
    cars = [shape for shape in shapes if shape.category == "car"]
    neighbour = NearestNeighbour.build(cars)
    person = next(case for case in cases if case.category == "person")
    completer = Completer.load(TINY, device="cpu")
    found = neighbour.complete(person, completer)
    assert found.area >= person.modal.sum()


def test_one_sample_more_or_less_does_not_change_the_mode():
    _, cases = toy_cases(6)
    completer = Completer.load(TINY, device="cpu")
    alone = answers.complete(completer, answers.seen(cases), samples=0, seed=0)
    drawn = answers.complete(completer, answers.seen(cases), samples=3, seed=0)
    for mode, completions in zip(alone, drawn, strict=True):
        assert (mode.x0, mode.y0) == (completions.mode.x0, completions.mode.y0)
        assert np.array_equal(mode.mask, completions.mode.mask)
        assert len(completions.samples) == 3


def test_the_true_box_reaches_the_completer_in_the_canvas_frame():
    _, (case, *_) = toy_cases(2)
    (instance,) = answers.seen_with_true_box([case])
    assert instance.box == tight_box(on_canvas(case, case.whole))


def test_samples_are_not_drawn_for_methods_that_look_at_none():
    _, cases = toy_cases(2)
    context = Context(Completer.load(TINY, device="cpu"), DataSet({}), Path("."))
    (runner,) = build(["mode"], context)
    assert not hasattr(next(iter(runner.answer(cases))), "samples")
    (runner,) = build(["mode", "samples"], context)
    assert len(next(iter(runner.answer(cases))).samples) == 20


def test_a_data_set_without_training_masks_has_no_neighbours():
    context = Context(Completer.load(TINY, device="cpu"), DataSet({}), Path("."))
    with pytest.raises(AmodalError, match="nearest_neighbour"):
        build(["nearest_neighbour"], context)
