"""The README's promises that a program can check."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from amodal.photo import load_photo

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text()


def test_the_python_block_runs_and_edits_the_photo(tmp_path):
    block = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL).group(1)
    code = block.replace('"edited.png"', repr(str(tmp_path / "edited.png")))
    # Offline, so that the result does not depend on the network: our own network fills the holes.
    cache = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(tmp_path / "empty")}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **cache}, check=True)
    photo = load_photo(ROOT / "examples" / "street_taxi_night" / "photo.jpg")
    edited = load_photo(tmp_path / "edited.png")
    changed = (photo != edited).any(axis=2)
    assert edited.shape == photo.shape
    assert 0.01 < changed.mean() < 0.5


def test_it_is_about_a_dozen_lines():
    block = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL).group(1)
    assert len([line for line in block.splitlines() if line.strip()]) <= 14


@pytest.mark.parametrize("module", sorted(set(re.findall(r"python -m (amodal(?:\.\w+)+)", TEXT))))
def test_every_command_exists(module):
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "usage" in done.stdout


def test_every_flag_of_the_commands_is_known():
    for line in re.findall(r"^python (?:-m )?(\S+)(.*)$", TEXT, re.MULTILINE):
        module, rest = line
        start = ["-m", module] if not module.endswith(".py") else [module]
        words = shlex.split(rest, comments=True)
        sub = [word for word in words[:1] if not word.startswith("-") and module == "amodal.hub"]
        text = subprocess.run(
            [sys.executable, *start, *sub, "--help"], cwd=ROOT, capture_output=True, text=True
        ).stdout
        for flag in (word for word in words if word.startswith("--")):
            assert flag in text, f"{module} does not know {flag}"


def test_the_space_runs_the_pinned_gradio():
    front = TEXT.split("---")[1]
    version = re.search(r"sdk_version: (\S+)", front).group(1)
    assert f"gradio=={version}" in (ROOT / "requirements.txt").read_text()
    for field in ("sdk: gradio", "app_file: app.py", "license:", "short_description:", "models:"):
        assert field in front
    description = re.search(r"short_description: (.*)", front).group(1)
    assert len(description) <= 60


def test_files_that_the_readme_names_exist():
    for name in re.findall(r"`((?:amodal|examples)/[\w/.]+)`", TEXT):
        assert (ROOT / name).exists(), name


def test_requirements_are_exact_and_within_the_project_s_ranges():
    lines = [
        line
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", line) for line in lines)
    project = (ROOT / "pyproject.toml").read_text()
    for line in lines:
        assert f'"{line.split("==")[0]}' in project


def test_the_photo_and_its_masks_have_one_size():
    photo = load_photo(ROOT / "examples" / "street_taxi_night" / "photo.jpg")
    assert photo.dtype == np.uint8
    assert f"{photo.shape[1]}×{photo.shape[0]}" in (ROOT / "examples" / "SOURCES.md").read_text()
