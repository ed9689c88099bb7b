"""How well codes explain what is seen, and the order that this gives the samples."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from amodal.completer import Completer
from amodal.evidence import PATCHES, Evidence
from amodal.geometry import Box, tight_box
from amodal.likelihood import AROUND, CERTAIN, Visible, log_prior, log_visible, visible
from amodal.scene import Instance
from tests.demo_parts import TINY

S = 16
WHOLE_CROP = torch.tensor([[0.0, 0.0, 1.0, 1.0]])


@pytest.fixture(scope="module")
def completer() -> Completer:
    return Completer.load(TINY, device="cpu")


def covered_ellipse() -> np.ndarray:
    canvas = np.zeros((160, 200), np.uint8)
    cv2.ellipse(canvas, (100, 80), (50, 40), 0, 0, 360, 1, -1)
    canvas[:, :85] = 0
    return canvas.astype(bool)


def full() -> torch.Tensor:
    return torch.ones(1, 1, S, S)


def everything(value: float) -> np.ndarray:
    return np.full((S, S), value, np.float32)


def crop_seen() -> np.ndarray:
    """The crop's half of the window."""
    seen = everything(0)
    quarter = int(S / 2 - S / (2 * AROUND))
    seen[quarter:-quarter, quarter:-quarter] = 1
    return seen


def test_a_shape_that_explains_all_scores_highest():
    shown = Visible(crop_seen(), everything(1))
    shapes = torch.cat([full(), full() * 0.5, full() * 0])
    theta = WHOLE_CROP.expand(3, 4)
    best, half, worst = log_visible(shown, shapes, theta)
    assert 0 >= best > half > worst


def test_the_crop_counts_as_so_many_patches():
    shown = Visible(crop_seen(), crop_seen())
    value = log_visible(shown, full() * 0.5, WHOLE_CROP)
    assert float(value) == pytest.approx(PATCHES * np.log(0.5), rel=0.1)  # its edge is soft


def test_certainty_is_bounded():
    shown = Visible(everything(0), everything(1))
    value = log_visible(shown, full() * 0, WHOLE_CROP)
    assert float(value) == pytest.approx(PATCHES * AROUND**2 * np.log(1 - CERTAIN), rel=1e-3)


def test_unknown_pixels_say_nothing():
    shapes = torch.rand(3, 1, S, S, generator=torch.Generator().manual_seed(0))
    shown = Visible(crop_seen(), everything(0))
    assert (log_visible(shown, shapes, WHOLE_CROP.expand(3, 4)) == 0).all()


def test_the_window_reaches_around_the_crop_and_not_beyond_the_photo():
    modal = np.zeros((40, 40), bool)
    modal[0:10, 10:20] = True
    shown = visible(modal, np.ones_like(modal), tight_box(modal), 20)
    assert shown.seen[5:15, 5:15].all()
    assert shown.seen.sum() == 100
    assert not shown.known[:5].any(), "nothing is known above the photo"
    assert shown.known[5:].all()


def test_a_large_object_is_thinned_and_looks_the_same():
    small = np.zeros((40, 40), bool)
    small[5:25, 10:30] = True
    large = np.kron(small, np.ones((20, 20))).astype(bool)
    known = np.ones_like(small)
    one = visible(small, known, tight_box(small), 8)
    two = visible(large, np.ones_like(large), tight_box(large), 8)
    np.testing.assert_allclose(one.seen, two.seen, atol=0.15)


def test_the_prior_is_standard_normal():
    z = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    zero, far = log_prior(z)
    assert float(zero) == pytest.approx(-np.log(2 * np.pi))
    assert float(zero - far) == pytest.approx(12.5)


def test_the_mode_and_every_sample_have_a_value(completer):
    answer = completer.complete(Instance(covered_ellipse(), "car"), samples=6, seed=3)
    scores = [item.log_posterior for item in (answer.mode, *answer.samples)]
    assert np.isfinite(scores).all()
    assert max(scores) < 0
    assert len(set(scores)) == 7
    again = completer.complete(Instance(covered_ellipse(), "car"), samples=6, seed=3)
    assert [item.log_posterior for item in (again.mode, *again.samples)] == scores


def test_the_mode_leads_and_wild_samples_trail(completer):
    instance = Instance(covered_ellipse(), "car")

    def mean(temperature: float) -> float:
        found = completer.complete(instance, samples=16, temperature=temperature).samples
        return float(np.mean([item.log_posterior for item in found]))

    mode = completer.complete(instance, samples=1).mode.log_posterior
    assert mean(0) == pytest.approx(mode, abs=1e-3)
    assert mode > mean(1.0) > mean(3.0)


def test_a_shape_over_pixels_known_to_be_something_else_is_less_likely(completer):
    modal = covered_ellipse()
    hides = np.zeros_like(modal)
    hides[:, : int(tight_box(modal).x0)] = True
    behind = completer.complete(Instance(modal, "car"), hides, samples=1).mode
    before = completer.complete(Instance(modal, "car"), np.zeros_like(modal), samples=1).mode
    assert np.array_equal(behind.mask, before.mask)
    assert behind.log_posterior > before.log_posterior


def test_evidence_counts(completer):
    modal = covered_ellipse()
    agreeing = Evidence(inside=((110, 80),))  # seen anyway
    hopeless = Evidence(inside=((-900, 80),))
    instance = Instance(modal, "car")
    one = completer.complete(instance, samples=1, evidence=agreeing).mode.log_posterior
    two = completer.complete(instance, samples=1, evidence=hopeless).mode.log_posterior
    assert one > two


def test_what_evidence_fixes_is_less_uncertain(completer):
    modal = covered_ellipse()
    instance, hidden = Instance(modal, "car"), np.zeros_like(modal)
    hidden[:, :90] = True
    plain = completer.complete(instance, hidden)
    box = tight_box(modal)
    known = Evidence(box=Box(50, box.y0, box.x1, box.y1))
    told = completer.complete(instance, hidden, evidence=known)
    assert 0 < told.uncertain_area < plain.uncertain_area
    certain = completer.complete(instance, hidden, temperature=0)
    assert certain.uncertain_area == 0
