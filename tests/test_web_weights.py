"""Weights from a plain web server: what is checked, what is said, and what is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from amodal.hub import BUNDLED, Entry, WeightFile, WeightsUnavailable, fetch, read_manifest, web
from amodal.hub.manifest import write_manifest
from tests.web_server import Spoilt, WebServer

FILE = "network-0a1b2c3d.pth"
OFFICIAL = f"https://download.pytorch.org/models/{FILE}"
CONTENT = np.random.default_rng(0).bytes(300_000)


def pinned(folder: Path, content: bytes = CONTENT) -> Path:
    """A manifest that pins a file of this content."""
    file = WeightFile(FILE, len(content), sha256(content).hexdigest())
    entry = Entry("network", "a network", (file,), "BSD-3-Clause", url=OFFICIAL)
    write_manifest(folder / "manifest.json", [entry])
    return folder / "manifest.json"


class Weights:
    """The file on the server, the cache, and the pins."""

    def __init__(self, server: WebServer, folder: Path) -> None:
        self.server = server
        self.cache = folder / "torch" / "hub" / "checkpoints"
        self.path = self.cache / FILE
        self.manifest = pinned(folder)

    def fetch(self, **options: object) -> Path:
        return fetch("network", manifest=self.manifest, **options)

    def refusal(self, **options: object) -> WeightsUnavailable:
        """Why it can't be had. Afterwards there is no new file, not even a part of one."""
        before = sorted(self.cache.iterdir()) if self.cache.exists() else []
        with pytest.raises(WeightsUnavailable) as caught:
            self.fetch(**options)
        assert str(caught.value).startswith("network can't be loaded: ")
        assert "\n" not in str(caught.value)
        assert (sorted(self.cache.iterdir()) if self.cache.exists() else []) == before
        return caught.value

    def reason(self) -> str:
        """The same; and the remedy tells how to bring the file by hand."""
        error = self.refusal()
        url = f"{self.server.url}/models/{FILE}"
        assert f"download {url} on another machine" in error.remedy
        assert error.remedy.endswith(f"put it into {self.cache}.")
        return error.reason


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Weights]:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with WebServer(f"/models/{FILE}", CONTENT) as server:
        monkeypatch.setenv("AMODAL_PYTORCH_ENDPOINT", f"{server.url}/")
        yield Weights(server, tmp_path)


def test_it_is_downloaded_into_torch_s_cache(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "CHUNK", 100_000)
    seen: list[tuple[int, int]] = []
    path = weights.fetch(progress=lambda *step: seen.append(step))
    assert path == weights.path
    assert path.read_bytes() == CONTENT
    assert list(weights.cache.iterdir()) == [path]
    assert seen == [(n, len(CONTENT)) for n in (0, 100_000, 200_000, 300_000)]
    assert weights.server.asked == [f"/models/{FILE}"]


def test_what_torch_has_is_used(weights: Weights) -> None:
    weights.cache.mkdir(parents=True)
    weights.path.write_bytes(CONTENT)
    assert weights.fetch() == weights.path
    assert weights.fetch(offline=True) == weights.path
    assert weights.server.asked == []


def test_a_damaged_cache_is_mended(weights: Weights, caplog: pytest.LogCaptureFixture) -> None:
    weights.cache.mkdir(parents=True)
    weights.path.write_bytes(CONTENT[:1000])
    assert weights.fetch().read_bytes() == CONTENT
    assert "is truncated: got 1000 bytes" in caplog.text


def test_a_damaged_cache_without_a_network(weights: Weights) -> None:
    weights.cache.mkdir(parents=True)
    weights.path.write_bytes(bytes([CONTENT[0] ^ 1]) + CONTENT[1:])
    assert "wrong sha256" in weights.refusal(offline=True).reason
    weights.server.spoilt = Spoilt(status=503)
    assert weights.reason() == f"{weights.server.url} answered with HTTP 503"


