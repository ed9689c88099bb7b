"""Time the demo's steps and whole data sets: `python -m amodal.benchmark`.

Every time stands beside its ratio to a reference that is measured in the same run, since machines
differ: a matrix product for the network, OpenCV's own inpainting for the edits, `import torch` and
its memory for a fresh process. Medians of several runs after a warm-up. Data sets are completed on
one core, since torchrun gives each core a process; their times are those of an object. The last
column compares the ratio with a stored run; --check ends with 1 when a step is much slower.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from amodal.benchmark import baseline
from amodal.benchmark.baseline import Table
from amodal.benchmark.processes import FIRST, IMPORTS, peak, time_code, time_start
from amodal.benchmark.steps import (
    load_example,
    time_data_set,
    time_edits,
    time_network,
    time_session,
)
from amodal.benchmark.timing import matmul, median, one_thread, opencv_inpaint
from amodal.command import command
from amodal.pipeline import Pipeline

Group = tuple[str, float, dict[str, float]]
"""The reference's name, its value, and the steps' values."""


def measure(weights: str | None, runs: int, root: Path | None) -> dict[str, dict[str, float]]:
    """All steps: {name: {"value", "ratio"}}; the references have the ratio 1.

    Args:
        root: of KITTI MOTS, for its masks instead of toy shapes; None is fine.
    """
    pipeline = Pipeline.load(weights, device="cpu")
    table = {}
    for name, reference, values in _groups(pipeline, runs, root):
        for step, value in {name: reference, **values}.items():
            table[step] = {"value": value, "ratio": value / reference}
    for notice in pipeline.notices:
        print(notice, file=sys.stderr)
    return table


def _groups(pipeline: Pipeline, runs: int, root: Path | None) -> Iterator[Group]:
    photo, instances = load_example()
    few = max(runs // 8, 1)
    yield "reference: matmul 1024", median(matmul, 20), time_network(pipeline, instances, runs)
    edits = time_edits(pipeline, photo, instances, few)
    session = time_session(pipeline, few)
    yield "reference: cv2.inpaint", median(opencv_inpaint, 5), edits | session
    with one_thread():
        name = "reference: matmul 1024, one thread"
        yield name, median(matmul, 20), time_data_set(pipeline, root, few)
    fresh = {step: time_code(code) for step, code in IMPORTS.items()}
    fresh["app ready"] = time_start()
    yield "reference: import torch", time_code("import torch"), fresh
    memory = {"memory, a completion, MB": peak(FIRST)}
    yield "reference: memory of torch, MB", peak("import torch"), memory


def report(table: Table, stored: Table) -> None:
    """Print a measurement beside the stored one."""
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    print("| step | ms, or MB | ratio to its reference | ÷ stored ratio |\n|---|---:|---:|---:|")
    changes = baseline.against(table, stored)
    for step, row in table.items():
        value = row["value"] if step.endswith("MB") else 1000 * row["value"]
        change = f"{changes[step]:.2f}" if step in changes else ""
        print(f"| {step} | {value:.3g} | {row['ratio']:.2g} | {change} |")
    for step, row in table.items():
        if step.startswith("data set"):
            print(f"{step}: {1 / row['value']:,.0f} objects a second and core")


@command("amodal.benchmark")
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m amodal.benchmark", description=__doc__)
    parser.add_argument("--weights", help="folder or Hub repository; default: the bundled ones")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--root", type=Path, help="folder of KITTI MOTS, for the data set's masks")
    parser.add_argument("--json", type=Path, help="file to write the times to")
    parser.add_argument("--store", action="store_true", help="keep this run as the one to compare")
    parser.add_argument("--check", action="store_true", help="end with 1 when a step is slower")
    options = parser.parse_args(arguments)
    table = measure(options.weights, options.runs, options.root)
    if options.store:
        baseline.write(table)
    stored = baseline.read()
    report(table, stored)
    if options.json:
        options.json.write_text(json.dumps(table, indent=2) + "\n")
    if slow := baseline.slower(table, stored):
        print("\n".join(["Slower than the stored run:", *slow]))
        if options.check:
            sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
