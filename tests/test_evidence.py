"""Evidence: its likelihood by hand, what is refused, and what it does to a trained network."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from amodal import evidence as module
from amodal.completer import Completer
from amodal.errors import AmodalError
from amodal.evaluation.with_evidence import centre_of_largest
from amodal.evidence import Evidence, clues, log_likelihood
from amodal.geometry import Box, tight_box
from amodal.guidance import guide
from amodal.posterior import Posterior
from amodal.scene import Completion, Instance
from tests.test_completer import covered, ellipse

TINY = Path(__file__).parent / "data" / "tiny"
CROP = Box(10, 20, 14, 24)  # 4 x 4 pixels, one for each cell of GRID
GRID = torch.tensor(
    [[0.0, 0.0, 0.0, 0.0], [0.0, 0.9, 0.9, 0.0], [0.0, 0.9, 0.9, 0.0], [0.0, 0.0, 0.0, 0.0]]
)
IDENTITY = torch.tensor([[0.0, 0.0, 1.0, 1.0]])


@pytest.fixture(scope="module")
def completer() -> Completer:
    return Completer.load(TINY, device="cpu")


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clicks without a position error, so that a person can do the sums."""
    monkeypatch.setattr(module, "RINGS", ((0.0, 1.0),))


def said(evidence: Evidence, grid: torch.Tensor = GRID, theta=IDENTITY, threshold=0.5) -> float:
    """log p(evidence) of one placed grid."""
    return float(log_likelihood(clues(evidence, CROP), grid[None, None], theta, threshold)[0])


def click(value: float) -> float:
    """Probability of an inside click where the shape has this probability."""
    return 0.05 + 0.9 * value


# Likelihood by hand


def test_nothing_said_is_certain():
    assert said(Evidence()) == 0


def test_a_point_is_a_bernoulli_observation(exact):
    centre, corner = (11.5, 21.5), (10.5, 20.5)  # pixel centres: 0.9 and 0
    assert said(Evidence(inside=(centre,))) == pytest.approx(math.log(click(0.9)))
    assert said(Evidence(outside=(centre,))) == pytest.approx(math.log(1 - click(0.9)))
    assert said(Evidence(inside=(corner,))) == pytest.approx(math.log(click(0)))
    both = said(Evidence(inside=(centre,), outside=(corner,)))
    assert both == pytest.approx(math.log(click(0.9)) + math.log(1 - click(0)))


def test_a_point_beyond_the_shape_counts_by_its_distance(exact):
    far = (16, 26)  # half a crop beyond the right side and the lower one
    assert said(Evidence(outside=(far,))) == pytest.approx(math.log(0.95))
    assert said(Evidence(inside=(far,))) == pytest.approx(math.log(0.05) - (0.5 + 0.5) / 0.2)


def test_theta_places_the_shape(exact):
    right = torch.tensor([[1.0, 0.0, 1.0, 1.0]])  # two of four pixels to the right
    assert said(Evidence(inside=((13.5, 21.5),)), theta=right) == pytest.approx(
        math.log(click(0.9))
    )


def test_the_threshold_is_where_inside_and_outside_are_equal(exact):
    for threshold in (0.3, 0.9):
        grid = torch.full((4, 4), threshold)
        inside = said(Evidence(inside=((12, 22),)), grid, threshold=threshold)
        assert inside == pytest.approx(math.log(0.5))


def test_a_position_error_softens_the_click():
    centre, near = (12, 22), (9.8, 22)  # near: just left of the shape's frame
    one = torch.ones(4, 4)
    assert said(Evidence(outside=(near,)), one) < math.log(0.945)
    assert said(Evidence(outside=(centre,)), torch.zeros(4, 4)) == pytest.approx(
        math.log(0.95), rel=1e-5
    )
    assert said(Evidence(inside=((13.9, 22),)), one) < math.log(0.94)


def test_a_region_counts_its_patches_not_its_pixels():
    crop, grid = Box(0, 0, 80, 80), torch.full((1, 1, 4, 4), 0.5)

    def region(*sides: int) -> float:
        absent = np.zeros((100, 100), bool)
        absent[sides[1] : sides[3], sides[0] : sides[2]] = True
        given = clues(Evidence(absent=absent), crop)
        return float(log_likelihood(given, grid, IDENTITY, 0.5)[0])

    one = math.log(1 - 0.95 * 0.5)
    assert region(40, 40, 41, 41) == pytest.approx(one)  # a pixel is one observation
    # Four pixels of 80 are the region's soft edge; 100 pixels of 6400 are a patch.
    assert region(30, 30, 50, 50) == pytest.approx(1.44 * one)
    assert region(10, 10, 70, 70) == pytest.approx(27.04 * one, rel=0.02)  # thinned to 1024 points


