"""The completer on a small network that was really trained on ellipses and triangles."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from amodal.completer import Completer
from amodal.errors import AmodalError
from amodal.geometry import Box, tight_box
from amodal.paste import paste
from amodal.scene import Instance

TINY = Path(__file__).parent / "data" / "tiny"


@pytest.fixture(scope="module")
def completer() -> Completer:
    return Completer.load(TINY, device="cpu")


def ellipse(centre=(100, 80), axes=(50, 40), size=(160, 200)) -> np.ndarray:
    canvas = np.zeros(size, np.uint8)
    cv2.ellipse(canvas, centre, axes, 0, 0, 360, 1, -1)
    return canvas.astype(bool)


def covered(whole: np.ndarray, share: float = 0.35) -> np.ndarray:
    """The whole without its left part, as if something stood in front of it."""
    box = tight_box(whole)
    modal = whole.copy()
    modal[:, : int(box.x0 + share * box.width)] = False
    return modal


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return (a & b).sum() / (a | b).sum()


def test_completes_a_covered_ellipse(completer):
    whole = ellipse()
    modal = covered(whole)
    mode = completer.complete(Instance(modal, "car"), samples=1).mode.on_photo(*whole.shape)
    assert iou(modal, whole) < 0.75
    assert iou(mode, whole) > 0.88


def test_every_completion_contains_the_visible_pixels(completer):
    modal = covered(ellipse())
    result = completer.complete(Instance(modal, "car"), samples=8)
    for completion in (result.mode, *result.samples):
        assert not (modal & ~completion.on_photo(*modal.shape)).any()


def test_probability_is_the_mean_of_the_samples(completer):
    modal = covered(ellipse())
    result = completer.complete(Instance(modal, "car"), samples=5)
    mean = np.mean([sample.on_photo(*modal.shape) for sample in result.samples], axis=0)
    np.testing.assert_allclose(result.probability_on_photo(*modal.shape), mean, atol=1e-6)


def test_equal_seeds_equal_bytes_other_seeds_other_shapes(completer):
    instance = Instance(covered(ellipse()), "car")
    masks = [
        [s.on_photo(160, 200) for s in completer.complete(instance, samples=4, seed=seed).samples]
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(masks[0], masks[1])
    assert not np.array_equal(masks[0], masks[2])


def test_temperature_zero_repeats_the_mode(completer):
    result = completer.complete(Instance(covered(ellipse()), "car"), samples=3, temperature=0)
    for sample in result.samples:
        assert np.array_equal(sample.mask, result.mode.mask)


def test_a_completion_may_leave_the_photo(completer):
    whole = ellipse(centre=(20, 80))  # the photo's left border cuts it
    result = completer.complete(Instance(whole, "car"), samples=1)
    assert result.mode.x0 < 0
    assert result.mode.area > whole.sum()


def test_a_wild_guess_stays_within_one_photo_of_the_photo(completer):
    instance = Instance(ellipse(), "car")
    query = completer.query(instance)
    theta = np.array([30, -30, 90, 90], np.float32)
    wild = paste(instance, query.crop, np.ones((32, 32), np.float32), theta, 0.5, None)
    assert wild.mask.shape == (3 * 160, 3 * 200)
    assert (wild.x0, wild.y0) == (-200, -160)


def test_scale_and_position_do_not_matter(completer):
    small = completer.complete(Instance(covered(ellipse()), "car"), samples=1).mode
    moved = covered(ellipse(centre=(140, 95), size=(200, 260)))
    other = completer.complete(Instance(moved, "car"), samples=1).mode
    assert np.array_equal(small.mask, other.mask)
    assert (other.x0 - small.x0, other.y0 - small.y0) == (40, 15)


def test_the_full_extent_box_bounds_the_completion(completer):
    whole = ellipse()
    modal = covered(whole, 0.5)
    box = tight_box(whole)
    mode = completer.complete(Instance(modal, "car", box=box), samples=1).mode
    assert box.contains(
        Box(mode.x0, mode.y0, mode.x0 + mode.mask.shape[1], mode.y0 + mode.mask.shape[0])
    )
    assert iou(mode.on_photo(*whole.shape), whole) > 0.9


def test_visible_iou_counts_known_pixels_only(completer):
    modal = covered(ellipse())
    hidden = np.zeros_like(modal)
    hidden[:, : int(tight_box(modal).x0)] = True  # the occluder's side
    seen = completer.complete(Instance(modal, "car"), hidden, samples=1).mode.visible_iou
    nothing_hides = np.zeros_like(modal)
    strict = completer.complete(Instance(modal, "car"), nothing_hides, samples=1).mode.visible_iou
    assert 0 < strict < seen <= 1


def two_pieces() -> np.ndarray:
    mask = np.zeros((40, 60), bool)
    mask[10:20, 5:15] = mask[12:22, 35:50] = True
    return mask


@pytest.mark.parametrize(
    "mask",
    [
        pytest.param(np.pad(np.ones((1, 1), bool), 20), id="one pixel"),
        pytest.param(np.ones((40, 60), bool), id="full frame"),
        pytest.param(two_pieces(), id="two pieces"),
        pytest.param(np.pad(np.ones((1, 50), bool), 5), id="a line"),
    ],
)
def test_odd_masks_are_completed(completer, mask):
    mode = completer.complete(Instance(mask, "car"), samples=3).mode
    assert not (mask & ~mode.on_photo(*mask.shape)).any()


def test_an_empty_mask_is_refused(completer):
    with pytest.raises(AmodalError, match="mask is empty"):
        completer.complete(Instance(np.zeros((30, 30), bool), "car"))


@pytest.mark.parametrize("samples", [0, 33])
def test_too_few_or_many_samples_are_refused(completer, samples):
    with pytest.raises(AmodalError, match="expected 1 to 32"):
        completer.complete(Instance(ellipse(), "car"), samples=samples)


def test_a_degenerate_box_is_refused(completer):
    with pytest.raises(AmodalError, match="x0 < x1"):
        completer.complete(Instance(ellipse(), "car", box=Box(5, 5, 5, 9)))


def test_inputs_are_not_changed(completer):
    modal = covered(ellipse())
    before = modal.copy()
    completer.complete(Instance(modal, "car"), modal, samples=2)
    assert np.array_equal(modal, before)


def test_untrained_classes_fall_to_unknown(completer):
    modal = covered(ellipse())
    tram = completer.complete(Instance(modal, "tram"), samples=1).mode
    unknown = completer.complete(Instance(modal, "unknown"), samples=1).mode
    assert np.array_equal(tram.mask, unknown.mask)


def test_the_suggested_class_explains_the_mask(completer):
    triangle = np.zeros((160, 200), np.uint8)
    cv2.fillPoly(triangle, [np.array([[100, 20], [60, 140], [140, 150]])], 1)
    shapes = {"car": ellipse(), "person": triangle.astype(bool)}
    for truth, mask in shapes.items():
        suggestion = completer.suggest_class(mask)
        assert suggestion[0][0] == truth
        assert sum(share for _, share in suggestion) == pytest.approx(1)
