"""Codes that explain evidence: randomise, then optimise.

Each draw of the posterior stays as close to itself as the evidence lets it. In units of the
posterior's standard deviation, from a draw e_k (0 for the mode):

    e = argmin  |e - e_k|² / (2 w²) - log p(evidence | mean + std e)

So draws stay as diverse as the posterior made them, but for what the evidence settles. (The noise
of the observations is not drawn anew: a click is as certain for every draw.) w > 1 because a
trained posterior is too sure of itself: with w = 1 it would rather doubt a click than move.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from amodal.posterior import Posterior

WIDEN = 4.0  # w
STEPS = 3
LONGEST = 4.0  # of one step, in standard deviations


def guide(
    posterior: Posterior,
    draws: Tensor,
    log_likelihood: Callable[[Tensor], Tensor],
    *,
    widen: float = WIDEN,
    steps: int = STEPS,
) -> Tensor:
    """Move draws of one object's posterior towards the evidence; none gets worse.

    Args:
        posterior: of one object, (1, D).
        draws: codes (K, D), as the posterior gave them.
        log_likelihood: codes (K, D) -> log p(evidence | z), (K,), differentiable.
        widen: w.
        steps: of gradient descent; each costs the decoder once forwards and once backwards.

    Returns:
        Codes (K, D).
    """
    std = torch.exp(0.5 * posterior.logvar)
    start = (draws - posterior.mean) / std

    def cost(e: Tensor) -> Tensor:
        return ((e - start) ** 2).sum(dim=1) / (2 * widen**2) - log_likelihood(
            posterior.mean + std * e
        )

    best, lowest, slope = start, torch.full_like(start[:, 0], torch.inf), torch.zeros_like(start)
    rate = torch.ones_like(start[:, :1])
    trial = start
    for _ in range(steps):
        with torch.enable_grad():
            trial = trial.detach().requires_grad_()
            now = cost(trial)
            (gradient,) = torch.autograd.grad(now.sum(), trial)
        better = (now < lowest).detach()[:, None]
        best = torch.where(better, trial.detach(), best)
        slope = torch.where(better, gradient, slope)
        lowest = torch.minimum(now.detach(), lowest)
        rate = torch.where(better, rate * 1.3, rate * 0.35).clamp(max=1.5)
        step = -rate * widen**2 * slope  # the metric of the prior: one step solves a linear slope
        length = step.norm(dim=1, keepdim=True).clamp(min=1e-9)
        trial = best + step * (LONGEST / length).clamp(max=1)
    with torch.no_grad():
        better = (cost(trial) < lowest)[:, None]
    return posterior.mean + std * torch.where(better, trial, best).detach()