def test_a_region_far_from_the_object_says_nothing():
    absent = np.zeros((400, 400), bool)
    absent[300:] = True
    given = clues(Evidence(absent=absent), CROP)
    assert float(log_likelihood(given, GRID[None, None], IDENTITY, 0.5)[0]) == 0


def test_a_box_is_a_gaussian_on_each_side():
    assert said(Evidence(box=CROP)) == pytest.approx(0)
    shifted = Box(10.4, 20, 14.4, 24)  # two sides a tenth of the box off: 2.5 deviations each
    assert said(Evidence(box=shifted)) == pytest.approx(-0.5 * 2 * 2.5**2, rel=1e-4)


def test_the_likelihood_has_a_gradient_for_shape_and_place():
    grid = GRID[None, None].clone().requires_grad_()
    theta = IDENTITY.clone().requires_grad_()
    absent = np.zeros((40, 40), bool)
    absent[21, 12] = True
    evidence = Evidence(((11.5, 21.5),), ((10.2, 20.2),), Box(9, 20, 15, 24), absent)
    log_likelihood(clues(evidence, CROP), grid, theta, 0.5).sum().backward()
    assert grid.grad.abs().sum() > 0
    assert (theta.grad != 0).all()


# Guidance


def test_guidance_finds_the_posterior_of_a_linear_gaussian():
    posterior = Posterior(torch.zeros(1, 2), torch.tensor([[0.0, math.log(4)]]))
    draws = torch.tensor([[0.0, 0.0], [1.0, 2.0]])
    noise = 0.5  # of an observation that the first coordinate is 3

    def observed(z: torch.Tensor) -> torch.Tensor:
        return -0.5 * ((z[:, 0] - 3) / noise) ** 2

    moved = guide(posterior, draws, observed, widen=1.0, steps=60)
    expected = (3 / noise**2 + draws[:, 0]) / (1 / noise**2 + 1)
    torch.testing.assert_close(moved[:, 0], expected, atol=1e-2, rtol=0)
    torch.testing.assert_close(moved[:, 1], draws[:, 1])


def test_guidance_never_makes_a_draw_worse():
    posterior = Posterior(torch.zeros(1, 1), torch.zeros(1, 1))
    draws = torch.linspace(-2, 2, 9)[:, None]

    def steep(z: torch.Tensor) -> torch.Tensor:
        return -1000 * z[:, 0] ** 4

    moved = guide(posterior, draws, steep)
    cost = (moved - draws)[:, 0] ** 2 / (2 * 16) - steep(moved)
    assert (cost <= -steep(draws)).all()


# On a trained network


def share(completions, point: tuple[float, float]) -> float:
    """How many of the samples hold the point."""
    return float(np.mean([Evidence(inside=(point,)).agrees(s) for s in completions.samples]))


POINTS = [(52, 80), (60, 60), (45, 90), (75, 45), (70, 115), (40, 80), (160, 80), (100, 25)]


def test_points_move_the_samples_to_their_side(completer):
    instance = Instance(covered(ellipse()), "car")
    plain = completer.complete(instance)
    gains, losses = [], []
    for point in POINTS:
        inside = completer.complete(instance, evidence=Evidence(inside=(point,)))
        outside = completer.complete(instance, evidence=Evidence(outside=(point,)))
        assert inside.support == share(inside, point)
        gains.append(share(inside, point) - share(plain, point))
        losses.append(share(plain, point) - share(outside, point))
    assert np.mean(gains) > 0.1
    assert np.mean(losses) > 0.1
    assert min(gains) >= -0.1
    assert min(losses) >= -0.1


def test_a_true_click_improves_the_mode(completer):
    before, after = [], []
    for axes in ((50, 40), (60, 30), (36, 50), (45, 45)):
        whole = ellipse(axes=axes)
        instance = Instance(covered(whole, 0.7), "car")
        mode = completer.complete(instance, samples=1).mode.on_photo(*whole.shape)
        x, y = centre_of_largest(mode ^ whole)
        point = ((x + 0.5, y + 0.5),)
        evidence = Evidence(inside=point) if whole[y, x] else Evidence(outside=point)
        again = completer.complete(instance, samples=1, evidence=evidence).mode
        before.append((mode & whole).sum() / (mode | whole).sum())
        mode = again.on_photo(*whole.shape)
        after.append((mode & whole).sum() / (mode | whole).sum())
    assert np.mean(after) > np.mean(before)


