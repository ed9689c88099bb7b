"""Room for a network: when the GPU's memory is full, it goes on on the CPU and says so."""

from __future__ import annotations

import copy
import gc
import inspect
import logging
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from amodal.hub.notice import Notice

Network = TypeVar("Network")

REASON = "the GPU's memory is full"
REMEDY = "Free the GPU's memory, or take --device cpu, then restart the app."
_SAYINGS = ("out of memory", "ALLOC_FAILED", "can't allocate memory", "Insufficient memory")
_logger = logging.getLogger(__name__)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, of the machine or of a GPU. Libraries below torch only say so."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, Exception) and any(
        saying.lower() in str(error).lower() for saying in _SAYINGS
    )


class Roomy(Generic[Network]):
    """Stands for a network, and has its attributes and methods.

    A method that runs out of a GPU's memory runs again with a copy of the network on the CPU, which
    has its place from then on: who is in the middle of a call keeps the old one. It doesn't go back
    to the GPU, which others need; restarting does.

    Args:
        network: an object with `nn.Module`s among its attributes, whose device its methods follow.
        notice: if it was loaded onto the CPU for want of room.
    """

    def __init__(self, network: Network, notice: Notice | None = None) -> None:
        self._network = network
        self._lock = threading.Lock()
        self.notice = notice

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # copy and pickle ask before there is a network
        value = getattr(self._network, name)
        return self._watched(name, value) if inspect.ismethod(value) else value

    def _watched(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        network = self._network

        def call(*args: Any, **kwargs: Any) -> Any:
            drawn = [
                (value, value.get_state())
                for value in (*args, *kwargs.values())
                if isinstance(value, torch.Generator)
            ]
            try:
                return method(*args, **kwargs)
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error) or not _on_accelerator(network):
                    raise
                _logger.warning("%s: %s; going on on the CPU.", name, REASON, exc_info=error)
            # Out of `except`: until here the traceback kept the tensors of the failed call.
            for generator, state in drawn:
                generator.set_state(state)  # equal seeds, equal samples
            return getattr(self._leave(network), name)(*args, **kwargs)

        return call

    def _leave(self, network: Network) -> Network:
        """The copy on the CPU; of several threads the first makes it."""
        with self._lock:
            if self._network is network:
                self._network = on_cpu(network)
                self.notice = slower(network)
        gc.collect()
        free_gpu()
        return self._network


def load_roomy(
    load: Callable[[str], tuple[Network, Notice | None]], device: str
) -> tuple[Roomy[Network], Notice | None]:
    """Load a network to a device, or to the CPU where the GPU has no room for it.

    Args:
        load: takes the device's name.
        device: "auto", "cpu", "cuda" or "mps".
    """
    try:
        network, notice = load(device)
        return Roomy(network), notice
    except (MemoryError, RuntimeError) as error:
        if device == "cpu" or not is_out_of_memory(error):
            raise
        _logger.warning("Loading: %s; going on on the CPU.", REASON, exc_info=error)
    gc.collect()
    free_gpu()
    network, notice = load("cpu")
    return Roomy(network, slower(network)), notice


def on_cpu(network: Network) -> Network:
    """A copy whose modules are on the CPU; the original is as before, its users may be busy."""
    moved = copy.copy(network)
    for name, value in vars(network).items():
        if isinstance(value, nn.Module):
            setattr(moved, name, _module_on_cpu(value))
    return moved


def free_gpu() -> None:
    """Give back what torch keeps of the GPU's memory for later."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def slower(network: object) -> Notice:
    """What users are told."""
    name = getattr(network, "name", type(network).__name__)
    return Notice(f"{name} computes on the CPU (slower) instead of the GPU", REASON, REMEDY)


def _module_on_cpu(module: nn.Module) -> nn.Module:
    # deepcopy alone would copy on the GPU, where there is no room.
    tensors = [*module.parameters(), *module.buffers()]
    moved = {id(tensor): _tensor_on_cpu(tensor) for tensor in tensors}
    return copy.deepcopy(module, moved)


def _tensor_on_cpu(tensor: torch.Tensor) -> torch.Tensor:
    values = tensor.detach().to("cpu", copy=True)
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(values, requires_grad=tensor.requires_grad)
    return values


def _on_accelerator(network: object) -> bool:
    modules = [value for value in vars(network).values() if isinstance(value, nn.Module)]
    return any(tensor.device.type != "cpu" for module in modules for tensor in module.parameters())
