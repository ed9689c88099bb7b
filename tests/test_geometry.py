"""The conventions of geometry.py, pinned; and its maps against each other and independent code."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from amodal.errors import AmodalError
from amodal.geometry import (
    Box,
    box_to_theta,
    hull,
    resize,
    squeeze,
    theta_to_box,
    tight_box,
    unsqueeze,
    warp,
)

S = 64

masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=30))
coordinates = st.floats(-300, 300, allow_nan=False)
sides = st.floats(0.5, 400)
boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h), coordinates, coordinates, sides, sides
)
int_boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.integers(-20, 40),
    st.integers(-20, 40),
    st.integers(1, 30),
    st.integers(1, 30),
)


def blob(seed: int, size: tuple[int, int] = (160, 220)) -> np.ndarray:
    """One random smooth piece, at least 30 pixels wide and high."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.normal(size=size).astype(np.float32), (0, 0), 14)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((noise > 0).astype(np.uint8))
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    assert stats[largest, cv2.CC_STAT_WIDTH] >= 30
    assert stats[largest, cv2.CC_STAT_HEIGHT] >= 30
    return labels == largest


def pasted(window: np.ndarray, x0: int, y0: int, shape: tuple[int, int]) -> np.ndarray:
    """The window in a photo of this shape; it must lie inside."""
    out = np.zeros(shape, window.dtype)
    out[y0 : y0 + window.shape[0], x0 : x0 + window.shape[1]] = window
    return out


def round_trip(mask: np.ndarray, size: int = S) -> np.ndarray:
    box = tight_box(mask)
    window, x0, y0 = unsqueeze(squeeze(mask, box, size), box)
    return pasted(window >= 0.5, x0, y0, mask.shape)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return (a & b).sum() / (a | b).sum()


# Boxes


def test_convention_box_is_half_open_x_first():
    mask = np.zeros((10, 10), bool)
    mask[2, 5] = True
    assert tight_box(mask) == Box(5, 2, 6, 3)
    assert (tight_box(mask).width, tight_box(mask).height) == (1, 1)


@settings(deadline=None)
@given(masks)
def test_tight_box_is_the_smallest_that_holds_all(mask):
    assume(mask.any())
    rows, columns = np.nonzero(mask)
    assert tight_box(mask) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_tight_box_of_edge_touching_masks_is_the_frame():
    assert tight_box(np.ones((3, 7), bool)) == Box(0, 0, 7, 3)


@pytest.mark.parametrize("shape", [(4, 5), (1, 1), (0, 5), (5, 0)])
def test_an_empty_mask_has_no_box(shape):
    with pytest.raises(AmodalError, match="mask is empty: mark at least one pixel"):
        tight_box(np.zeros(shape, bool))


@settings(deadline=None)
@given(int_boxes, int_boxes)
def test_iou_union_and_contains_agree_with_pixels(a, b):
    def pixels(box):
        mask = np.zeros((100, 100), bool)
        mask[int(box.y0) + 25 : int(box.y1) + 25, int(box.x0) + 25 : int(box.x1) + 25] = True
        return mask

    both, either = pixels(a) & pixels(b), pixels(a) | pixels(b)
    assert a.iou(b) == pytest.approx(both.sum() / either.sum())
    assert a.iou(b) == b.iou(a)
    assert a.iou(a) == 1
    assert pixels(a.union(b)).sum() == tight_box(either).width * tight_box(either).height
    assert a.contains(b) == bool((pixels(b) & ~pixels(a)).sum() == 0)
    assert a.union(b).contains(a)


def test_boxes_that_only_touch_share_nothing():
    assert Box(0, 0, 2, 2).iou(Box(2, 0, 4, 2)) == 0


# Image frame to crop frame


def test_squeeze_of_a_box_of_its_own_size_is_exact():
    mask = blob(0)
    crop = squeeze(mask, Box(30, 20, 30 + S, 20 + S), S)
    assert crop.dtype == np.float32
    assert np.array_equal(crop, mask[20 : 20 + S, 30 : 30 + S].astype(np.float32))


