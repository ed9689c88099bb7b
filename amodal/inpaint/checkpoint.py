"""The file `inpaint.safetensors`: the network's weights, with its config in the header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from amodal import tensor_file
from amodal.inpaint.network import InpaintConfig, PartialConvNet

FORMAT = "amodal-inpaint/1"
FILE = "inpaint.safetensors"


@dataclass(frozen=True)
class InpaintInfo:
    """What the file says of itself.

    Args:
        model: sizes of the network.
        training: the training's config as plain JSON values.
    """

    model: InpaintConfig
    training: Mapping[str, object] | None = None


def save(path: Path, info: InpaintInfo, network: PartialConvNet) -> None:
    """Write the weights in half precision."""
    tensor_file.write(path, FORMAT, {"network": network}, {"info": asdict(info)})


def load(path: Path) -> tuple[PartialConvNet, InpaintInfo]:
    """The network, in eval mode on the CPU, and its info.

    Raises:
        AmodalError: the file is missing, damaged, or no such file.
    """
    absent = f"No weights of the inpainting network at {path}."
    header, tensors = tensor_file.read(path, FORMAT, absent)
    info = tensor_file.parsed(path, lambda: _info(header["info"]))
    network = PartialConvNet(info.model)
    tensor_file.load_into(network, tensors, "network")
    return network.eval(), info


def _info(fields: Mapping) -> InpaintInfo:
    sizes = {name: tuple(value) for name, value in fields["model"].items()}
    return InpaintInfo(InpaintConfig(**sizes), fields["training"])
