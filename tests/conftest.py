"""Fixtures that several test files share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest

from amodal.pipeline import Pipeline
from demo.handlers import Handlers
from demo.session import Session
from tests.demo_parts import ON_CAR, click, examples, offline_pipeline
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


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """The small network and no third-party weights; one for all tests of a file."""
    return offline_pipeline(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def handlers(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Handlers:
    """The app's, with the small street as its example."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    return Handlers(pipeline, examples(tmp_path / "examples"))


@pytest.fixture
def opened(handlers: Handlers) -> Session:
    return handlers.open_first(Session()).session


@pytest.fixture
def car(handlers: Handlers, opened: Session) -> Session:
    """The example with its car selected."""
    return handlers.gesture(opened, "on", click(*ON_CAR)).session
