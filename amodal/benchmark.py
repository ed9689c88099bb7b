"""Time the demo's steps and whole data sets: `python -m amodal.benchmark`.

Every time stands beside its ratio to a reference that is measured in the same run, since machines
differ: a matrix product for the network, OpenCV's own inpainting for the edits. Medians of several
runs after a warm-up. Data sets are completed on one core, since torchrun gives each core a process;
their times are those of an object.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch

from amodal.command import command
from amodal.complete_dataset import complete_chunks
from amodal.cuts import PRECISIONS, Wanted
from amodal.data import synthetic
from amodal.data.coco import read_instances
from amodal.data.dataset import DataSet
from amodal.data.parts import Parts
from amodal.decompose import Decomposer
from amodal.errors import AmodalError
from amodal.hub import BUNDLED
from amodal.inpaint.checkpoint import FILE
from amodal.inpaint.partial import PartialConvolutions
from amodal.photo import load_photo
from amodal.pipeline import Pipeline
from amodal.scene import Instance
from amodal.turn import can_turn, turn

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "street_taxi_night"
KITTI = (375, 1242)  # height, width of a KITTI photo
START_LIMIT = 60  # seconds


def median(action: Callable[[], object], runs: int) -> float:
    """Median seconds of `runs` calls after one that isn't counted."""
    action()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def matmul() -> object:
    """The network's reference: 2 * 1024^3 floating-point operations."""
    a = torch.ones(1024, 1024)
    return a @ a


def opencv_inpaint() -> object:
    """The edits' reference: Telea on a hole of 200 x 100 in a KITTI-sized photo."""
    photo = np.full((*KITTI, 3), 128, np.uint8)
    hole = np.zeros(KITTI, np.uint8)
    hole[150:250, 500:700] = 255
    return cv2.inpaint(photo, hole, 5, cv2.INPAINT_TELEA)


def square_with_hole() -> tuple[np.ndarray, np.ndarray]:
    """A picture (512, 512, 3) uint8 of which our inpainter sees all, and a hole of 160 x 180."""
    hole = np.zeros((512, 512), bool)
    hole[150:330, 180:340] = True
    return np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8), hole


def load_example() -> tuple[np.ndarray, tuple[Instance, ...]]:
    """An example photo cut to KITTI's size, with the instances that are left in it."""
    photo = load_photo(next(EXAMPLE.glob("photo.*")))
    height, width = photo.shape[:2]
    instances = read_instances(EXAMPLE / "instances.json", height, width)
    top, left = (height - KITTI[0]) // 2, (width - KITTI[1]) // 2
    rows, columns = slice(top, top + KITTI[0]), slice(left, left + KITTI[1])
    cut = [
        Instance(instance.modal[rows, columns].copy(), instance.category, instance.name)
        for instance in instances
    ]
    kept = sorted((item for item in cut if item.area >= 400), key=lambda item: -item.area)
    return photo[rows, columns].copy(), tuple(kept)


def time_network(pipeline: Pipeline, instances: tuple[Instance, ...], runs: int) -> dict:
    """Seconds of the network alone, and of a whole completion."""
    completer = pipeline.completer
    one = [completer.query(instances[0])]
    twenty = [completer.query(instances[i % len(instances)]) for i in range(20)]
    return {
        "model, 1 object x mode": median(lambda: completer.decode(one, 0), runs),
        "model, 1 object x 20 samples": median(lambda: completer.decode(one, 20), runs),
        "model, 20 objects x 20 samples": median(lambda: completer.decode(twenty, 20), runs),
        "completion, 20 samples, mask to masks": median(
            lambda: pipeline.complete(instances[0], instances[1:]), runs
        ),
    }


