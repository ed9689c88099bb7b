"""The inpainting network's training: settings, with what they reached."""

from __future__ import annotations

from dataclasses import dataclass, field

from amodal.data.holes import HoleConfig
from amodal.inpaint.network import InpaintConfig
from amodal.training.config import StageConfig


@dataclass(frozen=True)
class FillLossConfig:
    """Weights of the terms (Liu et al., eq. 7), which are means over pixels and channels.

    Perceptual and style terms are measured relative to the true features' size (losses.py), not on
    VGG's scale, so their weights are ours and not the paper's.

    Args:
        valid, hole: of the absolute error where pixels are known, and in the hole.
        perceptual, style: of the features' and of their Gram matrices' error.
        gradient: of the error of differences at three resolutions.
        variation: of the total variation in and around the hole.
    """

    valid: float = 1.0
    hole: float = 6.0
    perceptual: float = 0.1
    style: float = 0.1
    gradient: float = 0.0
    variation: float = 0.1


@dataclass(frozen=True)
class InpaintTrainConfig:
    """All of a training.

    Args:
        model: sizes of the network.
        phases: schedules. In the second one the encoder's batch normalisation rests, as in section
            3.3 of Liu et al.: holes make its statistics noisy.
        side: pixels of a training picture.
        holes: what they look like.
        loss: weights of the terms.
        average: decay of the moving average of the weights that is saved.
        seed: of everything random.
    """

    model: InpaintConfig = InpaintConfig()
    phases: tuple[StageConfig, StageConfig] = field(
        default_factory=lambda: (
            StageConfig(3_650, batch=24, rate=1e-3),
            StageConfig(1_800, batch=24, rate=2e-4),
        )
    )
    side: int = 256
    holes: HoleConfig = HoleConfig()
    loss: FillLossConfig = FillLossConfig()
    average: float = 0.999
    seed: int = 0


def toy() -> InpaintTrainConfig:
    """A tiny network, a minute on one core; used by the tests."""
    return InpaintTrainConfig(
        model=InpaintConfig((8, 16, 16), (5, 3, 3)),
        phases=(StageConfig(120, batch=4, rate=5e-3), StageConfig(40, batch=4, rate=1e-3)),
        side=48,
        average=0.95,
    )
