"""One object's way through the method: numbers that must agree with the completer's own."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from amodal import terms
from amodal.completer import Completer
from amodal.errors import AmodalError
from amodal.explain import Walk, along, between, directions, prior_samples, walk
from amodal.geometry import Box, tight_box
from amodal.hub.manifest import BUNDLED
from amodal.model import PLACE
from amodal.occluder import SHAPE, SIDE, behind, occlude, spread, stand, undecided
from amodal.posterior import Posterior
from amodal.scene import Completion, Instance
from amodal.stages import Stages
from amodal.study import iou
from amodal.terms import bernoulli, code_distance, visible_elbo, whole_terms
from amodal.training import pairs, partial
from amodal.training.losses import warped_nll
from demo.examples import find_examples
from tests.demo_parts import TINY, instances

CAR, PERSON = instances()


@pytest.fixture(scope="module")
def stages() -> Stages:
    return Stages(Completer.load(TINY, device="cpu"))


@pytest.fixture(scope="module")
def completer(stages: Stages) -> Completer:
    return stages.get(3)


@pytest.fixture(scope="module")
def car(completer: Completer) -> Walk:
    return walk(completer, CAR, PERSON.modal)


def whole_car() -> Completion:
    mask = np.zeros((40, 70), bool)
    mask[:, :] = True
    return Completion(mask, 20, 40)


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_the_walk_ends_at_the_completers_mode(stages: Stages, stage: int) -> None:
    completer = stages.get(stage)
    for instance, other in ((CAR, PERSON), (PERSON, CAR)):
        found = walk(completer, instance, other.modal)
        mode = completer.complete(instance, other.modal).mode
        assert found.completion.mask.tobytes() == mode.mask.tobytes()
        assert (found.completion.x0, found.completion.y0) == (mode.x0, mode.y0)
        assert found.completion.visible_iou == mode.visible_iou


def test_the_dimensions_share_the_posteriors_kl(completer: Completer, car: Walk) -> None:
    posterior = completer.encode([car.query])
    assert car.kl.sum() == pytest.approx(float(posterior.kl()[0]), rel=1e-5)
    assert car.kl.shape == (completer.model.config.latent,)
    assert (car.kl >= -1e-6).all()
    assert len(car.code) == len(car.std) == car.latent + PLACE
    assert car.std[-PLACE:] == pytest.approx(1)


def test_the_box_is_where_theta_says(car: Walk) -> None:
    assert car.box.contains(car.query.crop)
    _, _, sx, sy = car.theta
    assert car.box.width == pytest.approx(sx * car.query.crop.width, rel=1e-5)
    assert car.box.height == pytest.approx(sy * car.query.crop.height, rel=1e-5)


def test_the_elbo_is_likelihood_minus_kl(completer: Completer, car: Walk) -> None:
    elbo = car.elbo
    assert np.isfinite(elbo).all()
    assert elbo.likelihood < 0 < elbo.kl
    assert elbo.bound == elbo.likelihood - elbo.kl
    assert elbo.kl == pytest.approx(float(car.kl.sum()), rel=1e-5)


def test_what_may_hide_the_object_does_not_count(completer: Completer, car: Walk) -> None:
    """A whole shape that reaches under the person is punished only where the person can't be."""
    size = completer.model.config.size
    whole, identity = np.ones((1, size, size), np.float32), np.array([[0, 0, 1, 1]], np.float32)
    nowhere = np.zeros_like(CAR.modal)
    box = tight_box(whole_car().on_photo(*CAR.modal.shape))
    query = replace(car.query, crop=box)
    hidden, seen = (
        visible_elbo(CAR, mask, query, whole, identity, 0.0) for mask in (PERSON.modal, nowhere)
    )
    assert hidden.likelihood > 5 * seen.likelihood  # both negative
    assert hidden.likelihood > seen.likelihood + 100


def test_pixels_count_as_in_the_training(completer: Completer, car: Walk) -> None:
    assert (terms.WINDOW, terms.SLIT) == (pairs.WINDOW, partial.SLIT)
    rng = np.random.default_rng(0)
    p, y = rng.random((2, 3, 1, 8, 8), np.float32)
    nll = warped_nll(torch.from_numpy(p), torch.from_numpy(y)).numpy()
    assert -bernoulli(p, y).sum((1, 2, 3)) == pytest.approx(nll, rel=1e-4)


