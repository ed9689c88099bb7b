"""A stored measurement, so that a slowdown shows: ratios, since machines differ."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from pathlib import Path

import torch

from amodal.errors import AmodalError

FILE = Path(__file__).with_name("baseline.json")
SLOWER = 1.5  # a ratio so many times as large as the stored one is a slowdown

Table = Mapping[str, Mapping[str, float]]
"""By step: "value" (seconds, or MB of memory) and "ratio" to the step's reference."""


def machine() -> dict[str, object]:
    """What was measured on."""
    return {
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def write(table: Table, path: Path = FILE) -> None:
    """Store a measurement."""
    path.write_text(json.dumps({"machine": machine(), "steps": table}, indent=1) + "\n")


def read(path: Path = FILE) -> Table:
    """The stored measurement.

    Raises:
        AmodalError: there is none.
    """
    if not path.is_file():
        raise AmodalError(f"There is no {path}: store one with --store.")
    return json.loads(path.read_text())["steps"]


def against(table: Table, stored: Table) -> dict[str, float]:
    """By step, how many times as large its ratio is as the stored one."""
    return {
        step: row["ratio"] / stored[step]["ratio"] for step, row in table.items() if step in stored
    }


def slower(table: Table, stored: Table, limit: float = SLOWER) -> list[str]:
    """The steps that have become slower, one line each."""
    return [
        f"{step}: {times:.1f} times the stored ratio"
        for step, times in against(table, stored).items()
        if times > limit
    ]
