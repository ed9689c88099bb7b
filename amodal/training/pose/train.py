"""Optimise the pose network and write its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from amodal.pose.checkpoint import FILE, PoseInfo, begin, save
from amodal.pose.network import PoseNet
from amodal.training.distributed import once
from amodal.training.inpainting.losses import Features, gram, relative_error
from amodal.training.loop import Curves, Job, run
from amodal.training.pose.batches import PoseBatch, Turns
from amodal.training.pose.config import PoseLossConfig, PoseTrainConfig

CURVES = "pose-curves.json"
NAME = "pose"


def train(
    config: PoseTrainConfig,
    folders: Sequence[Path],
    out: Path,
    device: torch.device,
    features: nn.Module | None = None,
    workers: int = 0,
    start: Path | None = None,
) -> None:
    """Train, unless the file is there already.

    Args:
        folders: of cars, as amodal.render.turntable writes them.
        out: gets pose.safetensors, its curves, and the state while it runs.
        device: to compute on.
        features: for the perceptual and the style term; None leaves these out.
        workers: processes that draw batches.
        start: a network's file to go on from, of the same sizes; None: from random weights.

    Raises:
        AmodalError: there is no such file, or its network has other sizes.
    """
    if (out / FILE).is_file():
        return
    if features is not None:
        features = features.to(device)
    torch.manual_seed(config.seed)
    schedule = config.schedule
    batches = Turns(
        folders,
        side=config.model.side,
        batch=schedule.batch,
        steps=schedule.steps,
        seed=config.seed,
        damaged=config.damaged,
    )

    def loss(network: PoseNet, batch: PoseBatch) -> dict[str, Tensor]:
        return pose_loss(network, features, batch, config.loss)

    network = begin(config.model, start)
    job = Job(NAME, network, schedule, batches, loss, config.average)
    state = out / "pose.state.pt"
    run(job, state, Curves(out / CURVES), device, workers)
    once(save, out / FILE, PoseInfo(config.model, asdict(config)), job.average)
    once(state.unlink, True)  # missing_ok


def pose_loss(
    network: PoseNet, features: Features | None, batch: PoseBatch, weights: PoseLossConfig
) -> dict[str, Tensor]:
    """All terms and their weighted sum "loss", each () float32. Colours count inside the car.

    Args:
        network: encodes and generates.
        features: of a picture; None leaves the perceptual and the style term out.
        batch: cars, and themselves in another pose.
        weights: of the terms.
    """
    posterior = network.encoder(batch.car)
    painted = network.generate(posterior.sample()[:, 0], batch.layout).float()
    inside = batch.alpha
    ours, expected = (inside * each + (1 - inside) / 2 for each in (painted, batch.target))
    terms = {
        "colour": (ours - expected).abs().sum() / (3 * inside.sum()).clamp(min=1),
        "kl": posterior.kl().mean(),
    }
    if features is not None:
        with torch.no_grad():
            wanted = features(expected)
        found = features(ours)
        terms["perceptual"] = relative_error(found, wanted)
        terms["style"] = relative_error([gram(f) for f in found], [gram(f) for f in wanted])
    terms["loss"] = sum(getattr(weights, name) * value for name, value in terms.items())
    return terms