def time_edits(
    pipeline: Pipeline, photo: np.ndarray, instances: tuple[Instance, ...], runs: int
) -> dict:
    """Seconds to delete an object of a 1242 x 375 photo, fills included.

    Each of the six largest objects is deleted by itself; the largest covers a quarter of the photo.
    """
    scene = pipeline.scene(photo, instances)
    largest = instances[:6]
    ids = [layer.id for layer in scene.layers if any(layer.instance is item for item in largest)]
    ours = PartialConvolutions(BUNDLED / FILE, "cpu")
    fill = partial(ours.fill, *square_with_hole())
    times = {f"fill a hole in 512 x 512, {ours.name}": median(fill, runs)}
    for inpainter in (ours, pipeline.inpainter()):
        name, decomposer = inpainter.name, Decomposer(inpainter)
        each = [median(partial(decomposer.render, scene.delete(id)), runs) for id in ids]
        times[f"delete, {name}, median object"] = statistics.median(each)
        times[f"delete, {name}, slowest object"] = max(each)
    car = next(id for id in ids if can_turn(scene.layer(id).instance.category))
    coloured = decomposer.colour(scene, [car])
    action = partial(turn, coloured, car, 90, decomposer, pipeline.turner())
    return times | {"turn a car, its colours known": median(action, runs)}


def time_data_set(
    pipeline: Pipeline, root: Path | None, runs: int, objects: int = 1024
) -> dict[str, float]:
    """Seconds an object from a COCO file to a COCO file: masks read, completed and written."""
    photos = synthetic.kitti_photos(root) if root else synthetic.toy_photos()
    document = synthetic.data_set(photos, objects)
    times = {}
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "in.json"), Path(folder, "out.json")
        source.write_text(json.dumps(document))

        def run(precision: str) -> None:
            data = DataSet(source)
            parts = Parts(out, len(data.chunks), {})
            parts.open()
            chunks = range(len(data.chunks))
            complete_chunks(pipeline.completer, data, parts, chunks, Wanted(precision=precision))
            parts.merge(data.document)

        for precision in PRECISIONS:
            seconds = median(partial(run, precision), runs)
            times[f"data set, 1 object x mode, file to file, {precision}"] = seconds / objects
    return times


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one core meanwhile."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def time_start(port: int = 7869) -> float:
    """Seconds from `python app.py` to the first page served."""
    start = time.perf_counter()
    app = subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - start < START_LIMIT:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                    return time.perf_counter() - start
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
    finally:
        app.terminate()
        app.wait()
    raise AmodalError(f"The app did not answer within {START_LIMIT} seconds on port {port}.")


def time_import() -> float:
    """Seconds of `import torch` in a fresh interpreter: the reference of the start."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return time.perf_counter() - start


def measure(weights: str | None, runs: int, root: Path | None) -> dict[str, dict[str, float]]:
    """All times: {name: {"seconds", "ratio"}}; the references have the ratio 1.

    Args:
        root: of KITTI MOTS, for its masks instead of toy shapes; None is fine.
    """
    pipeline = Pipeline.load(weights, device="cpu")
    photo, instances = load_example()
    groups = [
        ("reference: matmul 1024", median(matmul, 20), time_network(pipeline, instances, runs)),
        (
            "reference: cv2.inpaint",
            median(opencv_inpaint, 5),
            time_edits(pipeline, photo, instances, max(runs // 8, 1)),
        ),
    ]
    with one_thread():
        name = "reference: matmul 1024, one thread"
        few = max(runs // 8, 1)
        groups.append((name, median(matmul, 20), time_data_set(pipeline, root, few)))
    time_start()  # warm: files in the system's cache
    groups.append(("reference: import torch", time_import(), {"app ready": time_start()}))
    table = {}
    for name, reference, times in groups:
        for step, seconds in {name: reference, **times}.items():
            table[step] = {"seconds": seconds, "ratio": seconds / reference}
    for notice in pipeline.notices:
        print(notice, file=sys.stderr)
    return table


@command("amodal.benchmark")
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m amodal.benchmark", description=__doc__)
    parser.add_argument("--weights", help="folder or Hub repository; default: the bundled ones")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--root", type=Path, help="folder of KITTI MOTS, for the data set's masks")
    parser.add_argument("--json", type=Path, help="file to write the times to")
    options = parser.parse_args(arguments)
    table = measure(options.weights, options.runs, options.root)
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    print("| step | ms | ratio to its reference |\n|---|---:|---:|")
    for step, row in table.items():
        print(f"| {step} | {1000 * row['seconds']:.3g} | {row['ratio']:.2g} |")
    for step, row in table.items():
        if step.startswith("data set"):
            print(f"{step}: {1 / row['seconds']:,.0f} objects a second and core")
    if options.json:
        options.json.write_text(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
