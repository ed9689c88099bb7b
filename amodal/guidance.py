"""Codes that explain evidence: draw many, keep those that explain it, then optimise.

First sampling importance resampling: of `CANDIDATES` draws for each that is wanted, those are kept
that the evidence makes likely (a random choice without replacement, weighted by p(evidence | z)).
So what is said narrows the cloud elsewhere, too: whoever says that a bumper is here has said much
about the roof. On 78 hidden objects of the rendered examples, after one click at the most undecided
pixel: the uncertain area against that before the click (mean), the samples' IoU with the truth
(74.1 before the click), and the time of it all on two cores:

    1 candidate a draw     0.99   74.7   0.16 s
    4                      0.73   76.0
    8                      0.62   76.7   0.20 s
    16                     0.57   76.1   0.29 s

Then each draw of the posterior stays as close to itself as the evidence lets it. In units of the
posterior's standard deviation, from a draw e_k (0 for the mode):

    e = argmin  |e - e_k|² / (2 w²) - log p(evidence | mean + std e)

So draws stay as diverse as the posterior made them, but for what the evidence settles. (The noise
of the observations is not drawn anew: a click is as certain for every draw.) w trades obedience for
plausible shapes. On held-out training sequences, 200 pairs: invisible mIoU of the mode after one
click at the worst place (83.5 without), and how often it obeys that click:

    w = 1     85.1   41 %
    w = 1.5   85.1   63 %
    w = 2.2   79.9   79 %
    w = 4     76.7   85 %
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from amodal.posterior import Posterior

CANDIDATES = 8
WIDEN = 1.5  # w
STEPS = 3
LONGEST = 4.0  # of one step, in standard deviations


def likely(fit: Tensor, count: int, generator: torch.Generator | None = None) -> Tensor:
    """Choose among draws by how well they explain the evidence.

    Args:
        fit: log p(evidence | z) of N draws, (N,).
        count: K, at most N.
        generator: of the choice.

    Returns:
        The numbers of K different draws, (K,) int64, ascending.
    """
    # The K largest of log weight + Gumbel noise are K draws without replacement.
    noise = -torch.empty_like(fit, device="cpu").exponential_(generator=generator).log()
    return (fit + noise.to(fit)).topk(count).indices.sort().values


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
        log_likelihood: codes (K, D) -> log p(evidence | z), (K,), differentiable, at most 0.
        widen: w.
        steps: each costs the decoder once forwards and once backwards.

    Returns:
        Codes (K, D).
    """
    std = torch.exp(0.5 * posterior.logvar)
    start = (draws - posterior.mean) / std
    best, lowest = start, torch.full_like(start[:, :1], torch.inf)
    trial = nearest = start
    for _ in range(steps):
        with torch.enable_grad():
            trial = trial.detach().requires_grad_()
            fit = log_likelihood(posterior.mean + std * trial)
            (slope,) = torch.autograd.grad(fit.sum(), trial)
        trial, fit = trial.detach(), fit.detach()[:, None]
        cost = ((trial - start) ** 2).sum(dim=1, keepdim=True) / (2 * widen**2) - fit
        better = cost < lowest
        best, lowest = torch.where(better, trial, best), torch.minimum(cost, lowest)
        # Where a step went wrong, try a third of it.
        nearest = torch.where(
            better, _solve(start, trial, fit, slope, widen), best + (nearest - best) / 3
        )
        trial = nearest
    with torch.no_grad():
        fit = log_likelihood(posterior.mean + std * trial)[:, None]
    cost = ((trial - start) ** 2).sum(dim=1, keepdim=True) / (2 * widen**2) - fit
    return posterior.mean + std * torch.where(cost < lowest, trial, best)


def _solve(start: Tensor, at: Tensor, fit: Tensor, slope: Tensor, widen: float) -> Tensor:
    """The best code, were the evidence's log odds linear around `at`.

    Steps of plain gradient descent overshoot: what is said is soon explained, and then counts no
    more. With p = exp(fit), the odds h = log p / (1 - p) have the slope u = slope / (1 - p), and

        e = start + a u,  a = w² (1 - sigmoid(h(start) + a |u|²))

    which bisection solves for a in 0..w².
    """
    doubt = -torch.expm1(fit.clamp(max=-1e-4))  # 1 - p
    slope = slope / doubt
    odds = fit - doubt.log() + ((start - at) * slope).sum(dim=1, keepdim=True)
    steep = (slope**2).sum(dim=1, keepdim=True)
    low, high = torch.zeros_like(odds), torch.full_like(odds, widen**2)
    for _ in range(20):
        middle = (low + high) / 2
        short = middle < widen**2 * torch.sigmoid(-(odds + middle * steep))
        low, high = torch.where(short, middle, low), torch.where(short, high, middle)
    step = start + low * slope - at
    length = step.norm(dim=1, keepdim=True).clamp(min=1e-9)
    return at + step * (LONGEST / length).clamp(max=1)
