"""Files of weights: safetensors in half precision, with a format's name and JSON in the header.

They hold numbers only; reading one never runs code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from amodal.errors import AmodalError

T = TypeVar("T")


def write(
    path: Path, format_name: str, modules: Mapping[str, nn.Module], header: Mapping[str, object]
) -> None:
    """Write the modules' parameters, prefixed by their names, and make the folder if needed.

    Args:
        path: of the file; it is replaced whole or not at all.
        format_name: of the file's layout, with its version.
        modules: by the prefix of their parameters.
        header: values that JSON can hold, by name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {
        f"{name}.{key}": value.detach().cpu().to(_stored_type(value)).contiguous()
        for name, module in modules.items()
        for key, value in module.state_dict().items()
    }
    texts = {name: json.dumps(value) for name, value in header.items()}
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, metadata={"format": format_name, **texts})
    partial.replace(path)  # an interruption never leaves half a file


def _stored_type(value: Tensor) -> torch.dtype:
    return torch.float16 if value.is_floating_point() else value.dtype


def read(path: Path, format_name: str, absent: str) -> tuple[dict, dict[str, Tensor]]:
    """Read a file that `write` wrote.

    Args:
        path: of the file.
        format_name: the one that is expected.
        absent: the message where there is no file.

    Returns:
        header: its JSON values by name.
        tensors: by name, floating point ones as float32.

    Raises:
        AmodalError: the file is missing, damaged, or of another format.
    """
    if not path.is_file():
        raise AmodalError(absent)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise AmodalError(f"{path} is damaged or not a safetensors file ({error}).") from error
    found = metadata.pop("format", None)
    if found != format_name:
        raise AmodalError(
            f"{path}: got the format {found!r}, expected {format_name!r}. "
            "These weights belong to another program or version."
        )
    try:
        header = {name: json.loads(text) for name, text in metadata.items()}
    except ValueError as error:
        raise AmodalError(f"{path}: its header is damaged ({error}).") from error
    return header, {
        key: value.float() if value.is_floating_point() else value for key, value in tensors.items()
    }


def parsed(path: Path, build: Callable[[], T]) -> T:
    """What `build` makes of a file's header.

    Raises:
        AmodalError: it can't: the header lacks something, or holds what another version wrote.
    """
    try:
        return build()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AmodalError(f"{path}: its config is damaged or of another version ({error}).") from (
            error
        )


def load_into(module: nn.Module, tensors: Mapping[str, Tensor], prefix: str) -> None:
    """Load the tensors named `prefix.*` strictly.

    Raises:
        AmodalError: names the keys that are missing, superfluous or of another shape.
    """
    part = {
        key.removeprefix(f"{prefix}."): value
        for key, value in tensors.items()
        if key.startswith(f"{prefix}.")
    }
    try:
        module.load_state_dict(part, strict=True)
    except RuntimeError as error:
        raise AmodalError(f"The weights do not fit the network ({error}).") from error
