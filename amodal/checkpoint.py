"""Stage files: the weights of a training stage, each file with its config in the header.

`stage1.safetensors` holds q(z|y,c) as `encoder.*` and the decoder; `stage2` and `stage3` hold
q_hat(z|y_hat,c) as `encoder.*`, the transformer and the class head. The frozen decoder is stored
once, in stage 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import Tensor, nn

from amodal import tensor_file
from amodal.errors import AmodalError
from amodal.model import AmodalVAE, Encoder, ModelConfig
from amodal.tensor_file import load_into

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


COMPLETER_FILE = stage_path(Path(), 3).name  # of the network that the app uses


def save_stage(folder: Path, info: StageInfo, modules: Mapping[str, nn.Module]) -> Path:
    """Write the modules' parameters, prefixed by their names."""
    path = stage_path(folder, info.stage)
    tensor_file.write(path, FORMAT, modules, {"info": asdict(info)})
    return path


def load_stage(folder: Path, stage: int) -> tuple[StageInfo, dict[str, Tensor]]:
    """Read a stage file: its info and its tensors in float32.

    Raises:
        AmodalError: the file is missing, damaged, or not a stage file.
    """
    path = stage_path(folder, stage)
    absent = f"No weights at {path}: expected the file of training stage {stage}."
    header, tensors = tensor_file.read(path, FORMAT, absent)
    return parse_info(path, header.get("info")), tensors


def parse_info(path: Path, fields: object) -> StageInfo:
    """The info of a file's header, from its JSON values.

    Raises:
        AmodalError: it is not such an info.
    """

    def build() -> StageInfo:
        model = fields["model"]
        model = {**model, "channels": tuple(model["channels"]), "classes": tuple(model["classes"])}
        trained = tuple(fields["trained_classes"])
        return StageInfo(**{**fields, "model": ModelConfig(**model), "trained_classes": trained})

    return tensor_file.parsed(path, build)


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