@given(st.integers(0, 1000), st.integers(1, 4), st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_squeeze_averages_whole_blocks(seed, by_y, by_x):
    mask = np.random.default_rng(seed).random((16 * by_y, 16 * by_x)) < 0.5
    blocks = mask.reshape(16, by_y, 16, by_x).mean(axis=(1, 3))
    crop = squeeze(mask, Box(0, 0, 16 * by_x, 16 * by_y), 16)
    np.testing.assert_allclose(crop, blocks, atol=1e-6)


def test_convention_pixel_centres_are_at_halves():
    # align_corners=False: torch.nn.functional.interpolate([0, 1], size=4) gives these numbers.
    grown = resize(np.array([[0, 1]], np.float32), 1, 4)
    np.testing.assert_allclose(grown, [[0, 0.25, 0.75, 1]])


@given(st.integers(0, 1000), st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_growing_agrees_with_torch(seed, height, width):
    values = np.random.default_rng(seed).random((height, width), np.float32)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(values)[None, None], (S, S), mode="bilinear", align_corners=False
    )
    np.testing.assert_allclose(resize(values, S, S), expected[0, 0], atol=1e-5)


@given(masks, int_boxes, st.integers(1, 20))
@settings(deadline=None)
def test_squeeze_pads_with_emptiness_beyond_the_photo(mask, box, size):
    before = mask.copy()
    crop = squeeze(mask, box, size)
    margin = 60
    plane = np.pad(mask, margin)
    moved = Box(box.x0 + margin, box.y0 + margin, box.x1 + margin, box.y1 + margin)
    np.testing.assert_allclose(crop, squeeze(plane, moved, size), atol=1e-6)
    assert crop.shape == (size, size)
    assert crop.min() >= 0
    assert crop.max() <= 1 + 1e-6
    assert np.array_equal(mask, before)


def test_squeeze_rounds_outwards_and_never_to_nothing():
    mask = np.ones((10, 10), bool)
    inside = squeeze(mask, Box(2.5, 2.5, 4.5, 4.5), 8)
    assert np.array_equal(inside, squeeze(mask, Box(2, 2, 5, 5), 8))
    assert squeeze(mask, Box(3, 3, 3, 3), 8).min() == 1
    assert squeeze(mask, Box(-9, -9, -3, -3), 8).max() == 0


# Canonical frame to image frame


def test_unsqueeze_to_its_own_size_is_exact():
    canonical = np.random.default_rng(0).random((S, S), np.float32)
    window, x0, y0 = unsqueeze(canonical, Box(-7, 12, -7 + S, 12 + S))
    assert (x0, y0) == (-7, 12)
    assert np.array_equal(window, canonical)


def test_unsqueeze_by_half_a_pixel_averages_neighbours():
    canonical = np.array([[1, 0, 1, 1]] * 4, np.float32)
    window, x0, y0 = unsqueeze(canonical, Box(10.5, 0, 14.5, 4))
    assert (x0, y0) == (10, 0)
    np.testing.assert_allclose(window, [[0.5, 0.5, 0.5, 1, 0.5]] * 4, atol=0.02)


@given(boxes)
@settings(max_examples=60, deadline=None)
def test_unsqueezed_ones_cover_the_box(box):
    window, x0, y0 = unsqueeze(np.ones((S, S), np.float32), box)
    assert (x0, y0) == (np.floor(box.x0), np.floor(box.y0))
    assert window.shape == (np.ceil(box.y1) - y0, np.ceil(box.x1) - x0)
    assert window.min() >= 0
    assert window.max() <= 1 + 1e-6
    # A pixel whose centre lies well inside is the object's.
    x = np.arange(window.shape[1]) + x0 + 0.5
    y = np.arange(window.shape[0]) + y0 + 0.5
    deep_x = (x - box.x0 > 0.02 * box.width + 1) & (box.x1 - x > 0.02 * box.width + 1)
    deep_y = (y - box.y0 > 0.02 * box.height + 1) & (box.y1 - y > 0.02 * box.height + 1)
    deep = deep_y[:, None] & deep_x[None]
    assert (window[deep] > 0.999).all()
    if box.width > 10 and box.height > 10:
        assert (window >= 0.5).sum() == pytest.approx(box.width * box.height, rel=0.12)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_round_trip_of_blobs(seed):
    mask = blob(seed)
    assert iou(round_trip(mask), mask) >= 0.97


@given(st.integers(0, 10_000), st.sampled_from(["left", "top", "right", "bottom"]))
@settings(max_examples=10, deadline=None)
def test_round_trip_at_the_photos_border(seed, side):
    mask = blob(seed)
    box = tight_box(mask)
    middle_x, middle_y = int(box.x0 + box.width / 2), int(box.y0 + box.height / 2)
    cut = {
        "left": mask[:, middle_x:],
        "right": mask[:, :middle_x],
        "top": mask[middle_y:],
        "bottom": mask[:middle_y],
    }[side]
    assume(cut.any())
    assume(min(tight_box(cut).width, tight_box(cut).height) > 25)
    assert iou(round_trip(cut), cut) >= 0.97


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (slice(3, 4), slice(5, 6)),  # one pixel
        (slice(0, 1), slice(0, 1)),  # one pixel in the corner
        (slice(3, 4), slice(0, 40)),  # a line across
        (slice(0, 30), slice(7, 8)),  # a line down
        (slice(5, 6), slice(3, 9)),
        (slice(0, 30), slice(0, 40)),  # everything
        (slice(4, 9), slice(11, 31)),
    ],
)
def test_round_trip_of_rectangles(rows, columns):
    mask = np.zeros((30, 40), bool)
    mask[rows, columns] = True
    assert np.array_equal(round_trip(mask), mask)


