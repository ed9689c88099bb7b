"""Third-party weights over HTTP when something is wrong: in which words, and what is left."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from huggingface_hub import constants

from amodal.hub import Notice, WeightsUnavailable, fetch_own, read_tensors
from tests.hub_mirror import Weights
from tests.hub_server import HubServer
from tests.loopback import Quiet, served, url
from tests.own_weights import make_folder


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its tries to resume a transfer huggingface_hub sleeps a second."""
    stub = SimpleNamespace(sleep=lambda seconds: None)
    monkeypatch.setattr("huggingface_hub.file_download.time", stub)


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


@pytest.fixture
def login_page() -> Iterator[str]:
    """A server that answers everything with 200 and a page, as a hotel's network does."""

    class LoginPage(Quiet):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

    with served(LoginPage) as server:
        yield url(server)


def test_endpoint_that_is_no_hub(
    weights: Weights, login_page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", login_page)
    assert "does not answer like a Hugging Face Hub" in weights.reason()


def test_endpoint_that_is_no_hub_and_a_cached_copy(
    hub: HubServer, login_page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder(tmp_path / "own")
    hub.put("me/vae", {path.name: path.read_bytes() for path in folder.iterdir()})
    got = fetch_own("me/vae")
    monkeypatch.setenv("HF_ENDPOINT", login_page)
    notices: list[Notice] = []
    assert fetch_own("me/vae", notify=notices.append) == got
    assert [n.reason for n in notices] == [f"{login_page} does not answer like a Hugging Face Hub"]


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
