"""The project's own weights: folders, Hub repos, publishing, and what is refused."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
from huggingface_hub import ModelCard
from safetensors.numpy import save_file

from amodal.errors import AmodalError
from amodal.hub import (
    Entry,
    Notice,
    WeightFile,
    WeightsUnavailable,
    describe_file,
    fetch_own,
    push,
    read_manifest,
    replace_entry,
)
from amodal.hub.__main__ import main
from tests.hub_server import HubServer
from tests.hub_store import Fault

# huggingface_hub hands its LFS uploads to httpx2 in an old way.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload")

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("stage1.safetensors", "stage2.safetensors", "curves.json")


def make_folder(folder: Path, value: float = 1.0) -> Path:
    """Own weights as training leaves them, `value` in every tensor."""
    folder.mkdir(exist_ok=True)
    for number, stage in enumerate(NAMES[:2]):
        save_file({"weight": np.full((64, 64 + number), value, np.float16)}, folder / stage)
    (folder / NAMES[2]).write_text(json.dumps({"loss": [value]}))
    entry = Entry(
        name="amodal-vae",
        what="Encoder, decoder and transformer",
        files=tuple(describe_file(folder / name, f"what {name} is") for name in NAMES),
        licence="CC-BY-NC-SA-3.0",
        licence_note="Trained on KITTI MOTS, not for commercial use.",
        trained_on="KITTI MOTS, training sequences",
        command="python -m amodal.train --data kitti-mots --root DIR",
        time="30 minutes on two cores",
        scores={"simulated": {"mode": {"full_miou_pooled": 0.912}, "modal": {"x": 0.5}}},
    )
    replace_entry(folder / "manifest.json", entry)
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("AMODAL_WEIGHTS", raising=False)
    return make_folder(tmp_path / "own")


@pytest.fixture
def no_xet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback Hub takes uploads by the LFS protocol."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)


def upload(hub: HubServer, folder: Path, repo: str = "me/vae") -> str:
    return hub.put(repo, {path.name: path.read_bytes() for path in folder.iterdir()})


def change_manifest(folder: Path, **file: object) -> None:
    """Rewrite what the manifest says of the first file, without checks."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["weights"][0]["files"][0].update(file)
    path.write_text(json.dumps(manifest))


def assert_same(got: Path, expected: Path) -> None:
    for name in NAMES:
        assert (got / name).read_bytes() == (expected / name).read_bytes()


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
    with pytest.raises(WeightsUnavailable, match=r"no such folder, and it is no OWNER/NAME"):
        fetch_own("./own-weights")


def _delete(folder: Path) -> None:
    (folder / NAMES[0]).unlink()


def _flip(folder: Path) -> None:
    data = (folder / NAMES[0]).read_bytes()
    (folder / NAMES[0]).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


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
    _flip: "stage1.safetensors has the wrong sha256",
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


def test_push_and_load_back(hub: HubServer, folder: Path, no_xet: None, tmp_path: Path) -> None:
    published = push("me/amodal-vae", folder=folder)
    assert_same(fetch_own("me/amodal-vae"), folder)
    got = fetch_own(published)
    assert_same(got, folder)
    assert read_manifest(got / "manifest.json") == read_manifest(folder / "manifest.json")
    assert hub.count("PUT") == 2  # the two safetensors files went the LFS way
    assert hub.count("POST", "/lfs/verify") == 2
    assert all(r.headers.get("authorization") is None for r in hub.requests if r.method == "PUT")
    _, files = hub.repos["me/amodal-vae"].find("main")
    assert sorted(files) == sorted([".gitattributes", "README.md", "manifest.json", *NAMES])


def test_push_again(hub: HubServer, folder: Path, no_xet: None) -> None:
    first = push("me/amodal-vae", folder=folder)
    assert push("me/amodal-vae", folder=folder) == first
    make_folder(folder, 2.0)
    second = push("me/amodal-vae", folder=folder)
    assert second != first
    assert_same(fetch_own(second), folder)


