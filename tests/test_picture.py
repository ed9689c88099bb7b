"""Drawings: nothing outside the drawn pixels changes, and what is drawn means what it says."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal import picture
from amodal.errors import AmodalError
from amodal.geometry import Box
from amodal.scene import Completion, Completions, Instance

RED = (255, 0, 0)


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)


@pytest.fixture
def mask() -> np.ndarray:
    mask = np.zeros((60, 80), bool)
    mask[20:40, 30:50] = True
    return mask


def result_for(mask: np.ndarray, samples: int = 3) -> Completions:
    """The mask, grown by k columns in the k-th sample, in windows that leave the photo."""
    height, width = mask.shape
    windows = []
    for k in range(samples + 1):
        window = np.zeros((height + 20, width + 20), bool)
        window[10:-10, 10:-10] = mask
        window[30:50, 60 : 60 + k] = True
        windows.append(Completion(window, -10, -10, 0.9))
    probability = np.mean([item.mask for item in windows[1:]], axis=0, dtype=np.float32)
    return Completions(windows[0], tuple(windows[1:]), probability, -10, -10)


def test_tint_mixes_inside_the_mask_only(photo, mask):
    before = photo.copy()
    out = picture.tint(photo, mask, RED, 0.25)
    assert np.array_equal(out[~mask], photo[~mask])
    expected = photo[mask] * 0.75 + np.array(RED) * 0.25
    assert np.abs(out[mask] - expected).max() <= 0.5
    assert np.array_equal(photo, before)


def test_outline_follows_the_border_and_leaves_the_inside(photo, mask):
    out = picture.outline(photo, mask, RED, width=2)
    changed = (out != photo).any(axis=2)
    ring = np.zeros_like(mask)
    ring[15:45, 25:55] = True
    ring[25:35, 35:45] = False
    assert not changed[~ring].any()
    for y, x in ((20, 40), (39, 40), (30, 30), (30, 49)):
        assert out[y, x].tolist() == list(RED)


def test_outline_of_holes_of_one_pixel_and_of_nothing(photo, mask):
    mask[28:32, 38:42] = False
    assert picture.outline(photo, mask, RED)[30, 37].tolist() == list(RED)
    dot = np.zeros_like(mask)
    dot[10, 10] = True
    assert picture.outline(photo, dot, RED)[10, 10].tolist() == list(RED)
    assert np.array_equal(picture.outline(photo, np.zeros_like(mask), RED), photo)


def test_draw_instances_shows_each_in_its_colour_and_the_picked_stronger(mask):
    photo = np.full((60, 80, 3), 128, np.uint8)
    other = np.roll(mask, -25, axis=1)
    instances = [Instance(mask), Instance(other)]
    out = picture.draw_instances(photo, instances)
    colours = [out[30, 40].astype(int), out[30, 15].astype(int)]
    for index, colour in enumerate(colours):
        towards = np.array(picture.colour_of(index)) - 128
        assert np.abs(colour - 128 - 0.3 * towards).max() <= 1
    picked = picture.draw_instances(photo, instances, picked=1)
    assert np.abs(picked[30, 15].astype(int) - 128).sum() > np.abs(colours[1] - 128).sum()
    assert np.array_equal(picked[30, 40], out[30, 40])
    empty = picture.draw_instances(photo, [])
    assert np.array_equal(empty, photo)
    assert empty is not photo


def test_colours_repeat_but_neighbours_differ():
    colours = [picture.colour_of(index) for index in range(20)]
    assert colours[0] == colours[7]
    assert all(a != b for a, b in pairwise(colours))


def test_draw_completion_fills_the_invisible_region_only(mask):
    photo = np.full((60, 80, 3), 128, np.uint8)
    amodal = mask.copy()
    amodal[10:50, 30:50] = True
    out = picture.draw_completion(photo, mask, amodal, RED)
    assert out[30, 40].tolist() == [128] * 3
    assert out[15, 40, 0] > 190
    assert out[5, 5].tolist() == [128] * 3


def test_colour_map_gets_lighter_with_probability():
    ramp = np.linspace(-0.2, 1.2, 141)[None]
    lightness = picture.colour_map(ramp)[0].astype(float) @ (0.299, 0.587, 0.114)
    assert (np.diff(lightness) > -1.5).all()
    assert lightness[-1] - lightness[0] > 150
    first, last = picture.colour_map(np.array([[0.0, 1.0]]))[0].astype(int)
    assert first[2] > first[1]  # violet
    assert last[0] > 200 > last[2] + 100  # yellow: not with red and blue swapped


def test_draw_probability_darkens_what_is_surely_not_the_object(photo):
    probability = np.zeros((60, 80), np.float32)
    probability[:, 40:60], probability[:, 60:] = 0.05, 1
    out = picture.draw_probability(photo, probability).astype(int)
    sure_not, unlikely, sure = out[:, :40], out[:, 40:60], out[:, 60:]
    assert (sure_not.max(axis=2) == sure_not.min(axis=2)).all()  # grey
    assert sure_not.max() <= 128
    assert (unlikely.max(axis=2) - unlikely.min(axis=2)).min() > 20  # even that is seen
    assert np.abs(sure - picture.colour_map(np.ones((1, 1)))).max() < 20


def test_cut_out_is_tight_and_holds_nothing_else(photo, mask):
    mask[20, 30] = False
    rgba = picture.cut_out(photo, mask)
    assert rgba.shape == (20, 20, 4)
    assert np.array_equal(rgba[..., 3] == 255, mask[20:40, 30:50])
    assert np.array_equal(rgba[5, 5, :3], photo[25, 35])
    assert rgba[0, 0].tolist() == [0, 0, 0, 0]
    with pytest.raises(AmodalError, match="empty"):
        picture.cut_out(photo, np.zeros_like(mask))


@settings(deadline=None)
@given(x0=st.integers(-30, 30), y0=st.integers(-30, 30), w=st.integers(1, 40), h=st.integers(1, 40))
def test_view_against_a_naive_loop(x0, y0, w, h):
    values = np.arange(1, 12 * 15 + 1, dtype=np.int16).reshape(12, 15)
    out = picture.view(values, Box(x0, y0, x0 + w, y0 + h), -1)
    assert out.shape == (h, w)
    for y in range(h):
        for x in range(w):
            inside = 0 <= y + y0 < 12 and 0 <= x + x0 < 15
            assert out[y, x] == (values[y + y0, x + x0] if inside else -1)


def test_view_rounds_outwards_and_copies(photo):
    assert picture.view(photo, Box(1.9, 2.9, 4.1, 5.1)).shape == (4, 4, 3)
    part = picture.view(photo, Box(0, 0, 5, 5))
    part[:] = 0
    assert photo[:5, :5].any()


@settings(deadline=None)
@given(
    h=st.integers(1, 50),
    w=st.integers(1, 50),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
)
def test_fit_has_the_size_keeps_the_aspect_and_is_centred(h, w, height, width):
    out = picture.fit(np.zeros((h, w, 3), np.uint8), height, width)
    assert out.shape == (height, width, 3)
    rows, columns = np.nonzero((out == 0).all(axis=2))
    inner_h, inner_w = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert inner_h == height or inner_w == width
    factor = min(height / h, width / w)
    assert abs(inner_h - h * factor) <= 1
    assert abs(inner_w - w * factor) <= 1
    assert abs(rows.min() - (height - 1 - rows.max())) <= 1
    assert abs(columns.min() - (width - 1 - columns.max())) <= 1


def test_contact_sheet_places_row_by_row():
    tiles = [np.full((10, 20, 3), value, np.uint8) for value in (10, 20, 30, 40, 50)]
    sheet = picture.contact_sheet(tiles, columns=3, tile=(10, 20), gap=4)
    assert sheet.shape == (2 * 14 + 4, 3 * 24 + 4, 3)
    for number, value in enumerate((10, 20, 30, 40, 50)):
        y, x = 4 + number // 3 * 14, 4 + number % 3 * 24
        assert (sheet[y : y + 10, x : x + 20] == value).all()
    used = sum((sheet == value).all(axis=2).sum() for value in (10, 20, 30, 40, 50))
    assert (sheet == 255).all(axis=2).sum() == sheet.shape[0] * sheet.shape[1] - used
    with pytest.raises(ValueError, match="0 pictures"):
        picture.contact_sheet([], 3, (10, 20))


def test_caption_draws_any_text():
    plain = picture.caption("Arger", 200)
    assert plain.shape == (29, 200, 3)
    assert np.array_equal(picture.caption("Ärger", 200), plain)
    assert np.array_equal(picture.caption("☃", 200), picture.caption("?", 200))
    assert not np.array_equal(picture.caption("", 200), plain)
    assert picture.caption("x" * 500, 50).shape == (29, 50, 3)


def test_object_tiles_show_mode_probability_and_samples(mask):
    photo = np.full((60, 80, 3), 128, np.uint8)
    result = result_for(mask, samples=5)
    tiles = picture.object_tiles(photo, Instance(mask), result, RED, size=90)
    assert len(tiles) == 2 + 5
    assert all(tile.shape == (90, 90, 3) for tile in tiles)
    # The mode is the visible part: nothing is filled. Sample k invents k more columns.
    red = [(tile[..., 0].astype(int) - tile[..., 2] > 60).sum() for tile in tiles]
    assert red[0] < red[4] < red[6]
    assert (tiles[0] == picture.BEYOND).all(axis=2).any()  # the windows leave the photo
    assert not np.array_equal(tiles[1], tiles[0])


def test_overview_holds_photo_and_all_tiles(photo, mask):
    instances = [Instance(mask, name="car 1"), Instance(np.roll(mask, 10, axis=0))]
    results = [result_for(instance.modal, samples=9) for instance in instances]
    before = photo.copy()
    sheet = picture.overview(photo, instances, results)
    assert sheet.shape[1] == picture.OVERVIEW_WIDTH
    rows = 2 * (2 * picture.TILE + 3 * picture.GAP + 29)  # 11 tiles are two rows of 8
    assert sheet.shape[0] == round(60 * picture.OVERVIEW_WIDTH / 80) + rows
    assert np.array_equal(photo, before)


@pytest.mark.parametrize("size", [(8, 900), (900, 8)])
def test_overview_of_narrow_photos_stays_small(size):
    mask = np.zeros(size, bool)
    mask[2:6, 2:6] = True
    completion = Completion(mask, 0, 0)
    result = Completions(completion, (completion,), mask.astype(np.float32), 0, 0)
    sheet = picture.overview(np.zeros((*size, 3), np.uint8), [Instance(mask)], [result])
    assert sheet.shape[0] < 2 * picture.OVERVIEW_WIDTH


def test_overview_says_how_many_objects_it_leaves_out(photo, mask, monkeypatch):
    instances, results = [Instance(mask)] * 3, [result_for(mask, 1)] * 3
    everything = picture.overview(photo, instances, results)
    monkeypatch.setattr(picture, "MAX_ROWS", 1)
    sheet = picture.overview(photo, instances, results)
    assert sheet.shape[0] < everything.shape[0]
    expected = picture.caption("and 2 more objects", picture.OVERVIEW_WIDTH)
    assert np.array_equal(sheet[-29:], expected)
