"""Complete the objects of a photo: `python -m amodal.complete PHOTO --instances FILE.json ...`.

Writes into DIR:
    completions.json    amodal masks as COCO RLE (format: amodal/data/coco_write.py); each
                        annotation also names its `cut_out`: {"file", "x0", "y0"}, where (x0, y0)
                        is the picture's corner in the photo
    NN-NAME.png         each object whole, RGBA, its hidden pixels painted by the inpainter
    overview.png        the photo with the completed objects; mode, probability, samples of each
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from amodal.command import command
from amodal.data.coco import read_instances, write_completions
from amodal.errors import AmodalError
from amodal.photo import load_photo, save_png
from amodal.picture import overview
from amodal.scene import Completions, Instance

if TYPE_CHECKING:
    from amodal.looks import Appearance
    from amodal.pipeline import Pipeline


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    summary, _, files = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m amodal.complete",
        description=summary.partition(":")[0] + ".",
        epilog=files,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    parser.add_argument(
        "--instances",
        type=Path,
        required=True,
        metavar="FILE.json",
        help="COCO-style JSON: polygons, RLE or mask PNGs of the visible parts",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="made if missing")
    parser.add_argument("--samples", type=int, default=20, help="per object, 1 to 32")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--temperature", type=float, default=1.0, help="0 draws the mode")
    parser.add_argument("--weights", help="folder or Hub repository; default: the bundled ones")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="NAME_OR_INDEX",
        help="complete only these objects; the first has the index 1",
    )
    return parser.parse_args(arguments)


@command("amodal.complete")
def main(arguments: list[str] | None = None) -> None:
    complete(parse(arguments))


def complete(options: argparse.Namespace) -> None:
    """Read, complete, write.

    Raises:
        AmodalError: a file can't be read or written, or an option is out of range.
    """
    if not 0 <= options.seed < 2**63:
        raise AmodalError(f"Seed: got {options.seed}, expected 0 to 2**63 - 1.")
    photo = load_photo(options.photo)
    instances = read_instances(options.instances, *photo.shape[:2], options.photo.name)
    wanted = select(instances, options.only)
    folder = _make_folder(options.out)

    from amodal.pipeline import Pipeline  # slow to load: not for --help and wrong files

    pipeline = Pipeline.load(options.weights, device=options.device)
    completions = complete_all(pipeline, instances, wanted, options)
    looks = paint_all(pipeline, photo, instances, completions)
    for notice in pipeline.notices:
        print(f"amodal.complete: {notice}", file=sys.stderr)

    chosen, results = [instances[index] for index in wanted], list(completions.values())
    run = {"seed": options.seed, "samples": options.samples, "temperature": options.temperature}
    document = write_completions(chosen, results, options.photo.name, run)
    for annotation, index in zip(document["annotations"], wanted, strict=True):
        look, name = looks[index], _file_name(index, instances[index])
        save_png(look.rgba, folder / name)
        annotation["cut_out"] = {"file": name, "x0": look.x0, "y0": look.y0}
    _write_text(folder / "completions.json", json.dumps(document, indent=1) + "\n")
    save_png(overview(photo, chosen, results), folder / "overview.png")
    for instance, result in zip(chosen, results, strict=True):
        print(describe(instance, result))
    print(f"Wrote completions.json, overview.png and {len(chosen)} cut-outs to {folder}.")


def select(instances: Sequence[Instance], only: Sequence[str] | None) -> list[int]:
    """Positions of the instances that are asked for by name or by number (from 1), in order.

    Raises:
        AmodalError: there is no such object.
    """
    if only is None:
        return list(range(len(instances)))
    names = [instance.name.casefold() for instance in instances]
    wanted = set()
    for key in only:
        found = [index for index, name in enumerate(names) if name == key.strip().casefold()]
        if not found and key.strip().isdecimal() and 1 <= int(key) <= len(instances):
            found = [int(key) - 1]
        if not found:
            listed = ", ".join(f"{n} {item.name!r}" for n, item in enumerate(instances, start=1))
            raise AmodalError(f"--only: there is no object {key!r}; the file has {listed}.")
        wanted.update(found)
    return sorted(wanted)


def complete_all(
    pipeline: Pipeline,
    instances: Sequence[Instance],
    wanted: Sequence[int],
    options: argparse.Namespace,
) -> dict[int, Completions]:
    """Completions by position; every other object of the file may hide the one at hand."""
    completions = {}
    for index in tqdm(wanted, desc="Completing", unit="object", disable=None, leave=False):
        others = [other for other in instances if other is not instances[index]]
        completions[index] = pipeline.complete(
            instances[index],
            others,
            samples=options.samples,
            seed=options.seed,
            temperature=options.temperature,
        )
    return completions


def paint_all(
    pipeline: Pipeline,
    photo: np.ndarray,
    instances: Sequence[Instance],
    completions: dict[int, Completions],
) -> dict[int, Appearance]:
    """The colours of each completed object, whole, by position."""
    from amodal.appearance import complete_appearance
    from amodal.visibility import owners

    with _bar("Loading the inpainter", "B") as progress:
        inpainter = pipeline.inpainter(progress)
    modes = {index: result.mode for index, result in completions.items()}
    scene = pipeline.scene(photo, instances, modes)
    seen, looks = owners(scene), {}
    for index in tqdm(completions, desc="Painting", unit="object", disable=None, leave=False):
        layer = next(layer for layer in scene.layers if layer.instance is instances[index])
        position = scene.depth.index(layer.id)
        # Masks of a file may overlap: the object's own pixels are those that its mask names.
        owner = np.where(instances[index].modal, np.int16(position), seen)
        looks[index] = complete_appearance(scene.photo, layer, owner, position, inpainter)
    return looks


def describe(instance: Instance, result: Completions) -> str:
    """One line about an object, for people."""
    whole = result.mode.area
    areas = [sample.area for sample in result.samples]
    return (
        f"{instance.name} ({instance.category}): {whole:,} px whole, "
        f"{instance.area / whole:.0%} of it visible; "
        f"samples {min(areas):,} to {max(areas):,} px; "
        f"visible IoU {result.mode.visible_iou:.2f}"
    )


@contextmanager
def _bar(title: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal, driven by (done, in all)."""
    with tqdm(desc=title, unit=unit, unit_scale=True, disable=None, leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress


def _file_name(index: int, instance: Instance) -> str:
    """Such as "02-red-car.png": a safe name on every system, whatever the object is called."""
    words = re.findall(r"\w+", instance.name)
    return "-".join([f"{index + 1:02d}", *words])[:48].rstrip("-") + ".png"


def _make_folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AmodalError(
            f"Can't make the folder {path} ({error.strerror}): give another --out."
        ) from error
    return path


def _write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AmodalError(
            f"Can't write {path} ({error.strerror}): choose another folder."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