def test_model_card(hub: HubServer, folder: Path, no_xet: None) -> None:
    push("me/amodal-vae", folder=folder)
    _, files = hub.repos["me/amodal-vae"].find("main")
    card = ModelCard(files["README.md"].read().decode())
    assert card.data.license == "cc-by-nc-sa-3.0"
    assert card.data.library_name == "amodal-vae"
    assert card.data.pipeline_tag == "image-segmentation"
    assert "amodal-completion" in card.data.tags
    for text in ("KITTI MOTS", "not for commercial use", 'Pipeline.load("me/amodal-vae")'):
        assert text in card.text
    assert "| mode | 91.2 |  |" in card.text
    assert "| `stage1.safetensors` | what stage1.safetensors is |" in card.text


def test_third_party_pins_are_not_published(hub: HubServer, folder: Path, no_xet: None) -> None:
    pin = replace(
        read_manifest(folder / "manifest.json")[0], name="theirs", repo="a/b", revision="main"
    )
    replace_entry(folder / "manifest.json", pin)
    push("me/amodal-vae", folder=folder)
    entries = read_manifest(fetch_own("me/amodal-vae") / "manifest.json")
    assert [entry.name for entry in entries] == ["amodal-vae"]


@pytest.mark.parametrize("token", ["", "hf_of_somebody_else"])
def test_push_without_the_right_token(
    hub: HubServer, folder: Path, token: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    with pytest.raises(AmodalError, match=r"refused the access token \(HTTP 401\)\. Log in with"):
        push("me/amodal-vae", folder=folder)


def test_push_refuses_a_damaged_folder(hub: HubServer, folder: Path) -> None:
    _flip(folder)
    with pytest.raises(AmodalError, match="wrong sha256"):
        push("me/amodal-vae", folder=folder)
    assert hub.requests == []


def test_push_refuses_a_card_that_the_hub_refuses(hub: HubServer, folder: Path) -> None:
    entry = read_manifest(folder / "manifest.json")[0]
    replace_entry(folder / "manifest.json", replace(entry, licence="no licence at all"))
    with pytest.raises(AmodalError, match="can't be published: Invalid metadata"):
        push("me/amodal-vae", folder=folder)


@pytest.mark.parametrize("repo", ["amodal-vae", "me/a/b", "me/vae@main", "../me/vae"])
def test_push_to_no_repo(folder: Path, repo: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["push", "--repo", repo, "--folder", str(folder)]) == 1
    assert f"got {repo!r}, expected OWNER/NAME" in capsys.readouterr().err


def test_dry_run(hub: HubServer, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["push", "--repo", "me/vae", "--folder", str(folder), "--dry-run"]) == 0
    out = capsys.readouterr().out
    for name in (*NAMES, "manifest.json", "README.md", "license: cc-by-nc-sa-3.0"):
        assert name in out
    assert hub.requests == []


def test_command_line(hub: HubServer, folder: Path) -> None:
    """The commands as a user types them, in a process of their own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "amodal.hub", *arguments]
        environment = {**os.environ, "HF_HUB_DISABLE_XET": "1"}
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    pushed = run("push", "--repo", "me/vae", "--folder", str(folder))
    assert pushed.returncode == 0, pushed.stderr
    assert_same(fetch_own(pushed.stdout.split()[-1]), folder)
    missing = run("fetch", "mobile-sam", "--offline")
    assert missing.returncode == 1
    assert missing.stderr.startswith("amodal.hub: mobile-sam can't be loaded: offline mode is on")
    assert "Traceback" not in missing.stderr


def test_upload_folder(hub: HubServer, folder: Path, no_xet: None) -> None:
    """The loopback Hub takes the library's own way to publish a folder, too."""
    api = huggingface_hub.HfApi(endpoint=hub.url)
    api.create_repo("me/vae", exist_ok=True)
    api.upload_folder(repo_id="me/vae", folder_path=folder)
    assert_same(fetch_own("me/vae"), folder)
