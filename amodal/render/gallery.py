"""Make the gallery of poses: `python -m amodal.render.gallery --out weights/poses.safetensors`.

One car of each body style, turned on the spot. Needs no Blender.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from amodal.command import command
from amodal.pose.gallery import Gallery
from amodal.render.vehicles import car
from amodal.render.vehicles.car_styles import STYLES
from amodal.render.views import View, parts_map

STEPS = 24
SIDE = 128


def gallery(steps: int = STEPS, side: int = SIDE) -> Gallery:
    """The poses; equal arguments give equal ones."""
    layouts = []
    for style in STYLES:
        mesh = car(np.random.default_rng(0), style)
        turns = 2 * np.pi * np.arange(steps) / steps
        layouts.append([parts_map(mesh, View(float(turn)), side) for turn in turns])
    return Gallery(tuple(style.name for style in STYLES), np.array(layouts))


@command("amodal.render.gallery")
def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m amodal.render.gallery", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    options = parser.parse_args(arguments)
    gallery().save(options.out)


if __name__ == "__main__":
    sys.exit(main())
