"""Publishing own weights, by the library and by the command line, and loading them back."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import ModelCard

from amodal.errors import AmodalError
from amodal.hub import (
    fetch_own,
    push,
    read_manifest,
    replace_entry,
)
from amodal.hub.__main__ import main
from tests.hub_server import HubServer
from tests.hub_store import Fault
from tests.own_weights import NAMES, assert_same, flip_last_byte, make_folder

# huggingface_hub hands its LFS uploads to httpx2 in an old way.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("AMODAL_WEIGHTS", raising=False)
    return make_folder(tmp_path / "own")


@pytest.fixture
def no_xet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback Hub takes uploads by the LFS protocol."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)


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


def test_storage_refuses_the_upload(hub: HubServer, folder: Path, no_xet: None) -> None:
    hub.faults["upload"] = Fault(status=403, method="PUT")
    with pytest.raises(AmodalError, match=r"refused the access token \(HTTP 403\)"):
        push("me/amodal-vae", folder=folder)
    hub.faults.clear()
    assert_same(fetch_own(push("me/amodal-vae", folder=folder)), folder)


def test_push_offline(hub: HubServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(AmodalError, match="can't be published in offline mode"):
        push("me/amodal-vae", folder=folder)
    assert hub.requests == []


def test_push_refuses_a_damaged_folder(hub: HubServer, folder: Path) -> None:
    flip_last_byte(folder)
    with pytest.raises(AmodalError, match="wrong sha256"):
        push("me/amodal-vae", folder=folder)
    assert hub.requests == []


def test_push_refuses_a_card_that_the_hub_refuses(hub: HubServer, folder: Path) -> None:
    entry = read_manifest(folder / "manifest.json")[0]
    replace_entry(folder / "manifest.json", replace(entry, licence="no licence at all"))
    with pytest.raises(AmodalError, match="can't be published: Invalid metadata"):
        push("me/amodal-vae", folder=folder)


@pytest.mark.parametrize("repo", ["amodal-vae", "me/a/b", "me/vae@main", "../me/vae", "me/a--b"])
def test_push_to_no_repo(folder: Path, repo: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["push", "--repo", repo, "--folder", str(folder)]) == 2
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
    assert missing.returncode == 2
    assert missing.stderr.startswith("amodal.hub: mobile-sam can't be loaded: offline mode is on")
    assert "Traceback" not in missing.stderr


def test_upload_folder(hub: HubServer, folder: Path, no_xet: None) -> None:
    """The loopback Hub takes the library's own way to publish a folder, too."""
    api = huggingface_hub.HfApi(endpoint=hub.url)
    api.create_repo("me/vae", exist_ok=True)
    api.upload_folder(repo_id="me/vae", folder_path=folder)
    assert_same(fetch_own("me/vae"), folder)
