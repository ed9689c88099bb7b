"""Run lengths and objects in batches: the same as with masks as large as the photo."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from amodal.completer import Completer
from amodal.cuts import PRECISIONS, Cut, Wanted, complete_cuts
from amodal.data import runs
from amodal.data.segmentation import encode_rle
from amodal.errors import AmodalError
from amodal.geometry import Box, tight_box
from amodal.scene import Instance, paste_window

TINY = Path(__file__).parent / "data" / "tiny"

masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12))


@given(masks)
def test_runs_are_expanded_and_filled(mask):
    counts = runs.expand(encode_rle(mask)["counts"])
    assert counts.sum() == mask.size
    assert np.array_equal(runs.fill(counts, *mask.shape), mask)


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=8))
def test_large_counts_survive(counts):
    text = ""
    for index, count in enumerate(counts):  # the format's definition, number by number
        value = count - (counts[index - 2] if index > 2 else 0)
        going = True
        while going:
            low, value = value & 31, value >> 5
            going = value != (-1 if low & 16 else 0)
            text += chr(48 + low + 32 * going)
    assert runs.expand(text).tolist() == counts


@pytest.mark.parametrize("text", ["o", "0o", "p", "/", "é", "ooooooooooooo0"])
def test_what_is_no_compressed_string(text):
    assert runs.expand(text) is None


@given(masks)
def test_a_cut_is_tight_and_complete(mask):
    found = runs.cut(runs.expand(encode_rle(mask)["counts"]), mask.shape[0])
    if not mask.any():
        assert found is None
    else:
        cut, x0, y0 = found
        assert tight_box(cut) == (0, 0, cut.shape[1], cut.shape[0])
        assert np.array_equal(paste_window(cut, x0, y0, *mask.shape), mask)


@settings(max_examples=300)
@given(masks, st.integers(-14, 14), st.integers(-14, 14), st.integers(1, 14), st.integers(1, 14))
def test_a_coded_window_is_the_coded_photo(mask, x0, y0, height, width):
    whole = paste_window(mask, x0, y0, height, width)
    assert runs.code(mask, x0, y0, height, width) == encode_rle(whole)


@pytest.fixture(scope="module")
def completer():
    return Completer.load(TINY, device="cpu")


@pytest.fixture(scope="module")
def instances():
    """A photo of 60 x 80: overlapping, at the borders, one with a box, one all over the photo."""
    rows, columns = np.mgrid[:60, :80]
    disc = (rows - 30) ** 2 + (columns - 40) ** 2 < 300
    corner = rows + columns < 25
    bar = (abs(rows - 32) < 6) & (columns > 45)
    return (
        Instance(disc & ~bar, "car"),
        Instance(corner, "person"),
        Instance(bar, "bus", box=Box(40.5, 20, 95, 45)),
        Instance(np.ones((60, 80), bool) & ~disc, "unknown"),
        Instance((rows == 3) & (columns == 70), "car"),
    )


def cut_of(instance: Instance) -> Cut:
    x0, y0, x1, y1 = tight_box(instance.modal)
    mask = instance.modal[y0:y1, x0:x1]
    return Cut(mask, x0, y0, instance.modal.shape, instance.category, instance.box)


@pytest.mark.parametrize("samples", [0, 3])
def test_cuts_are_completed_as_instances(completer, instances, samples):
    cuts = [cut_of(instance) for instance in instances]
    wanted = Wanted(samples, seed=5, temperature=1.5)
    first, again = complete_cuts(completer, [cuts, cuts], wanted)
    for instance, results, repeated in zip(instances, first, again, strict=True):
        hidden = np.any([o.modal for o in instances if o is not instance], axis=0)
        whole = completer.complete(
            instance, hidden, samples=max(samples, 1), seed=5, temperature=1.5
        )
        expected = [whole.mode, *whole.samples][: samples + 1]
        assert len(results) == samples + 1
        for result, other, one in zip(results, repeated, expected, strict=True):
            assert (result.x0, result.y0) == (one.x0, one.y0) == (other.x0, other.y0)
            # Batches may round differently.
            assert (result.mask != one.mask).mean() < 0.01
            assert result.visible_iou == pytest.approx(one.visible_iou, abs=0.01)


def test_half_precision_moves_little(completer, instances):
    cuts = [cut_of(instance) for instance in instances]
    pairs = (next(complete_cuts(completer, [cuts], Wanted(precision=name))) for name in PRECISIONS)
    for (full,), (half,) in zip(*pairs, strict=True):
        x, y = half.x0 - full.x0, half.y0 - full.y0
        same = paste_window(half.mask, x, y, *full.mask.shape) & full.mask
        assert same.sum() / max(full.area, half.area) > 0.9


@pytest.mark.parametrize(
    "values", [{"samples": 99}, {"seed": -1}, {"temperature": 5}, {"precision": "int8"}]
)
def test_what_cannot_be_wanted(values):
    with pytest.raises(AmodalError, match="expected"):
        Wanted(**values)
