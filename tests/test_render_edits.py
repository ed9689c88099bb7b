"""Which edits of a street are rendered as truth. No Blender is needed."""

from __future__ import annotations

import pytest

from amodal.render.blender_edits import draw_edits
from amodal.render.layout import street
from amodal.render.raster import rasterise


def uncovered(drawn, removed, half):
    """Pixels of half-hidden objects that come into sight when an object is taken away."""
    after = {item.id: item.modal.sum() for item in rasterise(drawn.without(removed))}
    return sum(int(after[item.id] - item.modal.sum()) for item in half if item.id != removed)


@pytest.mark.parametrize("seed", [172, 263, 318])
def test_the_deletion_uncovers_most_of_what_is_half_hidden(seed):
    drawn = street(seed)
    half = [item for item in rasterise(drawn) if 0.2 <= item.occlusion_rate <= 0.8]
    hiders = {id for item in half for id in item.hidden_by} - {0}
    gains = {id: uncovered(drawn, id, half) for id in hiders}
    (deleted,) = draw_edits(drawn)[0].removed
    assert gains[deleted] >= 0.9 * max(gains.values())


def test_moves_prefer_other_objects_than_the_deleted_one():
    first, *moves = draw_edits(street(211))
    assert first.kind == "delete"
    assert [edit.kind for edit in moves] == ["sideways", "depth", "swap"]
    assert not any(set(first.removed) & set(edit.ids) for edit in moves)


def test_equal_streets_have_equal_edits():
    first, second = (draw_edits(street(263)) for _ in range(2))
    assert [(e.name, e.ids) for e in first] == [(e.name, e.ids) for e in second]
    moved = [
        [thing.position for edit in edits for thing in edit.things] for edits in (first, second)
    ]
    assert moved[0] == moved[1]
