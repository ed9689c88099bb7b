"""The examples of the README and of docs/api.md, run as they stand against a running app."""

from __future__ import annotations

import json
import os
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from amodal.photo import load_photo
from demo.api_endpoints import ENDPOINTS
from demo.api_schema import EDIT, EXPORTS
from demo.examples import find_examples
from tests.api_app import serve

ROOT = Path(__file__).parents[1]
DOC = (ROOT / "docs" / "api.md").read_text()
README = (ROOT / "README.md").read_text()
USUAL = "http://127.0.0.1:7860"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    scenes = [example for example in find_examples() if example.name == "street_taxi_night"]
    with serve(tmp_path_factory.mktemp("app"), scenes=scenes) as address:
        yield address.rstrip("/")


def block(text: str, language: str) -> str:
    """The block that follows the comment which says so."""
    pattern = rf"<!-- tests/test_api_docs.py runs this block -->\n```{language}\n(.*?)```"
    return re.search(pattern, text, re.DOTALL).group(1)


def test_the_python_example_of_the_readme(url: str) -> None:
    code = block(README, "python")
    assert len([line for line in code.splitlines() if line.strip()]) <= 12
    assert USUAL in code
    names: dict = {}
    exec(code.replace(USUAL, url), names)
    photo = load_photo(ROOT / "examples" / "street_taxi_night" / "photo.jpg")
    picture = np.asarray(Image.open(names["picture"]))
    assert picture.shape == photo.shape
    assert 0.01 < (picture != photo).any(axis=2).mean() < 0.5
    assert len(names["completions"]["annotations"][0]["samples"]) == 8
    assert "project.json" in zipfile.ZipFile(names["project"]).namelist()


def test_the_curl_example(url: str) -> None:
    code = block(DOC, "bash")
    assert USUAL in code
    done = subprocess.run(
        ["bash", "-euc", code.replace(USUAL, url)],
        cwd=ROOT,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=True,
    )
    event, data = done.stdout.strip().splitlines()[-2:]
    assert event == "event: complete"
    (instances,) = json.loads(data.removeprefix("data: "))
    assert instances["annotations"][0]["area"] > 1000


def test_the_document_names_everything() -> None:
    for endpoint in ENDPOINTS:
        (row,) = re.findall(rf"^\| `/{endpoint.name}` \|(.*)\|(.*)\|$", DOC, re.MULTILINE)
        assert re.findall(r"`(\w+)`", row[0]) == list(endpoint.takes)
    for name in (*EXPORTS, *EDIT):
        assert f"`{name}`" in DOC, name
