"""GrabCut: what stands out by its colour is found, and nothing is never an answer."""

from __future__ import annotations

import numpy as np
import pytest

from amodal.errors import AmodalError
from amodal.geometry import Box, mask_iou
from amodal.segment.grabcut import GrabCut


def scene(colours: dict[tuple[int, int, int, int], tuple[int, int, int]]) -> np.ndarray:
    """A grey picture, 160 x 200, with coloured boxes and some noise."""
    picture = np.full((160, 200, 3), 120, np.int64)
    for (x0, y0, x1, y1), colour in colours.items():
        picture[y0:y1, x0:x1] = colour
    picture += np.random.default_rng(0).integers(-8, 9, picture.shape)
    return picture.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "prompt",
    [
        {"box": Box(70, 40, 122, 92)},
        {"points": [(95.0, 65.0)]},
        {"points": [(95.0, 65.0), (20.0, 20.0)], "labels": [True, False]},
    ],
)
def test_grabcut_finds_what_stands_out_by_colour(prompt: dict) -> None:
    red = (75, 45, 117, 87)
    found = GrabCut()
    embedding = found.encode(scene({red: (200, 30, 30), (150, 100, 190, 140): (200, 30, 30)}))
    truth = np.zeros((160, 200), bool)
    truth[45:87, 75:117] = True
    assert mask_iou(found.segment(embedding, **prompt)[0].mask, truth) > 0.9


def test_grabcut_says_so_when_nothing_stands_out() -> None:
    found = GrabCut()
    embedding = found.encode(np.full((90, 120, 3), 90, np.uint8))
    with pytest.raises(AmodalError, match="No object stands out"):
        found.segment(embedding, box=Box(20, 20, 60, 60))


def test_grabcut_takes_a_box_around_the_whole_photo() -> None:
    found = GrabCut()
    embedding = found.encode(scene({(60, 40, 140, 120): (20, 160, 40)}))
    mask = found.segment(embedding, box=Box(-5, 0, 200, 190))[0].mask
    assert mask[50:110, 70:130].mean() > 0.9
    assert mask.mean() < 0.4


@pytest.mark.parametrize("shape", [(1, 1, 3), (8, 8, 3), (3, 90, 3)])
def test_grabcut_survives_tiny_photos(shape: tuple[int, int, int]) -> None:
    found = GrabCut()
    embedding = found.encode(np.zeros(shape, np.uint8))
    with pytest.raises(AmodalError, match="No object stands out"):
        found.segment(embedding, [(0, 0)])
