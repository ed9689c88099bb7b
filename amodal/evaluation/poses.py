"""Turned cars against the truth: `python -m amodal.evaluation.poses --cars DIR`.

DIR holds cars as `python -m amodal.render.turntable --unseen` writes them. Each car is shown in one
pose and asked for in others, of which pictures exist. Compared inside the true silhouette, which
both ways know: the pose network, and warping the source's cut-out to the target's box. Prints a
table, and writes {"run": what was run, "poses": rows} with --json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from amodal.command import command
from amodal.evaluation.pictures import ssim
from amodal.evaluation.pictures_distance import DISTANCES, PictureDistance
from amodal.evaluation.pooled import DISTANCE, ERROR, PSNR, SSIM, Row, comparison
from amodal.evaluation.record import rounded
from amodal.evaluation.report import table
from amodal.hub import fetch_own
from amodal.likeness import psnr
from amodal.pose.checkpoint import FILE
from amodal.pose.framing import framing
from amodal.pose.gallery import FILE as GALLERY
from amodal.pose.gallery import Gallery
from amodal.pose.turner import Turner
from amodal.training.pose.batches import car_folders

NETWORK, WARP = "network", "warp"
GREY = 128


def pairs(folder: Path, count: int) -> Iterator[tuple[int, int]]:
    """Indices of a shown and a wanted view of a car: turns by a quarter, a half, and so on."""
    views = len(json.loads((folder / "views.json").read_text())["views"])
    for number in range(min(count, views - 1)):
        shown = number % views
        yield shown, (shown + 1 + number * (views // count or 1)) % views


def scores(
    turner: Turner, folder: Path, shown: int, wanted: int, distance: PictureDistance | None
) -> Iterator[Row]:
    """The rows of one question."""
    source, target = (read(folder / f"{index}.png") for index in (shown, wanted))
    parts = cv2.imread(str(folder / f"{wanted}-parts.png"), cv2.IMREAD_UNCHANGED)
    box = framing(parts > 0, 1)
    window = np.s_[box.y0 : box.y1, box.x0 : box.x1]
    inside = (parts > 0) & (target[..., 3] > 250)
    region = inside[window]
    expected = on_grey(target, inside)[window]
    size = region.shape[1], region.shape[0]
    colours, _ = turner.paint(source, parts)
    answers = {NETWORK: colours, WARP: cut_out(source)}
    for name, picture in answers.items():
        resized = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
        ours = np.where(region[..., None], resized, GREY).astype(np.uint8)
        row = {
            "street": folder.name,
            "case": f"{shown}-{wanted}",
            "fill": name,
            ERROR: float(np.abs(ours[region].astype(np.int16) - expected[region]).mean()),
            PSNR: psnr(ours, expected, region),
            SSIM: ssim(ours, expected, region),
        }
        if distance is not None:
            row[DISTANCE] = distance(ours, expected, region)
        yield row


def read(path: Path) -> np.ndarray:
    """A picture as (h, w, 4) uint8 RGBA."""
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., [2, 1, 0, 3]]


def on_grey(picture: np.ndarray, inside: np.ndarray) -> np.ndarray:
    return np.where(inside[..., None], picture[..., :3], GREY).astype(np.uint8)


def cut_out(picture: np.ndarray) -> np.ndarray:
    """The colours of a cut-out's tight box (h, w, 3); beyond the car those of the nearest pixel."""
    from amodal.inpaint.crops import nearest_known

    solid = picture[..., 3] > 250
    box = framing(solid, 1)
    filled, _ = nearest_known(np.ascontiguousarray(picture[..., :3]), ~solid)
    return filled[box.y0 : box.y1, box.x0 : box.x1]


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Run the evaluation.

    Raises:
        AmodalError: cars, weights or packages that can't be had.
    """
    folder = fetch_own(options.weights)
    turner = Turner(folder / FILE, Gallery.load(folder / GALLERY), "cpu")
    distance = DISTANCES[options.perceptual]()
    cars = car_folders(options.cars)
    rows = [
        row
        for car in cars
        for shown, wanted in pairs(car, options.pairs)
        for row in scores(turner, car, shown, wanted, distance)
    ]
    run = {
        "command": f"python -m amodal.evaluation.poses --cars DIR --pairs {options.pairs}",
        "cars": len(cars),
        "distance": distance.name if distance else None,
    }
    return rounded({"run": run, "poses": rows})


def overall(document: Mapping[str, Any]) -> str:
    """Both ways over all questions."""
    return table(*comparison(document["poses"], WARP, document["run"]["distance"]))


def facts(document: Mapping[str, Any]) -> str:
    """What was run."""
    run, asked = document["run"], len(document["poses"]) // 2
    return f"{run['cars']} cars, {asked} turns. `{run['command']}`"


@command("amodal.evaluation.poses")
def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m amodal.evaluation.poses", description=__doc__)
    parser.add_argument("--cars", type=Path, required=True, help="folder of a turntable")
    parser.add_argument("--pairs", type=int, default=4, help="questions a car")
    parser.add_argument("--perceptual", choices=DISTANCES, default="encoder")
    parser.add_argument("--weights", help="folder or Hub repository of ours; default: bundled")
    parser.add_argument("--json", type=Path, help="file to write the rows to")
    options = parser.parse_args(arguments)
    document = measure(options)
    print(facts(document), overall(document), sep="\n\n")
    if options.json:
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