def test_round_trip_keeps_two_pieces_and_a_hole():
    mask = np.zeros((60, 90), bool)
    mask[5:30, 5:35] = mask[35:55, 50:80] = True
    mask[12:22, 12:25] = False
    again = round_trip(mask)
    assert iou(again, mask) >= 0.95
    assert not again[17, 18]
    assert not again[30:35].any()


# theta


def test_convention_theta_is_centre_and_half_size_in_crop_frame():
    crop = Box(0, 0, 10, 20)
    assert theta_to_box(np.array([0, 0, 1, 1]), crop) == crop
    # One crop half-width to the right, half as wide, as high.
    assert theta_to_box(np.array([1, 0, 0.5, 1]), crop) == Box(7.5, 0, 12.5, 20)
    # y points down: the lower half.
    assert theta_to_box(np.array([0, 0.5, 1, 0.5]), crop) == Box(0, 10, 10, 20)


@settings(deadline=None)
@given(boxes, boxes)
def test_theta_round_trip(box, crop):
    theta = box_to_theta(box, crop)
    assert theta.dtype == np.float32
    assert theta.shape == (4,)
    again = theta_to_box(theta, crop)
    scale = max(np.abs(box).max(), np.abs(crop).max(), 1)
    np.testing.assert_allclose(again, box, atol=1e-5 * scale)


# warp


def tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values)[None, None].float()


def thetas(*values: float) -> torch.Tensor:
    return torch.tensor([values], dtype=torch.float32)


def test_warp_by_the_identity_is_exact():
    mask = tensor(np.random.default_rng(0).random((S, S)))
    same = warp(mask, thetas(0, 0, 1, 1))
    torch.testing.assert_close(same, mask, atol=1e-5, rtol=0)
    torch.testing.assert_close(warp(mask, thetas(0, 0, 1, 1), thetas(0, 0, 1, 1)), mask)


def test_convention_warp_sends_canonical_to_crop():
    ones = torch.ones(1, 1, 8, 8)
    centre = warp(ones, thetas(0, 0, 0.5, 0.5))[0, 0] >= 0.5
    expected = torch.zeros(8, 8, dtype=torch.bool)
    expected[2:6, 2:6] = True
    assert torch.equal(centre, expected)
    # tx > 0 moves right, ty > 0 moves down.
    corner = warp(ones, thetas(0.5, 0.5, 0.5, 0.5))[0, 0] >= 0.5
    assert tight_box(corner.numpy()) == Box(4, 4, 8, 8)


