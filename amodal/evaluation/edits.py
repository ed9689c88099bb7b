"""Edits of rendered streets against the truth: `python -m amodal.evaluation.edits`.

Every edit that a street knows the true picture of is done by the editor, with each way of filling
and each source of whole shapes, and compared inside the region that truly changes (docs/edits.md).
Prints tables, and writes {"run": what was run, "edits": rows, "objects": rows} (edit_scores.py).
"""

from __future__ import annotations

import argparse
import json
import platform
import shlex
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from amodal.checkpoint import COMPLETER_FILE
from amodal.command import command
from amodal.completer import Completer
from amodal.errors import AmodalError
from amodal.evaluation.edit_cases import EXAMPLES, FILLS, SHAPES, find_streets
from amodal.evaluation.edit_scores import Bench, score_street
from amodal.evaluation.edit_tables import Document, markdown
from amodal.evaluation.pictures_distance import DISTANCES
from amodal.evaluation.record import rounded
from amodal.hub import fetch_own
from amodal.hub.manifest import FILE_NAME, own_entry
from amodal.likeness import LEVEL
from amodal.truth import read_truth

PACKAGES = ("torch", "numpy", "opencv-python", "onnxruntime", "scikit-image", "lpips")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m amodal.evaluation.edits", description=__doc__)
    parser.add_argument(
        "--scenes",
        type=Path,
        nargs="+",
        metavar="DIR",
        default=[EXAMPLES],
        help="rendered streets, or folders of them; default: the examples",
    )
    parser.add_argument("--fills", nargs="+", choices=FILLS, metavar="NAME", default=list(FILLS))
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, metavar="NAME", default=list(SHAPES))
    parser.add_argument(
        "--perceptual",
        choices=DISTANCES,
        default="encoder",
        help="LPIPS, or what stands for it where its weights can't be had (default)",
    )
    parser.add_argument("--weights", help="folder or Hub repository; default: the bundled ones")
    parser.add_argument("--json", type=Path, help="file to write the rows to")
    parser.add_argument("--markdown", type=Path, help="file to write the tables to")
    return parser.parse_args(arguments)


@command("amodal.evaluation.edits")
def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    for path in (options.json, options.markdown):
        if path is not None and not path.resolve().parent.is_dir():
            raise AmodalError(f"Can't write {path}: its folder does not exist, create it first.")
    document = measure(options)
    report = markdown(document)
    print(report)
    if options.json:
        options.json.write_text(json.dumps(document, indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(report)
    check(document)


def measure(options: argparse.Namespace) -> Document:
    """Run the benchmark.

    Raises:
        AmodalError: streets, weights or packages that can't be had, or nothing to measure.
    """
    streets = find_streets(options.scenes)
    folder = fetch_own(options.weights)
    bench = Bench(
        {name: FILLS[name](folder) for name in FILLS if name in options.fills},
        tuple(name for name in SHAPES if name in options.shapes),
        Completer.load(folder, device="cpu"),
        DISTANCES[options.perceptual](),
    )
    edits, objects = [], []
    for number, path in enumerate(streets, start=1):
        print(f"{number} of {len(streets)}: {path.name}", file=sys.stderr)
        found = score_street(path.name, read_truth(path), bench)
        edits += found[0]
        objects += found[1]
    if not edits:
        raise AmodalError("The streets hold no edit that changes a picture: render them again.")
    entry = own_entry(folder / FILE_NAME, COMPLETER_FILE)
    run = {
        "command": command_line(options),
        "streets": [path.name for path in streets],
        "weights": entry.name,
        "sha256": {file.file: file.sha256 for file in entry.files},
        "fills": {name: inpainter.name for name, inpainter in bench.fills.items()},
        "distance": bench.distance.name if bench.distance else None,
        "level": LEVEL,
        "versions": {"python": platform.python_version()} | _versions(),
    }
    return rounded({"run": run, "edits": edits, "objects": objects})


def check(document: Document) -> None:
    """Raise RuntimeError if the editor has changed a pixel that it says it does not touch."""
    broken = [row for row in document["edits"] if row.get("broken")]
    if broken:
        named = ", ".join(f"{row['street']} {row['edit']}" for row in broken[:5])
        raise RuntimeError(f"{len(broken)} pictures changed where nothing was touched: {named}")


def command_line(options: argparse.Namespace) -> str:
    """The command line that gives these rows again; of folders it tells the last name only."""
    parts = ["python", "-m", "amodal.evaluation.edits"]
    if options.scenes != [EXAMPLES]:
        parts += ["--scenes", *(path.resolve().name for path in options.scenes)]
    for name, everything in (("fills", FILLS), ("shapes", SHAPES)):
        chosen = getattr(options, name)
        if set(chosen) != set(everything):
            parts += [f"--{name}", *chosen]
    if options.perceptual != "encoder":
        parts += ["--perceptual", options.perceptual]
    if options.weights:
        parts += ["--weights", Path(options.weights).name]
    return shlex.join(parts)


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # scikit-image and lpips are optional
            continue
    return found


if __name__ == "__main__":
    sys.exit(main())
