"""Objects that a detector finds: what becomes of overlaps, of the filter, and of real photos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.models.detection import maskrcnn_resnet50_fpn_v2
from torchvision.models.detection.roi_heads import paste_masks_in_image

from amodal.data.categories import category_of
from amodal.hub import BUNDLED, WeightFile, WeightsUnavailable, read_manifest
from amodal.hub.manifest import write_manifest
from amodal.pipeline import Pipeline
from amodal.segment.detect import COCO, Detector, in_window, load_detector, load_strictly
from amodal.segment.detection import FREE, SMALLEST, Detection, resolve, wanted
from tests.demo_parts import CAR, HEIGHT, PERSON, WIDTH, instances, photo
from tests.toy_detector import toy_detector, toy_network
from tests.web_server import WebServer


def detection(
    x0: int, y0: int, x1: int, y1: int, score: float = 0.9, category: str = "car"
) -> Detection:
    """A rectangle."""
    return Detection(np.ones((y1 - y0, x1 - x0), bool), x0, y0, category, category, score)


# Overlaps and the filter


def test_the_surer_object_is_in_front() -> None:
    car, person = detection(10, 10, 50, 30, 0.8), detection(40, 5, 60, 40, 0.9, "person")
    front, behind = resolve([car, person], 50, 70)
    assert (front.category, behind.category) == ("person", "car")
    assert np.array_equal(front.on_photo(50, 70), person.on_photo(50, 70))
    hidden = person.on_photo(50, 70)
    assert np.array_equal(behind.on_photo(50, 70), car.on_photo(50, 70) & ~hidden)


def test_one_object_under_two_names_is_kept_once() -> None:
    truck, car = detection(10, 10, 50, 30, 0.9, "truck"), detection(11, 10, 52, 31, 0.6, "car")
    assert [item.category for item in resolve([car, truck], 50, 70)] == ["truck"]


def test_what_is_too_small_to_click_is_dropped() -> None:
    assert resolve([detection(0, 0, 4, 6)], 20, 20) == ()
    assert len(resolve([detection(0, 0, 5, 5)], 20, 20)) == 1


def test_crumbs_that_an_overlap_leaves_are_dropped() -> None:
    post = detection(10, 0, 12, 40, 0.9, "unknown")
    mask = np.ones((40, 52), bool)  # a truck right of the post, and five pixels left of it
    mask[5:, :2] = False
    _, behind = resolve([post, Detection(mask, 8, 0, "truck", "truck", 0.8)], 40, 70)
    assert not behind.on_photo(40, 70)[:, :12].any()
    assert behind.on_photo(40, 70)[:, 12:60].all()


def test_a_small_sure_object_stays_a_hole_in_the_one_behind() -> None:
    sign, bus = detection(80, 80, 86, 86, 0.9, "unknown"), detection(0, 0, 160, 160, 0.8, "bus")
    front, behind = resolve([sign, bus], 160, 160)
    assert not (front.on_photo(160, 160) & behind.on_photo(160, 160)).any()


def test_the_filter() -> None:
    found = (detection(0, 0, 9, 9, 0.9), detection(20, 0, 29, 9, 0.5, "bus"))
    assert wanted(found, 0.5, ["car", "bus"]) == found
    assert wanted(found, 0.51, ["car", "bus"]) == found[:1]
    assert wanted(found, 0.0, ["bus"]) == found[1:]
    assert wanted(found, 0.0, []) == ()


@st.composite
def rectangles(draw: st.DrawFn) -> list[Detection]:
    whole = st.integers(0, 30)
    found = []
    for _ in range(draw(st.integers(0, 8))):
        x0, y0 = draw(whole), draw(whole)
        x1, y1 = x0 + draw(st.integers(3, 25)), y0 + draw(st.integers(3, 25))
        score = draw(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]))
        found.append(detection(x0, y0, x1, y1, score))
    return found


@settings(deadline=None)
@given(rectangles())
def test_every_pixel_belongs_to_one_object(found: list[Detection]) -> None:
    kept = resolve(found, 60, 60)
    masks = [item.on_photo(60, 60) for item in kept]
    assert np.sum(masks, axis=0).max(initial=0) <= 1
    assert [item.score for item in kept] == sorted((i.score for i in kept), reverse=True)
    original = {(item.x0, item.y0, item.score, item.mask.shape): item for item in found}
    for item in kept:
        before = original[item.x0, item.y0, item.score, item.mask.shape]
        assert not (item.mask & ~before.mask).any()
        assert item.area >= FREE * before.area * 0.99 >= 0
        assert before.area >= SMALLEST


@settings(deadline=None)
@given(rectangles(), st.sampled_from([0.2, 0.4, 0.6, 0.8]))
def test_less_sure_objects_change_nothing(found: list[Detection], score: float) -> None:
    every = wanted(resolve(found, 60, 60), score, ["car"])
    sure = resolve([item for item in found if item.score >= score], 60, 60)
    assert len(every) == len(sure)
    for one, other in zip(every, sure, strict=True):
        assert np.array_equal(one.on_photo(60, 60), other.on_photo(60, 60))


@pytest.mark.parametrize("wrong", [{"mask": np.ones((2, 2))}, {"category": "cow"}])
def test_a_detection_checks_itself(wrong: dict) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}: got"):
        replace(detection(0, 0, 9, 9), **wrong)


# Masks as large as the photo


def ellipse(random: np.random.Generator) -> np.ndarray:
    """A soft mask as the network draws it, (28, 28) float32."""
    y, x = np.mgrid[:28, :28] + 0.5
    cx, cy, rx, ry = random.uniform(8, 20, 4)
    inside = 1 - ((x - cx) / rx) ** 2 - ((y - cy) / ry) ** 2
    return (1 / (1 + np.exp(-4 * inside))).astype(np.float32)


def on_photo(window: tuple[np.ndarray, int, int] | None, height: int, width: int) -> np.ndarray:
    if window is None:
        return np.zeros((height, width), bool)
    return Detection(*window, "car", "car", 1.0).on_photo(height, width)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_masks_are_sampled_at_the_centres_of_pixels(seed: int) -> None:
    random = np.random.default_rng(seed)
    soft = ellipse(random)
    x0, y0 = random.uniform(-30, 110, 2)
    x1, y1 = np.array([x0, y0]) + random.uniform(2, 90, 2)

    def weights(pixels: int, start: float, end: float) -> np.ndarray:
        """Of the mask's 28 cells for each pixel: bilinear, nothing outside."""
        cells = (np.arange(pixels) + 0.5 - start) * 28 / (end - start) - 0.5
        return np.maximum(0, 1 - np.abs(cells[:, None] - np.arange(28)))

    expected = weights(100, y0, y1) @ soft @ weights(120, x0, x1).T
    sure = np.abs(expected - 0.5) > 0.05  # OpenCV knows positions to a 32nd of a cell
    got = on_photo(in_window(soft, np.array([x0, y0, x1, y1]), 100, 120), 100, 120)
    assert np.array_equal(got[sure], (expected > 0.5)[sure])


