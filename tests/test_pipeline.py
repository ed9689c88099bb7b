"""The whole path on a toy network: instances, completions, scene, edits, picture."""

import threading
from pathlib import Path

import numpy as np
import pytest

from amodal import AmodalError, Instance, Pipeline
from amodal.hub import Notice
from amodal.inpaint.opencv import OpenCV
from amodal.segment import MaskGuess

TINY = Path(__file__).parent / "data" / "tiny"


@pytest.fixture
def pipeline(monkeypatch) -> Pipeline:
    pipeline = Pipeline.load(str(TINY), device="cpu")
    monkeypatch.setattr(
        "amodal.inpaint.load.load_inpainter", lambda progress, device: (OpenCV(), None)
    )
    return pipeline


@pytest.fixture
def photo() -> np.ndarray:
    rows, columns = np.mgrid[:120, :160]
    noise = np.random.default_rng(0).integers(0, 20, (120, 160, 3))
    return (np.stack([rows, columns, rows + columns // 2], axis=2) % 200 + noise).astype(np.uint8)


@pytest.fixture
def instances() -> tuple[Instance, Instance]:
    rows, columns = np.mgrid[:120, :160]
    back = ((columns - 70) / 40) ** 2 + ((rows - 60) / 30) ** 2 < 1
    front = ((columns - 110) / 30) ** 2 + ((rows - 70) / 30) ** 2 < 1
    return Instance(back & ~front, "car", "back"), Instance(front, "car", "front")


def test_from_masks_to_an_edited_picture(pipeline, photo, instances):
    completions = pipeline.complete(instances[0], instances, samples=4, seed=1)
    scene = pipeline.scene(photo, instances, {0: completions.samples[2]})
    front = next(layer.id for layer in scene.layers if layer.instance.name == "front")
    picture, painted = pipeline.render(scene.delete(front))
    assert picture.shape == photo.shape
    assert (picture[instances[1].modal] != photo[instances[1].modal]).any()
    again, _ = pipeline.render(scene)
    assert np.array_equal(again, photo)
    assert painted is not scene


def test_what_is_not_chosen_gets_the_mode(pipeline, photo, instances):
    scene = pipeline.scene(photo, instances)
    mode = pipeline.complete(instances[1], samples=1).mode
    layer = next(layer for layer in scene.layers if layer.instance is instances[1])
    assert np.array_equal(
        layer.completion.on_photo(120, 160), mode.on_photo(120, 160) | instances[1].modal
    )


def test_bad_weights_are_refused(tmp_path):
    with pytest.raises(AmodalError, match=r"manifest\.json"):
        Pipeline.load(str(tmp_path))


class CountingSegmenter:
    """A segmenter that counts how often it looks at a photo."""

    name = "counting"

    def __init__(self):
        self.encoded = 0

    def encode(self, photo):
        self.encoded += 1
        return photo.shape[:2]

    def segment(self, embedding, points=(), labels=(), box=None):
        return (MaskGuess(np.ones(embedding, bool), 1.0),)


def test_a_photo_is_encoded_once_for_all_prompts(pipeline, photo, monkeypatch):
    counting = CountingSegmenter()
    monkeypatch.setattr(
        "amodal.segment.load.load_segmenter", lambda progress, device: (counting, None)
    )
    for x in (10, 20, 30):
        assert pipeline.segment(photo, points=[(x, 10)])[0].mask.shape == (120, 160)
    assert counting.encoded == 1
    pipeline.segment(photo[:, ::-1].copy(), points=[(5, 5)])
    assert counting.encoded == 2


def test_a_network_is_loaded_once_by_many_threads(pipeline, monkeypatch):
    loads = []

    def load(progress, device):
        loads.append(1)
        return OpenCV(), None

    monkeypatch.setattr("amodal.inpaint.load.load_inpainter", load)
    threads = [threading.Thread(target=pipeline.inpainter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1


def test_a_fall_back_is_tried_again_after_a_while(pipeline, photo, monkeypatch):
    notice = Notice("Slow", "no network", "Connect.")
    answers = [(OpenCV(), notice), (OpenCV(), None)]
    monkeypatch.setattr(
        "amodal.inpaint.load.load_inpainter", lambda progress, device: answers.pop(0)
    )
    first = pipeline.inpainter()
    assert pipeline.inpainter() is first
    assert pipeline.notices == (notice,)
    monkeypatch.setattr(pipeline._inpainter, "retry_after", -1.0)
    assert pipeline.inpainter() is not first
    assert pipeline.notices == ()
    assert answers == []


def test_another_segmenter_looks_at_the_photo_anew(pipeline, photo, monkeypatch):
    one, other = CountingSegmenter(), CountingSegmenter()
    other.name = "other"
    answers = [(one, Notice("Slow", "no network", "Connect.")), (other, None)]
    monkeypatch.setattr(
        "amodal.segment.load.load_segmenter", lambda progress, device: answers.pop(0)
    )
    monkeypatch.setattr(pipeline._segmenter, "retry_after", -1.0)
    pipeline.segment(photo, points=[(10, 10)])
    pipeline.segment(photo, points=[(10, 10)])
    assert (one.encoded, other.encoded) == (1, 1)


def test_an_object_wholly_inside_another_s_mask_can_be_uncovered(pipeline, photo):
    car = np.zeros((120, 160), bool)
    car[30:100, 30:130] = True
    driver = np.zeros_like(car)
    driver[50:70, 60:80] = True
    scene = pipeline.scene(
        photo, [Instance(car, "car", "car"), Instance(driver, "person", "driver")]
    )
    picture, _ = pipeline.render(scene.delete("object-1"))
    core = np.zeros_like(car)
    core[55:65, 65:75] = True
    assert np.array_equal(picture[core], photo[core])
    assert (picture[car & ~driver] != photo[car & ~driver]).any()
