"""One object's way through the method, with every number on the way. For teaching.

Functions of a completer: nothing is kept, and equal arguments give equal answers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from amodal.completer import Completer, Query
from amodal.geometry import Box, theta_to_box
from amodal.model import PLACE
from amodal.paste import paste
from amodal.scene import Completion, Instance
from amodal.terms import Elbo, visible_elbo

SAMPLES = 20
STEP = 0.5  # standard deviations, to either side, over which the decoder's slope is measured


@dataclass(frozen=True, eq=False)
class Walk:
    """What happens to an object between the visible mask and the whole one.

    Args:
        query: the squeezed mask, class and cues.
        code: the posterior's mean with the place noise at 0, (D + P,) float32.
        std: the posterior's standard deviation, (D + P,) float32; 1 for the place noise.
        kl: KL of each dimension of the shape, nats, (D,); their sum is the posterior's.
        canonical: p(y | z) of the mean, (S, S) in 0..1.
        theta: where that lies in crop frame, (4,).
        box: the same in image frame.
        completion: the mode, pasted.
        elbo: eq. 5.
    """

    query: Query
    code: np.ndarray
    std: np.ndarray
    kl: np.ndarray
    canonical: np.ndarray
    theta: np.ndarray
    box: Box
    completion: Completion
    elbo: Elbo

    @property
    def latent(self) -> int:
        """D."""
        return len(self.kl)


@dataclass(frozen=True, eq=False)
class Directions:
    """Ways through the latent space along which an object's shape is least certain.

    Args:
        codes: (N, D + P), one standard deviation of the posterior each; orthogonal in its metric.
        shares: of the variance of the shape's pixels, (N,), largest first.
    """

    codes: np.ndarray
    shares: np.ndarray


def walk(
    completer: Completer, instance: Instance, hidden: np.ndarray | None = None, *, seed: int = 0
) -> Walk:
    """Follow an object. The completion is `Completer.complete`'s mode, byte for byte.

    Args:
        instance: its visible mask, class and full-extent box if there is one.
        hidden: (H, W) bool, pixels that may hide the object.
        seed: of the draws behind the ELBO's expectation.

    Raises:
        AmodalError: the mask is empty or the box degenerate.
    """
    query = completer.query(instance)
    posterior = completer.encode([query])
    generator = torch.Generator().manual_seed(seed)
    canonical, theta = completer.decode([query], SAMPLES, generator=generator)
    nothing = np.zeros_like(instance.modal)
    known = None if hidden is None else ~hidden | instance.modal
    mean, logvar = posterior.mean[0].cpu().numpy(), posterior.logvar[0].cpu().numpy()
    kl = 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)[:-PLACE]
    unseen = nothing if hidden is None else hidden
    elbo = visible_elbo(
        instance, unseen, query, canonical[0, 1:], theta[0, 1:], float(posterior.kl()[0])
    )
    shape, where = canonical[0, 0], theta[0, 0]
    return Walk(
        query,
        mean,
        np.exp(0.5 * logvar),
        kl,
        shape,
        where,
        theta_to_box(where, query.crop),
        paste(instance, query.crop, shape, where, completer.info.threshold, known),
        elbo,
    )


def directions(completer: Completer, walk: Walk, count: int = 4) -> Directions:
    """The leading directions of the posterior's shapes, to first order.

    The decoder's slope at the mean, in posterior standard deviations of each dimension, is a
    matrix (D, S * S); its left singular vectors are the directions, and the squared singular
    values the variance that each gives to the pixels. A direction's sign makes the shape larger.
    """
    size = walk.latent
    steps = STEP * np.diag(walk.std)[:size]  # (D, D + P)
    codes = np.concatenate([walk.code + steps, walk.code - steps])  # (2 D, D + P)
    shapes, _ = completer.decode_codes(walk.query, codes)
    slope = (shapes[:size] - shapes[size:]).reshape(size, -1) / (2 * STEP)  # (D, S * S)
    left, values, right = np.linalg.svd(slope, full_matrices=False)
    signs = np.where(right.sum(axis=1) < 0, -1, 1)[:count]
    moves = np.zeros((min(count, size), len(walk.code)), np.float32)
    moves[:, :size] = (left[:, :count] * signs).T * walk.std[:size]
    variance = values**2
    return Directions(moves, variance[:count] / max(variance.sum(), 1e-12))


def along(
    completer: Completer, instance: Instance, walk: Walk, ways: Directions, amounts: np.ndarray
) -> tuple[np.ndarray, Completion]:
    """The shape beside the mean: some standard deviations along each direction.

    Args:
        amounts: (N,).

    Returns:
        canonical probabilities (S, S), and the shape pasted.
    """
    code = walk.code + np.asarray(amounts, np.float32) @ ways.codes
    canonical, theta = completer.decode_codes(walk.query, code[None])
    threshold = completer.info.threshold
    return canonical[0], paste(instance, walk.query.crop, canonical[0], theta[0], threshold, None)


def between(completer: Completer, first: Query, second: Query, share: float) -> np.ndarray:
    """The canonical shape (S, S) between two objects, on the straight line of their mean codes.

    Args:
        share: 0 gives the first object's shape, 1 the second's.
    """
    start, end = completer.encode([first, second]).mean.cpu().numpy()
    code = (1 - share) * start + share * end
    return completer.decode_codes(first, code[None])[0][0]


def prior_samples(completer: Completer, count: int, seed: int) -> np.ndarray:
    """Canonical shapes of codes drawn from the prior N(0, I), (count, S, S)."""
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randn(count, completer.model.config.latent, generator=generator)
    return completer.decode_prior(codes)
