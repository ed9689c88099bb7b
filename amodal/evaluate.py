"""Score completions: `python -m amodal.evaluate --data kitti-mots --root DIR --json FILE`.

Prints a table and writes {protocol: {method: {metric: value in 0..1}}}.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from amodal.completer import Completer
from amodal.data import kitti_mots
from amodal.data.shapes import whole_shapes
from amodal.errors import AmodalError
from amodal.evaluation import methods
from amodal.evaluation.case import Case
from amodal.evaluation.metrics import summarise
from amodal.evaluation.simulated import held_out_cases, validation_cases
from amodal.hub import fetch_own, replace_entry
from amodal.hub.manifest import FILE_NAME, Scores, own_entries

METHODS = ("mode", "best_of_20", "nearest_neighbour", "convex_hull", "modal")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m amodal.evaluate", description=__doc__)
    parser.add_argument("--data", choices=("kitti-mots",), default="kitti-mots")
    parser.add_argument("--root", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--protocol", choices=("simulated",), default="simulated")
    parser.add_argument("--json", type=Path, help="file to write the scores to")
    parser.add_argument(
        "--record", action="store_true", help="enter the scores into the manifest of --weights"
    )
    parser.add_argument("--weights", help="folder or Hub repository; default: the bundled ones")
    parser.add_argument("--stage", type=int, choices=(2, 3), default=3)
    parser.add_argument("--threshold", type=float, help="overrides the weights' own t")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument(
        "--held-out",
        type=int,
        nargs="*",
        metavar="SEQUENCE",
        help="score on these training sequences instead, for choosing hyper-parameters",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    try:
        scores = evaluate(options)
    except AmodalError as error:
        print(f"amodal.evaluate: {error}", file=sys.stderr)
        return 2
    print(as_table(scores))
    if options.record:
        record(fetch_own(options.weights) / FILE_NAME, {options.protocol: scores})
    if options.json:
        options.json.write_text(json.dumps({options.protocol: scores}, indent=2) + "\n")
    return 0


def evaluate(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Run the chosen methods: {method: {metric: value}}."""
    if options.held_out:
        cases = held_out_cases(options.root, options.held_out).cases
    else:
        cases = validation_cases(options.root).cases
    completer = Completer.load(
        fetch_own(options.weights), stage=options.stage, device=options.device
    )
    if options.threshold is not None:
        completer.info = replace(completer.info, threshold=options.threshold)
    wanted, scores = options.methods, {}
    if "mode" in wanted or "best_of_20" in wanted:
        modes, bests = methods.score_model(completer, cases)
        scores |= {"mode": summarise(modes), "best_of_20": summarise(bests)}
    if "nearest_neighbour" in wanted:
        scores["nearest_neighbour"] = _nearest_neighbour(completer, cases, options.root)
    for name in ("convex_hull", "modal"):
        if name in wanted:
            scores[name] = summarise(methods.score_baseline(getattr(methods, name), cases))
    return scores


def record(manifest: Path, scores: Scores) -> None:
    """Enter scores, rounded to 4 digits, into the own entry of a manifest."""
    (entry,) = own_entries(manifest)
    rounded = {
        protocol: {
            method: {metric: round(value, 4) for metric, value in values.items()}
            for method, values in table.items()
        }
        for protocol, table in scores.items()
    }
    replace_entry(manifest, replace(entry, scores={**entry.scores, **rounded}))


def _nearest_neighbour(completer: Completer, cases: list[Case], root: Path) -> dict[str, float]:
    shapes = whole_shapes(kitti_mots.read(root, kitti_mots.TRAINING_SEQUENCES))
    neighbour = methods.NearestNeighbour.build(shapes)
    return summarise(methods.score_baseline(lambda case: neighbour(case, completer), cases))


def as_table(scores: dict[str, dict[str, float]]) -> str:
    """A Markdown table in per cent."""
    metrics = list(next(iter(scores.values())))
    lines = [
        "| method | " + " | ".join(metrics) + " |",
        "|---|" + "---:|" * len(metrics),
    ]
    for method, values in scores.items():
        cells = " | ".join(f"{100 * values[metric]:.1f}" for metric in metrics)
        lines.append(f"| {method} | {cells} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
