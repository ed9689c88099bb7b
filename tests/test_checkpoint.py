"""Stage files: round trip, strictness, and refusal of what is not ours."""

import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from amodal.checkpoint import (
    TRAINED_AFTER_STAGE_1,
    StageInfo,
    load_model,
    load_stage,
    save_stage,
    stage_path,
)
from amodal.errors import AmodalError
from amodal.model import AmodalVAE, ModelConfig

TINY = Path(__file__).parent / "data" / "tiny"
CONFIG = ModelConfig(size=16, latent=4, channels=(4, 8), features=8)


def save_all(folder: Path, model: AmodalVAE) -> None:
    parts = {"encoder": model.encoder, "decoder": model.decoder}
    save_stage(folder, StageInfo(1, model.config, ("car",)), parts)
    parts = {name: getattr(model, name) for name in TRAINED_AFTER_STAGE_1}
    save_stage(folder, StageInfo(3, model.config, ("car",), threshold=0.4), parts)


def test_round_trip_keeps_config_and_half_precision_weights(tmp_path):
    model = AmodalVAE(CONFIG)
    save_all(tmp_path, model)
    loaded, info = load_model(tmp_path)
    assert info == StageInfo(3, CONFIG, ("car",), 0.4)
    for name, value in model.state_dict().items():
        stored = loaded.state_dict()[name]
        assert torch.equal(stored, value.half().float() if value.is_floating_point() else value)


def test_the_decoder_is_stored_once(tmp_path):
    save_all(tmp_path, AmodalVAE(CONFIG))
    _, tensors = load_stage(tmp_path, 3)
    assert not [name for name in tensors if name.startswith("decoder")]


def test_missing_and_superfluous_keys_are_named(tmp_path):
    model = AmodalVAE(CONFIG)
    save_all(tmp_path, model)
    model.encoder.register_buffer("stray", torch.zeros(1))
    del model.encoder.cues
    save_stage(
        tmp_path,
        StageInfo(3, CONFIG, ("car",)),
        {"encoder": model.encoder, "transformer": model.transformer},
    )
    with pytest.raises(AmodalError, match=r"(?s)cues\.weight.*stray"):
        load_model(tmp_path)


def test_stages_of_different_trainings_are_refused(tmp_path):
    save_all(tmp_path, AmodalVAE(CONFIG))
    other = AmodalVAE(replace(CONFIG, latent=6))
    save_stage(
        tmp_path,
        StageInfo(1, other.config, ("car",)),
        {"encoder": other.encoder, "decoder": other.decoder},
    )
    with pytest.raises(AmodalError, match="different trainings"):
        load_model(tmp_path)


def test_a_missing_stage_says_where_it_was_expected(tmp_path):
    with pytest.raises(AmodalError, match=r"stage1\.safetensors"):
        load_model(tmp_path)


def test_a_pickle_is_refused(tmp_path):
    shutil.copytree(TINY, tmp_path, dirs_exist_ok=True)
    stage_path(tmp_path, 3).write_bytes(pickle.dumps({"encoder": 1}))
    with pytest.raises(AmodalError, match="damaged or not a safetensors file"):
        load_model(tmp_path)


def test_a_truncated_file_is_refused(tmp_path):
    shutil.copytree(TINY, tmp_path, dirs_exist_ok=True)
    path = stage_path(tmp_path, 1)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(AmodalError, match="damaged"):
        load_model(tmp_path)


def test_another_program_s_safetensors_are_refused(tmp_path):
    shutil.copytree(TINY, tmp_path, dirs_exist_ok=True)
    save_file({"weight": torch.zeros(2)}, stage_path(tmp_path, 3))
    with pytest.raises(AmodalError, match="another program"):
        load_model(tmp_path)


def test_stage_1_has_no_completer():
    with pytest.raises(ValueError, match="expected 2 or 3"):
        load_model(TINY, stage=1)
