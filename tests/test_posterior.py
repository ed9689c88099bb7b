"""The diagonal Gaussian against torch.distributions as oracle."""

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from amodal.posterior import Posterior


@pytest.fixture
def posterior() -> Posterior:
    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(5, 7, generator=generator)
    return Posterior(mean, torch.randn(5, 7, generator=generator))


def as_distribution(posterior: Posterior) -> Independent:
    return Independent(Normal(posterior.mean, (0.5 * posterior.logvar).exp()), 1)


def test_kl_agrees_with_torch(posterior):
    prior = Independent(Normal(torch.zeros(5, 7), torch.ones(5, 7)), 1)
    expected = kl_divergence(as_distribution(posterior), prior)
    torch.testing.assert_close(posterior.kl(), expected, rtol=1e-5, atol=1e-5)
    assert (posterior.kl() >= 0).all()


def test_kl_of_the_prior_is_zero():
    prior = Posterior(torch.zeros(3, 4), torch.zeros(3, 4))
    assert torch.equal(prior.kl(), torch.zeros(3))


def test_log_prob_agrees_with_torch(posterior):
    z = torch.randn(5, 7, generator=torch.Generator().manual_seed(1))
    expected = as_distribution(posterior).log_prob(z)
    torch.testing.assert_close(posterior.log_prob(z), expected, rtol=1e-5, atol=1e-5)


def test_equal_seeds_give_equal_samples(posterior):
    draws = [
        posterior.sample(4, generator=torch.Generator().manual_seed(seed)) for seed in (3, 3, 4)
    ]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_samples_have_the_posterior_s_moments(posterior):
    draws = posterior.sample(20_000, generator=torch.Generator().manual_seed(0))
    std = (0.5 * posterior.logvar).exp()
    assert draws.shape == (5, 20_000, 7)
    assert ((draws.mean(dim=1) - posterior.mean).abs() < 5 * std / 20_000**0.5).all()
    torch.testing.assert_close(draws.std(dim=1), std, rtol=0.05, atol=0)


def test_temperature_zero_draws_the_mode(posterior):
    draws = posterior.sample(3, generator=torch.Generator().manual_seed(0), temperature=0.0)
    assert torch.equal(draws, posterior.mode[:, None].expand(-1, 3, -1))
