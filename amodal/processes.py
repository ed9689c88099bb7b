"""Processes that torchrun started to share one piece of work; one process is a team of one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist

from amodal.errors import AmodalError

# A process that ends is noticed at once. This is for one that works much longer than the others.
PATIENCE = timedelta(days=1)


@contextmanager
def joined(device: torch.device) -> Iterator[torch.device]:
    """Join the processes that torchrun started, if it did; yields this process's device.

    gloo joins processors, nccl graphics cards, one card a process.

    Raises:
        AmodalError: there are fewer cards than processes.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield device
        return
    if device.type == "mps":
        device = torch.device("cpu")  # no backend joins Apple's graphics cores
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        if device.index >= torch.cuda.device_count():
            raise AmodalError(
                f"{os.environ['LOCAL_WORLD_SIZE']} processes but {torch.cuda.device_count()} "
                "graphics cards here: start one process a card, or give --device cpu."
            )
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield device
    finally:
        dist.destroy_process_group()


def are_several() -> bool:
    """Whether processes are joined."""
    return dist.is_available() and dist.is_initialized()


def place() -> tuple[int, int]:
    """This process's number from 0 on, and how many there are."""
    return (dist.get_rank(), dist.get_world_size()) if are_several() else (0, 1)


def meet() -> None:
    """Wait until every process has come here."""
    if are_several():
        dist.barrier()


def once(action: Callable[..., object], *arguments: object) -> None:
    """Let the first process do something; the others wait until it is done."""
    if place()[0] == 0:
        action(*arguments)
    meet()
