"""What the command lines of trainings share: their options, and the data that these name."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from amodal.data import sources
from amodal.data.shapes import toy_shapes
from amodal.device import DEVICES
from amodal.errors import AmodalError
from amodal.training.distributed import team
from amodal.training.material import Material, gather, rendered_masks
from amodal.training.partial import toy_partials

RENDERED, TOY = "rendered", "toy"


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """--data, --root, --hold-out and --rendered."""
    parser.add_argument("--data", choices=(*sources.SOURCES, RENDERED, TOY), default="kitti-mots")
    parser.add_argument("--root", type=Path, help="folder of the data set (not for rendered, toy)")
    parser.add_argument(
        "--hold-out",
        type=int,
        nargs="*",
        default=[],
        metavar="SEQUENCE",
        help="training sequences to leave out, for choosing hyper-parameters",
    )
    parser.add_argument(
        "--rendered",
        type=int,
        default=0,
        metavar="N",
        help="add N whole masks from rendered streets; with --data rendered they are all there is",
    )


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """--device, --seed and --workers."""
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--seed", type=int, default=0)
    workers = 1 if (os.cpu_count() or 1) > 1 else 0
    parser.add_argument("--workers", type=int, default=workers, help="processes that draw batches")


def add_run_options(parser: argparse.ArgumentParser, out: str) -> None:
    """--out, --start, --scale and --no-perceptual, of the networks that paint."""
    parser.add_argument("--out", type=Path, default=Path(out))
    parser.add_argument("--start", type=Path, metavar="FILE", help="a network's file to go on from")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the steps")
    parser.add_argument(
        "--no-perceptual",
        action="store_true",
        help="no perceptual and style terms (these need MobileSAM's weights from the Hub)",
    )


def run_words(options: argparse.Namespace) -> list[str]:
    """The words of a command line for the options that differ from their defaults."""
    words = ["--start WEIGHTS"] if getattr(options, "start", None) else []
    words += ["--no-perceptual"] if getattr(options, "no_perceptual", False) else []
    words += [f"--scale {options.scale:g}"] if options.scale != 1 else []
    words += [f"--seed {options.seed}"] if options.seed else []
    return words


def read_material(options: argparse.Namespace, size: int, partials: bool = True) -> Material:
    """Read the data that the options name.

    Args:
        options: of a parser with `add_data_options`.
        size: of the network's masks.
        partials: whether partial masks are needed.

    Raises:
        AmodalError: the options don't go together, or nothing can be read.
    """
    if options.hold_out and options.data in (RENDERED, TOY):
        raise AmodalError(f"--hold-out is for KITTI MOTS: {options.data} data has no sequences.")
    if options.rendered < 0:
        raise AmodalError(f"--rendered: got {options.rendered}, expected 0 or more masks.")
    if options.data == TOY:
        shapes = toy_shapes()
        return Material(shapes, toy_partials(shapes, size) if partials else ())
    parts = [] if options.data == RENDERED else [_read(options)]
    if options.rendered:
        parts.append(rendered_masks(options.rendered))
    if not parts:
        raise AmodalError("--data rendered needs --rendered N: how many masks to render.")
    material = gather(parts, size if partials else None)
    if partials and not material.partials:
        raise AmodalError(f"{title(options)} has no partial mask for stage 3.")
    return material


def _read(options: argparse.Namespace) -> sources.Masks:
    name = sources.SOURCES[options.data].title
    if options.root is None:
        raise AmodalError(f"--root is missing: give the folder of {name}.")
    masks = sources.read(options.data, options.root, options.hold_out)
    if masks.skipped.counts and team().leads:
        print(masks.skipped)
    return masks


def title(options: argparse.Namespace) -> str:
    """The data for people, such as "KITTI MOTS and 18,000 rendered masks"."""
    if options.data == TOY:
        return "toy shapes"
    masks = f"{options.rendered:,} rendered masks"
    if options.data == RENDERED:
        return masks
    real = f"{sources.SOURCES[options.data].title}, training part"
    return f"{real}, and {masks}" if options.rendered else real
