"""Ways to colour hidden parts, against rendered truth: `python -m amodal.evaluation.appearance`.

Every object of which something is hidden gets its true shape, so that only colours differ. Compared
on hidden pixels that are truly the object's. Prints a table for each inpainter, and writes {"run":
what was run, "objects": rows} with --json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from amodal.appearance import CutOut, Way, by_own_pixels, complete_appearance, own_mean
from amodal.command import command
from amodal.evaluation.edit_cases import EXAMPLES, FILLS, find_streets
from amodal.evaluation.edit_scores import known_hidden
from amodal.evaluation.pictures import ssim
from amodal.evaluation.pooled import ERROR, PSNR, SSIM, Row, comparison, of_ways
from amodal.evaluation.record import rounded
from amodal.evaluation.report import table
from amodal.geometry import tight_box
from amodal.hub import fetch_own
from amodal.inpaint import Inpainter
from amodal.inpaint.crops import nearest_known
from amodal.layers import LayeredScene
from amodal.likeness import psnr
from amodal.truth import Truth, read_truth
from amodal.truth_scores import colours_at
from amodal.visibility import owners

SYMMETRIC = 0.85  # IoU of a shape with its mirror image, from which on it counts as seen head-on


def without_fading(cut: CutOut, inpainter: Inpainter) -> np.ndarray:
    """The inpainter sees the object's own pixels and is believed everywhere."""
    return inpainter.fill(cut.near, ~cut.pure).astype(np.float32)


def within_shape(cut: CutOut, inpainter: Inpainter) -> np.ndarray:
    """What lies outside the shape is known too, in the object's colours: so the shape is known."""
    return inpainter.fill(cut.near, ~cut.pure & cut.amodal).astype(np.float32)


def mean_colours(cut: CutOut, inpainter: Inpainter) -> np.ndarray:
    """Mean colours of the object's own pixels; nothing is invented."""
    return own_mean(cut.photo, cut.pure, cut.unit)


def by_surroundings(cut: CutOut, inpainter: Inpainter) -> np.ndarray:
    """The hidden part as a hole in the photo: what hides it and what lies around it is seen."""
    return inpainter.fill(cut.photo, cut.amodal & ~cut.pure).astype(np.float32)


def mirrored(cut: CutOut, inpainter: Inpainter) -> np.ndarray:
    """Of shapes that are symmetric, visible pixels on one side are known on the other one too."""
    box = tight_box(cut.amodal)
    columns = np.s_[:, int(box.x0) : int(box.x1)]
    shape = cut.amodal[columns]
    if (shape & shape[:, ::-1]).sum() < SYMMETRIC * (shape | shape[:, ::-1]).sum():
        return by_own_pixels(cut, inpainter)
    photo, pure = cut.photo.copy(), cut.pure.copy()
    taken = cut.pure[columns][:, ::-1] & ~cut.pure[columns] & shape
    photo[columns][taken] = cut.photo[columns][:, ::-1][taken]
    pure[columns] |= taken
    near, distance = nearest_known(photo, ~pure)
    cut = replace(cut, photo=photo, pure=pure, near=near, distance=distance)
    colours = by_own_pixels(cut, inpainter)
    colours[pure] = photo[pure]
    return colours


WAYS: Mapping[str, Way] = {
    "own pixels, fading": by_own_pixels,
    "own pixels": without_fading,
    "own pixels, shape known": within_shape,
    "mirrored": mirrored,
    "mean colours": mean_colours,
    "surroundings": by_surroundings,
}


def scores(truth: Truth, fills: Mapping[str, Inpainter]) -> Iterator[Row]:
    """The rows of a street: one for each hidden object, inpainter and way."""
    size = truth.photo.shape[:2]
    shapes = [item.whole for item in truth.objects]
    scene = LayeredScene.from_photo(truth.photo, truth.instances, shapes)
    owner = owners(scene)
    for item in truth.objects:
        where = known_hidden(item, size)
        if not where.any():
            continue
        layer = scene.layer(truth.layer_id(item.number))
        position = scene.depth.index(layer.id)
        expected = np.full_like(truth.photo, 128)
        expected[where] = colours_at(item.appearance, where)
        for (fill, inpainter), (name, way) in product(fills.items(), WAYS.items()):
            found = complete_appearance(truth.photo, layer, owner, position, inpainter, way)
            picture = np.full_like(truth.photo, 128)
            picture[where] = colours_at(found, where)
            yield {
                "inpainter": fill,
                "case": f"{item.number}",
                "category": item.instance.category,
                "way": name,
                ERROR: float(np.abs(picture[where].astype(np.int16) - expected[where]).mean()),
                PSNR: psnr(picture, expected, where),
                SSIM: ssim(picture, expected, where),
            }


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Run the evaluation.

    Raises:
        AmodalError: streets, weights or packages that can't be had.
    """
    folder = fetch_own(options.weights)
    fills = {name: FILLS[name](folder) for name in FILLS if name in options.fills}
    rows, streets = [], find_streets(options.scenes)
    for number, path in enumerate(streets, start=1):
        print(f"{number} of {len(streets)}: {path.name}", file=sys.stderr)
        rows += [{"street": path.name} | row for row in scores(read_truth(path), fills)]
    run = {
        "streets": len(streets),
        "fills": {name: inpainter.name for name, inpainter in fills.items()},
    }
    return rounded({"run": run, "objects": rows})


def report(document: Mapping[str, Any]) -> str:
    """A table for each inpainter."""
    parts = []
    for name, title in document["run"]["fills"].items():
        mine = [row for row in document["objects"] if row["inpainter"] == name]
        rows = [row | {"fill": row["way"]} for row in mine]
        if rows:
            count = len(rows) // len(of_ways(rows))
            header, lines = comparison(rows, of_ways(rows)[0], None)
            streets = document["run"]["streets"]
            parts += [f"{title}: {count} objects of {streets} streets", table(header, lines)]
    return "\n\n".join(parts)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m amodal.evaluation.appearance", description=__doc__
    )
    parser.add_argument("--scenes", type=Path, nargs="+", default=[EXAMPLES], metavar="DIR")
    parser.add_argument("--fills", nargs="+", choices=FILLS, default=list(FILLS), metavar="NAME")
    parser.add_argument("--weights", help="folder or Hub repository of ours; default: bundled")
    parser.add_argument("--json", type=Path, help="file to write the rows to")
    return parser.parse_args(arguments)


@command("amodal.evaluation.appearance")
def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    document = measure(options)
    print(report(document))
    if options.json:
        options.json.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
