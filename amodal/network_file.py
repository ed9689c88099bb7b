"""A network in one file: its weights, with its config in the header."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from torch import nn

from amodal import tensor_file
from amodal.errors import AmodalError

C = TypeVar("C")
N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class Info(Generic[C]):
    """What the file says of itself.

    Args:
        model: sizes of the network, a dataclass of numbers and tuples.
        training: the training's config as plain JSON values.
    """

    model: C
    training: Mapping[str, object] | None = None


@dataclass(frozen=True)
class NetworkFile(Generic[C, N]):
    """A kind of such files.

    Args:
        format: of the file's layout, with its version.
        what: the network, for people, such as "the pose network".
        config: the class of its sizes.
        network: makes it from them.
    """

    format: str
    what: str
    config: Callable[..., C]
    network: Callable[[C], N]

    def save(self, path: Path, info: Info[C], network: N) -> None:
        """Write the weights in half precision."""
        tensor_file.write(path, self.format, {"network": network}, {"info": asdict(info)})

    def load(self, path: Path) -> tuple[N, Info[C]]:
        """The network, in eval mode on the CPU, and its info.

        Raises:
            AmodalError: the file is missing, damaged, or no such file.
        """
        absent = f"No weights of {self.what} at {path}."
        header, tensors = tensor_file.read(path, self.format, absent)
        info = tensor_file.parsed(path, lambda: self._info(header["info"]))
        network = self.network(info.model)
        tensor_file.load_into(network, tensors, "network")
        return network.eval(), info

    def begin(self, sizes: C, start: Path | None) -> N:
        """What a training begins with: a new network, or a file's to go on from.

        Raises:
            AmodalError: the file can't be read, or its network has other sizes.
        """
        if start is None:
            return self.network(sizes)
        network, info = self.load(start)
        if info.model != sizes:
            raise AmodalError(
                f"{start}: got a network of {info.model}, expected {sizes}: start from weights of "
                "the same sizes, or without --start."
            )
        return network

    def _info(self, fields: Mapping[str, Any]) -> Info[C]:
        sizes = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in fields["model"].items()
        }
        return Info(self.config(**sizes), fields["training"])
