"""The examples that open with the app: complete, hand-checked masks that fit, with a licence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from amodal.data.coco import read_instances
from amodal.photo import load_photo
from amodal.scene import Instance

FOLDER = Path(__file__).parents[1] / "examples"
EXAMPLES = sorted(path.parent.name for path in FOLDER.glob("*/instances.json"))


def instances_of(name: str) -> tuple[Instance, ...]:
    photo = load_photo(next((FOLDER / name).glob("photo.*")))
    return read_instances(FOLDER / name / "instances.json", *photo.shape[:2])


def test_there_are_three_and_they_are_light() -> None:
    folders = [path.name for path in FOLDER.iterdir() if list(path.glob("photo.*"))]
    assert sorted(folders) == EXAMPLES
    assert len(EXAMPLES) >= 3
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 3e6


@pytest.mark.parametrize("name", EXAMPLES)
def test_masks_are_disjoint_named_and_of_useful_size(name: str) -> None:
    instances = instances_of(name)
    assert 6 <= len(instances) <= 20
    assert np.sum([instance.modal for instance in instances], axis=0).max() == 1
    names = [instance.name for instance in instances]
    assert all(names)
    assert len(set(names)) == len(names)
    assert min(instance.area for instance in instances) >= 100
    assert sum(instance.category != "unknown" for instance in instances) >= 5


@pytest.mark.parametrize("name", EXAMPLES)
def test_source_and_licence_are_stated(name: str) -> None:
    rows = (FOLDER / "SOURCES.md").read_text().splitlines()
    row = next(row for row in rows if row.startswith(f"| `{name}`"))
    assert "License" in row or "Apache" in row
