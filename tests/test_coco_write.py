"""What is written as COCO-style JSON is read again, by us and by pycocotools."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from amodal.data.coco import (
    decode_rle,
    read_instances,
    write_completions,
    write_instances,
)
from amodal.geometry import Box
from amodal.scene import Completion, Completions, Instance
from tests.coco_parts import HEIGHT, SQUARE_MASK, WIDTH

# pycocotools 2.0 on numpy 2, where the tests take it as the oracle.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_written_instances_are_read_again():
    instances = (
        Instance(SQUARE_MASK, "car", "the red one", Box(-1.5, 0, 9, 12)),
        Instance(~SQUARE_MASK, "unknown", "wall"),
    )
    document = json.loads(json.dumps(write_instances(instances, "street.jpg")))
    assert document["images"][0]["file_name"] == "street.jpg"
    assert document["annotations"][0]["bbox"] == [2, 3, 6, 4]
    assert document["annotations"][0]["area"] == 24
    again = read_instances(document, HEIGHT, WIDTH)
    for old, new in zip(instances, again, strict=True):
        assert np.array_equal(old.modal, new.modal)
        assert (old.category, old.name, old.box) == (new.category, new.name, new.box)


def whole_in_plane(entry: dict, margin: int) -> np.ndarray:
    """A written completion in a plane that is larger than the photo by `margin` on each side."""
    plane = np.zeros((HEIGHT + 2 * margin, WIDTH + 2 * margin), bool)
    window = entry.get("window", {"x0": 0, "y0": 0, "segmentation": entry["segmentation"]})
    mask = decode_rle(window["segmentation"])
    y, x = window["y0"] + margin, window["x0"] + margin
    plane[y : y + mask.shape[0], x : x + mask.shape[1]] = mask
    return plane


@settings(deadline=None)
@given(
    masks=st.lists(hnp.arrays(bool, (9, 7)).filter(np.any), min_size=2, max_size=4),
    x0=st.integers(-20, 20),
    y0=st.integers(-20, 20),
)
def test_written_completions_hold_every_pixel(masks, x0, y0):
    modal = np.zeros((HEIGHT, WIDTH), bool)
    modal[5, 5] = True
    items = [Completion(mask, x0, y0, 0.25 * k) for k, mask in enumerate(masks)]
    result = Completions(items[0], tuple(items[1:]), masks[0].astype(np.float32), x0, y0)
    run = {"seed": 3, "temperature": 0.5}
    document = write_completions([Instance(modal, "car", "car 1")], [result], "a.png", run)
    document = json.loads(json.dumps(document))
    assert document["info"] == run
    (annotation,) = document["annotations"]
    assert annotation["category"] == "car"
    assert np.array_equal(decode_rle(annotation["modal"]), modal)
    entries = [annotation, *annotation["samples"]]
    for item, entry in zip(items, entries, strict=True):
        plane = np.zeros((HEIGHT + 80, WIDTH + 80), bool)
        plane[y0 + 40 : y0 + 49, x0 + 40 : x0 + 47] = item.mask
        assert np.array_equal(whole_in_plane(entry, 40), plane)
        assert np.array_equal(decode_rle(entry["segmentation"]), plane[40:-40, 40:-40])
        assert ("window" in entry) == (plane.sum() > plane[40:-40, 40:-40].sum())
        rows, columns = np.nonzero(plane)
        x, y, w, h = entry["bbox"]
        assert (x, x + w) == (columns.min() - 40, columns.max() - 39)
        assert (y, y + h) == (rows.min() - 40, rows.max() - 39)
        assert entry["area"] == item.area
        assert entry["visible_iou"] == item.visible_iou
    (again,) = read_instances(document, HEIGHT, WIDTH)
    assert np.array_equal(again.modal, modal)


def test_written_documents_open_in_pycocotools(tmp_path, capsys):
    from pycocotools.coco import COCO

    path = tmp_path / "instances.json"
    path.write_text(json.dumps(write_instances([Instance(SQUARE_MASK, "car")], "a.png")))
    coco = COCO(str(path))
    (annotation,) = coco.loadAnns(coco.getAnnIds())
    assert np.array_equal(coco.annToMask(annotation).astype(bool), SQUARE_MASK)
    assert coco.loadCats(annotation["category_id"])[0]["name"] == "car"
    assert "index created" in capsys.readouterr().out
