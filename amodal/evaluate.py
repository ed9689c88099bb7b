"""Score completions: `python -m amodal.evaluate --data kitti-mots --root DIR --json FILE`.

Prints tables (docs/results.md explains them) and writes {"run": what was run, protocol: {method:
{metric: value in 0..1, "intervals": ..., "by_class": ..., "by_occlusion": ...}}}.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from amodal.command import command
from amodal.completer import Completer
from amodal.errors import AmodalError
from amodal.evaluation import methods, scores
from amodal.evaluation.ceiling import add_ceiling
from amodal.evaluation.methods import METHODS, Context
from amodal.evaluation.protocols import DATA_SETS
from amodal.evaluation.questions import Selection, questions
from amodal.evaluation.record import command_line, describe, record, rounded
from amodal.evaluation.report import markdown
from amodal.hub import fetch_own
from amodal.hub.manifest import FILE_NAME

RUN = "run"  # the key beside the protocols


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m amodal.evaluate", description=__doc__)
    parser.add_argument("--data", choices=DATA_SETS, default="kitti-mots")
    parser.add_argument("--root", type=Path, help="folder of the data set (not for rendered)")
    parser.add_argument(
        "--protocol", nargs="+", metavar="NAME", help="default: the data set's first"
    )
    parser.add_argument("--methods", nargs="+", choices=METHODS, metavar="NAME")
    parser.add_argument(
        "--predicted",
        nargs="+",
        type=float,
        metavar="STRENGTH",
        help="give the methods modal masks roughened as by a predictor, 0 (not) to 1",
    )
    parser.add_argument("--json", type=Path, help="file to write the scores to")
    parser.add_argument("--markdown", type=Path, help="file to write the tables to")
    parser.add_argument(
        "--record", action="store_true", help="enter the scores into the manifest of --weights"
    )
    parser.add_argument("--weights", help="folder or Hub repository; default: the bundled ones")
    parser.add_argument(
        "--baselines", type=Path, metavar="DIR", help="trained rivals, for unet_* (baselines.train)"
    )
    parser.add_argument("--stage", type=int, choices=(2, 3), default=3)
    parser.add_argument("--threshold", type=float, help="overrides the weights' own t")
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--against",
        choices=METHODS,
        default="mode",
        metavar="METHOD",
        help="what the others are compared with, case by case (default: mode)",
    )
    parser.add_argument("--cases", type=int, metavar="N", help="only N cases, evenly spaced")
    parser.add_argument(
        "--held-out",
        type=int,
        nargs="+",
        metavar="SEQUENCE",
        help="score on these training sequences instead, for choosing hyper-parameters",
    )
    return parser.parse_args(arguments)


@command("amodal.evaluate")
def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    check(options)
    run, results = evaluate(options)
    report = markdown(run, results)
    print(report)
    if options.markdown:
        options.markdown.write_text(report)
    if options.json:
        document = rounded({RUN: run, **results})
        options.json.write_text(json.dumps(document, indent=1) + "\n")
    if options.record:
        record(fetch_own(options.weights) / FILE_NAME, results)


def check(options: argparse.Namespace) -> None:
    """Refuse before the work what would fail after it.

    Raises:
        AmodalError: options that don't go together.
    """
    known = DATA_SETS[options.data].protocols
    if DATA_SETS[options.data].has_root and options.root is None:
        raise AmodalError(f"--root is missing: give the folder of {options.data}.")
    for name in options.protocol or ():
        if name not in known:
            raise AmodalError(
                f"--protocol: got {name}, but {options.data} has {', '.join(known) or 'none'}."
            )
    for strength in options.predicted or ():
        if not 0 <= strength <= 1:
            raise AmodalError(f"--predicted: got {strength:g}, expected 0 to 1.")
    if options.cases is not None and options.cases < 1:
        raise AmodalError(f"--cases: got {options.cases}, expected at least 1.")
    if options.record and (options.cases or options.held_out or options.predicted):
        raise AmodalError(
            "--record enters scores of the whole protocol: leave --cases, --held-out and "
            "--predicted out."
        )
    for path in (options.json, options.markdown):
        if path is not None and not path.resolve().parent.is_dir():
            raise AmodalError(f"Can't write {path}: its folder does not exist, create it first.")


def evaluate(options: argparse.Namespace) -> tuple[dict, dict]:
    """Run the chosen methods on the chosen protocols.

    Returns:
        (run, {protocol: {method: {metric: value, ...}}}).
    """
    folder = fetch_own(options.weights)
    completer = Completer.load(folder, stage=options.stage, device=options.device)
    if options.threshold is not None:
        completer.info = replace(completer.info, threshold=options.threshold)
    context = Context(completer, DATA_SETS[options.data], options.root, baselines=options.baselines)
    selection = Selection(
        options.protocol or (), options.held_out or (), options.predicted or (), options.cases
    )
    run = {"command": command_line(options), "data": options.data, "stage": options.stage}
    run |= describe(folder, context) | {"protocols": {}}
    results, runners = {}, {}
    for question in questions(context.data, options.root, selection):
        cases = question.cases.cases
        kind = scores.metric_set(cases)
        if kind.only_boxes not in runners:  # loaded once for all protocols of a kind
            names = chosen(options.methods, kind.only_boxes)
            runners[kind.only_boxes] = methods.build(names, context)
        tables = scores.measure(runners[kind.only_boxes], cases)
        found = scores.report(tables, cases, options.against)
        if question.cases.twins:
            found = add_ceiling(found, cases, question.cases.twins)
        results[question.name] = found
        run["protocols"][question.name] = question.facts()
    return run, results


def chosen(wanted: Sequence[str] | None, only_boxes: bool) -> list[str]:
    """The methods that run, in the order of the registry; by default all that make sense.

    Raises:
        AmodalError: none of the wanted ones makes sense where only boxes are known.
    """
    names = [
        name for name, method in METHODS.items() if (name in wanted if wanted else method.default)
    ]
    fitting = [name for name in names if not (only_boxes and METHODS[name].needs_mask)]
    if not fitting:
        raise AmodalError(
            f"--methods: {', '.join(names)} need a true mask, but the protocol knows boxes only."
        )
    return fitting


if __name__ == "__main__":
    sys.exit(main())
