"""The losses of partial-convolution inpainting (Liu et al., ECCV 2018, section 3.4).

Letters as there: I_out what the network paints, I_comp the same with the known pixels put back,
I_gt the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from amodal.training.inpainting.batches import FillBatch
from amodal.training.inpainting.config import FillLossConfig

Features = Callable[[Tensor], Sequence[Tensor]]


def fill_loss(
    network: nn.Module, features: Features | None, batch: FillBatch, weights: FillLossConfig
) -> dict[str, Tensor]:
    """All terms and their weighted sum "loss", each () float32.

    Args:
        network: (picture, known) -> picture.
        features: of a picture; None leaves the perceptual and the style term out.
        batch: the truth and its holes.
        weights: of the terms.
    """
    truth, known, counted = batch.picture, batch.known, batch.counted
    painted = counted * network(truth, known).float() + (1 - counted) * truth  # I_out
    filled = known * truth + (1 - known) * painted  # I_comp
    error = (painted - truth).abs()
    terms = {
        "valid": (known * error).mean(),
        "hole": ((1 - known) * error).mean(),
        "gradient": gradient_error(filled, truth),
        "variation": total_variation(filled, known + 1 - counted),
    }
    if features is not None:
        with torch.no_grad():
            expected = features(truth)
        found = [features(picture) for picture in (painted, filled)]
        terms["perceptual"] = sum(relative_error(ours, expected) for ours in found)
        expected_grams = [gram(each) for each in expected]
        grams = [[gram(each) for each in ours] for ours in found]
        terms["style"] = sum(relative_error(ours, expected_grams) for ours in grams)
    terms["loss"] = sum(getattr(weights, name) * value for name, value in terms.items())
    return terms


def relative_error(ours: Sequence[Tensor], expected: Sequence[Tensor]) -> Tensor:
    """Mean absolute difference ÷ mean absolute value of the expected, summed over the layers."""
    return sum(
        (a.float() - b.float()).abs().mean() / b.float().abs().mean().clamp(min=1e-6)
        for a, b in zip(ours, expected, strict=True)
    )


def gram(features: Tensor) -> Tensor:
    """How channels go together: (B, C, H, W) to (B, C, C), mean product over the pixels (eq. 5)."""
    flat = features.float().flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def gradient_error(picture: Tensor, truth: Tensor, scales: int = 3) -> Tensor:
    """Mean absolute error of differences of neighbours, at 1, 1/2, 1/4 of the resolution."""
    total = picture.new_zeros(())
    apart = picture - truth
    for _ in range(scales):
        total = total + apart.diff(dim=2).abs().mean() + apart.diff(dim=3).abs().mean()
        apart = F.avg_pool2d(apart, 2)
    return total


def total_variation(picture: Tensor, known: Tensor) -> Tensor:
    """Mean absolute difference of neighbours in the hole and one pixel around it (eq. 6)."""
    region = F.max_pool2d(1 - known, 3, 1, 1)
    down = (picture.diff(dim=2).abs() * region[:, :, 1:] * region[:, :, :-1]).mean()
    right = (picture.diff(dim=3).abs() * region[:, :, :, 1:] * region[:, :, :, :-1]).mean()
    return down + right
