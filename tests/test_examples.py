"""The examples that open with the app: complete, masks that fit, with a licence; streets teach."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from amodal.scene import CLASSES
from demo.examples import Example, find_examples

FOLDER = Path(__file__).parents[1] / "examples"
EXAMPLES = {example.name: example for example in find_examples(FOLDER)}
RENDERED = [name for name, example in EXAMPLES.items() if example.teaches]


def size(*parts: str) -> int:
    """Bytes of the files in a part of the examples."""
    return sum(path.stat().st_size for path in FOLDER.joinpath(*parts).rglob("*") if path.is_file())


def test_there_are_photographs_and_streets_and_they_are_light() -> None:
    assert set(EXAMPLES) == {path.parent.name for path in FOLDER.glob("*/photo.*")}
    assert len(EXAMPLES) - len(RENDERED) >= 3
    assert len(RENDERED) == 8
    assert size() < 30e6
    assert sum(size(name) for name in EXAMPLES if name not in RENDERED) < 3e6


def names_in(example: Example) -> set[str]:
    """Objects that the lesson speaks of, such as "car 2" and "cars 1 and 2"."""
    kinds, found = "|".join(CLASSES), set()
    several = rf"({kinds})s? ((?:\d+(?:, | and )?)+)"
    for kind, numbers in re.findall(several, example.teaches.lower()):
        found |= {f"{kind} {number}" for number in re.findall(r"\d+", numbers)}
    return found


@pytest.mark.parametrize("name", RENDERED)
def test_a_street_teaches_with_objects_that_are_there(name: str) -> None:
    opened = EXAMPLES[name].open()
    truth = opened.truth
    spoken_of = names_in(EXAMPLES[name])
    assert spoken_of
    assert spoken_of <= {instance.name for instance in opened.instances}
    assert len(truth.edits) >= 2
    taught = [item for item in truth.objects if item.instance.name in spoken_of]
    missing = [1 - item.instance.area / item.whole.area for item in taught]
    assert max(missing) > 0.15, "nothing of it is hidden or cut off"
    assert any(item.appearance is not None for item in taught)
    for item in truth.objects:
        whole = item.whole.on_photo(*opened.photo.shape[:2])
        assert not (item.instance.modal & ~whole).any()


@pytest.mark.parametrize("name", EXAMPLES)
def test_masks_are_disjoint_named_and_of_useful_size(name: str) -> None:
    instances = EXAMPLES[name].open().instances
    assert 6 <= len(instances) <= 24
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
