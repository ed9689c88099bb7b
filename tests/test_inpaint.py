"""Inpainters: only the hole changes, whatever the hole; MI-GAN's conventions; the fall-back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.errors import AmodalError
from amodal.hub import BUNDLED
from amodal.inpaint import Inpainter, MiGAN, OpenCV, load_inpainter
from amodal.inpaint.checkpoint import FILE
from amodal.inpaint.crops import crop_around, fill_by_crops
from amodal.inpaint.partial import PartialConvolutions
from amodal.inpaint.rough import Rough
from amodal.photo import load_photo
from tests.hub_server import HubServer

ORANGE = (200, 100, 50)
# A graph with MI-GAN's inputs and output (made once with the package onnx): where mask == 255 the
# image, elsewhere orange.
PAINTS_ORANGE = Path(__file__).parent / "data" / "paints_orange.onnx"
OURS = PartialConvolutions(BUNDLED / FILE, "cpu")


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def orange(crop: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """A painter that spoils everything, the known pixels too."""
    return np.full_like(crop, ORANGE)


@st.composite
def pictures_with_holes(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    height, width = draw(st.integers(1, 60)), draw(st.integers(1, 60))
    hole = np.zeros((height, width), bool)
    for _ in range(draw(st.integers(0, 3))):
        y, x = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        hole[y : y + draw(st.integers(1, 60)), x : x + draw(st.integers(1, 60))] = True
    return picture(height, width, draw(st.integers(0, 99))), hole


@given(pictures_with_holes())
@settings(max_examples=50, deadline=None)
def test_a_rough_guess_changes_only_the_hole_and_knows_no_hidden_colour(
    case: tuple[np.ndarray, np.ndarray],
) -> None:
    image, hole = case
    filled = Rough().fill(image, hole)
    assert np.array_equal(filled[~hole], image[~hole])
    other = np.where(hole[..., None], 255 - image, image)
    assert np.array_equal(Rough().fill(other, hole), filled)


def test_a_rough_guess_continues_the_colours_around() -> None:
    image = np.full((60, 80, 3), ORANGE, np.uint8)
    hole = np.zeros((60, 80), bool)
    hole[20:50, 10:70] = True
    filled = Rough().fill(np.where(hole[..., None], 0, image).astype(np.uint8), hole)
    assert np.array_equal(filled, image)


@given(pictures_with_holes(), st.sampled_from([8, 32, 512]), st.integers(0, 4))
@settings(max_examples=50, deadline=None)
def test_only_the_hole_changes(
    case: tuple[np.ndarray, np.ndarray], size: int, feather: int
) -> None:
    image, hole = case
    before, hole_before = image.copy(), hole.copy()
    if hole.all():
        with pytest.raises(AmodalError, match="covers the whole picture"):
            fill_by_crops(image, hole, orange, size, feather)
        return
    filled = fill_by_crops(image, hole, orange, size, feather)
    assert np.array_equal(filled[~hole], image[~hole])
    assert filled.dtype == np.uint8
    assert filled is not image
    assert np.array_equal(image, before)
    assert np.array_equal(hole, hole_before)
    if feather == 0:
        assert (filled[hole] == ORANGE).all()


@given(pictures_with_holes(), st.integers(0, 255))
@settings(max_examples=25, deadline=None)
def test_what_is_in_the_hole_never_matters(case: tuple[np.ndarray, np.ndarray], value: int) -> None:
    image, hole = case
    if hole.all():
        return
    other = image.copy()
    other[hole] = value
    for inpainter in (OpenCV(size=32), OpenCV()):
        assert np.array_equal(inpainter.fill(image, hole), inpainter.fill(other, hole))


def test_no_hole_gives_the_picture_back() -> None:
    image = picture(20, 30)
    filled = OpenCV().fill(image, np.zeros((20, 30), bool))
    assert np.array_equal(filled, image)
    assert filled is not image


@pytest.mark.parametrize(
    "inpainter", [OpenCV(), OURS, MiGAN(PAINTS_ORANGE)], ids=lambda it: it.name
)
def test_holes_that_are_hard(inpainter: Inpainter) -> None:
    grey = np.full((60, 90, 3), 128, np.uint8)
    single = np.zeros((60, 90), bool)
    single[30, 40] = True
    all_borders = np.ones((60, 90), bool)
    all_borders[25:35, 40:50] = False
    far_apart = np.zeros((60, 90), bool)
    far_apart[:5, :5] = far_apart[-5:, -5:] = True
    for hole in (single, all_borders, far_apart):
        filled = inpainter.fill(grey, hole)
        assert np.array_equal(filled[~hole], grey[~hole])
        if isinstance(inpainter, OpenCV):
            assert (filled == 128).all()  # grey around, grey inside
        if inpainter is OURS:
            assert np.abs(filled.astype(int) - 128).mean() < 15
    with pytest.raises(AmodalError, match="covers the whole picture"):
        inpainter.fill(grey, np.ones((60, 90), bool))
    assert np.array_equal(inpainter.fill(grey, np.zeros((60, 90), bool)), grey)


@pytest.mark.parametrize(("inpainter", "tolerance"), [(OpenCV(), 2), (OURS, 40)])
def test_a_tiny_picture_is_filled(inpainter: Inpainter, tolerance: int) -> None:
    image = np.array([[[10, 20, 30], [0, 0, 0]]], np.uint8)
    filled = inpainter.fill(image, np.array([[False, True]]))
    assert np.abs(filled[0, 1].astype(int) - (10, 20, 30)).max() <= tolerance


def test_the_shipped_network_fills_streets_better_than_opencv() -> None:
    """Holes the size of a car, on the ground and at the horizon of two example photographs."""
    errors: dict[str, list[float]] = {"ours": [], "opencv": []}
    for path in sorted((Path(__file__).parents[1] / "examples").glob("*/photo.jpg")):
        photo = load_photo(path)
        height, width = photo.shape[:2]
        for down in (0.45, 0.7):
            for along in (0.1, 0.3, 0.5, 0.7):
                hole = np.zeros((height, width), bool)
                top, left = int(down * height), int(along * width)
                hole[top : top + height // 6, left : left + width // 6] = True
                for name, inpainter in (("ours", OURS), ("opencv", OpenCV())):
                    apart = inpainter.fill(photo, hole)[hole].astype(int) - photo[hole]
                    errors[name].append(float(np.abs(apart).mean()))
    assert len(errors["ours"]) == 16
    assert np.mean(errors["ours"]) < np.mean(errors["opencv"])


@pytest.mark.parametrize("size", [(1, 40), (40, 1), (2, 40), (2, 2)])
def test_a_sliver_gives_equal_bytes_each_time(size: tuple[int, int]) -> None:
    image, hole = picture(*size), np.ones(size, bool)
    hole[0, 0] = False
    first = OpenCV().fill(image, hole)
    for _ in range(20):
        picture(50, 50)  # let the memory change hands
        assert np.array_equal(OpenCV().fill(image, hole), first)


def test_opencv_continues_a_ramp() -> None:
    ramp = np.repeat(np.arange(0, 240, 2, dtype=np.uint8)[None, :, None], 80, 0).repeat(3, 2)
    hole = np.zeros(ramp.shape[:2], bool)
    hole[30:50, 50:70] = True
    spoilt = ramp.copy()
    spoilt[hole] = (255, 0, 255)
    error = np.abs(OpenCV().fill(spoilt, hole).astype(int) - ramp)[hole]
    assert error.max() < 25


@pytest.mark.parametrize(
    ("image", "hole"),
    [
        (np.zeros((5, 5), np.uint8), np.zeros((5, 5), bool)),
        (np.zeros((5, 5, 4), np.uint8), np.zeros((5, 5), bool)),
        (np.zeros((5, 5, 3), np.float32), np.zeros((5, 5), bool)),
        (np.zeros((5, 5, 3), np.uint8), np.zeros((5, 6), bool)),
        (np.zeros((5, 5, 3), np.uint8), np.zeros((5, 5), np.uint8)),
    ],
    ids=["grey", "rgba", "float", "size", "mask type"],
)
def test_wrong_arrays_are_named(image: np.ndarray, hole: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"(image|hole): got .* expected"):
        OpenCV().fill(image, hole)


@given(
    st.integers(20, 2000), st.integers(20, 2000), st.floats(0, 1), st.floats(0, 1),
    st.integers(1, 19),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_the_crop_is_generous_and_holds_the_hole(
    height: int, width: int, y: float, x: float, side: int
) -> None:
    hole = np.zeros((height, width), bool)
    top, left = int(y * (height - side)), int(x * (width - side))
    hole[top : top + side, left : left + side] = True
    rows, columns = crop_around(hole, hole, size=16)
    assert hole[rows, columns].sum() == hole.sum()
    assert rows.stop - rows.start == min(max(16, 3 * side), height)
    assert columns.stop - columns.start == min(max(16, 3 * side), width)


def test_migan_gets_255_for_known_pixels_and_paints_the_rest() -> None:
    image = picture(40, 50)
    hole = np.zeros((40, 50), bool)
    hole[10:30, 10:40] = True
    filled = MiGAN(PAINTS_ORANGE).fill(image, hole)
    assert (filled[15:25, 15:35] == ORANGE).all()
    assert np.array_equal(filled[~hole], image[~hole])


def test_a_seam_is_soft_inside_the_hole_only() -> None:
    image = np.zeros((60, 60, 3), np.uint8)
    hole = np.zeros((60, 60), bool)
    hole[20:40, 20:40] = True
    row = fill_by_crops(image, hole, orange, size=64, feather=3)[30, :, 0].astype(int)
    assert row[19] == 0
    assert 0 < row[20] < row[21] < row[22] < ORANGE[0]
    assert row[24] == ORANGE[0]


def test_without_weights_the_user_hears_why_and_holes_are_still_filled(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    inpainter, notice = load_inpainter()
    assert isinstance(inpainter, PartialConvolutions)
    assert notice is not None
    assert "instead of MI-GAN" in notice.what
    assert notice.reason
    assert notice.remedy
    hole = np.zeros((20, 20), bool)
    hole[5:9, 5:9] = True
    filled = inpainter.fill(np.full((20, 20, 3), 77, np.uint8), hole)
    assert np.abs(filled.astype(int) - 77).max() <= 30


def test_with_weights_migan_is_loaded_and_progress_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    monkeypatch.setattr(
        "amodal.inpaint.load.fetch",
        lambda name, progress: asked.append((name, progress)) or PAINTS_ORANGE,
    )
    inpainter, notice = load_inpainter(progress=print)
    assert isinstance(inpainter, MiGAN)
    assert notice is None
    assert asked == [("mi-gan", print)]