def test_a_file_put_there_by_hand_is_enough(weights: Weights) -> None:
    weights.server.spoilt = Spoilt(status=404)
    assert weights.reason() == f"{weights.server.url} answered with HTTP 404"
    weights.path.write_bytes(CONTENT)
    assert weights.fetch() == weights.path


def test_another_file_on_the_server(weights: Weights) -> None:
    weights.server.content = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    assert "sent another file: network-0a1b2c3d.pth has the wrong sha256" in weights.reason()
    weights.server.content = CONTENT[:-1]
    assert "got 299999 bytes, expected 300000 bytes" in weights.reason()
    weights.server.content = CONTENT
    assert weights.fetch() == weights.path


def test_a_file_without_an_end(weights: Weights) -> None:
    weights.server.spoilt = Spoilt(announced=False)
    weights.server.content = CONTENT * 3
    assert "sent more than 300000 bytes" in weights.reason()
    weights.server.content = CONTENT[:-5]
    assert "is truncated: got 299995 bytes" in weights.reason()


def test_a_transfer_that_breaks_off(weights: Weights) -> None:
    weights.server.spoilt = Spoilt(cut=100_000)
    assert weights.reason() == f"{weights.server.url} broke off the transfer"


def test_a_server_that_falls_silent(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "STALL", 0.2)
    weights.server.spoilt = Spoilt(stall=100_000)
    assert weights.reason() == f"{weights.server.url} did not answer in time"


def test_a_transfer_that_takes_too_long(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LONGEST", 0.0)
    assert "needs more than 0 seconds" in weights.reason()


def test_no_server(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMODAL_PYTORCH_ENDPOINT", "http://127.0.0.1:9")
    error = weights.refusal()
    assert "http://127.0.0.1:9 can't be reached" in error.reason
    assert f"download http://127.0.0.1:9/models/{FILE} on another machine" in error.remedy


def test_a_mirror_that_is_no_address(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMODAL_PYTORCH_ENDPOINT", "mirror.example")
    with pytest.raises(WeightsUnavailable, match=r"AMODAL_PYTORCH_ENDPOINT is 'mirror\.example'"):
        weights.fetch()


def test_offline_mode_asks_nobody(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "offline mode is on" in weights.refusal(offline=True).reason
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "offline mode is on" in weights.refusal().reason
    assert weights.server.asked == []


def test_a_cache_that_can_t_be_written(weights: Weights) -> None:
    weights.cache.parent.mkdir(parents=True)
    weights.cache.write_text("a file in place of the folder")
    with pytest.raises(WeightsUnavailable, match="can't be written to") as caught:
        weights.fetch()
    assert "TORCH_HOME" in caught.value.remedy


def test_cancelled_by_the_progress_callback(weights: Weights) -> None:
    def cancel(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.fetch(progress=cancel)
    assert list(weights.cache.iterdir()) == []


def test_without_a_mirror_it_is_pytorch_s_own_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMODAL_PYTORCH_ENDPOINT", raising=False)
    assert web.address(OFFICIAL) == OFFICIAL


def test_the_pin_agrees_with_torchvision() -> None:
    from torchvision.models.detection import MaskRCNN_ResNet50_FPN_V2_Weights

    entries = {entry.name: entry for entry in read_manifest(BUNDLED / "manifest.json")}
    entry = entries["mask-rcnn"]
    official = MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1
    assert entry.url == official.url
    assert entry.files[0].file.endswith(f"-{entry.files[0].sha256[:8]}.pth")
    assert entry.files[0].size / 2**20 == pytest.approx(official.meta["_file_size"], abs=5e-4)
    assert not entry.is_own


@pytest.mark.parametrize(
    "wrong", [{"repo": "me/it", "revision": "main"}, {"url": "https://x.example/other.pth"}]
)
def test_an_entry_has_one_origin(wrong: dict[str, str]) -> None:
    file = WeightFile(FILE, 1, "0" * 64)
    with pytest.raises(ValueError, match="url: network needs"):
        Entry("network", "a network", (file,), "MIT", **{"url": OFFICIAL, **wrong})
