"""The objectives of the three stages, eqs. 1 to 5 of the paper, in nats an object.

Every function returns a dict of named means over the batch; "loss" is what is minimised, so the
paper's maximised objectives appear negated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from amodal.geometry import warp
from amodal.model import PLACE, AmodalVAE, Decoder, Encoder
from amodal.training.distributed import fair_count
from amodal.training.pairs import PairBatch
from amodal.training.partial import PartialBatch


@dataclass(frozen=True)
class LossConfig:
    """Weights the paper leaves open, and of what we add.

    The paper's own objective of stage 2 is energy = 0, canonical = 1, kl = latent = 1. It makes
    narrow posteriors: the likelihood of thousands of pixels wants the one code that fits best on
    average. The energy score wants samples that lie as far from each other as from the truth.

    Args:
        kl: lambda of eqs. 1, 2 and 5.
        latent: weight of eq. 3; the paper's is 1.
        energy: weight of the energy score of the placed masks.
        mode: weight of the distance of the mode's placed mask. The mode is what is shown first, and
            the samples' score alone says little about it.
        canonical: weight of log p(y|z) in canonical frame (eq. 2 as written).
        placed: weight of the same likelihood after the transformer, in a window around the object.
        reach: weight of the transformer's direct supervision: energy score of the box of the known
            whole, in units of its size.
        visible: weight of the likelihood of eq. 5.
        category: weight of the cross entropy of the class head, on objects of hidden class.
    """

    kl: float = 1.0
    latent: float = 0.1
    energy: float = 40.0
    mode: float = 0.0
    canonical: float = 0.0
    placed: float = 0.0
    reach: float = 100.0
    visible: float = 0.125
    category: float = 10.0


def bernoulli_nll(logits: Tensor, target: Tensor) -> Tensor:
    """-log p(target | logits) summed over pixels, (B,)."""
    return F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum((1, 2, 3))


def warped_nll(probability: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """-log p(target) of warped probabilities, weighted, summed over pixels, (B,)."""
    probability = probability.float().clamp(1e-4, 1 - 1e-4)
    with torch.autocast(probability.device.type, enabled=False):  # on CUDA it forbids this function
        nll = F.binary_cross_entropy(probability, target.clamp(0, 1), reduction="none")
    return (nll if weight is None else nll * weight).sum((1, 2, 3))


def full_mask_loss(
    encoder: Encoder, decoder: Decoder, batch: PairBatch, config: LossConfig
) -> dict[str, Tensor]:
    """Stage 1: the negative ELBO of whole masks (eq. 1)."""
    posterior, _ = encoder(batch.whole, batch.class_id, batch.whole_cues)
    logits = decoder(posterior.sample()[:, 0]).float()
    nll = bernoulli_nll(logits, batch.whole).mean()
    kl = posterior.kl().mean()
    return {"loss": nll + config.kl * kl, "nll": nll, "kl": kl}


def pair_loss(
    model: AmodalVAE, full_encoder: Encoder, batch: PairBatch, config: LossConfig
) -> dict[str, Tensor]:
    """Stage 2: the completions of simulated pairs, and the distance of the codes (eqs. 2 to 4)."""
    posterior, features = model.encoder(batch.modal, batch.class_id, batch.modal_cues)
    known = batch.modal_cues[:, 5].bool()
    with torch.no_grad():
        full_posterior, _ = full_encoder(batch.whole, batch.class_id, batch.whole_cues)
        full_z = full_posterior.sample()[:, 0]
        window = torch.cat([batch.theta[:, :2], 1.25 * batch.theta[:, 2:]], dim=1)
        target = warp(batch.whole, batch.theta, window)

    draws = posterior.sample(2 if config.energy else 1)  # (B, 1 or 2, D + P)
    count = draws.shape[1]
    codes = torch.cat([draws, posterior.mode[:, None]], dim=1) if config.mode else draws
    logits, theta = model.decode(codes, features, known)
    placed = placed_masks(logits.sigmoid(), theta, window)

    shape = slice(full_z.shape[1] - PLACE)  # the place noise is no part of eq. 3
    distance = partial(box_distance, unit=batch.theta)
    terms = {
        "energy": energy_score(placed[:count], target, mask_distance).mean(),
        "reach": energy_score(theta.unbind(1)[:count], batch.theta, distance).mean(),
        "canonical": bernoulli_nll(logits[:, :1], batch.whole).mean(),
        "placed": warped_nll(placed[0], target).mean(),
        "latent": 0.5 * (draws[:, 0] - full_z)[:, shape].square().sum(dim=1).mean(),
        "kl": posterior.kl().mean(),
        "category": hidden_class_loss(model, features, batch.class_id, batch.category),
    }
    if config.mode:
        terms["mode"] = mask_distance(placed[-1], target).mean()
    return {"loss": sum(getattr(config, name) * term for name, term in terms.items()), **terms}


def placed_masks(canonical: Tensor, theta: Tensor, window: Tensor) -> Sequence[Tensor]:
    """Canonical masks (B, K, S, S) and theta (B, K, 4) -> K masks (B, 1, S, S) in the window."""
    pairs = zip(canonical.unbind(1), theta.unbind(1), strict=True)
    return [warp(mask[:, None], at, window) for mask, at in pairs]


def energy_score(
    draws: Sequence[Tensor], truth: Tensor, distance: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    """E d(draw, truth) - E d(draw, draw') / 2 of one or two draws of each object, (B,).

    A strictly proper score for a norm of exponent 1 (Gneiting and Raftery, 2007): its expectation
    is least where the draws are distributed as the truth is. One draw leaves the plain distance.
    """
    score = sum(distance(draw, truth) for draw in draws) / len(draws)
    return score if len(draws) == 1 else score - distance(*draws) / 2


def mask_distance(first: Tensor, second: Tensor) -> Tensor:
    """Euclidean distance of masks (B, 1, S, S) in 0..1, (B,): the root of the differing area."""
    return ((first - second).square().sum((1, 2, 3)) + 1e-2).sqrt()


def hidden_class_loss(
    model: AmodalVAE, features: Tensor, class_id: Tensor, category: Tensor
) -> Tensor:
    """Cross entropy of the class head on the objects encoded as "unknown", in nats an object."""
    logits = model.class_head(features).float()
    hidden = (class_id == 0).float()
    nll = F.cross_entropy(logits, category, reduction="none")
    return (nll * hidden).sum() / fair_count(hidden)


def box_distance(first: Tensor, second: Tensor, unit: Tensor) -> Tensor:
    """Mean distance of the four sides of boxes, all (B, 4) like theta, in the size of `unit`'s."""
    low = ((first[:, :2] - first[:, 2:]) - (second[:, :2] - second[:, 2:])).abs()
    high = ((first[:, :2] + first[:, 2:]) - (second[:, :2] + second[:, 2:])).abs()
    return ((low + high) / (4 * unit[:, 2:])).mean(dim=1)


def partial_loss(model: AmodalVAE, batch: PartialBatch, config: LossConfig) -> dict[str, Tensor]:
    """Stage 3: the negative ELBO of real partial masks on their visible pixels (eq. 5)."""
    posterior, features = model.encoder(batch.modal, batch.class_id, batch.cues)
    codes = posterior.sample()  # (B, 1, D + P)
    logits, theta = model.decode(codes, features, batch.cues[:, 5].bool())
    placed = warp(logits.sigmoid(), theta[:, 0], batch.window)
    terms = {
        "visible": warped_nll(placed, batch.seen, batch.known).mean(),
        "kl": posterior.kl().mean(),
        "category": hidden_class_loss(model, features, batch.class_id, batch.category),
    }
    return {"loss": sum(getattr(config, name) * term for name, term in terms.items()), **terms}
