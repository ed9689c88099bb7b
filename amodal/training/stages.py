"""The three stages (paper section 4.1): what is trained, on what, by which loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from amodal.checkpoint import (
    TRAINED_AFTER_STAGE_1,
    StageInfo,
    load_full_encoder,
    load_stage,
    save_stage,
)
from amodal.errors import AmodalError
from amodal.model import AmodalVAE
from amodal.tensor_file import load_into
from amodal.training.config import TrainConfig
from amodal.training.distributed import once
from amodal.training.loop import Curves, Job, run
from amodal.training.losses import full_mask_loss, pair_loss, partial_loss
from amodal.training.material import Material
from amodal.training.pairs import Pairs
from amodal.training.partial import Partials, Rehearsed, RehearsedBatch


def train(
    config: TrainConfig,
    material: Material,
    folder: Path,
    device: torch.device,
    workers: int = 0,
    start: Path | None = None,
) -> None:
    """Run the stages whose file is not in `folder` yet, one after the other.

    A stage of no steps writes what it was given (ablations.py).

    Args:
        folder: gets stageN.safetensors, curves.json, and stageN.state.pt while a stage runs.
        device: to compute on.
        workers: processes that draw batches.
        start: folder of the weights that the networks start from; None: from random ones.

    Raises:
        AmodalError: the weights to start from are of a network of another size.
    """
    if start is not None:
        _check_start(start, config)
    curves = Curves(folder / "curves.json")
    named = () if config.pairs.unknown_class >= 1 else material.categories
    for stage, build in ((1, _full_masks), (2, _pairs), (3, _partials)):
        if (folder / f"stage{stage}.safetensors").is_file():
            continue
        torch.manual_seed(config.seed + stage)
        job, modules = build(config, material, folder, device, start)
        state_path = folder / f"stage{stage}.state.pt"
        if job.schedule.steps:
            run(job, state_path, curves, device, workers)
        info = StageInfo(stage, config.model, named, config.threshold, asdict(config))
        if stage == 2 and not config.stages[0].steps:  # the decoder's file is stage 1's
            first = replace(info, stage=1)
            once(save_stage, folder, first, _encoder_and_decoder(job.average))
        once(save_stage, folder, info, modules(job.average))
        once(state_path.unlink, True)  # missing_ok


# Each builder returns the job and a function that names the averaged modules to save.
Saver = Callable[[nn.Module], Mapping[str, nn.Module]]


def _batches(config: TrainConfig, stage: int, material: Material) -> Pairs:
    schedule = config.stages[stage - 1]
    return Pairs(
        material.shapes,
        size=config.model.size,
        classes=config.model.classes,
        batch=schedule.batch,
        steps=schedule.steps,
        seed=config.seed * 10 + stage,
        config=config.pairs,
        layouts=material.layouts,
    )


def _full_masks(
    config: TrainConfig, material: Material, folder: Path, device: torch.device, start: Path | None
) -> tuple[Job, Saver]:
    """Stage 1: encoder q and decoder on whole masks."""
    model = AmodalVAE(config.model)
    if start is not None:
        _, tensors = load_stage(start, 1)
        load_into(model.encoder, tensors, "encoder")
        load_into(model.decoder, tensors, "decoder")
    network = nn.ModuleDict({"encoder": model.encoder, "decoder": model.decoder})
    schedule = config.stages[0]

    def loss(network: nn.ModuleDict, batch: object) -> dict[str, Tensor]:
        return full_mask_loss(network["encoder"], network["decoder"], batch, schedule.loss)

    job = Job("stage1", network, schedule, _batches(config, 1, material), loss, config.average)
    return job, lambda average: {name: average[name] for name in ("encoder", "decoder")}


def _encoder_and_decoder(average: nn.Module) -> Mapping[str, nn.Module]:
    return {name: getattr(average, name) for name in ("encoder", "decoder")}


def _with_decoder(config: TrainConfig, folder: Path) -> AmodalVAE:
    """A completer with stage 1's decoder, frozen; its new encoder starts from q's weights."""
    model = AmodalVAE(config.model)
    _, tensors = load_stage(folder, 1)
    load_into(model.decoder, tensors, "decoder")
    load_into(model.encoder, tensors, "encoder")
    model.decoder.requires_grad_(not config.stages[0].steps)
    return model


def _load_completer(model: AmodalVAE, folder: Path, stage: int) -> None:
    """Set encoder, transformer and class head to those of a stage file."""
    _, tensors = load_stage(folder, stage)
    for name in TRAINED_AFTER_STAGE_1:
        load_into(getattr(model, name), tensors, name)


def _check_start(start: Path, config: TrainConfig) -> None:
    info, _ = load_stage(start, 3)
    if info.model != config.model:
        raise AmodalError(
            f"{start}: got weights of {info.model}, expected {config.model}: start from weights of "
            "the same network."
        )


def _pairs(
    config: TrainConfig, material: Material, folder: Path, device: torch.device, start: Path | None
) -> tuple[Job, Saver]:
    """Stage 2: new encoder q_hat and transformer on simulated pairs; decoder frozen."""
    model = _with_decoder(config, folder)
    if start is not None:
        _load_completer(model, start, 3)
    full_encoder = load_full_encoder(folder)[0].requires_grad_(False).to(device)
    schedule = config.stages[1]

    def loss(model: AmodalVAE, batch: object) -> dict[str, Tensor]:
        return pair_loss(model, full_encoder, batch, schedule.loss)

    job = Job("stage2", model, schedule, _batches(config, 2, material), loss, config.average)
    return job, _without_decoder


def _partials(
    config: TrainConfig, material: Material, folder: Path, device: torch.device, start: Path | None
) -> tuple[Job, Saver]:
    """Stage 3: the same encoder and transformer on real partial masks; decoder frozen."""
    model = _with_decoder(config, folder)
    _load_completer(model, folder, 2)
    model.decoder.requires_grad_(False)
    full_encoder = load_full_encoder(folder)[0].requires_grad_(False).to(device)
    schedule = config.stages[2]
    batches = Rehearsed(
        Partials(
            material.partials,
            classes=config.model.classes,
            batch=schedule.batch,
            steps=schedule.steps,
            seed=config.seed * 10 + 5,
            unknown_class=config.pairs.unknown_class,
        ),
        _batches(config, 3, material),
    )

    def loss(model: AmodalVAE, batch: RehearsedBatch) -> dict[str, Tensor]:
        terms = partial_loss(model, batch.partial, schedule.loss)
        if schedule.rehearsal:
            again = pair_loss(model, full_encoder, batch.pair, schedule.loss)
            terms["loss"] = terms["loss"] + schedule.rehearsal * again["loss"]
            terms["rehearsal"] = again["loss"]
        return terms

    return Job("stage3", model, schedule, batches, loss, config.average), _without_decoder


def _without_decoder(average: nn.Module) -> Mapping[str, nn.Module]:
    return {name: getattr(average, name) for name in TRAINED_AFTER_STAGE_1}
