"""The simulated user: where it clicks, and what its clicks buy with a small trained network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from amodal.completer import Completer
from amodal.evaluation.case import MARGIN, Case, on_canvas
from amodal.evaluation.methods import METHODS
from amodal.evaluation.with_evidence import (
    add_click,
    boxed,
    centre_of_largest,
    clicked,
    with_background,
)
from amodal.evidence import NO_EVIDENCE
from amodal.geometry import tight_box
from amodal.scene import Completion
from tests.test_completer import covered, ellipse

TINY = Path(__file__).parent / "data" / "tiny"


@pytest.fixture(scope="module")
def completer() -> Completer:
    return Completer.load(TINY, device="cpu")


def cases() -> list[Case]:
    out = []
    for number, axes in enumerate(((50, 40), (64, 30), (36, 50), (46, 46))):
        whole = ellipse(axes=axes)
        modal = covered(whole, 0.7)
        others = np.zeros_like(whole)
        others[:, : int(tight_box(modal).x0)] = True
        out.append(Case(whole, modal, "car", (number,), others))
    return out


def mean_iou(answers, asked: list[Case]) -> float:
    values = []
    for answer, case in zip(answers, asked, strict=True):
        whole = on_canvas(case, case.whole)
        mask = answer.on_photo(*whole.shape)
        values.append((mask & whole).sum() / (mask | whole).sum())
    return float(np.mean(values))


def test_the_click_is_deep_inside_the_largest_region():
    mask = np.zeros((20, 40), bool)
    mask[2:4, 2:30] = True  # longer, but smaller
    mask[8:19, 10:21] = True
    assert centre_of_largest(mask) == (15, 13)
    mask[:] = True
    column, row = centre_of_largest(mask)
    assert row in (9, 10)
    assert 9 <= column <= 30


def square(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((30, 30), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def test_a_missing_part_gets_an_inside_click_an_invented_one_an_outside_click():
    case = Case(square(5, 5, 25, 25), square(5, 5, 10, 25), "car", (0,))
    short = Completion(square(5, 5, 14, 25), MARGIN, MARGIN)
    evidence = add_click(NO_EVIDENCE, short, case)
    ((x, y),) = evidence.inside
    assert (MARGIN + 14 < x < MARGIN + 25, MARGIN + 5 < y < MARGIN + 25) == (True, True)
    long = Completion(square(5, 5, 30, 25), MARGIN, MARGIN)
    evidence = add_click(evidence, long, case)
    assert len(evidence.inside) == 1
    ((x, y),) = evidence.outside
    assert MARGIN + 25 < x < MARGIN + 30


def test_nothing_wrong_no_click():
    case = Case(square(5, 5, 25, 25), square(5, 5, 10, 25), "car", (0,))
    right = Completion(square(5, 5, 25, 25), MARGIN, MARGIN)
    assert add_click(NO_EVIDENCE, right, case) is NO_EVIDENCE


def test_a_false_visible_pixel_is_not_clicked():
    modal = square(5, 5, 10, 28)  # a predictor's mask reaches below the true whole
    case = Case(square(5, 5, 25, 25), modal, "car", (0,))
    same = Completion(case.whole | modal, MARGIN, MARGIN)
    assert add_click(NO_EVIDENCE, same, case) is NO_EVIDENCE


def test_clicks_and_boxes_improve_the_mode(completer):
    asked = cases()
    plain = mean_iou(clicked(completer, asked, clicks=0), asked)
    one = mean_iou(clicked(completer, asked, clicks=1), asked)
    two = mean_iou(clicked(completer, asked, clicks=2), asked)
    box = mean_iou(boxed(completer, asked), asked)
    assert plain + 0.05 < one < two
    assert two < box


def test_knowing_the_background_improves_mode_and_samples(completer):
    asked = cases()
    plain = list(clicked(completer, asked, clicks=0, samples=20))
    told = list(with_background(completer, asked, samples=20))
    assert mean_iou([a.mode for a in told], asked) > mean_iou([a.mode for a in plain], asked)
    assert samples_iou(told, asked) > samples_iou(plain, asked) + 0.01
    assert claimed(told, asked) < 0.4 * claimed(plain, asked)


def samples_iou(answers, asked: list[Case]) -> float:
    return float(
        np.mean(
            [
                mean_iou([sample], [case])
                for answer, case in zip(answers, asked, strict=True)
                for sample in answer.samples
            ]
        )
    )


def claimed(answers, asked: list[Case]) -> int:
    """Pixels of the samples that are known to be something else."""
    total = 0
    for answer, case in zip(answers, asked, strict=True):
        absent = on_canvas(case, ~case.others & ~case.modal)
        total += sum(int((s.on_photo(*absent.shape) & absent).sum()) for s in answer.samples)
    return total


def test_samples_are_drawn_when_asked_for(completer):
    (answer,) = clicked(completer, cases()[:1], clicks=1, samples=5)
    assert len(answer.samples) == 5


def test_what_the_case_does_not_know_is_refused(completer):
    whole = ellipse()
    no_others = Case(whole, covered(whole), "car", (0,))
    with pytest.raises(ValueError, match="others"):
        next(with_background(completer, [no_others]))
    no_truth = Case(None, covered(whole), "car", (0,), box=tight_box(whole))
    with pytest.raises(ValueError, match="whole"):
        next(clicked(completer, [no_truth], clicks=1))


def test_they_are_registered_but_run_only_when_asked_for():
    for name in ("mode_one_click", "mode_two_clicks", "mode_one_box", "best_of_20_one_click"):
        assert not METHODS[name].default
        assert METHODS[name].needs_mask
