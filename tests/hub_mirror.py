"""What the loopback Hub serves: the real third-party weights where they can be had."""

from __future__ import annotations

import io
import subprocess
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from amodal.hub import (
    BUNDLED,
    Entry,
    WeightsUnavailable,
    describe_file,
    fetch,
    read_manifest,
)
from amodal.hub.manifest import FILE_NAME, write_manifest
from tests.hub_server import HubServer
from tests.hub_store import Fault

TOOL = Path(__file__).resolve().parents[2] / "shared" / "tools" / "hub_mirror.sh"
BUILT = Path.home() / ".cache" / "amodal-hub-mirror"


@dataclass(frozen=True)
class Mirror:
    """A folder OWNER/NAME/FILE and the manifest that pins what is in it."""

    folder: Path
    manifest: Path

    def entry(self, name: str) -> Entry:
        return next(entry for entry in read_manifest(self.manifest) if entry.name == name)

    def read(self, name: str) -> bytes:
        entry = self.entry(name)
        return (self.folder / entry.repo / entry.files[0].file).read_bytes()


class Weights:
    """MI-GAN on the loopback Hub, and ways to spoil it."""

    def __init__(self, hub: HubServer, mirror: Mirror) -> None:
        self.hub = hub
        self.mirror = mirror
        self.repo = mirror.entry("mi-gan").repo
        self.file = mirror.entry("mi-gan").files[0].file
        self.bytes = mirror.read("mi-gan")

    def fetch(self, **options: object) -> Path:
        return fetch("mi-gan", manifest=self.mirror.manifest, **options)

    def put(self, content: bytes) -> None:
        self.hub.put(self.repo, {self.file: content})

    def fail(self, **fault: object) -> None:
        self.hub.faults[self.file] = Fault(**fault)

    def reason(self, **options: object) -> str:
        """Why it can't be had. Afterwards nothing bad may be left in the cache."""
        with pytest.raises(WeightsUnavailable) as caught:
            self.fetch(**options)
        assert str(caught.value).startswith("mi-gan can't be loaded: ")
        assert caught.value.remedy.endswith(".")
        assert caught.value.reason in str(caught.value)
        assert "\n" not in str(caught.value)
        return caught.value.reason

    def heal(self) -> None:
        """The Hub is well again, and so must the next try be."""
        self.hub.faults.clear()
        self.put(self.bytes)
        assert self.fetch().read_bytes() == self.bytes


def find_mirror(spare: Path) -> Mirror:
    """The real bytes if they are built or can be built, else small files made in `spare`."""
    real = Mirror(BUILT, BUNDLED / FILE_NAME)
    if not _is_complete(real) and TOOL.exists():
        done = subprocess.run(["bash", TOOL, BUILT], capture_output=True, text=True, check=False)
        if done.returncode:
            warnings.warn(f"{TOOL.name} failed, using small files: {done.stderr}", stacklevel=2)
    return real if _is_complete(real) else make_small(spare)


def make_small(folder: Path) -> Mirror:
    """Files of our own in place of the third-party weights, with a manifest that pins them."""
    numbers = np.random.default_rng(0)
    tensors = io.BytesIO()
    torch.save({"weight": torch.arange(50_000, dtype=torch.float32)}, tensors)
    contents = {"mi-gan": numbers.bytes(300_000), "mobile-sam": tensors.getvalue()}
    pinned = []
    for entry in read_manifest(BUNDLED / FILE_NAME):
        if entry.name in contents:
            path = folder / entry.repo / entry.files[0].file
            path.parent.mkdir(parents=True)
            path.write_bytes(contents[entry.name])
            pinned.append(replace(entry, files=(describe_file(path),)))
    write_manifest(folder / FILE_NAME, pinned)
    return Mirror(folder, folder / FILE_NAME)


def _is_complete(mirror: Mirror) -> bool:
    on_the_hub = [entry for entry in read_manifest(mirror.manifest) if entry.repo]
    return all((mirror.folder / e.repo / f.file).is_file() for e in on_the_hub for f in e.files)
