"""Fixtures that several test files share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest

from tests.hub_mirror import Mirror, Weights, find_mirror
from tests.hub_server import HubServer


@pytest.fixture(scope="session")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Mirror:
    """The third-party weights, or small files in their place."""
    return find_mirror(tmp_path_factory.mktemp("mirror"))


@pytest.fixture
def hub(mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A running Hub with these weights, to which this process talks, and an empty cache."""
    with HubServer(mirror.folder) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("HF_TOKEN", server.token)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "AMODAL_WEIGHTS"):
            monkeypatch.delenv(name, raising=False)
        huggingface_hub.close_session()  # the next one reads NO_PROXY
        yield server
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)  # pytest would keep 70 MB a test


@pytest.fixture
def weights(hub: HubServer, mirror: Mirror) -> Weights:
    """MI-GAN on this Hub, and ways to spoil it."""
    return Weights(hub, mirror)
