"""The limits are those that the documentation names, and their refusals tell what to do."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from amodal.data.coco import MAX_INSTANCES, MAX_MASK_BYTES, read_instances
from amodal.data.segmentation import MAX_OUTLINE
from amodal.errors import AmodalError
from amodal.photo import MAX_PIXELS
from demo.api import Api
from demo.api_schema import MAX_EDITS
from demo.gesture import Gesture
from demo.values import MAX_MARKS, MAX_STROKE, Malformed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
TRIANGLE = [[0, 0, 9, 0, 9, 9]]


def test_the_table_names_the_constants() -> None:
    rows = re.findall(r"\| ([\d,]+) \| `([\w.]+)` \|", PAGE.read_text(encoding="utf-8"))
    assert len(rows) > 15
    for written, constant in rows:
        module, name = constant.rsplit(".", 1)
        assert getattr(importlib.import_module(module), name) == int(written.replace(",", ""))


def test_large_photos_may_have_fewer_objects() -> None:
    with pytest.raises(AmodalError, match=f"at most {MAX_INSTANCES}.*keep those"):
        read_instances([{"segmentation": TRIANGLE}] * (MAX_INSTANCES + 1), 20, 20)
    side = int(MAX_PIXELS**0.5)
    with pytest.raises(AmodalError, match=f"at most {MAX_MASK_BYTES // side**2} for a photo"):
        read_instances([{"segmentation": TRIANGLE}] * 30, side, side)


def test_polygons_count_together() -> None:
    strip = [0, 0, 1000, 0, 1000, 1, 0, 1]
    number = MAX_OUTLINE // 2000
    assert len(read_instances([{"segmentation": [strip] * (number - 2)}], 20, 1000)) == 1
    with pytest.raises(AmodalError, match="those before it"):
        read_instances([{"segmentation": [strip] * (number + 2)}], 20, 1000)


@pytest.fixture(scope="module")
def api(pipeline: object) -> Api:
    return Api(pipeline)


def test_a_request_may_hold_so_many_marks_and_edits(api: Api, tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / "a.png")
    photo, masks = str(tmp_path / "a.png"), [{"segmentation": TRIANGLE}]
    edits = [{"do": "flip", "object": 0}] * (MAX_EDITS + 1)
    with pytest.raises(gr.Error, match=f"got {MAX_EDITS + 1}, expected at most {MAX_EDITS}: send"):
        api.edit(photo, masks, edits)
    points = [[1, 1]] * (MAX_MARKS + 1)
    with pytest.raises(gr.Error, match=f"at most {MAX_MARKS} of them"):
        api.complete(photo, masks, 0, 1, 0, 1.0, inside=points)
    with pytest.raises(gr.Error, match=f"at most {MAX_MARKS} of them"):
        api.segment(photo, points, None, None)


def test_a_stroke_has_an_end() -> None:
    with pytest.raises(Malformed, match=f"at most {MAX_STROKE:,}"):
        Gesture.read({"kind": "stroke", "points": [[1, 1]] * (MAX_STROKE + 1)})
