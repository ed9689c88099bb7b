"""Partial convolutions: what the hole holds changes nothing, and any hole is filled."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.errors import AmodalError
from amodal.inpaint.checkpoint import FILE, InpaintInfo, load, save
from amodal.inpaint.network import InpaintConfig, PartialConv, PartialConvNet, smooth_fill, spread
from amodal.inpaint.partial import PartialConvolutions

TINY = InpaintConfig((8, 12, 16), (5, 3, 3))


def network(seed: int = 0) -> PartialConvNet:
    torch.manual_seed(seed)
    return PartialConvNet(TINY).eval()


@pytest.fixture(scope="module")
def inpainter(tmp_path_factory: pytest.TempPathFactory) -> PartialConvolutions:
    path = tmp_path_factory.mktemp("weights") / FILE
    save(path, InpaintInfo(TINY), network())
    return PartialConvolutions(path, device="cpu")


def test_a_partial_convolution_of_a_constant_ignores_the_hole():
    """Scaled up by eq. 1, a mean filter gives the constant wherever anything is known."""
    layer = PartialConv((1,), 1, 3, norm=False)
    with torch.no_grad():
        layer.conv.weight.fill_(1 / 9)
    known = (torch.rand(1, 1, 12, 12, generator=torch.Generator().manual_seed(1)) < 0.3).float()
    x = torch.where(known > 0, 5.0, 99.0)
    y, seen = layer((x, known))
    assert torch.allclose(y[seen > 0], torch.tensor(5.0))
    assert (y[seen == 0] == 0).all()


def test_what_is_known_grows_by_half_a_kernel():
    layer = PartialConv((1,), 1, 3)
    known = torch.zeros(1, 1, 9, 9)
    known[..., 4, 4] = 1
    _, seen = layer.eval()((torch.ones(1, 1, 9, 9), known))
    assert seen.sum() == 9
    assert seen[..., 3:6, 3:6].all()


def test_sources_count_by_their_channels():
    """Two channels of which the mean is taken: one known, one not, give the known one's value."""
    layer = PartialConv((1, 1), 1, 1, norm=False)
    with torch.no_grad():
        layer.conv.weight.fill_(0.5)
    ones = torch.ones(1, 1, 4, 4)
    y, _ = layer((3 * ones, ones), (100 * ones, 0 * ones))
    assert torch.allclose(y, 3 * ones)


def test_unknown_cells_get_the_mean_of_the_known_ones():
    known = torch.tensor([[[[1.0, 1.0, 0.0]]]])
    x, seen = spread(torch.tensor([[[[2.0, 4.0, 50.0]]]]), known)
    assert x.flatten().tolist() == [2, 4, 3]
    assert seen.all()


def test_a_smooth_filling_keeps_constants_and_goes_on_between_colours():
    known = torch.ones(1, 1, 32, 32)
    known[..., 10:22] = 0
    constant = torch.full((1, 3, 32, 32), 0.3)
    filled = smooth_fill(known * constant + (1 - known) * 9, known)
    assert torch.allclose(filled, constant, atol=1e-5)
    ramp = torch.linspace(0, 1, 32).expand(1, 1, 32, 32)
    error = (smooth_fill(ramp * known, known) - ramp).abs()
    assert error[..., :10].max() == error[..., 22:].max() == 0
    assert error.max() < 0.25
    assert smooth_fill(ramp, 0 * known).abs().max() == 0


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_a_smooth_filling_stays_between_the_known_values(height: int, width: int, seed: int):
    generator = torch.Generator().manual_seed(seed)
    picture = torch.rand(1, 2, height, width, generator=generator)
    known = (torch.rand(1, 1, height, width, generator=generator) < 0.3).float()
    if not known.any():
        return
    filled = smooth_fill(picture, known)
    seen = known.expand_as(picture) > 0
    assert torch.equal(filled[seen], picture[seen])
    for channel in range(2):
        values = picture[0, channel][known[0, 0] > 0]
        assert filled[0, channel].min() >= values.min() - 1e-4
        assert filled[0, channel].max() <= values.max() + 1e-4


@given(st.integers(0, 99), st.floats(0.02, 1.0))
@settings(max_examples=25, deadline=None)
def test_the_hole_s_pixels_change_nothing(seed: int, share: float):
    generator = torch.Generator().manual_seed(seed)
    known = (torch.rand(2, 1, 16, 24, generator=generator) >= share).float()
    picture, other = torch.rand(2, 2, 3, 16, 24, generator=generator)
    net = network()
    with torch.inference_mode():
        first = net(picture, known)
        second = net(known * picture + (1 - known) * other, known)
    assert torch.equal(first, second)
    assert first.isfinite().all()


def test_every_parameter_learns():
    net = network().train()
    known = torch.ones(2, 1, 16, 16)
    known[..., 5:9, 5:9] = 0
    net(torch.rand(2, 3, 16, 16), known).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_sizes_that_do_not_fit_are_told():
    with pytest.raises(ValueError, match="kernels: got 2, expected one for each of the 3 widths"):
        InpaintConfig((8, 8, 8), (3, 3))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_any_size_and_hole_is_filled(inpainter, height: int, width: int, seed: int):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    hole = rng.random((height, width)) < rng.random()
    if hole.all():
        with pytest.raises(AmodalError, match="covers the whole picture"):
            inpainter.fill(image, hole)
        return
    filled = inpainter.fill(image, hole)
    assert np.array_equal(filled[~hole], image[~hole])
    spoilt = np.where(hole[..., None], 255 - image, image)
    assert np.array_equal(inpainter.fill(spoilt, hole), filled)


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_holes_at_a_border_are_filled(inpainter, side: str):
    hole = np.zeros((50, 70), bool)
    where = {
        "left": np.s_[:, :20],
        "right": np.s_[:, 50:],
        "top": np.s_[:20],
        "bottom": np.s_[30:],
    }[side]
    hole[where] = True
    image = np.full((50, 70, 3), 90, np.uint8)
    filled = inpainter.fill(image, hole)
    assert (filled[~hole] == 90).all()
    assert filled[hole].std() < 128


def test_the_file_keeps_config_and_weights(tmp_path):
    net = network()
    save(tmp_path / FILE, InpaintInfo(TINY, {"seed": 3}), net)
    found, info = load(tmp_path / FILE)
    assert info == InpaintInfo(TINY, {"seed": 3})
    for mine, theirs in zip(found.state_dict().values(), net.state_dict().values(), strict=True):
        assert torch.allclose(mine.float(), theirs.float(), atol=1e-3)


def test_a_missing_or_damaged_file_is_told(tmp_path):
    with pytest.raises(AmodalError, match="No weights of the inpainting network"):
        load(tmp_path / FILE)
    (tmp_path / FILE).write_bytes(b"not a file of weights")
    with pytest.raises(AmodalError, match="damaged"):
        load(tmp_path / FILE)
