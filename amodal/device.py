"""Which processor to compute on."""

from __future__ import annotations

import os

import torch
from torch import nn

from amodal.errors import AmodalError

DEVICES = ("auto", "cpu", "cuda", "mps")


def card_is_lent() -> bool:
    """Whether this is a Hugging Face ZeroGPU Space.

    PyTorch says there that it has a card, but only calls that have asked for it do.
    """
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def pick_device(name: str = "auto") -> torch.device:
    """Turn "auto", "cpu", "cuda" or "mps" into a device; "auto" takes the fastest at hand.

    Raises:
        AmodalError: the device is not on this machine.
    """
    available = {
        "cpu": True,
        # Where it is lent, asking would already keep forked processes from using it.
        "cuda": not card_is_lent() and torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if name == "auto":
        name = next(device for device in ("cuda", "mps", "cpu") if available[device])
    if not available.get(name, False):
        raise AmodalError(f"Device {name!r} is not available here: use one of {DEVICES}.")
    return torch.device(name)


def device_of(network: nn.Module) -> torch.device:
    """Where a network's parameters are."""
    return next(network.parameters()).device
