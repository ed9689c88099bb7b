"""Train the pose network: `python -m amodal.train --task pose --cars DIR`.

DIR holds cars as `python -m amodal.render.turntable` writes them. Goes on where an interrupted run
stopped, and writes pose.safetensors, its curves and a manifest into --out.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from amodal.device import pick_device
from amodal.hub import fetch
from amodal.hub.manifest import FILE_NAME, Entry, describe_file, replace_entry
from amodal.pose.checkpoint import FILE
from amodal.training.distributed import joined, once, team
from amodal.training.inpainting.features import EncoderFeatures
from amodal.training.loop import Curves
from amodal.training.options import add_run_options, add_training_options, run_words
from amodal.training.pose import config as presets
from amodal.training.pose.batches import car_folders
from amodal.training.pose.train import CURVES, NAME, train


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m amodal.train --task pose", description=__doc__)
    parser.add_argument("--cars", type=Path, required=True, help="folder of a turntable")
    add_run_options(parser, "runs/pose")
    parser.add_argument("--toy", action="store_true", help="a tiny network, for tests")
    add_training_options(parser)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command, without its name and task.

    Raises:
        AmodalError: cars or weights can't be had.
    """
    options = parse(arguments)
    with joined(pick_device(options.device)) as device:
        _train_on(device, options)


def _train_on(device: torch.device, options: argparse.Namespace) -> None:
    config = presets.toy() if options.toy else presets.PoseTrainConfig()
    schedule = config.schedule.scaled(options.scale)
    config = replace(config, seed=options.seed, schedule=schedule)
    if options.no_perceptual:
        config = replace(config, loss=replace(config.loss, perceptual=0, style=0))
    features = None if options.no_perceptual else EncoderFeatures(fetch("mobile-sam"))
    folders = car_folders(options.cars)
    if team().leads:
        print(f"{len(folders)} cars, on {device}")
    train(config, folders, options.out, device, features, options.workers, options.start)
    once(_write_manifest, options, len(folders))
    if team().leads:
        print(f"wrote {options.out}")


def _write_manifest(options: argparse.Namespace, cars: int) -> None:
    minutes = Curves(options.out / CURVES).seconds(NAME) / 60
    words = ["python -m amodal.train --task pose --cars DIR", *run_words(options)]
    entry = Entry(
        name="pose",
        what="SPADE generator with an appearance encoder: a car in another pose",
        files=(
            describe_file(options.out / FILE, "the network"),
            describe_file(options.out / CURVES, "losses over time"),
        ),
        licence="Apache-2.0",
        trained_on=f"{cars:,} rendered cars on a turntable, all made by our code",
        command=" ".join(words),
        time=f"{minutes:.0f} minutes on {os.cpu_count()} cores",
    )
    replace_entry(options.out / FILE_NAME, entry)
