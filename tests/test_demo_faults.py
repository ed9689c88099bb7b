"""What users get when the app itself fails: a bug, no memory, a full disk. Over HTTP, as a browser.

A full disk is a limit on the size of files (RLIMIT_FSIZE), which needs no rights: writing fails in
the kernel, half-way, as on a full disk, but with another number of the error.
"""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from amodal.hub import Entry, WeightFile, WeightsUnavailable, fetch
from amodal.hub.manifest import write_manifest
from demo import text
from demo.browser_files import file_for_browser
from demo.faults import HANDLERS, is_disk_full
from demo.handlers import Handlers
from demo.process import sweep
from demo.ui import build
from demo.view import View
from tests.demo_parts import NOTHING, ON_CAR, examples, offline_pipeline
from tests.hub_mirror import Weights
from tests.served_page import served_page
from tests.visitor import Visitor
from tests.web_server import WebServer


@contextmanager
def full_disk(room: int = 0) -> Iterator[None]:
    """No file may grow beyond `room` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Handlers, str, Path]]:
    """The handlers, the address, and the folder of the page's files."""
    folder = tmp_path_factory.mktemp("app")
    handlers = Handlers(offline_pipeline(folder / "cache"), examples(folder / "examples"))
    told = {"exception_handlers": HANDLERS}
    with served_page(folder, lambda: build(handlers), app_kwargs=told) as (_, url):
        yield handlers, url, folder / "gradio"


@pytest.fixture
def visitor(app: tuple[Handlers, str, Path]) -> Visitor:
    """The example with its car selected."""
    visitor = Visitor(app[1])
    visitor.event("open_first")
    visitor.click_photo(*ON_CAR)
    return visitor


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


# A bug, no memory


def test_a_bug_is_a_polite_sentence_and_a_traceback_in_the_log(
    app: tuple[Handlers, str, Path],
    visitor: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a detail that is nobody's business")

    with monkeypatch.context() as patch:
        patch.setattr(app[0].pipeline, "render", broken)
        told = visitor.told("delete")
    start, end = text.BUG.split("{}")
    assert told.startswith(start)
    number = told.removeprefix(start).removesuffix(end)
    assert "detail" not in told
    assert "Traceback" not in told
    assert f"Error {number}" in caplog.text
    assert 'raise ZeroDivisionError("a detail that' in caplog.text
    visitor.event("delete")  # the page stays usable


def test_a_user_s_mistake_is_told_as_before_and_not_logged(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    visitor.click_photo(*NOTHING)
    assert visitor.told("delete") == text.NEED_OBJECT
    assert caplog.text == ""


def test_too_little_memory(
    app: tuple[Handlers, str, Path],
    visitor: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(app[0].pipeline, "render", lambda *_: np.empty(1 << 60, np.uint8))
        assert visitor.told("delete") == text.NO_MEMORY
    assert "MemoryError" in caplog.text
    visitor.event("delete")


# A full disk


def test_an_edit_on_a_full_disk_can_be_made_later(
    app: tuple[Handlers, str, Path], visitor: Visitor
) -> None:
    edit = "flip"  # of which no other test here has made the files
    before = files(app[2])
    with full_disk():
        assert visitor.told(edit) == text.DISK_FULL
    assert {path for path in files(app[2]) - before if path.stat().st_size} == set()
    visitor.event(edit)  # the car is still there and selected
    undone = visitor.event("undo").data[View._fields.index("undo")]
    assert undone["interactive"] is False, "there was one edit: the first try left nothing"


@pytest.mark.parametrize("save", ["picture", "masks", "layers", "openraster", "project"])
def test_saving_on_a_full_disk(
    save: str, app: tuple[Handlers, str, Path], visitor: Visitor
) -> None:
    before = files(app[2])
    with full_disk():
        assert visitor.told(f"save_{save}") == text.DISK_FULL
    assert files(app[2]) == before, "no half file is left"
    path = Path(visitor.event(f"save_{save}").shown["save-link"]["path"])
    assert path.stat().st_size > 0
    visitor.event("delete")  # the car is still there and selected


def test_an_upload_to_a_full_disk(
    app: tuple[Handlers, str, Path], visitor: Visitor, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "large.png")
    before = files(app[2])
    with full_disk(room=10_000):
        answer = visitor.upload(tmp_path / "large.png")
    assert (answer.status_code, answer.text) == (507, text.DISK_FULL)
    assert files(app[2]) == before, "no half file is left"
    assert visitor.upload(tmp_path / "large.png").status_code == 200


def test_an_upload_that_its_user_breaks_off(app: tuple[Handlers, str, Path]) -> None:
    before = files(app[2])
    address = urlsplit(app[1])
    start = (
        "POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    )
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(start.encode() + bytes(300_000))
        wait_until(lambda: files(app[2]) > before)
    wait_until(lambda: files(app[2]) == before)


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    pytest.fail("waited in vain")


def test_a_full_disk_is_told_from_other_errors() -> None:
    with pytest.raises(OSError, match="No space") as caught:
        Path("/dev/full").write_bytes(b"x")
    assert is_disk_full(caught.value)
    assert not is_disk_full(FileNotFoundError(2, "no such file"))


def test_a_file_for_the_browser_is_whole_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    data = bytes(50_000)
    with full_disk(room=1000), pytest.raises(OSError, match="File too large"):
        file_for_browser(data, "photo.jpg")
    assert files(tmp_path) == set()
    assert Path(file_for_browser(data, "photo.jpg")).read_bytes() == data


def test_weights_from_the_hub_on_a_full_disk(weights: Weights, tmp_path: Path) -> None:
    with full_disk(room=10_000):
        assert "the download can't be written to the disk" in weights.reason()
    weights.heal()  # verified by sha256


def test_weights_from_elsewhere_on_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = np.random.default_rng(0).bytes(300_000)
    file = WeightFile("it.pth", len(content), sha256(content).hexdigest())
    address = "https://download.pytorch.org/models/it.pth"
    pins = [Entry("it", "a network", (file,), "MIT", url=address)]
    write_manifest(tmp_path / "manifest.json", pins)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with WebServer("/models/it.pth", content) as server:
        monkeypatch.setenv("AMODAL_PYTORCH_ENDPOINT", server.url)
        with full_disk(room=10_000), pytest.raises(WeightsUnavailable, match="Make room"):
            fetch("it", manifest=tmp_path / "manifest.json")
        assert files(tmp_path / "torch") == set()
        assert fetch("it", manifest=tmp_path / "manifest.json").read_bytes() == content


# What a killed process leaves


def test_old_files_are_swept_and_young_ones_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    (tmp_path / "hash").mkdir()
    (tmp_path / "hash" / "photo.jpg").write_bytes(b"old")
    assert sweep(age=3600) == 0
    time.sleep(0.1)
    assert sweep(age=0.05) == 1
    assert sweep(age=0) == 0
    assert list(tmp_path.rglob("*.jpg")) == []
