"""The objectives' terms for one object: eqs. 1, 2, 3 and 5 of the paper, in nats.

The training computes the same terms on batches (training/losses.py). Expectations over codes are
means of draws. Here lambda = 1: then likelihood - KL is a lower bound of the log-probability of
what is seen.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import torch

from amodal.completer import Completer, Query
from amodal.cues import cues
from amodal.geometry import Box, squeeze, tight_box, warp
from amodal.model import PLACE
from amodal.posterior import Posterior
from amodal.scene import Completion, Instance

WINDOW = 2.0  # half size of the window that eq. 5 looks at, in half sizes of the crop; as trained
SLIT = 3  # pixels that annotators leave free between neighbours; nobody knows whose they are
SURE = 1e-4  # a pixel is never more certain than this
NO_BORDERS = np.zeros(4, bool)


class Elbo(NamedTuple):
    """A lower bound and its two terms, nats.

    Args:
        likelihood: E_q[log p(pixels | z)], at most 0.
        kl: KL(q || p), at least 0.
    """

    likelihood: float
    kl: float

    @property
    def bound(self) -> float:
        return self.likelihood - self.kl


class WholeTerms(NamedTuple):
    """What can be said where the whole mask y is known, nats.

    Args:
        first: eq. 1: the whole mask, encoded by stage 1's q(z | y, c).
        likelihood: eq. 2: E[log p(y | z)] of codes z ~ q_hat(z | y_hat, c).
        code: eq. 3: E[½ |z_hat - z|²] of codes of the partial and of the whole mask.
    """

    first: Elbo
    likelihood: float
    code: float


def visible_elbo(
    instance: Instance,
    hidden: np.ndarray,
    query: Query,
    canonical: np.ndarray,
    theta: np.ndarray,
    kl: float,
) -> Elbo:
    """Eq. 5: the likelihood counts pixels of the object and those known not to be the object.

    Args:
        hidden: (H, W) bool, pixels that may hide the object. They tell nothing.
        canonical: K decoded draws, (K, S, S).
        theta: where they lie, (K, 4).
        kl: of the posterior, nats.
    """
    size = canonical.shape[-1]
    window = _grown(query.crop)
    slit = np.ones((2 * SLIT + 1,) * 2, np.uint8)
    known = (cv2.dilate(hidden.astype(np.uint8), slit) == 0) | instance.modal
    seen = squeeze(instance.modal, window, size)
    weight = squeeze(known, window, size)  # 0 beyond the photo
    where = torch.tensor([0, 0, WINDOW, WINDOW]).expand(len(theta), 4)
    placed = warp(torch.from_numpy(canonical)[:, None], torch.from_numpy(theta), where)
    logs = bernoulli(placed[:, 0].numpy(), seen)  # (K, S, S)
    return Elbo(float((logs * weight).sum((1, 2)).mean()), kl)


def whole_terms(
    completer: Completer,
    full: Completer,
    query: Query,
    whole: Completion,
    *,
    samples: int = 20,
    seed: int = 0,
) -> WholeTerms:
    """Eqs. 1 to 3 of an object whose whole mask is known.

    Args:
        completer: gives q_hat(z | y_hat, c) of the query.
        full: stage 1's, gives q(z | y, c).
        query: the partial mask.
        whole: the true mask y.
    """
    y = whole_query(whole, query.class_id, full.model.config.size)
    q_hat, q = completer.encode([query]), full.encode([y])
    generator = torch.Generator().manual_seed(seed)
    own, _ = full.decode([y], samples, generator=generator)
    partial, _ = completer.decode([query], samples, generator=generator)
    own_likelihood, likelihood = (
        float(bernoulli(drawn[0, 1:], y.mask).sum((1, 2)).mean()) for drawn in (own, partial)
    )
    first = Elbo(own_likelihood, float(q.kl()[0]))
    return WholeTerms(first, likelihood, code_distance(q_hat, q))


def code_distance(one: Posterior, other: Posterior) -> float:
    """E[½ |z - z'|²] of independent codes, without the place noise (eq. 3), in closed form."""
    apart = (one.mean - other.mean).square() + one.logvar.exp() + other.logvar.exp()
    return float(0.5 * apart[0, :-PLACE].sum())


def whole_query(whole: Completion, class_id: int, size: int) -> Query:
    """A whole mask as stage 1's encoder sees it."""
    box = tight_box(whole.mask)
    return Query(box, squeeze(whole.mask, box, size), class_id, cues(box, NO_BORDERS, True))


def bernoulli(probability: np.ndarray, target: np.ndarray) -> np.ndarray:
    """log p(target) of each pixel, both in 0..1; as large as the two together."""
    p = np.clip(probability, SURE, 1 - SURE)
    return target * np.log(p) + (1 - target) * np.log(1 - p)


def _grown(crop: Box) -> Box:
    """The window around a crop, WINDOW times as wide and high."""
    x, y = (crop.x0 + crop.x1) / 2, (crop.y0 + crop.y1) / 2
    half_width, half_height = WINDOW * crop.width / 2, WINDOW * crop.height / 2
    return Box(x - half_width, y - half_height, x + half_width, y + half_height)
