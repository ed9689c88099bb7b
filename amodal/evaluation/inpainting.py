"""How well holes in photos are filled: `python -m amodal.evaluation.inpainting --photos DIR`.

Photos of the part "test" (amodal.data.street_photos), one hole each, of a kind that changes from
photo to photo. The hole lies on what the photo shows, so the photo is the truth. Prints tables, and
writes {"run": what was run, "fills": rows} with --json.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from amodal.command import command
from amodal.data import rendered
from amodal.data.holes import HoleConfig, Holes
from amodal.data.street_photos import PARTS, photo_paths
from amodal.evaluation.edit_cases import FILLS
from amodal.evaluation.pictures import ssim
from amodal.evaluation.pictures_distance import DISTANCES, PictureDistance
from amodal.evaluation.pooled import DISTANCE, ERROR, PSNR, SSIM, Row, comparison, of_ways
from amodal.evaluation.record import rounded
from amodal.evaluation.report import table
from amodal.hub import fetch_own
from amodal.inpaint import Inpainter
from amodal.likeness import psnr
from amodal.photo import load_photo

KINDS = {"silhouettes": (1.0, 0.0, 0.0), "strokes": (0.0, 1.0, 0.0), "border": (0.0, 0.0, 1.0)}
# Silhouettes twice as often: they are what edits need.
TURNS = ("silhouettes", "strokes", "silhouettes", "border")
SHAPES = 450  # silhouettes to draw from: of meshes that no training knows
SHAPE_SEED = 7


def cases(paths: Sequence[Path], seed: int = 0) -> Iterator[tuple[dict[str, str], Any, Any]]:
    """Photos with their holes.

    Args:
        paths: of the photos.
        seed: of the holes; equal seeds give equal holes.

    Yields:
        What it is about ("street", "case", "kind"), the photo (H, W, 3) uint8, the hole (H, W).
    """
    shapes = rendered.shapes(SHAPES, seed=SHAPE_SEED)
    config = replace(HoleConfig(), object_side=(0.15, 0.5))
    draw = {kind: Holes(shapes, replace(config, kinds=shares)) for kind, shares in KINDS.items()}
    for number, path in enumerate(paths):
        rng = np.random.default_rng([seed, number])
        photo = load_photo(path)
        kind = TURNS[number % len(TURNS)]
        square = draw[kind].draw(rng, min(photo.shape[:2]))
        hole = np.zeros(photo.shape[:2], bool)
        y, x = (int(rng.integers(0, n - len(square) + 1)) for n in hole.shape)
        hole[y : y + len(square), x : x + len(square)] = square
        about = {"street": path.name.split("_")[0], "case": path.name, "kind": kind}
        yield about, photo, hole


def scores(
    photo: np.ndarray, hole: np.ndarray, inpainter: Inpainter, distance: PictureDistance | None
) -> dict[str, float]:
    """One filling against the photo, inside the hole; errors in levels of 255."""
    start = time.perf_counter()
    filled = inpainter.fill(photo, hole)
    seconds = time.perf_counter() - start
    found = {
        ERROR: float(np.abs(filled[hole].astype(np.int16) - photo[hole]).mean()),
        PSNR: psnr(filled, photo, hole),
        SSIM: ssim(filled, photo, hole),
        "seconds": seconds,
    }
    if distance is not None:
        found[DISTANCE] = distance(filled, photo, hole)
    return found


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Run the evaluation.

    Raises:
        AmodalError: photos, weights or packages that can't be had.
    """
    paths = photo_paths(options.photos, options.part)
    order = np.random.default_rng(0).permutation(len(paths))[: options.count]
    folder = fetch_own(options.weights)
    fills = {name: FILLS[name](folder) for name in FILLS if name in options.fills}
    distance = DISTANCES[options.perceptual]()
    rows = [
        about | {"fill": name} | scores(photo, hole, inpainter, distance)
        for about, photo, hole in cases([paths[index] for index in sorted(order)])
        for name, inpainter in fills.items()
    ]
    run = {
        "command": command_line(options),
        "fills": {name: inpainter.name for name, inpainter in fills.items()},
        "distance": distance.name if distance else None,
        "photos": len(order),
        "streets": len({row["street"] for row in rows}),
    }
    return rounded({"run": run, "fills": rows})


def overall(document: Mapping[str, Any]) -> str:
    """Every way of filling over all holes."""
    return _table(document, document["fills"])


def by_kind(document: Mapping[str, Any]) -> str:
    """The same for each kind of hole."""
    parts = []
    for kind in KINDS:
        rows = [row for row in document["fills"] if row["kind"] == kind]
        if rows:
            parts += [f"{kind}:", _table(document, rows)]
    return "\n\n".join(parts)


def facts(document: Mapping[str, Any]) -> str:
    """What was run."""
    run = document["run"]
    return f"{run['photos']} photos of {run['streets']} sequences. `{run['command']}`"


def _table(document: Mapping[str, Any], rows: Sequence[Row]) -> str:
    first, *_ = names = of_ways(rows)
    header, lines = comparison(rows, first, document["run"]["distance"])
    seconds = {name: sum(r["seconds"] for r in rows if r["fill"] == name) for name in names}
    for name, line in zip(names, lines, strict=True):
        line.append(f"{seconds[name] / seconds[first]:.1f}")
    return table([*header, f"time ÷ {first}'s"], lines)


def command_line(options: argparse.Namespace) -> str:
    """The command that gives these rows again, but for its folders."""
    parts = ["python", "-m", "amodal.evaluation.inpainting", "--photos", "PHOTOS"]
    parts += ["--part", options.part, "--count", str(options.count)]
    if set(options.fills) != set(FILLS):
        parts += ["--fills", *options.fills]
    if options.perceptual != "encoder":
        parts += ["--perceptual", options.perceptual]
    return shlex.join(parts)


@command("amodal.evaluation.inpainting")
def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m amodal.evaluation.inpainting", description=__doc__
    )
    parser.add_argument("--photos", type=Path, required=True, help="folder of street photos")
    parser.add_argument("--part", choices=PARTS, default="test")
    parser.add_argument("--count", type=int, default=300, help="photos at most")
    parser.add_argument("--fills", nargs="+", choices=FILLS, metavar="NAME", default=list(FILLS))
    parser.add_argument("--perceptual", choices=DISTANCES, default="encoder")
    parser.add_argument("--weights", help="folder or Hub repository of ours; default: bundled")
    parser.add_argument("--json", type=Path, help="file to write the rows to")
    options = parser.parse_args(arguments)
    document = measure(options)
    print(facts(document), overall(document), by_kind(document), sep="\n\n")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
