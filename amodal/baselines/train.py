"""Train a rival: `python -m amodal.baselines.train --method regression --root DIR --out DIR`.

Goes on where an interrupted run stopped. Writes unet_METHOD.safetensors and unet_METHOD.json, the
curves, into --out.

*The same budget* means, without --steps or --minutes: as many optimiser steps as Amodal-VAE's three
stages take together, on batches of the same number of pairs from the same generator. So a rival
sees no fewer objects than Amodal-VAE does in all of its stages, and more pairs than its stages 2
and 3 do; being larger and slower a step, it also gets more time. --minutes M gives the same wall
time instead: the steps are as many as fit into M minutes at the speed of the first ones; on this
reading the slower network sees fewer pairs. The first reading is kinder to the rivals and is the
one to report.

*The threshold*, as Amodal-VAE's: with --hold-out the training leaves these sequences out, and t is
the one of the best full IoU on them. For the final training, on all sequences, give that t by
--threshold.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from amodal.baselines.answers import Rival
from amodal.baselines.checkpoint import UNetInfo, load_unet, save_unet, unet_path
from amodal.baselines.threshold import choose_threshold
from amodal.baselines.unet import METHODS, UNet, UNetConfig
from amodal.baselines.windows import INSIDE, WindowBatch, Windows
from amodal.command import command
from amodal.device import pick_device
from amodal.errors import AmodalError
from amodal.evaluation.simulated import held_out_cases
from amodal.training import config as presets
from amodal.training.config import StageConfig, TrainConfig
from amodal.training.loop import Curves, Job, run
from amodal.training.material import Material
from amodal.training.options import (
    TOY,
    add_data_options,
    add_training_options,
    read_material,
)
from amodal.training.pairs import Pairs

RATE = 1e-3  # peak learning rate
TIMED_STEPS = 20
TOY_UNET = UNetConfig(side=64, crop=32, channels=(8, 16, 32, 64), features=64)


@dataclass(frozen=True)
class RivalConfig:
    """A rival's training.

    Args:
        network: sizes.
        schedule: steps, batch and peak learning rate.
        pairs: the training whose pairs are drawn.
        threshold: t, if it is not chosen after the training.
        seed: of everything random.
    """

    network: UNetConfig
    schedule: StageConfig
    pairs: TrainConfig
    threshold: float = 0.5
    seed: int = 0


def window_loss(network: nn.Module, batch: WindowBatch) -> dict[str, Tensor]:
    """Cross entropy in nats an object; pixels under an eraser count INSIDE times."""
    logits = network(batch.seen, batch.class_id, batch.cues).float()
    nll = binary_cross_entropy_with_logits(logits, batch.target, reduction="none")
    weight = 1 + (INSIDE - 1) * batch.seen[:, 1:]  # no eraser, no plane: all count the same
    if weight.shape[1]:
        nll = nll * weight
    return {"loss": nll.sum((1, 2, 3)).mean()}


def windows(config: RivalConfig, material: Material, steps: int) -> Windows:
    """The batches of all steps."""
    pairs = Pairs(
        material.shapes,
        size=config.network.crop,
        classes=config.network.classes,
        batch=config.schedule.batch,
        steps=steps,
        seed=config.seed * 10 + 2,  # stage 2's
        config=config.pairs.pairs,
        layouts=material.layouts,
    )
    return Windows(pairs, config.network)


def train(
    config: RivalConfig,
    material: Material,
    folder: Path,
    device: torch.device,
    workers: int = 0,
) -> None:
    """Train and save a rival; nothing is done where its file is there already."""
    method = config.network.method
    if unet_path(folder, method).is_file():
        return
    torch.manual_seed(config.seed + 1)
    network = UNet(config.network)
    batches = windows(config, material, config.schedule.steps)
    job = Job(method, network, config.schedule, batches, window_loss, config.pairs.average)
    state = folder / f"unet_{method}.state.pt"
    run(job, state, Curves(folder / f"unet_{method}.json"), device, workers)
    info = UNetInfo(config.network, material.categories, config.threshold, asdict(config.schedule))
    save_unet(folder, info, job.average)
    state.unlink(missing_ok=True)


def steps_in(minutes: float, config: RivalConfig, material: Material, device: torch.device) -> int:
    """How many steps fit into some minutes, at the speed of the first ones."""
    network = UNet(config.network).to(device, memory_format=torch.channels_last)
    batches = windows(config, material, TIMED_STEPS)
    for step in range(TIMED_STEPS):
        if step == TIMED_STEPS // 4:  # the first are slower
            began = time.monotonic()
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type != "mps"):
            window_loss(network, batches[step].to(device))["loss"].backward()
    seconds = (time.monotonic() - began) / (TIMED_STEPS - TIMED_STEPS // 4)
    return max(int(60 * minutes / seconds), 1)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m amodal.baselines.train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--method", choices=METHODS, required=True)
    add_data_options(parser)
    parser.add_argument("--out", type=Path, default=Path("runs/baselines"))
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--steps", type=int, help="default: those of Amodal-VAE's stages together")
    budget.add_argument("--minutes", type=float, help="as many steps as fit into this time")
    parser.add_argument("--threshold", type=float, help="t, where nothing is held out")
    parser.add_argument("--cases", type=int, default=1000, help="held-out cases to choose t on")
    add_training_options(parser)
    return parser.parse_args(arguments)


@command("amodal.baselines.train")
def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    if options.hold_out and options.threshold is not None:
        raise AmodalError("--threshold: got it with --hold-out, which chooses it: give only one.")
    device = pick_device(options.device)
    config = _config(options)
    material = read_material(options, config.pairs.model.size, partials=False)
    plan = options.out / f"unet_{options.method}.plan.json"
    if options.minutes is not None:
        config = _in_time(config, options.minutes, plan, material, device)
    print(f"{len(material.shapes)} whole masks, {config.schedule.steps} steps, on {device}")
    torch.set_float32_matmul_precision("high")
    train(config, material, options.out, device, options.workers)
    plan.unlink(missing_ok=True)
    if options.hold_out and options.data != TOY:
        _choose(options)
    print(f"wrote {unet_path(options.out, options.method)}")


def _config(options: argparse.Namespace) -> RivalConfig:
    """The training as the options have it, the budget in steps."""
    pairs = presets.toy() if options.data == TOY else presets.TrainConfig()
    network = TOY_UNET if options.data == TOY else UNetConfig()
    if options.steps is not None and options.steps < 1:
        raise AmodalError(f"--steps: got {options.steps}, expected at least 1.")
    if options.minutes is not None and options.minutes <= 0:
        raise AmodalError(f"--minutes: got {options.minutes}, expected more than 0.")
    steps = options.steps or sum(stage.steps for stage in pairs.stages)
    second = pairs.stages[1]
    return RivalConfig(
        replace(network, method=options.method),
        StageConfig(steps, batch=second.batch, rate=RATE),
        pairs,
        0.5 if options.threshold is None else options.threshold,
        options.seed,
    )


def _in_time(
    config: RivalConfig,
    minutes: float,
    plan: Path,
    material: Material,
    device: torch.device,
) -> RivalConfig:
    """Fix the number of steps by time; an interrupted run goes on with the number it began with."""
    if not plan.is_file():
        plan.parent.mkdir(parents=True, exist_ok=True)
        plan.write_text(json.dumps({"steps": steps_in(minutes, config, material, device)}))
    steps = json.loads(plan.read_text())["steps"]
    return replace(config, schedule=replace(config.schedule, steps=steps))


def _choose(options: argparse.Namespace) -> None:
    """Choose t on the held-out sequences and enter it into the rival's file."""
    cases = held_out_cases(options.root, options.hold_out, options.cases).cases
    rival = Rival.load(options.out, options.method, options.device)
    best, scores = choose_threshold(rival, cases)
    network, info = load_unet(options.out, options.method)
    save_unet(options.out, replace(info, threshold=best), network)
    full, invisible = scores[best]
    print(f"t = {best}: full IoU {100 * full:.1f}, invisible IoU {100 * invisible:.1f} (held out)")


if __name__ == "__main__":
    sys.exit(main())