def test_the_first_stage_changes_neither_place_nor_size(stages: Stages) -> None:
    found = walk(stages.get(1), CAR, PERSON.modal)
    assert tuple(found.theta) == (0, 0, 1, 1)
    assert found.box == found.query.crop


def test_stages_are_loaded_once_and_share_the_decoder(stages: Stages) -> None:
    assert stages.get(2) is stages.get(2)
    weights = [stages.get(stage).model.decoder.expand.weight for stage in (1, 2, 3)]
    assert all(torch.equal(one, other) for one, other in combinations(weights, 2))
    assert [stages.get(stage).info.stage for stage in (1, 2, 3)] == [1, 2, 3]
    with pytest.raises(ValueError, match="stage: got 4"):
        stages.get(4)


def test_stages_without_a_folder_say_so(completer: Completer) -> None:
    alone = Completer(completer.model, completer.info, completer.device)
    with pytest.raises(AmodalError, match="Stage 1"):
        Stages(alone).get(1)


def test_missing_stages_are_told(tmp_path: Path, completer: Completer) -> None:
    elsewhere = Completer(completer.model, completer.info, completer.device, tmp_path)
    with pytest.raises(AmodalError, match="stage1"):
        Stages(elsewhere).get(1)


def test_terms_of_a_known_whole(stages: Stages, car: Walk) -> None:
    known = whole_terms(stages.get(3), stages.get(1), car.query, whole_car())
    assert known.first.bound == known.first.likelihood - known.first.kl
    assert known.first.likelihood < 0 < known.first.kl
    assert known.likelihood < 0
    assert known.code > 0


def test_the_code_distance_is_the_mean_of_draws() -> None:
    generator = torch.Generator().manual_seed(0)
    one, other = (
        Posterior(torch.randn(1, 9, generator=generator), torch.randn(1, 9, generator=generator))
        for _ in range(2)
    )
    draws = [each.sample(40_000, generator=generator)[0, :, :-PLACE] for each in (one, other)]
    mean = 0.5 * (draws[0] - draws[1]).square().sum(dim=1).mean()
    assert code_distance(one, other) == pytest.approx(float(mean), rel=0.05)


@given(p=st.floats(0, 1), y=st.floats(0, 1))
def test_log_likelihoods_are_finite_and_best_at_the_target(p: float, y: float) -> None:
    value, best = bernoulli(np.array([p, y]), np.array([y, y]))
    assert np.isfinite(value)
    assert value <= best + 1e-9


def test_sliders_at_zero_give_the_mode(completer: Completer, car: Walk) -> None:
    ways = directions(completer, car)
    shape, whole = along(completer, CAR, car, ways, np.zeros(len(ways.codes)))
    assert shape == pytest.approx(car.canonical, abs=1e-5)
    assert iou(whole, car.completion) > 0.99


def test_directions_are_the_most_uncertain_ones(completer: Completer, car: Walk) -> None:
    ways = directions(completer, car)
    unit = ways.codes[:, :-PLACE] / car.std[:-PLACE]
    assert unit @ unit.T == pytest.approx(np.eye(4), abs=1e-4)
    assert (ways.codes[:, -PLACE:] == 0).all()
    assert (np.diff(ways.shares) <= 0).all()
    assert 0 < ways.shares.sum() <= 1

    def change(way: np.ndarray) -> float:
        codes = car.code + 0.5 * np.stack([way, -way])
        one, other = completer.decode_codes(car.query, codes)[0]
        return float(np.square(one - other).sum())

    noise = np.random.default_rng(0).normal(size=(20, car.latent))
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    others = np.pad(noise * car.std[:-PLACE], ((0, 0), (0, PLACE)))
    assert change(ways.codes[0]) > max(change(way) for way in others)
    larger = along(completer, CAR, car, ways, np.array([0.5, 0, 0, 0]))[0].sum()
    smaller = along(completer, CAR, car, ways, np.array([-0.5, 0, 0, 0]))[0].sum()
    assert larger > smaller


