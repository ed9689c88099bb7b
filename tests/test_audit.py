"""`make audit`, with a vulnerability service on loopback in OSV's place."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.loopback import Quiet, served, url

ROOT = Path(__file__).resolve().parents[1]
missing = [n for n in ("pip_audit", "detect_secrets") if importlib.util.find_spec(n) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not installed: {missing}")


@contextmanager
def service(holes: list[dict]) -> Iterator[str]:
    """Says of every package that it has these vulnerabilities."""

    class Handler(Quiet):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps({"vulns": holes} if holes else {}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with served(Handler) as server:
        yield f"{url(server)}/v1/query"


def audit(service: str, folder: Path, note: str = "") -> subprocess.CompletedProcess:
    """Of one package, and of a repository with one file."""
    (folder / "packages.txt").write_text("numpy==2.4.6\n")
    (folder / "note.txt").write_text(note)
    subprocess.run(["git", "init", "-q", folder], check=True)
    subprocess.run(["git", "add", "note.txt"], cwd=folder, check=True)
    what = ["-r", "packages.txt", "--no-deps", "--disable-pip"]
    return subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "audit.py"), *what],
        cwd=folder,
        env={**os.environ, "AMODAL_OSV_URL": service, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
    )


def test_nothing_known_passes(tmp_path: Path) -> None:
    with service([]) as address:
        done = audit(address, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Vulnerabilities: 0 known in 1 packages" in done.stdout
    assert "Secrets: 0" in done.stdout


def test_a_known_vulnerability_fails(tmp_path: Path) -> None:
    hole = {"id": "TEST-1", "summary": "a hole", "details": "", "affected": [], "aliases": []}
    with service([hole]) as address:
        done = audit(address, tmp_path)
    assert done.returncode != 0
    assert "TEST-1" in done.stdout


def test_a_service_that_cannot_be_asked_is_said(tmp_path: Path) -> None:
    done = audit("http://127.0.0.1:9/v1/query", tmp_path)
    assert done.returncode == 0
    assert "could not be asked" in done.stdout


def test_a_committed_token_fails(tmp_path: Path) -> None:
    done = audit("http://127.0.0.1:9/v1/query", tmp_path, "HF_TOKEN=hf_" + "aB3" * 11 + "z")
    assert done.returncode != 0
    assert "note.txt, line 1: Hugging Face token" in done.stdout
