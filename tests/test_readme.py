"""The README's promises that a program can check; its commands: test_docs_commands.py."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from amodal.hub import BUNDLED, read_manifest
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


def test_the_space_runs_the_pinned_gradio():
    front = TEXT.split("---")[1]
    version = re.search(r"sdk_version: (\S+)", front).group(1)
    assert f"gradio=={version}" in (ROOT / "requirements.txt").read_text()
    for field in ("sdk: gradio", "app_file: app.py", "license:", "short_description:", "models:"):
        assert field in front
    description = re.search(r"short_description: (.*)", front).group(1)
    assert len(description) <= 60


def test_the_space_fetches_the_weights_that_the_manifest_pins():
    listed = re.search(r"preload_from_hub:\n((?:  - .*\n)+)", TEXT).group(1)
    found = {tuple(line.split()[1:]) for line in listed.splitlines()}
    pinned = set()
    for entry in read_manifest(BUNDLED / "manifest.json"):
        if entry.name in ("mi-gan", "mobile-sam"):
            branch = () if entry.revision == "main" else (entry.revision,)
            pinned.add((entry.repo, entry.files[0].file, *branch))
    assert found == pinned


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


def test_the_citation_names_paper_version_and_licence():
    text = (ROOT / "CITATION.cff").read_text()
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert f"\nversion: {version.group(1)}\n" in text
    assert f"\n## {version.group(1)}" in (ROOT / "CHANGELOG.md").read_text()
    assert f"version = {{{version.group(1)}}}" in TEXT
    assert "\nlicense: Apache-2.0\n" in text
    assert "Variational Amodal Object Completion" in text


def numbers(text):
    return re.findall(r"\d+(?:[.,]\d+)?", text)


def rows(title):
    """The cells of each row of the table whose head begins with the title."""
    table = re.search(rf"^\| {title} .*\n\|[-:|]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE).group(1)
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]


def test_completion_scores_are_those_of_the_manifest_and_the_results():
    (entry,) = [
        entry
        for entry in json.loads((ROOT / "weights" / "manifest.json").read_text())["weights"]
        if entry["name"] == "amodal-vae"
    ]
    ours = {"mode": "mode", "best of 20": "best_of_20", "given the true box": "mode_true_box"}
    rivals = {"U-Net": "unet_regression", "partial": "unet_partial", "nearest": "nearest_neighbour"}
    results = (ROOT / "docs" / "results.md").read_text()
    for method, whole, invisible, _ in rows("method"):
        if method.startswith("Amodal-VAE"):
            scores = entry["scores"]["simulated"][ours[method.partition(", ")[2]]]
            expected = scores["full_miou_pooled"], scores["invisible_miou_pooled"]
            assert [whole, invisible] == [f"{100 * value:.1f}" for value in expected], method
        else:
            name = rivals.get(method.split()[0], "modal")
            assert re.search(rf"^\| {name} \| {whole} \| {invisible} \(", results, re.MULTILINE)


def test_other_numbers_stand_on_the_pages_that_their_rows_link_to():
    for what, result, _, pages in rows("what else was measured"):
        links = re.findall(r"\(([^)]+)\)", pages)
        told = {each for link in links for each in numbers((ROOT / link).read_text())}
        missing = set(numbers(result.replace("best of 20", ""))) - told
        assert not missing, f"{what}: {missing}"