def test_an_interpolation_starts_and_ends_at_its_objects(completer: Completer, car: Walk) -> None:
    person = walk(completer, PERSON, CAR.modal)
    start, middle, end = (
        between(completer, car.query, person.query, share) for share in (0, 0.5, 1)
    )
    assert start == pytest.approx(car.canonical, abs=1e-5)
    assert end == pytest.approx(person.canonical, abs=1e-5)
    apart = np.abs(start - end).mean()
    assert 0 < np.abs(start - middle).mean() < apart + 0.1
    assert not np.allclose(middle, start, atol=1e-3)


def test_prior_samples_follow_the_seed(completer: Completer) -> None:
    one, same, other = (prior_samples(completer, 3, seed) for seed in (1, 1, 2))
    size = completer.model.config.size
    assert one.shape == (3, size, size)
    assert one.tobytes() == same.tobytes()
    assert not np.array_equal(one, other)
    assert not np.array_equal(one[0], one[1])


@given(height=st.integers(1, 300), width=st.integers(1, 300))
def test_a_shape_stands_in_the_middle_of_its_ground(height: int, width: int) -> None:
    ground = stand(Completion(np.ones((height, width), bool), -7, 9), "car")
    box = tight_box(ground.modal)
    assert ground.modal.shape == (SIDE, SIDE)
    assert max(box.width, box.height) == SHAPE
    assert abs(box.x0 + box.x1 - SIDE) <= 1
    assert abs(box.y0 + box.y1 - SIDE) <= 1


def test_a_box_hides_what_is_behind_it(completer: Completer) -> None:
    ground = stand(whole_car(), "car")
    box = tight_box(ground.modal)
    half = Box(box.x0, 0, (box.x0 + box.x1) / 2, SIDE)
    answer = occlude(completer, ground, half)
    assert answer.hidden == pytest.approx(0.5)
    assert not (answer.visible & behind(ground, half)).any()
    assert (answer.visible | behind(ground, half))[ground.modal].all()
    nothing = occlude(completer, ground, Box(0, 0, 0, 0))
    assert nothing.hidden == 0
    with pytest.raises(AmodalError, match="empty"):
        occlude(completer, ground, Box(0, 0, SIDE, SIDE))


def test_spread_is_the_mean_over_pairs(completer: Completer) -> None:
    completions = completer.complete(CAR, PERSON.modal, samples=5)
    pairs = [1 - iou(one, other) for one, other in combinations(completions.samples, 2)]
    assert spread(completions) == pytest.approx(np.mean(pairs), abs=1e-5)
    assert spread(completer.complete(CAR, PERSON.modal, samples=3, temperature=0)) == 0


def test_entropy_counts_undecided_pixels() -> None:
    assert undecided(np.array([[0.5, 0.5], [0, 1]], np.float32)) == pytest.approx(2)
    assert undecided(np.zeros((3, 3), np.float32)) == pytest.approx(0, abs=1e-6)


@pytest.fixture(scope="module")
def real() -> Completer:
    return Completer.load(BUNDLED, device="cpu")


def test_a_larger_occluder_widens_the_posterior_of_real_shapes(real: Completer) -> None:
    """On the mean over true whole shapes and three sides that are hidden."""
    truths = [truth for example in find_examples() if (truth := example.open().truth)]
    grounds = [
        stand(item.whole, item.instance.category) for truth in truths for item in truth.objects[:2]
    ]
    assert len(grounds) >= 12
    shares = (0.0, 0.25, 0.5, 0.75)
    doubts = np.array(
        [[_doubts(real, ground, share) for share in shares] for ground in grounds]
    ).mean(axis=0)  # (shares, 2)
    assert (np.diff(doubts, axis=0) > 0).all(), doubts


def _doubts(completer: Completer, ground: Instance, share: float) -> np.ndarray:
    """Spread and share of undecided pixels, the mean over the left, right and lower side."""
    x0, y0, x1, y1 = tight_box(ground.modal)
    boxes = (
        Box(x0, 0, x0 + share * (x1 - x0), SIDE),
        Box(x1 - share * (x1 - x0), 0, x1, SIDE),
        Box(0, y1 - share * (y1 - y0), SIDE, y1),
    )
    found = [occlude(completer, ground, box, samples=12).doubt for box in boxes]
    return np.mean([(doubt.spread, doubt.share) for doubt in found], axis=0)
