"""One optimisation, resumable: Adam, one-cycle learning rate, moving average, curves.

By one process or several (distributed.py); the first of them writes the files.
"""

from __future__ import annotations

import copy
import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Dataset, Subset
from tqdm import tqdm

from amodal.training.config import StageConfig
from amodal.training.distributed import team

RECORD_EVERY = 50
SAVE_EVERY = 500  # steps
SAVE_AFTER = 300.0  # seconds: slow steps are saved sooner


@dataclass(eq=False)
class Job:
    """What is to be optimised.

    Args:
        name: names its curves.
        network: its trainable parameters are optimised; frozen parts stay in eval mode.
        schedule: steps, batch, rate.
        batches: a batch a step.
        loss: (network, batch) -> named terms, "loss" among them.
        decay: of the moving average.
    """

    name: str
    network: nn.Module
    schedule: StageConfig
    batches: Dataset
    loss: Callable[[nn.Module, object], Mapping[str, Tensor]]
    decay: float
    average: nn.Module = field(init=False)

    def __post_init__(self) -> None:
        self.average = copy.deepcopy(self.network).requires_grad_(False)


class Curves:
    """The losses over time, as a JSON file: {stage: {term: [[step, value], ...]}}.

    The term "seconds" is the time the stage has taken so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values = json.loads(path.read_text()) if path.is_file() else {}

    def seconds(self, name: str) -> float:
        """How long a stage has run, interruptions left out."""
        points = self.values.get(name, {}).get("seconds", [])
        return points[-1][1] if points else 0.0

    def record(self, name: str, step: int, terms: Mapping[str, float]) -> None:
        for term, value in terms.items():
            points = self.values.setdefault(name, {}).setdefault(term, [])
            # A resumed stage repeats the steps since its last save.
            while points and points[-1][0] >= step:
                points.pop()
            points.append([step, float(f"{value:.5g}")])
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(self.values))
        partial.replace(self.path)  # an interruption never leaves half a file


def run(job: Job, state_path: Path, curves: Curves, device: torch.device, workers: int) -> None:
    """Optimise from the saved state, if there is one, to the last step.

    Leaves the last saved state there: it is the caller's to delete once the result is written.
    """
    us = team()
    network = job.network.to(device, memory_format=torch.channels_last).train()
    average = job.average.to(device)
    for module in network.modules():  # frozen parts keep their statistics
        parameters = list(module.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            module.eval()
    objective = us.objective(network, job.loss, job.schedule.batch)
    trainable = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(trainable, lr=job.schedule.rate, betas=(0.9, 0.98))
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, job.schedule.rate, total_steps=job.schedule.steps, pct_start=0.1
    )
    parts = {
        "network": network,
        "average": average,
        "optimiser": optimiser,
        "scheduler": scheduler,
    }
    start = _resume(state_path, parts)
    batches = us.batches(job.batches, job.schedule.batch)
    remaining = Subset(batches, range(start, job.schedule.steps))
    # A generator of its own, so that the loader takes nothing from the restored random state.
    generator = torch.Generator().manual_seed(start)
    loader = DataLoader(remaining, batch_size=None, num_workers=workers, generator=generator)
    bar = tqdm(
        loader,
        desc=job.name,
        initial=start,
        total=job.schedule.steps,
        mininterval=2,
        disable=not us.leads,
    )
    recent: dict[str, list[Tensor]] = defaultdict(list)  # left on the device: reading waits for it
    before, began = curves.seconds(job.name), time.monotonic()
    saved = began
    for step, batch in enumerate(bar, start=start + 1):
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type != "mps"):
            terms = objective(batch.to(device))
        optimiser.zero_grad(set_to_none=True)
        terms["loss"].backward()
        nn.utils.clip_grad_norm_(trainable, 200.0)
        optimiser.step()
        scheduler.step()
        _average(average, network, min(job.decay, step / (step + 10)))
        for name, value in terms.items():
            recent[name].append(value.detach())
        if step % RECORD_EVERY == 0 or step == job.schedule.steps:
            means = us.mean({name: _mean(values) for name, values in recent.items()})
            seconds = before + time.monotonic() - began
            if us.leads:
                curves.record(job.name, step, {**means, "seconds": seconds})
            bar.set_postfix({name: f"{value:.3g}" for name, value in means.items()})
            recent.clear()
        due = step % SAVE_EVERY == 0 or time.monotonic() - saved > SAVE_AFTER
        if us.leads and due and step < job.schedule.steps:
            _save(state_path, step, parts)
            saved = time.monotonic()


def _mean(values: list[Tensor]) -> float:
    return torch.stack(values).cpu().double().mean().item()


@torch.no_grad()
def _average(average: nn.Module, network: nn.Module, decay: float) -> None:
    means, values = average.state_dict().values(), network.state_dict().values()
    pairs = list(zip(means, values, strict=True))
    floats = [pair for pair in pairs if pair[0].is_floating_point()]
    get_ema_multi_avg_fn(decay)(*(list(each) for each in zip(*floats, strict=True)), None)
    for mean, value in pairs:
        if not mean.is_floating_point():  # a counter of batches
            mean.copy_(value)


def _save(path: Path, step: int, parts: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    states = {name: part.state_dict() for name, part in parts.items()}
    partial = path.with_suffix(".partial")
    torch.save({"step": step, "random": torch.get_rng_state(), **states}, partial)
    partial.replace(path)  # an interruption never leaves half a file


def _resume(path: Path, parts: Mapping[str, object]) -> int:
    if not path.is_file():
        return 0
    state = torch.load(path, map_location="cpu", weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    torch.set_rng_state(state["random"])
    return state["step"]
