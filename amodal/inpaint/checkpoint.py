"""The file `inpaint.safetensors`: the network's weights, with its config in the header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from amodal import tensor_file
from amodal.errors import AmodalError
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
    try:
        fields = header["info"]
        sizes = {name: tuple(value) for name, value in fields["model"].items()}
        info = InpaintInfo(InpaintConfig(**sizes), fields["training"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AmodalError(f"{path}: its config is damaged or of another version ({error}).") from (
            error
        )
    network = PartialConvNet(info.model)
    tensor_file.load_into(network, tensors, "network")
    return network.eval(), info
