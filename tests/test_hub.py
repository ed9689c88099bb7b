"""Third-party weights over HTTP: what arrives, from where, and who is asked."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
import torch
from huggingface_hub import constants
from huggingface_hub.utils._xet_progress_reporting import XetDownloadProgressReporter

from amodal.hub import BUNDLED, WeightsUnavailable, fetch, read_manifest, read_tensors
from amodal.hub.remote import bar_class
from tests.hub_mirror import Mirror, Weights, make_small
from tests.hub_server import HubServer

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("mi-gan", "mobile-sam")


def test_the_shipped_manifest_pins_what_the_design_says() -> None:
    pins = {
        entry.name: (entry.repo, entry.revision, entry.files[0].sha256[:8], entry.licence)
        for entry in read_manifest(BUNDLED / "manifest.json")
        if entry.repo
    }
    migan_commit = "406830d0fa60666da0071c342ad2fbc8f30c5c64"
    assert pins == {
        "mi-gan": ("andraniksargsyan/migan", migan_commit, "6f1f3530", "MIT"),
        "mobile-sam": ("dhkim2810/MobileSAM", "main", "6dbb9052", "Apache-2.0"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_first_download_reports_progress(hub: HubServer, mirror: Mirror, name: str) -> None:
    seen: list[tuple[int, int]] = []
    path = fetch(name, manifest=mirror.manifest, progress=lambda *step: seen.append(step))
    pinned = mirror.entry(name).files[0]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == pinned.sha256
    assert seen[0] == (0, pinned.size)
    assert seen[-1] == (pinned.size, pinned.size)
    assert seen == sorted(seen)
    assert len(seen) >= 2 + pinned.size // constants.DOWNLOAD_CHUNK_SIZE
    assert hub.count("GET", pinned.file) == 1


@pytest.mark.parametrize("name", NAMES)
def test_second_call_asks_nobody(hub: HubServer, mirror: Mirror, name: str) -> None:
    first = fetch(name, manifest=mirror.manifest)
    asked = len(hub.requests)
    assert fetch(name, manifest=mirror.manifest) == first
    assert len(hub.requests) == asked


def test_token_goes_to_the_hub_and_not_to_its_storage(weights: Weights) -> None:
    weights.fetch()
    tokens = {r.path.split("/")[1]: r.headers.get("authorization") for r in weights.hub.requests}
    assert tokens["storage"] is None
    assert tokens[weights.repo.split("/")[0]] == f"Bearer {weights.hub.token}"


@pytest.mark.parametrize("name", NAMES)
def test_offline_with_cache(
    hub: HubServer, mirror: Mirror, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fetch(name, manifest=mirror.manifest)
    asked = len(hub.requests)
    assert fetch(name, manifest=mirror.manifest, offline=True) == path
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert fetch(name, manifest=mirror.manifest) == path
    assert len(hub.requests) == asked


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_offline_without_cache(weights: Weights, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", str(int(how == "variable")))
    assert "offline mode is on" in weights.reason(offline=how == "argument")
    assert weights.hub.requests == []


def test_hashed_once_a_process_but_a_change_is_seen(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = weights.fetch()
    digest = hashlib.file_digest
    hashed: list[str] = []

    def counting(stream: object, name: str) -> object:
        hashed.append(name)
        return digest(stream, name)

    monkeypatch.setattr("hashlib.file_digest", counting)
    weights.fetch()
    weights.fetch()
    assert hashed == []
    with path.resolve().open("r+b") as stream:  # as long as before
        stream.write(bytes([weights.bytes[0] ^ 1]))
    assert "wrong sha256" in weights.reason(offline=True)


def test_read_tensors(tmp_path: Path, mirror: Mirror, hub: HubServer) -> None:
    tensors = read_tensors(fetch("mobile-sam", manifest=mirror.manifest))
    assert tensors
    assert all(isinstance(tensor, torch.Tensor) for tensor in tensors.values())
    (tmp_path / "broken.pt").write_bytes(mirror.read("mobile-sam")[:5000])
    with pytest.raises(WeightsUnavailable, match=r"broken\.pt is damaged"):
        read_tensors(tmp_path / "broken.pt")
    torch.save([torch.zeros(1)], tmp_path / "list.pt")
    with pytest.raises(WeightsUnavailable, match=r"list\.pt holds a list"):
        read_tensors(tmp_path / "list.pt")


def test_unknown_name(mirror: Mirror) -> None:
    with pytest.raises(ValueError, match="got 'lama', expected one of mask-rcnn, mi-gan, mob"):
        fetch("lama", manifest=mirror.manifest)


def test_xet_progress_is_not_counted_twice() -> None:
    seen: list[tuple[int, int]] = []
    report = SimpleNamespace(
        total_bytes=100,
        total_bytes_completed=100,
        total_bytes_completion_rate=1.0,
        total_transfer_bytes_completed=80,
        total_transfer_bytes_completion_rate=1.0,
    )
    bar = bar_class(lambda *step: seen.append(step), 200)
    with XetDownloadProgressReporter(
        reconstruction_desc="", total=100, log_level=20, tqdm_class=bar
    ) as reporter:
        reporter.update_progress(report)
    assert seen == [(0, 200), (100, 200)]


def test_small_files_stand_in_for_the_real_ones(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = make_small(tmp_path / "small")
    with HubServer(small.folder) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        for name in NAMES:
            assert fetch(name, manifest=small.manifest).read_bytes() == small.read(name)


def test_the_server_and_the_command_line(tmp_path: Path, mirror: Mirror, hub: HubServer) -> None:
    command = [sys.executable, "-m", "tests.hub_server", str(mirror.folder), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            endpoint = server.stdout.readline().split()[0].removeprefix("HF_ENDPOINT=")
            found = huggingface_hub.hf_hub_download(
                mirror.entry("mi-gan").repo,
                mirror.entry("mi-gan").files[0].file,
                endpoint=endpoint,
                cache_dir=tmp_path / "other",
            )
        finally:
            server.terminate()
    assert Path(found).read_bytes() == mirror.read("mi-gan")


def test_snapshot_download(tmp_path: Path, mirror: Mirror, hub: HubServer) -> None:
    repo = mirror.entry("mobile-sam").repo
    folder = huggingface_hub.snapshot_download(
        repo, endpoint=hub.url, cache_dir=tmp_path / "snapshot"
    )
    assert (Path(folder) / "mobile_sam.pt").read_bytes() == mirror.read("mobile-sam")