def test_a_region_pushes_the_shape_out(completer):
    instance = Instance(covered(ellipse()), "car")
    plain = completer.complete(instance, samples=8)
    absent = np.zeros_like(instance.modal)
    absent[:, :65] = True
    given = completer.complete(instance, samples=8, evidence=Evidence(absent=absent))
    overlap = [(r.mode.on_photo(160, 200) & absent).sum() for r in (plain, given)]
    assert overlap[1] < 0.5 * overlap[0]
    for completion in (given.mode, *given.samples):
        assert not (instance.modal & ~completion.on_photo(160, 200)).any()


def test_the_box_acts_as_the_full_extent_of_the_instance(completer):
    whole = ellipse()
    instance = Instance(covered(whole, 0.5), "car")
    box = tight_box(whole)
    given = completer.complete(instance, samples=3, evidence=Evidence(box=box))
    drawn = completer.complete(replace(instance, box=box), samples=3)
    assert np.array_equal(given.mode.mask, drawn.mode.mask)
    assert given.support > 0.5


def test_equal_seeds_equal_bytes_and_draws_stay_diverse(completer):
    instance = Instance(covered(ellipse()), "car")
    evidence = Evidence(inside=((52, 80),))
    answers = [completer.complete(instance, seed=seed, evidence=evidence) for seed in (1, 1, 2)]
    runs = [[sample.on_photo(160, 200) for sample in answer.samples] for answer in answers]
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])
    assert len({mask.tobytes() for mask in runs[0]}) > 10


def test_no_evidence_changes_nothing(completer):
    instance = Instance(covered(ellipse()), "car")
    plain = completer.complete(instance, samples=4)
    empty = Evidence(absent=np.zeros_like(instance.modal))
    same = completer.complete(instance, samples=4, evidence=empty)
    assert plain.support == same.support == 1
    assert np.array_equal(plain.probability, same.probability)


def test_contradicting_evidence_is_answered_and_told(completer):
    instance = Instance(covered(ellipse()), "car")
    far = completer.complete(instance, evidence=Evidence(inside=((-900, 80),)))
    assert far.support == 0
    assert far.mode.area > 0


# What is refused

MODAL = np.zeros((30, 40), bool)
MODAL[10:20, 10:20] = True


def region(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros_like(MODAL)
    mask[rows, columns] = True
    return mask


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (Evidence(inside=((5, 5),), outside=((5, 5),)), "part of the object and not to be"),
        (Evidence(inside=((math.nan, 5),)), "two finite numbers"),
        (Evidence(outside=((5, math.inf),)), "two finite numbers"),
        (Evidence(outside=((15, 15),)), "lies on its visible part"),
        (Evidence(box=Box(13, 5, 30, 25)), "cuts off visible pixels"),
        (Evidence(box=Box(30, 5, 10, 25)), "x0 < x1"),
        (Evidence(box=Box(0, 0, math.nan, 25)), "x0 < x1"),
        (Evidence(absent=region(slice(0, 30), slice(15, 40))), "covers 50 of its visible"),
        (
            Evidence(inside=((30, 15),), absent=region(slice(0, 30), slice(25, 40))),
            "in the region without it",
        ),
    ],
)
def test_impossible_evidence_is_refused_in_one_sentence(completer, evidence, words):
    with pytest.raises(AmodalError, match=words) as caught:
        completer.complete(Instance(MODAL, "car"), evidence=evidence)
    assert "\n" not in str(caught.value)


def test_a_region_of_another_size_is_a_bug(completer):
    with pytest.raises(ValueError, match="absent"):
        completer.complete(Instance(MODAL, "car"), evidence=Evidence(absent=np.ones((3, 3), bool)))


def test_a_roughly_drawn_box_and_points_beyond_the_photo_are_fine(completer):
    evidence = Evidence(inside=((-3, 15),), outside=((60, 80),), box=Box(-5, 10.6, 20, 20))
    assert completer.complete(Instance(MODAL, "car"), samples=2, evidence=evidence).mode.area


# Agreement


def test_agreement_is_about_the_drawn_mask():
    completion = Completion(np.ones((10, 10), bool), 5, -5)
    assert Evidence().agrees(completion)
    assert Evidence(inside=((5, -5), (14.9, 4.9))).agrees(completion)
    assert not Evidence(inside=((15, 0),)).agrees(completion)
    assert Evidence(outside=((4.9, 0),)).agrees(completion)
    assert not Evidence(outside=((5, 0),)).agrees(completion)
    assert Evidence(box=Box(5, -5, 15, 5)).agrees(completion)
    assert not Evidence(box=Box(5, -5, 25, 5)).agrees(completion)
    absent = np.zeros((20, 20), bool)
    absent[0, 5] = True  # one pixel of 100: less than a patch
    assert Evidence(absent=absent).agrees(completion)
    absent[0:3] = True
    assert not Evidence(absent=absent).agrees(completion)