def test_convention_warp_counts_in_pixel_edges():
    # Half a crop half-width of 4 pixels is 2 pixels; with align_corners=True it would be 1.75.
    mask = tensor(np.random.default_rng(0).random((8, 8)))
    moved = warp(mask, thetas(0.5, -0.25, 1, 1))
    torch.testing.assert_close(moved[..., :-1, 2:], mask[..., 1:, :-2], atol=1e-5, rtol=0)
    assert moved[..., :2].max() < 1e-5
    assert moved[..., -1, :].max() < 1e-5


def test_warp_shows_nothing_outside_of_the_mask():
    ones = torch.ones(1, 1, 8, 8)
    assert warp(ones, thetas(5, 0, 1, 1)).max() == 0


def test_a_window_that_leaves_the_crop_frame_shows_the_whole_object():
    mask = tensor(blob(3)[:S, :S])
    theta = thetas(0.7, -0.2, 2.0, 1.5)
    torch.testing.assert_close(warp(mask, theta, theta), mask, atol=1e-5, rtol=0)


def test_each_object_of_a_batch_has_its_own_theta_and_window():
    mask = torch.rand(3, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    theta = torch.tensor([[0, 0, 1, 1], [0.2, -0.1, 1.5, 0.8], [-0.5, 0.3, 0.7, 2.0]])
    window = torch.tensor([[0, 0, 2, 2], [0.1, 0.1, 1, 1], [-0.4, 0, 0.5, 1.2]])
    together = warp(mask, theta, window)
    for i in range(3):
        alone = warp(mask[i : i + 1], theta[i : i + 1], window[i : i + 1])
        torch.testing.assert_close(together[i : i + 1], alone)


@given(
    x=st.floats(-40, 40), y=st.floats(-40, 40), dx=st.floats(0.05, 0.95), dy=st.floats(0.05, 0.95)
)
@settings(max_examples=40, deadline=None)
def test_warp_and_unsqueeze_put_an_object_at_the_same_place(x, y, dx, dy):
    size = 32
    canonical = cv2.GaussianBlur(blob(5)[:size, :size].astype(np.float32), (0, 0), 2)
    crop = Box(3, -2, 50, 71)
    # A fractional box whose pixel window is size x size, so that both sample the same grid once.
    left, top = np.floor(x), np.floor(y)
    box = Box(left + 0.5 * dx, top + 0.5 * dy, left + size - 0.4 * dx, top + size - 0.4 * dy)
    window, x0, y0 = unsqueeze(canonical, box)
    assert window.shape == (size, size)
    theta = torch.from_numpy(box_to_theta(box, crop))[None]
    view = torch.from_numpy(box_to_theta(Box(x0, y0, x0 + size, y0 + size), crop))[None]
    looked = warp(tensor(canonical), theta, view)[0, 0].numpy()
    # OpenCV rounds coordinates to 1/32 pixel.
    np.testing.assert_allclose(looked, window, atol=0.03)


@given(masks)
def test_a_hull_holds_its_mask_and_reaches_no_farther(mask):
    assume(mask.any())
    found = hull(mask)
    assert not (mask & ~found).any()
    assert tight_box(found) == tight_box(mask)


def test_a_hull_fills_a_bay():
    box = np.zeros((20, 30), bool)
    box[4:16, 5:25] = True
    with_bay = box.copy()
    with_bay[4:12, 9:20] = False
    assert (hull(with_bay) == box).all()


def test_warp_is_differentiable_in_mask_theta_and_window():
    generator = torch.Generator().manual_seed(0)
    mask = torch.rand(1, 1, 6, 6, generator=generator, dtype=torch.float64, requires_grad=True)
    theta = torch.tensor([[0.13, -0.07, 0.9, 1.1]], dtype=torch.float64, requires_grad=True)
    window = torch.tensor([[0.05, 0.02, 1.21, 0.87]], dtype=torch.float64, requires_grad=True)
    # warp computes in float32, so the steps are larger than gradcheck's own.
    assert torch.autograd.gradcheck(warp, (mask, theta, window), eps=1e-3, atol=5e-3)
    warp(mask, theta, window)[..., :3].sum().backward()
    assert (theta.grad.abs() > 1e-6).all()
