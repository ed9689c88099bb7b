"""Third-party weights over HTTP: what arrives, what is refused, and in which words."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
import torch
from huggingface_hub import constants
from huggingface_hub.utils._xet_progress_reporting import XetDownloadProgressReporter

from amodal.hub import BUNDLED, WeightsUnavailable, fetch, read_manifest, read_tensors
from amodal.hub.remote import bar_class
from tests.hub_mirror import Mirror, make_small
from tests.hub_server import HubServer
from tests.hub_store import Fault

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("mi-gan", "mobile-sam")


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


@pytest.fixture
def weights(hub: HubServer, mirror: Mirror) -> Weights:
    return Weights(hub, mirror)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its tries to resume a transfer huggingface_hub sleeps a second."""
    stub = SimpleNamespace(sleep=lambda seconds: None)
    monkeypatch.setattr("huggingface_hub.file_download.time", stub)


def test_the_shipped_manifest_pins_what_the_design_says() -> None:
    pins = {
        entry.name: (entry.repo, entry.revision, entry.files[0].sha256[:8], entry.licence)
        for entry in read_manifest(BUNDLED / "manifest.json")
        if not entry.is_own
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


def test_wrong_sha256(weights: Weights, tmp_path: Path) -> None:
    wrong = weights.bytes[:-1] + bytes([weights.bytes[-1] ^ 1])
    weights.put(wrong)
    reason = weights.reason()
    assert f"wrong sha256: got {hashlib.sha256(wrong).hexdigest()}" in reason
    assert [p for p in (tmp_path / "cache").rglob("*") if p.stat().st_size > 10_000] == []
    weights.heal()


def test_truncated_on_the_hub_is_seen_before_the_download(weights: Weights) -> None:
    weights.put(weights.bytes[:-7])
    sizes = f"got {len(weights.bytes) - 7} bytes, expected {len(weights.bytes)} bytes"
    assert sizes in weights.reason()
    assert weights.hub.count("GET") == 0
    weights.heal()


def test_truncated_on_the_way(weights: Weights) -> None:
    weights.fail(short=1000)
    assert "failed (Consistency check" in weights.reason()
    weights.heal()


def test_broken_transfer_is_resumed(
    weights: Weights, no_waiting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 50_000)
    weights.fail(cut=100_000, times=1)
    seen: list[tuple[int, int]] = []
    path = weights.fetch(progress=lambda *step: seen.append(step))
    assert path.read_bytes() == weights.bytes
    assert seen[-1] == (len(weights.bytes), len(weights.bytes))
    ranges = [r.headers.get("range") for r in weights.hub.requests if r.method == "GET"]
    assert ranges[0] is None
    assert ranges[1] == "bytes=100000-"


def test_transfer_that_always_breaks(weights: Weights, no_waiting: None) -> None:
    weights.fail(cut=0)
    assert "broke off the transfer" in weights.reason()
    weights.heal()


def test_404_file(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = weights.hub.repos[weights.repo]
    monkeypatch.delitem(repo.commits[repo.head], weights.file)
    assert "no such file (HTTP 404)" in weights.reason()
    weights.heal()


def test_404_repo(weights: Weights) -> None:
    del weights.hub.repos[weights.repo]
    assert "has no such repo, or it is private" in weights.reason()


def test_404_revision(weights: Weights) -> None:
    weights.hub.repos[weights.repo].any_commit = False
    assert "no such revision" in weights.reason()


def test_hub_answers_503(weights: Weights) -> None:
    weights.fail(status=503, method="HEAD")
    assert "answered with HTTP 503" in weights.reason()
    weights.heal()


def test_slow_hub(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 0.2)
    weights.fail(delay=5, method="HEAD")
    assert "did not answer in time" in weights.reason()
    monkeypatch.undo()


def test_slow_body(weights: Weights, monkeypatch: pytest.MonkeyPatch, no_waiting: None) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.1)
    weights.fail(delay=5)
    assert "did not answer in time" in weights.reason()
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 10)
    weights.heal()


def test_hub_down(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "http://127.0.0.1:9 can't be reached" in weights.reason()
    monkeypatch.setenv("HF_ENDPOINT", weights.hub.url + "/")  # read anew at each call
    path = weights.fetch()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert weights.fetch() == path


def test_endpoint_that_is_no_address(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "huggingface.co")
    with pytest.raises(WeightsUnavailable, match=r"HF_ENDPOINT is 'huggingface\.co', expected"):
        weights.fetch()


def test_endpoint_that_is_no_hub(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    class LoginPage(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    with HTTPServer(("127.0.0.1", 0), LoginPage) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        assert "does not answer like a Hugging Face Hub" in weights.reason()
        server.shutdown()


def test_cancelled_by_the_progress_callback(weights: Weights) -> None:
    def cancel(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.fetch(progress=cancel)
    weights.heal()


def test_damaged_cache(weights: Weights, caplog: pytest.LogCaptureFixture) -> None:
    path = weights.fetch()
    with path.resolve().open("r+b") as stream:
        stream.truncate(1000)
    assert "in the cache" in weights.reason(offline=True)
    assert weights.fetch().read_bytes() == weights.bytes
    assert "is truncated: got 1000 bytes" in caplog.text
    assert weights.hub.count("GET") == 2


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


def test_pickle_in_place_of_weights(weights: Weights) -> None:
    evil = pickle.dumps(Evil("executed"))
    weights.put(evil + bytes(len(weights.bytes) - len(evil)))
    assert "it looks like a Python pickle" in weights.reason()
    assert not Path("executed").exists()
    weights.heal()


class Evil:
    """A pickle that makes a folder when it is loaded."""

    def __init__(self, folder: object) -> None:
        self.folder = str(folder)

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.folder,)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("name", ["weights.pt", "weights.safetensors"])
@pytest.mark.parametrize(
    "write", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))]
)
def test_read_tensors_runs_no_code(tmp_path: Path, name: str, write: object) -> None:
    write({"weight": Evil(tmp_path / "executed")}, tmp_path / name)
    expected = "could run code" if name.endswith(".pt") else "is not a safetensors file, it looks"
    with pytest.raises(WeightsUnavailable, match=expected):
        read_tensors(tmp_path / name)
    assert not (tmp_path / "executed").exists()


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
    with pytest.raises(ValueError, match="got 'lama', expected one of mi-gan, mobile-sam"):
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
