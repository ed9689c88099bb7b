"""Which processor to compute on."""

from __future__ import annotations

import torch

from amodal.errors import AmodalError

DEVICES = ("auto", "cpu", "cuda", "mps")


def pick_device(name: str = "auto") -> torch.device:
    """Turn "auto", "cpu", "cuda" or "mps" into a device; "auto" takes the fastest at hand.

    Raises:
        AmodalError: the device is not on this machine.
    """
    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if name == "auto":
        name = next(device for device in ("cuda", "mps", "cpu") if available[device])
    if not available.get(name, False):
        raise AmodalError(f"Device {name!r} is not available here: use one of {DEVICES}.")
    return torch.device(name)
