"""Optimise the inpainting network, phase by phase, and write its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from amodal.data.holes import Holes
from amodal.data.shapes import Shape
from amodal.inpaint.checkpoint import FILE, InpaintInfo, begin, save
from amodal.inpaint.network import PartialConvNet
from amodal.training.distributed import once
from amodal.training.inpainting.batches import FillBatches
from amodal.training.inpainting.config import InpaintTrainConfig
from amodal.training.inpainting.losses import Features, fill_loss
from amodal.training.loop import Curves, Job, run

CURVES = "inpaint-curves.json"


def train(
    config: InpaintTrainConfig,
    photos: Sequence[Path],
    shapes: Sequence[Shape],
    folder: Path,
    device: torch.device,
    features: nn.Module | None = None,
    workers: int = 0,
    start: Path | None = None,
) -> None:
    """Run the phases that have no file in `folder` yet.

    Args:
        photos: to learn from.
        shapes: whole masks; their silhouettes are the holes.
        folder: gets inpaint.safetensors, its curves, and while it runs the phases' states.
        device: to compute on.
        features: for the perceptual and the style term; None leaves these out.
        workers: processes that draw batches.
        start: a network's file to go on from, of the same sizes; None: from random weights.

    Raises:
        AmodalError: there is no such file, or its network has other sizes.
    """
    if features is not None:
        features = features.to(device)
    curves = Curves(folder / CURVES)
    holes = Holes(shapes, config.holes)
    first, last = folder / "inpaint-1.safetensors", folder / FILE
    for phase, path in enumerate((first, last)):
        if path.is_file() or last.is_file():
            continue
        torch.manual_seed(config.seed + phase)
        network = begin(config.model, start if phase == 0 else first)
        if phase == 1:
            for layer in network.down:
                layer.norm.requires_grad_(False)  # the loop leaves such parts in eval mode
        job = _job(config, phase, network, photos, holes, features)
        state = folder / f"inpaint-{phase + 1}.state.pt"
        run(job, state, curves, device, workers)
        once(save, path, InpaintInfo(config.model, asdict(config)), job.average)
        once(state.unlink, True)  # missing_ok
    once(first.unlink, True)


def _job(
    config: InpaintTrainConfig,
    phase: int,
    network: PartialConvNet,
    photos: Sequence[Path],
    holes: Holes,
    features: Features | None,
) -> Job:
    schedule = config.phases[phase]
    batches = FillBatches(
        photos,
        holes,
        side=config.side,
        batch=schedule.batch,
        steps=schedule.steps,
        seed=config.seed * 10 + phase,
    )

    def loss(network: nn.Module, batch: object) -> dict[str, Tensor]:
        return fill_loss(network, features, batch, config.loss)

    return Job(f"inpaint-{phase + 1}", network, schedule, batches, loss, config.average)