def test_torchvision_agrees() -> None:
    soft, box = ellipse(np.random.default_rng(1)), np.array([-6.3, 12.6, 90.2, 71.9])
    theirs = paste_masks_in_image(
        torch.from_numpy(soft)[None, None], torch.from_numpy(box)[None], (100, 120)
    )
    ours = on_photo(in_window(soft, box, 100, 120), 100, 120)
    assert iou(ours, theirs[0, 0].numpy() > 0.5) > 0.95  # theirs rounds boxes to whole pixels


@pytest.mark.parametrize("box", [(130, 10, 150, 30), (10, 10, 10, 30), (-20, 0, 0, 5)])
def test_a_box_off_the_photo_has_no_mask(box: tuple[float, ...]) -> None:
    assert in_window(np.ones((28, 28), np.float32), np.array(box, float), 100, 120) is None


# The network


@pytest.fixture(scope="module")
def toy() -> Detector:
    return toy_detector()


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return (one & other).sum() / (one | other).sum()


@pytest.mark.parametrize("factor", [1, 3, 12])
def test_a_trained_network_finds_the_objects(toy: Detector, factor: int) -> None:
    large = photo().repeat(factor, axis=0).repeat(factor, axis=1)
    found = {item.category: item for item in wanted(toy.detect(large), 0.5, ("car", "person"))}
    for truth in instances():
        mask = found[truth.category].on_photo(factor * HEIGHT, factor * WIDTH)
        small = mask[factor // 2 :: factor, factor // 2 :: factor]
        assert iou(small, truth.modal) > 0.8, truth.name


def test_what_has_no_class_is_unknown(toy: Detector) -> None:
    pixels = photo()
    pixels[10:36, 20:50] = (40, 180, 60)
    (found,) = wanted(toy.detect(pixels), 0.5, ["unknown"])
    assert found.label == "traffic light"
    assert found.on_photo(HEIGHT, WIDTH)[23, 35]


def test_detecting_changes_neither_the_photo_nor_the_answer(toy: Detector) -> None:
    pixels = photo()
    pixels.setflags(write=False)
    one, other = toy.detect(pixels), toy.detect(pixels)
    assert [(i.score, i.area) for i in one] == [(i.score, i.area) for i in other]


def test_nothing_is_found_where_nothing_is(toy: Detector) -> None:
    empty = photo()
    for x0, y0, x1, y1 in (CAR, PERSON):
        empty[y0:y1, x0:x1] = empty[y0:y1, :1]
    assert wanted(toy.detect(empty), 0.7, ("car", "person", "unknown")) == ()


@pytest.mark.parametrize("shape", [(8, 5000), (5000, 8), (8, 8)])
def test_odd_photos(toy: Detector, shape: tuple[int, int]) -> None:
    for item in toy.detect(np.full((*shape, 3), 90, np.uint8)):
        assert item.on_photo(*shape).any()


def test_only_photos_are_looked_at(toy: Detector) -> None:
    with pytest.raises(ValueError, match="photo: got float"):
        toy.detect(np.zeros((20, 20, 3)))


# Its weights


def test_the_names_of_coco_are_ours_where_they_can_be(toy: Detector) -> None:
    ours = {name: category_of(name) for name in COCO if category_of(name) != "unknown"}
    assert ours == {
        "person": "person",
        "bicycle": "bicycle",
        "car": "car",
        "motorcycle": "motorcycle",
        "bus": "bus",
        "train": "tram",
        "truck": "truck",
    }


class Served:
    """Mask R-CNN's own architecture with weights of ours, on a web server and pinned."""

    def __init__(self, folder: Path) -> None:
        torch.manual_seed(0)
        self.state = maskrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None).state_dict()
        torch.save(self.state, folder / "network.pth")
        content = (folder / "network.pth").read_bytes()
        entries = {entry.name: entry for entry in read_manifest(BUNDLED / "manifest.json")}
        entry = entries["mask-rcnn"]
        file = WeightFile(entry.files[0].file, len(content), sha256(content).hexdigest())
        self.manifest = folder / "manifest.json"
        write_manifest(self.manifest, [replace(entry, files=(file,))])
        self.server = WebServer(f"/models/{file.file}", content)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("served"))
    with served.server:
        yield served


