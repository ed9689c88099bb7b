"""What evidence does to the cloud of samples: `python -m amodal.evaluation.narrowing`.

Every object of rendered streets of which a tenth or more is hidden is asked about three times:
without evidence, after one true click at the most undecided pixel, and with the true box of its
full extent. Prints a table (docs/samples.md).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from amodal.errors import AmodalError
from amodal.evaluation.edit_cases import EXAMPLES, find_streets
from amodal.evaluation.report import table
from amodal.evidence import NO_EVIDENCE, Evidence
from amodal.geometry import mask_iou
from amodal.pipeline import Pipeline
from amodal.readings import readings
from amodal.scene import Completion, Completions, Instance
from amodal.truth import TrueObject, read_truth

HIDDEN = 0.1  # least share of an object that is hidden
KINDS = ("none", "one click at the most undecided pixel", "the box of the full extent")
COLUMNS = (
    "evidence",
    "uncertain area, mean ratio",
    "median ratio",
    "objects where it shrinks",
    "readings, mean",
    "IoU of the samples with the truth, mean",
)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m amodal.evaluation.narrowing", description=__doc__
    )
    parser.add_argument(
        "streets", nargs="*", type=Path, help="rendered streets, or folders of some"
    )
    parser.add_argument("--samples", type=int, default=20)
    options = parser.parse_args(arguments)
    pipeline = Pipeline.load()
    found = [
        row
        for street in find_streets(options.streets or [EXAMPLES])
        for truth in [read_truth(street)]
        for item in hidden_objects(truth.objects)
        for row in [measure(pipeline, item, [o.instance for o in truth.objects], options.samples)]
    ]
    if not found:
        raise AmodalError("No object of these streets is hidden enough: name other streets.")
    print(f"{len(found)} objects")
    print(table(COLUMNS, summary(np.array(found))))


def hidden_objects(objects: Sequence[TrueObject]) -> Iterator[TrueObject]:
    """Those of which enough is hidden inside the photo."""
    for item in objects:
        whole = item.whole.on_photo(*item.instance.modal.shape)
        if (whole & ~item.instance.modal).sum() >= HIDDEN * whole.sum():
            yield item


def measure(
    pipeline: Pipeline, item: TrueObject, instances: Sequence[Instance], samples: int
) -> np.ndarray:
    """(3, 3): for each of KINDS, the uncertain area against none, the readings, the IoU."""
    others = [other for other in instances if other is not item.instance]
    first = pipeline.complete(item.instance, others, samples=samples)
    rows = []
    for evidence in (NO_EVIDENCE, click(first, item), Evidence(box=item.whole.box)):
        answer = pipeline.complete(item.instance, others, samples=samples, evidence=evidence)
        ratio = answer.uncertain_area / max(first.uncertain_area, 1)
        fit = np.mean([iou(sample, item) for sample in answer.samples])
        rows.append((ratio, len(readings(answer).readings), fit))
    return np.array(rows)


def click(answer: Completions, item: TrueObject) -> Evidence:
    """What the truth says about the pixel on which the samples agree least."""
    modal = item.instance.modal
    undecided = np.abs(answer.probability_on_photo(*modal.shape) - 0.5)
    undecided[modal] = np.inf
    y, x = np.unravel_index(undecided.argmin(), modal.shape)
    point = ((float(x) + 0.5, float(y) + 0.5),)
    there = item.whole.on_photo(*modal.shape)[y, x]
    return Evidence(inside=point) if there else Evidence(outside=point)


def iou(sample: Completion, item: TrueObject) -> float:
    """Inside the photo."""
    size = item.instance.modal.shape
    return mask_iou(sample.on_photo(*size), item.whole.on_photo(*size))


def summary(found: np.ndarray) -> list[list[str]]:
    """A row for each of KINDS, from (objects, 3, 3)."""
    rows = []
    for kind, values in zip(KINDS, found.swapaxes(0, 1), strict=True):
        ratios, groups, fit = values.T
        shrinks = "" if kind == KINDS[0] else f"{(ratios < 1).mean():.0%}"
        rows.append(
            [
                kind,
                f"{ratios.mean():.2f}",
                f"{np.median(ratios):.2f}",
                shrinks,
                f"{groups.mean():.1f}",
                f"{100 * fit.mean():.1f}",
            ]
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
