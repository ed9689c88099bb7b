"""Own weights as training leaves them, for tests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from amodal.hub import Entry, describe_file, replace_entry

NAMES = ("stage1.safetensors", "stage2.safetensors", "curves.json")


def make_folder(folder: Path, value: float = 1.0) -> Path:
    """A folder with a manifest, `value` in every tensor."""
    folder.mkdir(exist_ok=True)
    for number, stage in enumerate(NAMES[:2]):
        save_file({"weight": np.full((64, 64 + number), value, np.float16)}, folder / stage)
    (folder / NAMES[2]).write_text(json.dumps({"loss": [value]}))
    entry = Entry(
        name="amodal-vae",
        what="Encoder, decoder and transformer",
        files=tuple(describe_file(folder / name, f"what {name} is") for name in NAMES),
        licence="CC-BY-NC-SA-3.0",
        licence_note="Trained on KITTI MOTS, not for commercial use.",
        trained_on="KITTI MOTS, training sequences",
        command="python -m amodal.train --data kitti-mots --root DIR",
        time="30 minutes on two cores",
        scores={"simulated": {"mode": {"full_miou_pooled": 0.912}, "modal": {"x": 0.5}}},
    )
    replace_entry(folder / "manifest.json", entry)
    return folder


def flip_last_byte(folder: Path) -> None:
    data = (folder / NAMES[0]).read_bytes()
    (folder / NAMES[0]).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def assert_same(got: Path, expected: Path) -> None:
    for name in NAMES:
        assert (got / name).read_bytes() == (expected / name).read_bytes()
