"""Complete a whole data set: `python -m amodal.complete_dataset --annotations FILE --out FILE`.

Reads a COCO file of any size and writes one with the same entries, in which

    segmentation, bbox, area, visible_iou, window, samples
                are the completion's (amodal/data/coco_write.py); `window` is there only where it
                leaves the photo
    modal       is the visible part, as it was given
    input       are the given values of the entries that the completion's replace
    info        tells under `completion` the settings, and what was left out and why

Annotations come in the order of their photos. A killed run goes on where it stopped.

On N processors or graphics cards: `torchrun --nproc-per-node N -m amodal.complete_dataset ...`. On
machines that share a folder: `--shard I --of N` on each; the last one to end writes FILE. Shards
and processes make no difference to the output.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from amodal.command import command
from amodal.completer import MAX_SAMPLES, Completer
from amodal.cuts import PRECISIONS, Wanted, complete_cuts
from amodal.data.coco_write import completion_entry
from amodal.data.dataset import DataSet, Item
from amodal.data.parts import Parts, Summary
from amodal.device import DEVICES, pick_device
from amodal.errors import AmodalError
from amodal.processes import joined, meet, once, place
from amodal.scene import Completion

COMPLETED_KEYS = ("segmentation", "bbox", "area", "visible_iou", "window", "samples", "input")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    summary, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m amodal.complete_dataset",
        description=summary.partition(":")[0] + ".",
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--annotations", type=Path, required=True, metavar="FILE.json")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.json")
    parser.add_argument(
        "--samples", type=int, default=0, help=f"beside the mode, 0 to {MAX_SAMPLES}"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--temperature", type=float, default=1.0, help="of the samples")
    parser.add_argument("--weights", help="folder or Hub repository; default: the bundled ones")
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default=PRECISIONS[0],
        help="of the network; bfloat16 is faster where the processor knows it",
    )
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--shard", type=int, default=1, metavar="I", help="which part, 1 to N")
    parser.add_argument("--of", type=int, default=1, metavar="N", help="number of shards")
    return parser.parse_args(arguments)


@command("amodal.complete_dataset")
def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    _check(options)
    with joined(pick_device(options.device)) as device:
        complete_data_set(options, device)


def _check(options: argparse.Namespace) -> None:
    if not 1 <= options.shard <= options.of:
        raise AmodalError(f"--shard {options.shard} --of {options.of}: expected 1 to --of.")
    if options.out.resolve() == options.annotations.resolve():
        raise AmodalError("--out is --annotations: give another file, the input is kept.")
    if not options.out.parent.is_dir():
        raise AmodalError(
            f"There is no folder {options.out.parent}: make it or give another --out."
        )


def complete_data_set(options: argparse.Namespace, device: torch.device) -> None:
    """Complete this process's chunks of this shard; write the output once all chunks are there.

    Raises:
        AmodalError: the file is not COCO's, or parts of another run are in the way.
    """
    from amodal.pipeline import Pipeline  # slow to load: not for --help

    wanted = Wanted(options.samples, options.seed, options.temperature, options.precision)
    # Processes share the work, not the network: their number must not change a rounding.
    torch.set_num_threads(1)
    start = time.monotonic()
    rank, count = place()
    data = DataSet(options.annotations)
    completer = Pipeline.load(options.weights, device=device.type).completer
    plan = asdict(wanted) | {
        "annotations": hashlib.sha256(options.annotations.read_bytes()).hexdigest(),
        "weights": _fingerprint(completer),
        "device": device.type,
    }
    parts = Parts(options.out, len(data.chunks), plan)
    parts.open()
    shard = options.shard - 1
    mine = range(shard * count + rank, len(data.chunks), options.of * count)
    done = complete_chunks(completer, data, parts, mine, wanted)
    meet()  # a slower process's parts belong to the output too
    once(_finish, options, parts, data.document, done * count, time.monotonic() - start)


def complete_chunks(
    completer: Completer,
    data: DataSet,
    parts: Parts,
    chunks: Sequence[int],
    wanted: Wanted,
) -> int:
    """Write the parts that are missing; returns the number of annotations that this took.

    Args:
        chunks: numbers of those that are wanted here.
    """
    missing = [chunk for chunk in chunks if parts.read(chunk) is None]
    total = sum(map(data.size_of, missing))
    shown = None if place()[0] == 0 else True  # None: where there is a terminal
    with tqdm(total=total, desc="Completing", unit="object", disable=shown) as bar:
        for number in missing:
            chunk = data.read(number)
            cuts = [[item.cut for item in items] for items in chunk.photos]
            photos = complete_cuts(completer, cuts, wanted)
            entries = [
                describe(item, result)
                for items, results in zip(chunk.photos, photos, strict=True)
                for item, result in zip(items, results, strict=True)
            ]
            parts.write(number, entries, Summary(len(entries), chunk.skipped, chunk.unknown))
            bar.update(data.size_of(number))
    return total


def describe(item: Item, completions: Sequence[Completion]) -> dict[str, Any]:
    """The annotation of a completed object: what it said, its mode, its samples."""
    annotation, photo = item.annotation, item.cut.photo
    replaced = {
        key: annotation[key] for key in COMPLETED_KEYS if key in annotation and key != item.key
    }
    entry = dict(annotation) | ({"input": replaced} if replaced else {})
    for key in ("window", "samples"):  # not every completion has them
        entry.pop(key, None)
    entry["modal"] = annotation[item.key]
    mode, *samples = completions
    entry |= completion_entry(mode, *photo)
    if samples:
        entry["samples"] = [completion_entry(sample, *photo) for sample in samples]
    return entry


def _fingerprint(completer: Completer) -> str:
    """Tells one network from another."""
    total = hashlib.sha256(repr(completer.info).encode())
    for name, value in completer.model.state_dict().items():
        total.update(name.encode())
        total.update(value.cpu().contiguous().numpy().tobytes())
    return total.hexdigest()


def _finish(
    options: argparse.Namespace,
    parts: Parts,
    document: Mapping[str, Any],
    done: int,
    seconds: float,
) -> None:
    """Write the output, if all parts are there, and tell what is in it."""
    print(f"about {done:,} annotations in {seconds:.1f} s, {done / seconds:,.0f} a second")
    summary = parts.merge(document)
    if summary is None:
        print(f"shard {options.shard} of {options.of} is done; the last one writes {options.out}")
        return
    print(f"wrote {summary.completed:,} completions to {options.out}")
    if summary.unknown:
        names = ", ".join(f"{name} ({count:,})" for name, count in summary.unknown.most_common(8))
        print(f"classes that are not ours, completed as unknown: {names}")
    print(summary.skipped)


if __name__ == "__main__":
    sys.exit(main())
