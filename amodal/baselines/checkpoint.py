"""The rivals' files: `unet_METHOD.safetensors`, half precision, with the config in the header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from amodal.baselines.unet import UNet, UNetConfig
from amodal.checkpoint import load_into
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
    """Write the parameters in half precision, with their info."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        f"unet.{key}": value.detach().cpu().to(_stored_type(value)).contiguous()
        for key, value in network.state_dict().items()
    }
    path = unet_path(folder, info.network.method)
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, metadata={"format": FORMAT, "info": json.dumps(asdict(info))})
    partial.replace(path)  # an interruption never leaves half a file
    return path


def _stored_type(value: Tensor) -> torch.dtype:
    return torch.float16 if value.is_floating_point() else value.dtype


def load_unet(folder: Path, method: str) -> tuple[UNet, UNetInfo]:
    """Read a rival, in eval mode on the CPU.

    Raises:
        AmodalError: the file is missing, damaged, of another kind, or does not fit its own config.
    """
    path = unet_path(folder, method)
    if not path.is_file():
        raise AmodalError(
            f"No {method} U-Net at {path}: train it with "
            f"`python -m amodal.baselines.train --method {method}`."
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise AmodalError(f"{path} is damaged or not a safetensors file ({error}).") from error
    if metadata.get("format") != FORMAT:
        raise AmodalError(f"{path}: got format {metadata.get('format')!r}, expected {FORMAT!r}.")
    info = _parse_info(path, metadata.get("info", ""))
    if info.network.method != method:
        raise AmodalError(f"{path}: got a {info.network.method} U-Net, expected {method}.")
    foreign = [key for key in tensors if not key.startswith("unet.")]
    if foreign:
        raise AmodalError(f"{path}: got the tensors {foreign}, expected none beside unet.*.")
    network = UNet(info.network)
    load_into(network, {key: value.float() for key, value in tensors.items()}, "unet")
    return network.eval(), info


def _parse_info(path: Path, text: str) -> UNetInfo:
    try:
        fields = json.loads(text)
        sizes = fields["network"]
        sizes = {**sizes, "channels": tuple(sizes["channels"]), "classes": tuple(sizes["classes"])}
        trained = tuple(fields["trained_classes"])
        return UNetInfo(**{**fields, "network": UNetConfig(**sizes), "trained_classes": trained})
    except (ValueError, KeyError, TypeError) as error:
        raise AmodalError(f"{path}: its config is damaged or of another version ({error}).") from (
            error
        )
