"""The project's own weights: folders, Hub repos, and what is refused."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from amodal.hub import (
    Notice,
    WeightFile,
    WeightsUnavailable,
    describe_file,
    fetch_own,
    read_manifest,
    replace_entry,
)
from tests.hub_server import HubServer
from tests.hub_store import Fault
from tests.own_weights import NAMES, assert_same, flip_last_byte, make_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("AMODAL_WEIGHTS", raising=False)
    return make_folder(tmp_path / "own")


def upload(hub: HubServer, folder: Path, repo: str = "me/vae") -> str:
    return hub.put(repo, {path.name: path.read_bytes() for path in folder.iterdir()})


def change_manifest(folder: Path, **file: object) -> None:
    """Rewrite what the manifest says of the first file, without checks."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["weights"][0]["files"][0].update(file)
    path.write_text(json.dumps(manifest))


def test_manifest_round_trip(folder: Path) -> None:
    path = folder / "manifest.json"
    (entry,) = read_manifest(path)
    other = replace(entry, name="pose", files=(WeightFile("p.safetensors", 1, "0" * 64),))
    replace_entry(path, other)
    replace_entry(path, replace(entry, what="changed"))
    assert read_manifest(path) == (other, replace(entry, what="changed"))


def test_a_folder(folder: Path) -> None:
    assert fetch_own(str(folder)) == folder


