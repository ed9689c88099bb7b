"""Train the inpainting network: `python -m amodal.train --task inpaint --photos DIR ...`.

Holes have the silhouettes of --data. With --no-perceptual a gradient term takes the place of the
perceptual and style terms. Goes on where an interrupted run stopped, and writes
inpaint.safetensors, its curves and a manifest into --out.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from amodal.data import sources
from amodal.data.street_photos import photo_paths
from amodal.device import pick_device
from amodal.hub import fetch
from amodal.hub.manifest import FILE_NAME, Entry, describe_file, replace_entry
from amodal.inpaint.checkpoint import FILE
from amodal.training.distributed import joined, once, team
from amodal.training.inpainting import config as presets
from amodal.training.inpainting.features import EncoderFeatures
from amodal.training.inpainting.train import CURVES, train
from amodal.training.loop import Curves
from amodal.training.options import (
    TOY,
    add_data_options,
    add_run_options,
    add_training_options,
    read_material,
    run_words,
    title,
)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m amodal.train --task inpaint", description=__doc__
    )
    parser.add_argument(
        "--photos", type=Path, nargs="+", required=True, help="folders of street photos"
    )
    add_data_options(parser)
    add_run_options(parser, "runs/inpaint")
    add_training_options(parser)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command, without its name and task.

    Raises:
        AmodalError: data or weights can't be had.
    """
    options = parse(arguments)
    with joined(pick_device(options.device)) as device:
        _train_on(device, options)


def _train_on(device: torch.device, options: argparse.Namespace) -> None:
    config = presets.toy() if options.data == TOY else presets.InpaintTrainConfig()
    phases = tuple(phase.scaled(options.scale) for phase in config.phases)
    config = replace(config, seed=options.seed, phases=phases)
    if options.no_perceptual:
        config = replace(config, loss=replace(config.loss, perceptual=0, style=0, gradient=1.0))
    features = None if options.no_perceptual else EncoderFeatures(fetch("mobile-sam"))
    photos = [path for root in options.photos for path in photo_paths(root, "train")]
    shapes = read_material(options, 64, partials=False).shapes
    if team().leads:
        print(f"{len(photos)} photos, {len(shapes)} silhouettes ({title(options)}), on {device}")
    train(config, photos, shapes, options.out, device, features, options.workers, options.start)
    once(_write_manifest, options, len(photos))
    if team().leads:
        print(f"wrote {options.out}")


def _write_manifest(options: argparse.Namespace, photos: int) -> None:
    curves = Curves(options.out / CURVES)
    minutes = sum(curves.seconds(f"inpaint-{phase}") for phase in (1, 2)) / 60
    source = sources.SOURCES.get(options.data)
    files = [
        describe_file(options.out / FILE, "the network"),
        describe_file(options.out / CURVES, "losses over time"),
    ]
    entry = Entry(
        name="inpaint",
        what="Partial convolutions: fills holes in street photos",
        files=tuple(files),
        licence=source.licence if source else "other",
        licence_note=f"{source.note if source else ''} The photos' own terms apply too.".strip(),
        trained_on=f"{photos:,} street photos; holes: silhouettes of {title(options)}",
        command=_command(options),
        time=f"{minutes:.0f} minutes on {os.cpu_count()} cores",
    )
    replace_entry(options.out / FILE_NAME, entry)


def _command(options: argparse.Namespace) -> str:
    words = ["python -m amodal.train --task inpaint --photos PHOTOS --data", options.data]
    words += ["--root DIR"] if options.root else []
    words += [f"--rendered {options.rendered}"] if options.rendered else []
    return " ".join([*words, *run_words(options)])
