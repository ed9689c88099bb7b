"""Stage files: safetensors in half precision, each with its config in the header.

`stage1.safetensors` holds q(z|y,c) as `encoder.*` and the decoder; `stage2` and `stage3` hold
q_hat(z|y_hat,c) as `encoder.*`, the transformer and the class head. The frozen decoder is stored
once, in stage 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from amodal.errors import AmodalError
from amodal.model import AmodalVAE, Encoder, ModelConfig

FORMAT = "amodal-vae/2"
TRAINED_AFTER_STAGE_1 = ("encoder", "transformer", "class_head")


@dataclass(frozen=True)
class StageInfo:
    """What a stage file says of itself.

    Args:
        stage: 1, 2 or 3.
        model: sizes of the network.
        trained_classes: classes that had masks to learn from; the others fall to "unknown".
        threshold: t, the probability from which on a pixel belongs to the completed mask.
        training: the training's config as plain JSON values.
    """

    stage: int
    model: ModelConfig
    trained_classes: tuple[str, ...]
    threshold: float = 0.5
    training: Mapping[str, object] | None = None


def stage_path(folder: Path, stage: int) -> Path:
    return folder / f"stage{stage}.safetensors"


def save_stage(folder: Path, info: StageInfo, modules: Mapping[str, nn.Module]) -> Path:
    """Write the modules' parameters, prefixed by their names, in half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        f"{name}.{key}": value.detach().cpu().to(_stored_type(value)).contiguous()
        for name, module in modules.items()
        for key, value in module.state_dict().items()
    }
    path = stage_path(folder, info.stage)
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, metadata={"format": FORMAT, "info": json.dumps(asdict(info))})
    partial.replace(path)  # an interruption never leaves half a file
    return path


def _stored_type(value: Tensor) -> torch.dtype:
    return torch.float16 if value.is_floating_point() else value.dtype


def load_stage(folder: Path, stage: int) -> tuple[StageInfo, dict[str, Tensor]]:
    """Read a stage file: its info and its tensors in float32.

    Raises:
        AmodalError: the file is missing, damaged, or not a stage file.
    """
    path = stage_path(folder, stage)
    if not path.is_file():
        raise AmodalError(f"No weights at {path}: expected the file of training stage {stage}.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise AmodalError(f"{path} is damaged or not a safetensors file ({error}).") from error
    if metadata.get("format") != FORMAT:
        raise AmodalError(
            f"{path}: got format {metadata.get('format')!r}, expected {FORMAT!r}. "
            "These weights belong to another program or version."
        )
    return parse_info(json.loads(metadata["info"])), {
        key: value.float() if value.is_floating_point() else value for key, value in tensors.items()
    }


def parse_info(fields: dict) -> StageInfo:
    """The info of a file's header, from its JSON values."""
    model = fields["model"]
    config = ModelConfig(
        **{**model, "channels": tuple(model["channels"]), "classes": tuple(model["classes"])}
    )
    trained = tuple(fields["trained_classes"])
    return StageInfo(**{**fields, "model": config, "trained_classes": trained})


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


def load_model(folder: Path, stage: int = 3) -> tuple[AmodalVAE, StageInfo]:
    """The completer's network after stage 2 or 3, in eval mode on the CPU."""
    if stage not in (2, 3):
        raise ValueError(f"stage: got {stage}, expected 2 or 3; stage 1 has no completer")
    first, decoder_tensors = load_stage(folder, 1)
    info, tensors = load_stage(folder, stage)
    if first.model != info.model:
        raise AmodalError(
            f"{stage_path(folder, stage)}: got {info.model}, expected {first.model} as in stage 1. "
            "The stage files come from different trainings."
        )
    model = AmodalVAE(info.model)
    for name in TRAINED_AFTER_STAGE_1:
        load_into(getattr(model, name), tensors, name)
    load_into(model.decoder, decoder_tensors, "decoder")
    return model.eval(), info


def load_full_encoder(folder: Path) -> tuple[Encoder, StageInfo]:
    """q(z | y, c) of stage 1, in eval mode on the CPU."""
    info, tensors = load_stage(folder, 1)
    encoder = Encoder(info.model)
    load_into(encoder, tensors, "encoder")
    return encoder.eval(), info
