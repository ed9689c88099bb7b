"""The pose network's training: settings, with what they reached."""

from __future__ import annotations

from dataclasses import dataclass

from amodal.pose.network import PoseConfig
from amodal.training.config import StageConfig


@dataclass(frozen=True)
class PoseLossConfig:
    """Weights of the terms.

    Args:
        colour: of the mean absolute error inside the car.
        perceptual, style: of the features' and of their Gram matrices' relative error.
        kl: of the code's divergence from N(0, I), in nats.
    """

    colour: float = 4.0
    perceptual: float = 0.3
    style: float = 0.1
    kl: float = 0.0005


@dataclass(frozen=True)
class PoseTrainConfig:
    """All of a training.

    Args:
        model: sizes of the network.
        schedule: steps, batch, rate.
        loss: weights of the terms.
        damaged: share of the cars that the encoder sees with a piece missing, as completed ones.
        average: decay of the moving average of the weights that is saved.
        seed: of everything random.
    """

    model: PoseConfig = PoseConfig()
    schedule: StageConfig = StageConfig(5_450, batch=32, rate=1e-3)
    loss: PoseLossConfig = PoseLossConfig()
    damaged: float = 0.5
    average: float = 0.999
    seed: int = 0


def toy() -> PoseTrainConfig:
    """A tiny network, a minute on one core; used by the tests."""
    model = PoseConfig(side=32, code=16, widths=(32, 24, 16, 16), hidden=8)
    return PoseTrainConfig(model, StageConfig(350, batch=8, rate=5e-3), average=0.95)
