"""The reader, on files written in the data set's own format."""

import numpy as np
import pytest
from pycocotools import mask as rle

from amodal.data import kitti_mots
from amodal.errors import AmodalError
from amodal.geometry import Box

SIZE = (60, 100)


def mask_line(frame: int, track: int, class_id: int, mask: np.ndarray) -> str:
    counts = rle.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    return f"{frame} {track} {class_id} {mask.shape[0]} {mask.shape[1]} {counts}"


def label_line(frame: int, track: int, occluded: int, box: Box, depth: float = 9.0) -> str:
    corners = " ".join(str(float(value)) for value in box)
    return f"{frame} {track} Car 0 {occluded} -1.5 {corners} 1.5 1.6 4.0 1.0 1.5 {depth} -1.2"


@pytest.fixture
def root(tmp_path):
    car = np.zeros(SIZE, bool)
    car[20:40, 30:60] = True
    cut = np.zeros(SIZE, bool)
    cut[10:30, :15] = True  # touches the left border
    ignored = np.zeros(SIZE, bool)
    ignored[:5] = True
    masks = [
        mask_line(0, 1004, 1, car),
        mask_line(0, 2005, 2, cut),
        mask_line(0, 10000, 10, ignored),
    ]
    labels = [
        label_line(0, 4, 0, Box(30, 20, 60, 40)),
        label_line(0, 5, 0, Box(0, 10, 15, 30), depth=20),
        label_line(0, -1, 3, Box(0, 0, 1, 1)),
    ]
    (tmp_path / "instances_txt").mkdir()
    (tmp_path / "label_02").mkdir()
    (tmp_path / "instances_txt" / "0003.txt").write_text("\n".join(masks) + "\n")
    (tmp_path / "label_02" / "0003.txt").write_text("\n".join(labels) + "\n")
    return tmp_path


def test_masks_are_cut_to_their_boxes_and_joined_with_labels(root):
    car, person, ignored = kitti_mots.read(root, [3])
    assert (car.category, person.category, ignored.category) == ("car", "person", "")
    assert car.key == (3, 0, 1004)
    assert car.box == Box(30, 20, 60, 40)
    assert car.mask.all()
    assert car.mask.shape == (20, 30)
    assert car.photo_size == SIZE
    assert car.label.depth == 9.0
    assert ignored.label is None


def test_only_masks_inside_the_photo_are_whole(root):
    car, person, _ = kitti_mots.read(root, [3])
    assert car.is_whole
    assert person.borders.tolist() == [True, False, False, False]
    assert not person.is_whole


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(AmodalError, match=r"label_02.*--root"):
        kitti_mots.read(tmp_path, [3])


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("instances_txt", "0 1004 1 60"),
        ("instances_txt", "zero 1004 1 60 100 abc"),
        ("label_02", "0 4 Car 0"),
        ("label_02", "0 4 Car 0 x 1 2 3 4 5 6 7 8 9 1 2 3"),
    ],
)
def test_a_malformed_line_is_named(root, file, line):
    path = root / file / "0003.txt"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(AmodalError, match=r"0003\.txt, line 4"):
        kitti_mots.read(root, [3])


def test_sequences_do_not_leak_from_training_into_validation():
    assert not set(kitti_mots.TRAINING_SEQUENCES) & set(kitti_mots.VALIDATION_SEQUENCES)
    assert len(kitti_mots.TRAINING_SEQUENCES) == 12
