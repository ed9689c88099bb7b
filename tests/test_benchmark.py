"""The stored measurement of `python -m amodal.benchmark`, and what is slower than it."""

from __future__ import annotations

from pathlib import Path

import pytest

from amodal.benchmark import baseline
from amodal.benchmark.timing import median
from amodal.errors import AmodalError

STORED = {"step": {"value": 0.2, "ratio": 2.0}, "gone": {"value": 1.0, "ratio": 1.0}}


def table(ratio: float) -> dict[str, dict[str, float]]:
    return {"step": {"value": 9.0, "ratio": ratio}, "new": {"value": 1.0, "ratio": 100.0}}


def test_a_step_is_slower_when_its_ratio_grew_whatever_the_machine() -> None:
    assert baseline.slower(table(2.9), STORED) == []
    assert baseline.slower(table(3.1), STORED) == ["step: 1.6 times the stored ratio"]
    assert baseline.against(table(1.0), STORED) == {"step": 0.5}, "only what both have"


def test_a_stored_measurement_is_read_again(tmp_path: Path) -> None:
    baseline.write(table(2.0), tmp_path / "stored.json")
    assert baseline.read(tmp_path / "stored.json") == table(2.0)
    with pytest.raises(AmodalError, match="store one with --store"):
        baseline.read(tmp_path / "none.json")


def test_a_measurement_is_stored_for_every_step() -> None:
    stored = baseline.read()
    assert {"model, 1 object x 20 samples", "app ready", "import the library"} <= stored.keys()
    assert all(row["value"] > 0 and row["ratio"] > 0 for row in stored.values())


def test_the_first_run_is_not_counted() -> None:
    calls: list[int] = []
    median(lambda: calls.append(1), 3)
    assert len(calls) == 4
