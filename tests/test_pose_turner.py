"""Turning a car: the nearest pose is found, the size fits, nothing is lost."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.errors import AmodalError
from amodal.geometry import tight_box
from amodal.looks import Appearance
from amodal.pose.gallery import Gallery, Pose
from amodal.pose.layout import PARTS
from amodal.pose.load import load_turner
from amodal.pose.turner import Turner, with_shadow
from amodal.render.gallery import gallery
from amodal.render.vehicles.car_styles import STYLES
from tests.pose_parts import small_turner


@pytest.fixture(scope="module")
def poses() -> Gallery:
    return gallery(steps=8, side=64)


@pytest.fixture(scope="module")
def turner(poses: Gallery, tmp_path_factory: pytest.TempPathFactory) -> Turner:
    return small_turner(tmp_path_factory.mktemp("weights"), poses)


def nearest(poses: Gallery, mask: np.ndarray) -> Pose:
    ((pose, iou),) = poses.alike(mask)
    assert 0 < iou <= 1
    return pose


def look_of(layout: np.ndarray, scale: int = 2) -> Appearance:
    """A red car that fills a layout, enlarged, somewhere in a photo."""
    mask = np.kron(layout > 0, np.ones((scale, scale), bool))
    rgba = np.zeros((*mask.shape, 4), np.uint8)
    rgba[mask] = (200, 30, 30, 255)
    return Appearance(rgba, 40, 25)


def test_every_pose_is_nearest_to_itself_or_to_what_looks_the_same(poses):
    for style in range(len(STYLES)):
        for step in range(poses.steps):
            own = poses.layout(Pose(style, step)) > 0
            found = poses.layout(nearest(poses, own)) > 0
            assert (own & found).sum() / (own | found).sum() > 0.85


@given(st.integers(0, 6), st.integers(0, 7), st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_the_nearest_pose_does_not_depend_on_size_and_place(poses, style, step, scale):
    own = poses.layout(Pose(style, step)) > 0
    large = np.pad(np.kron(own, np.ones((scale, scale), bool)), ((3, 0), (0, 11)))
    near, same = (poses.layout(nearest(poses, mask)) > 0 for mask in (own, large))
    assert (near & same).sum() / (near | same).sum() > 0.85


def test_alike_poses_come_in_order_and_within_bounds(poses):
    mask = poses.layout(Pose(0, 0)) > 0
    found = poses.alike(mask, less=0.2, most=9)
    ious = [iou for _, iou in found]
    assert found[0] == (Pose(0, 0), 1.0)
    assert ious == sorted(ious, reverse=True)
    assert 1 < len(found) <= 9
    assert ious[-1] >= 0.8
    assert len(poses.alike(mask, less=1.0, most=1000)) == poses.layouts.shape[0] * poses.steps


def test_the_gallery_is_read_as_it_was_written(poses, tmp_path):
    poses.save(tmp_path / "poses.safetensors")
    found = Gallery.load(tmp_path / "poses.safetensors")
    assert found.styles == tuple(style.name for style in STYLES)
    assert np.array_equal(found.layouts, poses.layouts)
    with pytest.raises(AmodalError, match="No gallery of poses"):
        Gallery.load(tmp_path / "none.safetensors")


def test_galleries_that_do_not_fit_are_refused(poses):
    with pytest.raises(ValueError, match=r"expected uint8 \(1, T, S, S\)"):
        Gallery(("one",), poses.layouts)
    with pytest.raises(ValueError, match="empty one or unknown"):
        Gallery(poses.styles, np.zeros_like(poses.layouts))


@given(st.integers(0, 6), st.integers(0, 7), st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_a_turned_car_stands_where_it_stood_and_has_its_size(turner, style, before, after):
    poses, now, new = turner.gallery, Pose(style, before), Pose(style, after)
    look = look_of(poses.layout(now))
    turned = turner.turn(look, now, new)
    old, fresh = tight_box(look.rgba[..., 3] > 0), tight_box(turned.rgba[..., 3] > 200)
    expected = tight_box(poses.layout(new) > 0)
    assert fresh.width == pytest.approx(2 * expected.width, abs=4)
    assert fresh.height == pytest.approx(2 * expected.height, abs=4)
    foot = turned.x0 + (fresh.x0 + fresh.x1) / 2, turned.y0 + fresh.y1
    assert foot[0] == pytest.approx(look.x0 + (old.x0 + old.x1) / 2, abs=2)
    assert foot[1] == pytest.approx(look.y0 + old.y1, abs=3)


def test_a_car_of_a_few_pixels_is_refused(turner):
    tiny = Appearance(np.full((3, 5, 4), 255, np.uint8), 0, 0)
    with pytest.raises(AmodalError, match="The car is 3 pixels high: choose one of at least 8"):
        turner.turn(tiny, Pose(0, 0), Pose(0, 2))


def test_the_shadow_is_dark_soft_and_only_below():
    rgba = np.full((40, 80, 4), 200, np.uint8)
    rgba[..., 3] = 255
    shaded, margin = with_shadow(rgba)
    assert np.array_equal(shaded[margin:-margin, margin:-margin], rgba)
    below = shaded[-margin:, margin:-margin]
    assert 60 < below[..., 3].max() < 255
    assert (below[..., :3] == 0).all()
    assert not shaded[:margin, :, 3].any()
    assert shaded[-1, :, 3].max() < 20  # it fades out


@pytest.fixture(scope="module")
def shipped() -> Turner:
    turner, notice = load_turner()
    assert notice is None
    return turner


@pytest.mark.parametrize("step", [0, 3, 7, 12, 16, 21])
def test_front_and_back_are_told_apart_by_colours(shipped, step):
    red = look_of(shipped.gallery.layout(Pose(1, 5)))
    colours, alpha = shipped.paint(red.rgba, shipped.gallery.layout(Pose(2, step)))
    found = shipped.pose_of(Appearance(np.dstack([colours, alpha]), 0, 0))
    away = (found.step - step) % shipped.gallery.steps
    assert min(away, shipped.gallery.steps - away) <= 1


def test_the_shipped_network_keeps_the_paint_and_makes_dark_tyres(shipped):
    red = look_of(shipped.gallery.layout(Pose(1, 5)))
    layout = shipped.gallery.layout(Pose(1, 14))
    colours, alpha = shipped.paint(red.rgba, layout)
    assert np.median(colours[alpha > 127], axis=0) @ (1, -0.5, -0.5) > 60  # red, not grey
    box = tight_box(layout > 0)
    window = layout[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    parts = cv2.resize(window, alpha.shape[::-1], interpolation=cv2.INTER_NEAREST)
    assert colours[parts == PARTS.index("tyre")].mean() < 70


def test_an_enlarged_outline_is_smooth_and_keeps_its_area(shipped):
    small, large = (
        shipped.turn(look_of(shipped.gallery.layout(Pose(0, 6)), scale), Pose(0, 6), Pose(0, 3))
        for scale in (1, 6)
    )
    alpha = large.rgba[: len(large.rgba) // 2, :, 3]  # above the shadow
    soft = ((alpha > 40) & (alpha < 215)).sum()
    assert 0 < soft < 0.03 * (alpha > 127).sum()
    share = (large.rgba[..., 3] > 127).sum() / (small.rgba[..., 3] > 127).sum()
    assert share == pytest.approx(36, rel=0.1)