def test_which_weights(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled, named = make_folder(tmp_path / "bundled"), make_folder(tmp_path / "named")
    monkeypatch.setattr("amodal.hub.download.BUNDLED", bundled)
    assert fetch_own() == bundled
    monkeypatch.setenv("AMODAL_WEIGHTS", str(named))
    assert fetch_own() == named
    assert fetch_own(str(folder)) == folder


def test_nothing_replaces_what_was_asked_for(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amodal.hub.download.BUNDLED", make_folder(tmp_path / "bundled"))
    monkeypatch.setenv("AMODAL_WEIGHTS", "nobody/nothing")
    with pytest.raises(WeightsUnavailable, match="has no such repo"):
        fetch_own()
    for wrong in ("./own-weights", "vae", "me/vae@", "me/vae@a/../b", "me/a--b"):
        with pytest.raises(WeightsUnavailable, match="no such folder, and it is no OWNER/NAME"):
            fetch_own(wrong)


def _delete(folder: Path) -> None:
    (folder / NAMES[0]).unlink()


def _truncate(folder: Path) -> None:
    (folder / NAMES[0]).write_bytes((folder / NAMES[0]).read_bytes()[:-9])


def _pickle(folder: Path) -> None:
    """A pickle with the right sha256: the manifest was made for it."""
    (folder / NAMES[0]).write_bytes(pickle.dumps({"weight": [1.0]}))
    change_manifest(folder, **vars(describe_file(folder / NAMES[0])))


def _torch_file(folder: Path) -> None:
    (folder / "stage1.pt").write_bytes(b"PK\x03\x04")
    change_manifest(folder, **vars(describe_file(folder / "stage1.pt")))


def _outside(folder: Path) -> None:
    change_manifest(folder, file="../stage1.safetensors")


def _twice(folder: Path) -> None:
    change_manifest(folder, file=NAMES[1])


def _newer(folder: Path) -> None:
    change_manifest(folder, codec="zstd")


def _no_json(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


def _other_json(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"model_type": "bert"}')


def _list_json(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"schema": 1, "weights": [3]}')


def _empty(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"schema": 1, "weights": []}')


SPOILED = {
    flip_last_byte: "stage1.safetensors has the wrong sha256",
    _truncate: "stage1.safetensors",
    _pickle: "not a safetensors file, it looks like a Python pickle",
    _torch_file: "stage1.pt is not one of the kinds that are read",
    _outside: "expected a plain name without folders",
    _twice: "lists a file twice",
    _newer: "unknown keys: codec",
    _no_json: "not a manifest that this version reads",
    _other_json: 'expected an object with "schema": 1',
    _list_json: "not a manifest that this version reads",
    _empty: "lists no weights of this project",
}


@pytest.mark.parametrize("spoil", [_delete, *SPOILED])
def test_spoiled_folder(folder: Path, spoil: object) -> None:
    spoil(folder)
    with pytest.raises(WeightsUnavailable) as caught:
        fetch_own(str(folder))
    assert SPOILED.get(spoil, "stage1.safetensors is missing") in caught.value.reason
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("spoil", [*SPOILED])
def test_spoiled_repo(hub: HubServer, folder: Path, spoil: object, tmp_path: Path) -> None:
    spoil(folder)
    upload(hub, folder)
    with pytest.raises(WeightsUnavailable) as caught:
        fetch_own("me/vae")
    assert SPOILED[spoil] in caught.value.reason
    assert str(caught.value).startswith("me/vae can't be loaded")
    good = make_folder(tmp_path / "good")
    upload(hub, good)
    assert_same(fetch_own("me/vae"), good)


def test_a_folder_without_manifest(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match=r"no readable manifest\.json"):
        fetch_own(str(tmp_path))


def test_a_repo_with_progress_and_cache(hub: HubServer, folder: Path) -> None:
    upload(hub, folder)
    seen: list[tuple[int, int]] = []
    got = fetch_own("me/vae", progress=lambda *step: seen.append(step))
    assert_same(got, folder)
    total = sum(file.size for file in read_manifest(folder / "manifest.json")[0].files)
    assert (seen[0], seen[-1]) == ((0, total), (total, total))
    assert seen == sorted(seen)
    bodies = hub.count("GET")
    asked = len(hub.requests)
    assert fetch_own("me/vae") == got
    assert hub.count("GET") == bodies
    assert len(hub.requests) == asked + 1  # is there a newer commit?
    assert fetch_own("me/vae", offline=True) == got
    assert len(hub.requests) == asked + 1


def test_a_damaged_manifest_in_the_cache_is_replaced(hub: HubServer, folder: Path) -> None:
    upload(hub, folder)
    manifest = fetch_own("me/vae") / "manifest.json"
    manifest.resolve().write_text("{")
    with pytest.raises(WeightsUnavailable, match="not a manifest that this version reads"):
        fetch_own("me/vae")
    assert_same(fetch_own("me/vae"), folder)


def test_a_pinned_revision_asks_nobody_again(hub: HubServer, folder: Path) -> None:
    old = upload(hub, folder)
    first = fetch_own(f"me/vae@{old}")
    upload(hub, make_folder(folder, 2.0))
    asked = len(hub.requests)
    assert fetch_own(f"me/vae@{old}") == first
    assert len(hub.requests) == asked
    assert_same(fetch_own("me/vae@main"), folder)


def test_offline_without_cache(hub: HubServer, folder: Path) -> None:
    commit = upload(hub, folder)
    for name in ("me/vae", f"me/vae@{commit}"):
        with pytest.raises(WeightsUnavailable, match="offline mode is on, and it was never"):
            fetch_own(name, offline=True)
    assert hub.requests == []


def test_hub_down_is_said_when_the_cache_helps(
    hub: HubServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(hub, folder)
    got = fetch_own("me/vae")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    notices: list[Notice] = []
    assert fetch_own("me/vae", notify=notices.append) == got
    assert [notice.what for notice in notices] == ["Using the downloaded copy of me/vae"]
    assert "can't be reached" in notices[0].reason
    with pytest.raises(WeightsUnavailable, match="can't be reached"):
        fetch_own("me/other")


def test_a_cached_copy_does_not_hide_that_the_repo_is_gone(hub: HubServer, folder: Path) -> None:
    upload(hub, folder)
    fetch_own("me/vae")
    del hub.repos["me/vae"]
    with pytest.raises(WeightsUnavailable, match="has no such repo"):
        fetch_own("me/vae")


def test_a_failed_update_leaves_the_old_version_usable(hub: HubServer, folder: Path) -> None:
    upload(hub, folder)
    old = fetch_own("me/vae")
    upload(hub, make_folder(folder, 2.0))
    hub.faults[NAMES[1]] = Fault(status=500, method="HEAD")
    with pytest.raises(WeightsUnavailable, match="HTTP 500"):
        fetch_own("me/vae")
    assert fetch_own("me/vae", offline=True) == old
    hub.faults.clear()
    new = fetch_own("me/vae")
    assert new != old
    assert fetch_own("me/vae", offline=True) == new
    assert_same(new, folder)


def test_files_of_equal_bytes(hub: HubServer, folder: Path) -> None:
    """The cache stores them once, and so the second is not downloaded."""
    (folder / NAMES[1]).write_bytes((folder / NAMES[0]).read_bytes())
    entry = read_manifest(folder / "manifest.json")[0]
    files = tuple(describe_file(folder / name) for name in NAMES)
    replace_entry(folder / "manifest.json", replace(entry, files=files))
    upload(hub, folder)
    seen: list[tuple[int, int]] = []
    assert_same(fetch_own("me/vae", progress=lambda *step: seen.append(step)), folder)
    assert seen[-1][0] == seen[-1][1] == sum(file.size for file in files)
