"""The steps of the demo, in one process: the network, the edits, an editing session, data sets."""

from __future__ import annotations

import json
import statistics
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from amodal.benchmark.timing import KITTI, median
from amodal.complete_dataset import complete_chunks
from amodal.cuts import PRECISIONS, Wanted
from amodal.data import synthetic
from amodal.data.coco import read_instances
from amodal.data.dataset import DataSet
from amodal.data.parts import Parts
from amodal.decompose import Decomposer
from amodal.export import layers_zip, png_bytes
from amodal.hub import BUNDLED
from amodal.inpaint.checkpoint import FILE
from amodal.inpaint.partial import PartialConvolutions
from amodal.inpaint.rough import Rough
from amodal.openraster import openraster
from amodal.paste import paste
from amodal.photo import load_photo
from amodal.pipeline import Pipeline
from amodal.scene import Instance
from amodal.turn import can_turn, turn

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "street_taxi_night"


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


def time_session(pipeline: Pipeline, runs: int) -> dict[str, float]:
    """Seconds of what one user does, on a whole example with its 14 objects."""
    photo = load_photo(next(EXAMPLE.glob("photo.*")))
    instances = read_instances(EXAMPLE / "instances.json", *photo.shape[:2])
    scene = pipeline.scene(photo, instances)
    rough = Decomposer(Rough())
    plate, whole = rough.take_apart(scene)
    completer = pipeline.completer
    query = completer.query(instances[0])
    canonical, theta = completer.decode([query], 20)
    shapes = list(zip(canonical[0], theta[0], strict=True))
    known = np.ones(photo.shape[:2], bool)

    def crop_and_paste() -> None:
        completer.query(instances[0])
        for shape, where in shapes:
            paste(instances[0], query.crop, shape, where, completer.info.threshold, known)

    return {
        "open a photo with 14 objects": median(lambda: pipeline.scene(photo, instances), runs),
        "crop one object and paste 21 shapes": median(crop_and_paste, runs),
        "all layers, roughly coloured": median(lambda: rough.take_apart(scene), runs),
        "the picture as PNG": median(lambda: png_bytes(photo), runs),
        "the layers as ZIP": median(lambda: layers_zip(plate, whole), runs),
        "the layers as OpenRaster": median(lambda: openraster(plate, whole), runs),
    }


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
