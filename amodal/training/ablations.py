"""What is left out to see what it is for (table 2): `python -m amodal.train --ablate NAME`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from amodal.training.config import StageConfig, TrainConfig
from amodal.training.losses import LossConfig


def without_stage(number: int) -> Callable[[TrainConfig], TrainConfig]:
    """Skip a stage: what it would have trained stays as it was.

    Without stage 1 the decoder trains in stage 2 and there are no codes of whole masks to match.
    Without stage 2 nothing is rehearsed in stage 3.
    """

    def change(config: TrainConfig) -> TrainConfig:
        stages = list(config.stages)
        stages[number - 1] = replace(stages[number - 1], steps=0)
        if number == 1:
            stages = [with_loss(stage, latent=0.0) for stage in stages]
        if number == 2:
            stages[2] = replace(stages[2], rehearsal=0.0)
        return replace(config, stages=tuple(stages))

    return change


def with_loss(stage: StageConfig, **weights: float) -> StageConfig:
    return replace(stage, loss=replace(stage.loss, **weights))


def without_latent_loss(config: TrainConfig) -> TrainConfig:
    """Leave eq. 3 out."""
    return replace(config, stages=tuple(with_loss(stage, latent=0.0) for stage in config.stages))


def without_class(config: TrainConfig) -> TrainConfig:
    """Hide the class of every object."""
    return replace(config, pairs=replace(config.pairs, unknown_class=1.0))


def without_energy_score(config: TrainConfig) -> TrainConfig:
    """Train stage 2 by the paper's own objective (eqs. 2 to 4), in place of the energy score."""
    paper = LossConfig(kl=8.0, latent=1.0, energy=0.0, canonical=0.5, placed=1.0, visible=1.0)
    first, *others = config.stages
    return replace(config, stages=(first, *(replace(stage, loss=paper) for stage in others)))


def without_mode(config: TrainConfig) -> TrainConfig:
    """Leave the mode to what the samples' score makes of it."""
    return replace(config, stages=tuple(with_loss(stage, mode=0.0) for stage in config.stages))


def without_layouts(config: TrainConfig) -> TrainConfig:
    """Let random objects hide what real layouts would."""
    pretext = config.pairs.pretext
    plain = replace(pretext, objects=pretext.objects + pretext.layout, layout=0.0)
    return replace(config, pairs=replace(config.pairs, pretext=plain))


ABLATIONS: Mapping[str, Callable[[TrainConfig], TrainConfig]] = {
    "stage1": without_stage(1),
    "stage2": without_stage(2),
    "stage3": without_stage(3),
    "latent": without_latent_loss,
    "class": without_class,
    "energy": without_energy_score,
    "mode": without_mode,
    "layouts": without_layouts,
}
