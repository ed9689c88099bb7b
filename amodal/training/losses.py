"""The objectives of the three stages, eqs. 1 to 5 of the paper, in nats an object.

Every function returns a dict of named means over the batch; "loss" is what is minimised, so the
paper's maximised objectives appear negated.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from amodal.geometry import warp
from amodal.model import AmodalVAE, Decoder, Encoder
from amodal.training.pairs import PairBatch
from amodal.training.partial import PartialBatch


@dataclass(frozen=True)
class LossConfig:
    """Weights the paper leaves open.

    Args:
        kl: lambda of eqs. 1, 2 and 5.
        latent: weight of eq. 3; the paper's is 1.
        canonical: weight of log p(y|z) in canonical frame (eq. 2 as written).
        placed: weight of the same likelihood after the transformer, in a window around the object.
        reach: weight of the transformer's direct supervision: L1 on the box of the known whole,
            in units of its size.
        category: weight of the cross entropy of the class head, on objects of hidden class.
    """

    kl: float = 1.0
    latent: float = 1.0
    canonical: float = 0.5
    placed: float = 1.0
    reach: float = 100.0
    category: float = 10.0


def bernoulli_nll(logits: Tensor, target: Tensor) -> Tensor:
    """-log p(target | logits) summed over pixels, (B,)."""
    return F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum((1, 2, 3))


def warped_nll(probability: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """-log p(target) of warped probabilities, weighted, summed over pixels, (B,)."""
    probability = probability.clamp(1e-4, 1 - 1e-4)
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
    """Stage 2: eq. 2 on simulated pairs, plus the distance of the codes (eqs. 3 and 4)."""
    posterior, features = model.encoder(batch.modal, batch.class_id, batch.modal_cues)
    z = posterior.sample()[:, 0]  # (B, D)
    logits = model.decoder(z).float()
    known = batch.modal_cues[:, 5].bool()
    probability = logits.sigmoid()
    theta = model.transformer(probability, z, features, known)

    with torch.no_grad():
        full_posterior, _ = full_encoder(batch.whole, batch.class_id, batch.whole_cues)
        full_z = full_posterior.sample()[:, 0]
        window = torch.cat([batch.theta[:, :2], 1.25 * batch.theta[:, 2:]], dim=1)
        target = warp(batch.whole, batch.theta, window)

    nll = bernoulli_nll(logits, batch.whole).mean()
    placed = warped_nll(warp(probability, theta, window), target).mean()
    reach = box_distance(theta, batch.theta).mean()
    latent = 0.5 * (z - full_z).square().sum(dim=1).mean()
    kl = posterior.kl().mean()
    category = hidden_class_loss(model, features, batch.class_id, batch.category)
    loss = (
        config.canonical * nll
        + config.placed * placed
        + config.reach * reach
        + config.latent * latent
        + config.kl * kl
        + config.category * category
    )
    return {
        "loss": loss,
        "nll": nll,
        "placed": placed,
        "reach": reach,
        "latent": latent,
        "kl": kl,
        "category": category,
    }


def hidden_class_loss(
    model: AmodalVAE, features: Tensor, class_id: Tensor, category: Tensor
) -> Tensor:
    """Cross entropy of the class head on the objects encoded as "unknown", in nats an object."""
    logits = model.class_head(features).float()
    hidden = (class_id == 0).float()
    nll = F.cross_entropy(logits, category, reduction="none")
    return (nll * hidden).sum() / hidden.sum().clamp(min=1)


def box_distance(theta: Tensor, truth: Tensor) -> Tensor:
    """Mean distance of the four box sides in units of the true box's size, (B,)."""
    t, s = theta[:, :2], theta[:, 2:]
    true_t, true_s = truth[:, :2], truth[:, 2:]
    low = ((t - s) - (true_t - true_s)).abs()
    high = ((t + s) - (true_t + true_s)).abs()
    return ((low + high) / (4 * true_s)).mean(dim=1)


def partial_loss(model: AmodalVAE, batch: PartialBatch, config: LossConfig) -> dict[str, Tensor]:
    """Stage 3: the negative ELBO of real partial masks on their visible pixels (eq. 5)."""
    posterior, features = model.encoder(batch.modal, batch.class_id, batch.cues)
    z = posterior.sample()[:, 0]
    probability = model.decoder(z).float().sigmoid()
    theta = model.transformer(probability, z, features, batch.cues[:, 5].bool())
    placed = warp(probability, theta, batch.window)
    nll = warped_nll(placed, batch.seen, batch.known).mean()
    kl = posterior.kl().mean()
    category = hidden_class_loss(model, features, batch.class_id, batch.category)
    loss = nll + config.kl * kl + config.category * category
    return {"loss": loss, "nll": nll, "kl": kl, "category": category}
