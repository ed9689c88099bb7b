"""The rivals' files: `unet_METHOD.safetensors`, with the config in the header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from amodal import tensor_file
from amodal.baselines.unet import UNet, UNetConfig
from amodal.errors import AmodalError

FORMAT = "amodal-unet/1"


@dataclass(frozen=True)
class UNetInfo:
    """What a rival's file says of itself.

    Args:
        network: sizes.
        trained_classes: classes that had masks to learn from; the others fall to "unknown".
        threshold: t, chosen on held-out training sequences, as Amodal-VAE's is.
        training: the training's settings as plain JSON values.
    """

    network: UNetConfig
    trained_classes: tuple[str, ...]
    threshold: float
    training: Mapping[str, object]


def unet_path(folder: Path, method: str) -> Path:
    return folder / f"unet_{method}.safetensors"


def save_unet(folder: Path, info: UNetInfo, network: UNet) -> Path:
    """Write the parameters, with their info."""
    path = unet_path(folder, info.network.method)
    tensor_file.write(path, FORMAT, {"unet": network}, {"info": asdict(info)})
    return path


def load_unet(folder: Path, method: str) -> tuple[UNet, UNetInfo]:
    """Read a rival, in eval mode on the CPU.

    Raises:
        AmodalError: the file is missing, damaged, of another kind, or does not fit its own config.
    """
    path = unet_path(folder, method)
    absent = (
        f"No {method} U-Net at {path}: train it with "
        f"`python -m amodal.baselines.train --method {method}`."
    )
    header, tensors = tensor_file.read(path, FORMAT, absent)
    info = _parse_info(path, header.get("info"))
    if info.network.method != method:
        raise AmodalError(f"{path}: got a {info.network.method} U-Net, expected {method}.")
    foreign = [key for key in tensors if not key.startswith("unet.")]
    if foreign:
        raise AmodalError(f"{path}: got the tensors {foreign}, expected none beside unet.*.")
    network = UNet(info.network)
    tensor_file.load_into(network, tensors, "unet")
    return network.eval(), info


def _parse_info(path: Path, fields: object) -> UNetInfo:
    def build() -> UNetInfo:
        sizes = fields["network"]
        sizes = {**sizes, "channels": tuple(sizes["channels"]), "classes": tuple(sizes["classes"])}
        trained = tuple(fields["trained_classes"])
        return UNetInfo(**{**fields, "network": UNetConfig(**sizes), "trained_classes": trained})

    return tensor_file.parsed(path, build)
