"""One object from any side: its parts where they are, its silhouette as the rasteriser has it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal.pose.layout import PARTS
from amodal.render.layout.models import model
from amodal.render.raster import outline
from amodal.render.scene import Thing
from amodal.render.views import View, camera_of, parts_map

SIDE = 96
BACK, LEFT, FRONT = 0.0, np.pi / 2, np.pi


def share(parts: np.ndarray, name: str) -> float:
    return float((parts == PARTS.index(name)).mean())


@given(st.integers(0, 5), st.floats(0, 6.28), st.floats(7, 30), st.floats(0.8, 3))
@settings(max_examples=20, deadline=None)
def test_the_parts_fill_the_silhouette(number, turn, distance, height):
    mesh, view = model("car", number), View(turn, distance, height)
    parts = parts_map(mesh, view, SIDE)
    drawn = outline(Thing(1, "car", mesh, (0, 0, 0), turn), camera_of(mesh, view, SIDE))
    silhouette = np.zeros((SIDE, SIDE), bool)
    rows, columns = drawn.mask.shape
    assert drawn.complete
    assert min(drawn.x0, drawn.y0) >= 0
    assert max(drawn.x0 + columns, drawn.y0 + rows) <= SIDE
    silhouette[drawn.y0 : drawn.y0 + rows, drawn.x0 : drawn.x0 + columns] = drawn.mask
    assert ((parts > 0) != silhouette).sum() <= 2


@pytest.mark.parametrize("number", range(4))
def test_lamps_are_at_the_end_that_is_seen(number):
    mesh = model("car", number)
    back, front = (parts_map(mesh, View(turn), SIDE) for turn in (BACK, FRONT))
    assert share(back, "tail lamp") > share(front, "tail lamp")
    assert share(front, "lamp") > share(back, "lamp")
    side = parts_map(mesh, View(LEFT), SIDE)
    assert share(side, "paint") > share(back, "paint")
    assert share(side, "metal") > share(back, "metal")  # wheels
    assert all(share(parts, "paint") > 0.02 for parts in (back, front, side))


def test_turned_to_the_left_the_front_is_on_the_left():
    parts = parts_map(model("car", 0), View(LEFT), SIDE)
    lamps = np.flatnonzero((parts == PARTS.index("lamp")).any(0)).mean()
    tail = np.flatnonzero((parts == PARTS.index("tail lamp")).any(0)).mean()
    assert lamps < SIDE / 2 < tail


def test_a_camera_inside_the_object_is_refused():
    with pytest.raises(ValueError, match="distance: got 1, expected more than"):
        camera_of(model("car", 0), View(0, distance=1), SIDE)
