"""One training by several processes: the same batches, noise, statistics and steps as by one.

Every process draws the whole batch of a step, which is a function of (seed, step), and keeps its
own rows of it. Random numbers are drawn for the whole batch too, batch normalisation and counts go
over the whole batch, and DistributedDataParallel averages the gradients. So N processes minimise
the very function that one does; what differs is the order of summation, hence rounding.

    torchrun --nproc-per-node 2 -m amodal.train ...

`team()` is what the loop asks for what differs; `Alone` answers where there is one process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.overrides import TorchFunctionMode
from torch.utils.data import Dataset

from amodal.errors import AmodalError
from amodal.processes import are_several, joined, once, place

__all__ = ["Alone", "BatchNorm", "Team", "all_sum", "fair_count", "joined", "once", "team"]

Loss = Callable[[nn.Module, object], Mapping[str, Tensor]]


class Alone:
    """One process trains: nothing is divided."""

    leads = True  # writes files, shows progress

    def batches(self, whole: Dataset, size: int) -> Dataset:
        """This process's part of each batch."""
        return whole

    def objective(
        self, network: nn.Module, loss: Loss, size: int
    ) -> Callable[[object], Mapping[str, Tensor]]:
        """A batch's terms; the gradients of their "loss" are those of the whole batch."""
        return partial(loss, network)

    def mean(self, values: dict[str, float]) -> dict[str, float]:
        """Terms of the whole batch, from this process's."""
        return values


class Team(Alone):
    """Several processes train together. `size` is the whole batch's."""

    def __init__(self) -> None:
        self.rank, self.count = place()
        self.leads = self.rank == 0

    def rows(self, size: int) -> slice:
        """The rows of this process; parts differ by one row where `size` can't be divided.

        Raises:
            AmodalError: there are more processes than rows.
        """
        if size < self.count:
            raise AmodalError(
                f"{self.count} processes can't share batches of {size}: start at most {size}."
            )
        return slice(size * self.rank // self.count, size * (self.rank + 1) // self.count)

    def batches(self, whole: Dataset, size: int) -> Dataset:
        return _Rows(whole, self.rows(size))

    def objective(
        self, network: nn.Module, loss: Loss, size: int
    ) -> Callable[[object], Mapping[str, Tensor]]:
        for module in network.modules():
            if type(module) is nn.BatchNorm2d:
                module.__class__ = BatchNorm  # keeps parameters, names and hooks
        rows = self.rows(size)
        # DDP means over processes: a part of more rows counts for more.
        weight = (rows.stop - rows.start) * self.count / size
        # Statistics are equal everywhere already, so there are no buffers to broadcast.
        return DistributedDataParallel(
            _Objective(network, loss, rows, size, weight), forward_sync_buffers=False
        )

    def mean(self, values: dict[str, float]) -> dict[str, float]:
        everyone: list[dict[str, float]] = [{}] * self.count
        dist.all_gather_object(everyone, values)
        return {name: sum(one[name] for one in everyone) / self.count for name in values}


def team() -> Alone:
    """This process's team, as torch.distributed knows it."""
    return Team() if are_several() else Alone()


def all_sum(values: Tensor) -> Tensor:
    """Sum over the processes, differentiably; `values` itself where there is one."""
    return _AllSum.apply(values) if are_several() else values


def fair_count(flags: Tensor) -> Tensor:
    """What a mean over the flagged objects of a batch is to be divided by, at least 1.

    The number of flagged objects, () float. With several processes, the whole batch's number times
    the share of this part: then the parts' means average to the whole's, although flagged objects
    are spread unevenly.

    Args:
        flags: (B,) float32, 1 or 0, of this process's rows.
    """
    own = flags.sum()
    if not are_several():
        return own.clamp(min=1)
    count, rows = all_sum(torch.stack([own, own.new_tensor(float(len(flags)))]))
    return count.clamp(min=1) * len(flags) / rows


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation over the parts of all processes, on any device.

    torch's SyncBatchNorm does the same on graphics cards only.
    """

    def forward(self, values: Tensor) -> Tensor:
        if not self.training:
            return super().forward(values)
        x = values.float()
        count = all_sum(x.new_tensor(float(x.numel() // x.shape[1])))
        mean = all_sum(x.sum((0, 2, 3))) / count
        centred = x - mean[:, None, None]
        variance = all_sum(centred.square().sum((0, 2, 3))) / count
        with torch.no_grad():
            unbiased = variance * count / (count - 1)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(unbiased, self.momentum)
            self.num_batches_tracked.add_(1)
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return torch.addcmul(self.bias[:, None, None], centred, scale[:, None, None]).to(
            values.dtype
        )


class _AllSum(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)  # every process's loss depends on every process's values
        return total


class _Objective(nn.Module):
    """network and loss as one module, since DistributedDataParallel watches a forward()."""

    def __init__(
        self, network: nn.Module, loss: Loss, rows: slice, size: int, weight: float
    ) -> None:
        super().__init__()
        self.network, self.loss, self.weight = network, loss, weight
        self.noise = _WholeBatchNoise(rows, size)

    def forward(self, batch: object) -> dict[str, Tensor]:
        with self.noise:
            terms = self.loss(self.network, batch)
        return {name: self.weight * value for name, value in terms.items()}


class _WholeBatchNoise(TorchFunctionMode):
    """torch.randn and its kind draw for the whole batch and return this process's rows.

    Convention: the first axis of random numbers counts the objects.
    """

    LIKE: Mapping[Callable, Callable] = {torch.randn_like: torch.randn, torch.rand_like: torch.rand}

    def __init__(self, rows: slice, size: int) -> None:
        super().__init__()
        self.rows, self.size = rows, size

    def __torch_function__(
        self, function: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if function in self.LIKE:
            like = args[0]
            kwargs = {"dtype": like.dtype, "device": like.device} | kwargs
            function, args = self.LIKE[function], tuple(like.shape)
        if function not in (torch.randn, torch.rand):
            return function(*args, **kwargs)
        shape = tuple(args[0]) if len(args) == 1 and not isinstance(args[0], int) else args
        if shape[:1] != (self.rows.stop - self.rows.start,):
            raise ValueError(f"random numbers: got shape {shape}, expected objects first")
        return function(self.size, *shape[1:], **kwargs)[self.rows]


@dataclass(frozen=True, eq=False)
class _Rows(Dataset):
    """The same rows of every batch of a data set."""

    whole: Dataset
    rows: slice

    def __len__(self) -> int:
        return len(self.whole)

    def __getitem__(self, step: int) -> Any:
        return _cut(self.whole[step], self.rows)


def _cut(batch: Any, rows: slice) -> Any:
    """The rows of every tensor of a batch, which is a dataclass of tensors and such batches."""
    if not is_dataclass(batch):
        return batch[rows].clone()
    return replace(batch, **{f.name: _cut(getattr(batch, f.name), rows) for f in fields(batch)})