def test_the_whole_network_comes_over_http(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMODAL_PYTORCH_ENDPOINT", served.server.url)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    seen: list[tuple[int, int]] = []
    detector, notice = load_detector(
        lambda *step: seen.append(step), "cpu", manifest=served.manifest
    )
    assert notice is None
    assert seen[-1][0] == seen[-1][1] == len(served.server.content)
    loaded = detector._network.state_dict()
    assert loaded.keys() == served.state.keys()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in served.state.items())
    assert not detector._network.training
    detector._network.transform.min_size, detector._network.transform.max_size = (96,), 160
    for item in detector.detect(photo()):
        assert item.on_photo(HEIGHT, WIDTH).any()
    next((tmp_path / "hub" / "checkpoints").iterdir()).unlink()  # 186 MB


def test_without_a_server_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMODAL_PYTORCH_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    pipeline = Pipeline(completer=None)
    with pytest.raises(WeightsUnavailable) as caught:
        pipeline.detector()
    sentence = str(caught.value)
    assert sentence.startswith("Mask R-CNN can't be loaded: http://127.0.0.1:9 can't be reached")
    for part in ("clicked one by one", "maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth", str(tmp_path)):
        assert part in sentence
    assert pipeline.notices == ()


def test_a_failed_load_is_tried_again(toy: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [WeightsUnavailable("Mask R-CNN", "no network", "Connect."), (toy, None)]

    def load(progress: object, device: str) -> tuple[Detector, None]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("amodal.segment.detect.load_detector", load)
    pipeline = Pipeline(completer=None)
    with pytest.raises(WeightsUnavailable):
        pipeline.detector()
    assert pipeline.detector() is pipeline.detector()
    assert answers == []


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    state = toy_network().state_dict()
    del state["rpn.head.conv.0.0.bias"]
    torch.save(state, tmp_path / "toy.pth")
    with pytest.raises(WeightsUnavailable, match=r"another network: .*rpn\.head\.conv\.0\.0\.bias"):
        load_strictly(toy_network(), tmp_path / "toy.pth")


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    torch.save({"network": toy_network()}, tmp_path / "toy.pth")
    with pytest.raises(WeightsUnavailable, match="could run code"):
        load_strictly(toy_network(), tmp_path / "toy.pth")
