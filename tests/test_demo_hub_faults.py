"""The Hub fails while a user has a photo with edits open: nothing is lost, the reason is shown, and
when the Hub is back the real networks are used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import numpy as np
import pytest
import torch
from huggingface_hub import constants

from amodal import Pipeline
from amodal.completer import Completer
from amodal.hub import BUNDLED, Entry, describe_file, fetch, read_manifest
from amodal.hub.manifest import FILE_NAME, write_manifest
from amodal.segment.mobile_sam import build_sam
from demo.handlers import Handlers
from demo.session import Session
from tests.demo_parts import ON_CAR, TINY, chosen, click, drag, examples, instances, with_tool
from tests.hub_server import HubServer
from tests.hub_store import Fault

PAINTS_ORANGE = Path(__file__).parent / "data" / "paints_orange.onnx"
ORANGE = (200, 100, 50)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What our Hub serves: a MI-GAN that paints all orange, an untrained MobileSAM; and pins."""
    folder, pinned = tmp_path_factory.mktemp("small"), []
    for entry in read_manifest(BUNDLED / FILE_NAME):
        if entry.name in ("mi-gan", "mobile-sam"):
            path = folder / entry.repo / entry.files[0].file
            path.parent.mkdir(parents=True)
            if entry.name == "mi-gan":
                path.write_bytes(PAINTS_ORANGE.read_bytes())
            else:
                torch.save(build_sam().state_dict(), path)
            files = (describe_file(path),)
            pinned.append(Entry(**{**vars(entry), "files": files}))
    write_manifest(folder / FILE_NAME, pinned)
    return folder


class Trouble:
    """A Hub, what goes wrong with it, and a user who has edited a photo."""

    def __init__(
        self, hub: HubServer, small: Path, folder: Path, patch: pytest.MonkeyPatch
    ) -> None:
        self.hub, self.small, self.patch = hub, small, patch
        self.cache = folder / "cache"
        self.pipeline = Pipeline(
            Completer.load(TINY, device="cpu"), device="cpu", patience=60, retry_after=0
        )
        self.handlers = Handlers(self.pipeline, examples(folder / "examples"))
        opened = self.handlers.open_first(Session()).session
        self.session = self.handlers.gesture(opened, "on", click(*ON_CAR)).session

    def file(self, name: str) -> str:
        entry = next(e for e in read_manifest(self.small / FILE_NAME) if e.name == name)
        return entry.files[0].file

    def repo(self, name: str) -> str:
        return next(e for e in read_manifest(self.small / FILE_NAME) if e.name == name).repo

    def fail(self, name: str = "mi-gan", **fault: object) -> None:
        self.hub.faults[self.file(name)] = Fault(**fault)

    def down(self) -> None:
        self.patch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    def wrong_bytes(self) -> None:
        wrong = bytearray(PAINTS_ORANGE.read_bytes())
        wrong[-1] ^= 1
        self.hub.put(self.repo("mi-gan"), {self.file("mi-gan"): bytes(wrong)})

    def heal(self) -> None:
        self.hub.faults.clear()
        self.hub.put(self.repo("mi-gan"), {self.file("mi-gan"): PAINTS_ORANGE.read_bytes()})
        self.patch.setenv("HF_ENDPOINT", self.hub.url)


@pytest.fixture
def trouble(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trouble]:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    with HubServer(small) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
        pinned = partial(fetch, manifest=small / FILE_NAME)
        monkeypatch.setattr("amodal.inpaint.load.fetch", pinned)
        monkeypatch.setattr("amodal.segment.load.fetch", pinned)
        # Between its tries to resume a transfer huggingface_hub sleeps a second.
        quick = SimpleNamespace(sleep=lambda seconds: None)
        monkeypatch.setattr("huggingface_hub.file_download.time", quick)
        huggingface_hub.close_session()
        yield Trouble(hub, small, tmp_path, monkeypatch)


FAULTS: dict[str, tuple[Callable[[Trouble], None], str]] = {
    "down": (Trouble.down, "can't be reached"),
    "an error": (lambda it: it.fail(status=503, method="HEAD"), "answered with HTTP 503"),
    "silent": (lambda it: it.fail(delay=5), "did not answer in time"),
    "wrong bytes": (Trouble.wrong_bytes, "has the wrong sha256"),
    "too few bytes": (lambda it: it.fail(short=50), "failed (Consistency check"),
    "cut off": (lambda it: it.fail(cut=0), "broke off the transfer"),
}


def is_orange(session: Session) -> bool:
    """Whether MI-GAN, or what our Hub has in its place, filled the hole of the car."""
    core = np.zeros_like(instances()[0].modal)
    core[55:65, 35:55] = True
    return bool((session.sight.picture[core] == ORANGE).all())


@pytest.mark.parametrize("name", FAULTS)
def test_an_edit_while_the_hub_fails(
    name: str, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil, reason = FAULTS[name]
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.2 if name == "silent" else 10)
    handlers, before = trouble.handlers, trouble.session
    spoil(trouble)
    view = handlers.delete(before)
    assert "instead of MI-GAN" in view.notices
    assert reason in view.notices
    assert not is_orange(view.session)
    assert not np.array_equal(view.session.sight.picture, before.sight.picture)
    assert view.session.past == (*before.past, before.step)
    assert [layer.id for layer in view.session.layers] == [layer.id for layer in before.layers]
    assert list(trouble.cache.rglob("*.onnx")) == [], "nothing bad is taken for good later"

    trouble.heal()
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 10)
    back = handlers.undo(view.session)
    assert np.array_equal(back.session.sight.picture, before.sight.picture)
    again = handlers.delete(handlers.gesture(back.session, "on", click(*ON_CAR)).session)
    assert again.notices == ""
    assert is_orange(again.session)


def test_a_download_that_lasts_keeps_nobody_waiting(trouble: Trouble) -> None:
    trouble.pipeline._inpainter.patience = 0.1
    trouble.fail(delay=2)
    handlers = trouble.handlers
    first = handlers.delete(trouble.session)
    assert "its download takes longer than 0.1 seconds. It goes on" in first.notices
    assert not is_orange(first.session)
    loading = trouble.pipeline._inpainter._loading
    assert not loading.ended.is_set()
    other = handlers.gesture(handlers.open_first(Session()).session, "on", click(*ON_CAR)).session
    other = handlers.delete(other)
    assert not loading.ended.is_set(), "another user's edit did not wait for it either"
    assert not is_orange(other.session)
    assert loading.ended.wait(60)
    again = handlers.delete(
        handlers.gesture(handlers.undo(first.session).session, "on", click(*ON_CAR)).session
    )
    assert again.notices == ""
    assert is_orange(again.session)
    assert trouble.hub.count("GET", trouble.file("mi-gan")) == 1


def test_one_who_waits_sees_how_far_it_is(trouble: Trouble) -> None:
    seen: list[tuple[int, int]] = []
    trouble.pipeline.inpainter(lambda *step: seen.append(step))
    size = PAINTS_ORANGE.stat().st_size
    assert seen[-1] == (size, size)


def test_an_object_is_marked_while_the_hub_is_down(trouble: Trouble) -> None:
    trouble.down()
    handlers = trouble.handlers
    session = with_tool(handlers, trouble.session, "add")
    view = handlers.gesture(session, "on", drag((64, 14), (100, 94)))
    assert "GrabCut" in view.notices
    assert "can't be reached" in view.notices
    assert view.session.draft.mask.any()
    assert view.session.step is trouble.session.step
    trouble.heal()
    assert trouble.pipeline.segmenter().name == "MobileSAM"
    assert handlers.open_example(view.session, chosen(0)).notices == ""
