"""Train Amodal-VAE: `python -m amodal.train --data kitti-mots --root DIR`.

`--task inpaint` and `--task pose` train the other networks; their options are their own.

Runs the three stages of the paper (section 4.1), goes on where an interrupted run stopped, and
writes one safetensors file a stage and curves.json into --out. With several processes, one a
graphics card or processor: `torchrun --nproc-per-node N -m amodal.train ...`.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

import torch

from amodal.checkpoint import stage_path
from amodal.command import command
from amodal.data import sources
from amodal.device import pick_device
from amodal.hub import fetch_own
from amodal.hub.manifest import FILE_NAME, Entry, describe_file, replace_entry
from amodal.training import config as presets
from amodal.training.ablations import ABLATIONS
from amodal.training.distributed import joined, once, team
from amodal.training.inpainting import command as inpainting
from amodal.training.loop import Curves
from amodal.training.options import (
    TOY,
    add_data_options,
    add_training_options,
    read_material,
    run_words,
    title,
)
from amodal.training.pose import command as pose
from amodal.training.stages import train

OTHER_TASKS = {"inpaint": inpainting.main, "pose": pose.main}
TASKS = "shape", *OTHER_TASKS


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m amodal.train", description=__doc__)
    parser.add_argument("--task", choices=TASKS, default=TASKS[0], help="what to train")
    add_data_options(parser)
    parser.add_argument("--out", type=Path, default=Path("runs/default"))
    parser.add_argument(
        "--start", metavar="WEIGHTS", help="folder or Hub repository to go on from, as for new data"
    )
    parser.add_argument("--ablate", choices=tuple(ABLATIONS), help="what to leave out, and retrain")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies every stage's steps")
    add_training_options(parser)
    return parser.parse_args(arguments)


def _task(arguments: list[str] | None) -> tuple[str | None, list[str]]:
    """The task that the arguments name, and the other arguments."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--task")
    options, rest = parser.parse_known_args(arguments)
    return options.task, rest


@command("amodal.train")
def main(arguments: list[str] | None = None) -> None:
    task, rest = _task(arguments)
    if task in OTHER_TASKS:
        OTHER_TASKS[task](rest)
        return
    options = parse(arguments)
    with joined(pick_device(options.device)) as device:
        _train_on(device, options)


def _train_on(device: torch.device, options: argparse.Namespace) -> None:
    config = presets.toy() if options.data == TOY else presets.TrainConfig()
    stages = tuple(stage.scaled(options.scale) for stage in config.stages)
    config = replace(config, seed=options.seed, stages=stages)
    if options.ablate:
        config = ABLATIONS[options.ablate](config)
    start = fetch_own(options.start) if options.start else None
    _say(f"reading {title(options)}")
    material = read_material(options, config.model.size)
    _say(
        f"{len(material.shapes)} whole masks, {len(material.partials)} partial masks, "
        f"{len(material.layouts)} layouts, on {device}"
    )
    torch.set_float32_matmul_precision("high")
    train(config, material, options.out, device, options.workers, start)
    once(_write_manifest, options)
    _say(f"wrote {options.out}")


def _say(line: str) -> None:
    if team().leads:
        print(line)


STAGES = {
    1: "stage 1: encoder of whole masks and decoder",
    2: "stage 2: encoder of partial masks and transformer, simulated pairs",
    3: "stage 3: the same, after real partial masks; the one to use",
}


def _write_manifest(options: argparse.Namespace) -> None:
    """Enter the stage files into the manifest of --out, so that they can be loaded from there."""
    seconds = sum(Curves(options.out / "curves.json").seconds(f"stage{n}") for n in STAGES)
    paths = {stage_path(options.out, stage): what for stage, what in STAGES.items()}
    files = [describe_file(path, what) for path, what in paths.items()]
    files.append(describe_file(options.out / "curves.json", "losses over time"))
    source = sources.SOURCES.get(options.data)  # None: shapes of our own
    entry = Entry(
        name="amodal-vae",
        what="Amodal-VAE: whole masks of street objects from their visible part and class",
        files=tuple(files),
        licence=source.licence if source else "Apache-2.0",
        licence_note=source.note if source else "",
        trained_on=title(options),
        command=_command(options),
        time=f"{seconds / 60:.0f} minutes on {os.cpu_count()} cores",
    )
    replace_entry(options.out / FILE_NAME, entry)


def _command(options: argparse.Namespace) -> str:
    """The command that makes these weights, but for its folders."""
    words = ["python -m amodal.train --data", options.data]
    words += ["--root DIR"] if options.root else []
    words += [f"--rendered {options.rendered}"] if options.rendered else []
    words += [f"--ablate {options.ablate}"] if options.ablate else []
    return " ".join([*words, *run_words(options)])


if __name__ == "__main__":
    sys.exit(main())
