"""Train RGB-Amodal-VAE.

    python -m amodal.baselines.train_rgb --data kins --root DIR --weights DIR --out DIR

Stage 1, whole masks only, is the one of Amodal-VAE and is taken from --weights. Stages 2 and 3
train its encoder again with the photo beside the mask (rgb.py), the ResNet with it; the decoder
stays frozen. Needs the photos beside the masks: KINS, COCOA and Cityscapes as they come, KITTI MOTS
with KITTI tracking's image_02. Goes on where an interrupted run stopped; writes rgb.safetensors and
rgb.json, the curves, into --out.

Not measured: the project has no photos of these data sets.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from amodal.baselines.photo_batches import PhotoPairs, PhotoPartials
from amodal.baselines.photo_masks import PhotoPartial, PhotoShape, frames, photo_partials
from amodal.baselines.photo_masks import photo_shapes as shapes_of
from amodal.checkpoint import StageInfo, load_full_encoder, load_stage
from amodal.command import command
from amodal.data.annotated import Skipped
from amodal.data.sources import SOURCES
from amodal.device import pick_device
from amodal.errors import AmodalError
from amodal.model import AmodalVAE
from amodal.rgb import FILE_NAME, RGBConfig, load_backbone, save_rgb, with_photo
from amodal.tensor_file import load_into
from amodal.training import config as presets
from amodal.training.config import TrainConfig
from amodal.training.loop import Curves, Job, run
from amodal.training.losses import pair_loss, partial_loss
from amodal.training.options import add_training_options
from amodal.training.partial import Rehearsed, RehearsedBatch


@dataclass(frozen=True, eq=False)
class Sights:
    """What RGB-Amodal-VAE learns from.

    Args:
        shapes: whole objects in their photos, for stage 2 and the rehearsal of stage 3.
        partials: real partial masks in theirs, for stage 3; none: there is no stage 3.
    """

    shapes: Sequence[PhotoShape]
    partials: Sequence[PhotoPartial] = ()


@dataclass(frozen=True)
class RGBTraining:
    """A training's settings.

    Args:
        photo: how photos are looked at.
        masks: the stages' schedules, pairs and seeds, as Amodal-VAE's.
        resnet: its first weights: "imagenet", "random" or a file.
    """

    photo: RGBConfig
    masks: TrainConfig
    resnet: str = "imagenet"


def train(
    config: RGBTraining,
    sights: Sights,
    weights: Path,
    folder: Path,
    device: torch.device,
    workers: int = 0,
) -> None:
    """Run stages 2 and 3 and save the network; nothing is done where its file is there already.

    Args:
        weights: folder with stage1.safetensors.
        folder: gets rgb.safetensors and rgb.json, and rgbN.state.pt while stage N runs.
    """
    if (folder / FILE_NAME).is_file():
        return
    info, tensors = load_stage(weights, 1)
    model = AmodalVAE(info.model)
    load_into(model.decoder, tensors, "decoder")
    load_into(model.encoder, tensors, "encoder")
    model.decoder.requires_grad_(False)
    torch.manual_seed(config.masks.seed + 2)
    with_photo(model, config.photo)
    load_backbone(model, config.photo, config.resnet)
    full_encoder = load_full_encoder(weights)[0].requires_grad_(False).to(device)
    curves = Curves(folder / "rgb.json")
    finished = folder / "rgb2.pt"  # stage 2's weights, until all is done
    for stage in (2, 3) if sights.partials else (2,):
        if stage == 2 and finished.is_file():
            model.load_state_dict(torch.load(finished, map_location="cpu", weights_only=True))
            continue
        torch.manual_seed(config.masks.seed + stage)
        job = _job(stage, config, sights, model, full_encoder)
        run(job, folder / f"rgb{stage}.state.pt", curves, device, workers)
        model = job.average
        if stage == 2:
            _keep(model, finished)
        for parameter in model.parameters():
            parameter.requires_grad_(True)
        model.decoder.requires_grad_(False)
    classes = tuple(sorted({shape.category for shape in sights.shapes}))
    threshold = config.masks.threshold
    save_rgb(
        folder, model, StageInfo(3, info.model, classes, threshold, asdict(config)), config.photo
    )
    for left in (finished, *folder.glob("rgb?.state.pt")):
        left.unlink(missing_ok=True)


def _keep(model: AmodalVAE, path: Path) -> None:
    partial = path.with_suffix(".partial")
    torch.save(model.state_dict(), partial)
    partial.replace(path)  # an interruption never leaves half a file


def _job(
    stage: int, config: RGBTraining, sights: Sights, model: AmodalVAE, full_encoder: nn.Module
) -> Job:
    masks = config.masks
    schedule = masks.stages[stage - 1]
    pairs = PhotoPairs(
        sights.shapes,
        side=config.photo.side,
        size=model.config.size,
        classes=model.config.classes,
        batch=schedule.batch,
        steps=schedule.steps,
        seed=masks.seed * 10 + stage,
        config=masks.pairs,
    )

    def on_pairs(model: AmodalVAE, batch: object) -> dict[str, Tensor]:
        return pair_loss(model, full_encoder, batch, schedule.loss)

    def on_both(model: AmodalVAE, batch: RehearsedBatch) -> dict[str, Tensor]:
        terms = partial_loss(model, batch.partial, schedule.loss)
        again = on_pairs(model, batch.pair)
        return {
            **terms,
            "loss": terms["loss"] + schedule.rehearsal * again["loss"],
            "rehearsal": again["loss"],
        }

    if stage == 2:
        return Job("rgb2", model, schedule, pairs, on_pairs, masks.average)
    partials = PhotoPartials(
        sights.partials,
        classes=model.config.classes,
        batch=schedule.batch,
        steps=schedule.steps,
        seed=masks.seed * 10 + 5,
        unknown_class=masks.pairs.unknown_class,
    )
    return Job("rgb3", model, schedule, Rehearsed(partials, pairs), on_both, masks.average)


def read(name: str, root: Path, size: int, side: int) -> tuple[Sights, Skipped]:
    """Read a data set with its photos.

    Raises:
        AmodalError: nothing can be read, or no photo is there.
    """
    shapes, partials, skipped = [], [], Skipped()
    for frame in frames(name, root, skipped):
        shapes += shapes_of(frame)
        partials += photo_partials(frame, size, side)
    if not shapes:
        raise AmodalError(
            f"{SOURCES[name].title} at {root} has no whole object with a photo to train on; "
            f"{skipped}"
        )
    return Sights(shapes, partials), skipped


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m amodal.baselines.train_rgb",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", choices=SOURCES, required=True)
    parser.add_argument("--root", type=Path, required=True, help="folder of masks and photos")
    parser.add_argument("--weights", type=Path, required=True, help="folder with stage 1")
    parser.add_argument("--out", type=Path, default=Path("runs/rgb"))
    parser.add_argument("--backbone", default="resnet50")
    parser.add_argument(
        "--resnet", default="imagenet", help="its first weights: imagenet, random or a file"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies every stage's steps")
    add_training_options(parser)
    return parser.parse_args(arguments)


@command("amodal.baselines.train_rgb")
def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    try:
        photo = RGBConfig(options.backbone)
    except ValueError as error:
        raise AmodalError(f"--{error}.") from error
    stages = tuple(
        replace(stage, steps=max(round(stage.steps * options.scale), 20))
        for stage in presets.TrainConfig().stages
    )
    masks = replace(presets.TrainConfig(), stages=stages, seed=options.seed)
    size = load_stage(options.weights, 1)[0].model.size
    sights, skipped = read(options.data, options.root, size, photo.side)
    print(skipped)
    device = pick_device(options.device)
    print(f"{len(sights.shapes)} whole, {len(sights.partials)} partial objects, on {device}")
    train(
        RGBTraining(photo, masks, options.resnet),
        sights,
        options.weights,
        options.out,
        device,
        options.workers,
    )
    print(f"wrote {options.out / FILE_NAME}")


if __name__ == "__main__":
    sys.exit(main())
