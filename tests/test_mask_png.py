"""Masks as PNG pictures: what is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from amodal.data import coco, mask_png
from amodal.data.mask_png import category_in, read_masks
from amodal.errors import AmodalError

HEIGHT, WIDTH = 24, 32
# The folder is written anew in every example.
SHARED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
Place = tuple[int, int, int, int]


def labels_of(places: dict[int, Place]) -> np.ndarray:
    """A label image (HEIGHT, WIDTH) uint16; later boxes (y, x, height, width) cover earlier."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint16)
    for value, (y, x, height, width) in places.items():
        labels[y : y + height, x : x + width] = value
    return labels


def places(highest: int) -> st.SearchStrategy[dict[int, Place]]:
    box = st.tuples(
        st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1), st.integers(1, 9), st.integers(1, 9)
    )
    return st.dictionaries(st.integers(1, highest), box, min_size=1, max_size=mask_png.FEW)


def saved(folder: Path, pixels: np.ndarray, name: str = "masks.png", mode: str = "") -> Path:
    Image.fromarray(pixels).convert(mode).save(folder / name) if mode else Image.fromarray(
        pixels
    ).save(folder / name)
    return folder / name


def indexed(folder: Path, labels: np.ndarray, palette: list[int], **more: object) -> Path:
    image = Image.fromarray(labels.astype(np.uint8), "P")
    image.putpalette(palette)
    image.save(folder / "indexed.png", **more)
    return folder / "indexed.png"


def check(instances: tuple, labels: np.ndarray) -> None:
    """One instance a value, in the values' order, with exactly its pixels."""
    values = [value for value in np.unique(labels) if value]
    assert len(instances) == len(values)
    for value, instance in zip(values, instances, strict=True):
        assert instance.modal.dtype == bool
        assert np.array_equal(instance.modal, labels == value)


@SHARED
@given(places(255))
def test_grey_labels_come_back(tmp_path: Path, boxes: dict[int, Place]) -> None:
    labels = labels_of(boxes)
    instances = read_masks([saved(tmp_path, labels.astype(np.uint8))], HEIGHT, WIDTH)
    check(instances, labels)
    assert [i.name for i in instances] == [f"object {n + 1}" for n in range(len(instances))]


@SHARED
@given(places(999))
def test_16_bit_labels_come_back(tmp_path: Path, boxes: dict[int, Place]) -> None:
    labels = labels_of(boxes)
    check(read_masks([saved(tmp_path, labels)], HEIGHT, WIDTH), labels)


@SHARED
@given(places(255), st.randoms(use_true_random=False))
def test_indices_of_a_palette_come_back(tmp_path: Path, boxes: dict[int, Place], random) -> None:
    labels = labels_of(boxes)
    palette = [0, 0, 0] + [random.randint(1, 255) for _ in range(3 * 255)]
    check(read_masks([indexed(tmp_path, labels, palette)], HEIGHT, WIDTH), labels)


@SHARED
@given(places(255), st.booleans())
def test_every_colour_is_an_object(
    tmp_path: Path, boxes: dict[int, Place], transparent: bool
) -> None:
    labels = labels_of(boxes)
    # Keeps the order: red is the highest byte of a colour's number.
    rgb = np.dstack([labels, 255 - labels, labels * 7 % 256]).astype(np.uint8)
    if transparent:
        pixels = np.dstack([rgb, np.where(labels, 255, 0)]).astype(np.uint8)
    else:
        pixels = rgb * (labels > 0)[..., None]
    check(read_masks([saved(tmp_path, pixels.astype(np.uint8))], HEIGHT, WIDTH), labels)


@SHARED
@given(places(2000))
def test_kitti_mots_ids_tell_the_class(tmp_path: Path, boxes: dict[int, Place]) -> None:
    labels = labels_of(boxes)
    labels[labels > 0] += 999  # 1000 to 2999: cars and persons
    labels[0, 0] = 10_000  # a region to ignore
    wanted = np.where(labels == 10_000, 0, labels)
    if not wanted.any():
        return
    instances = read_masks([saved(tmp_path, labels)], HEIGHT, WIDTH)
    check(instances, wanted)
    classes = ["car" if v < 2000 else "person" for v in np.unique(wanted) if v]
    assert [instance.category for instance in instances] == classes


@SHARED
@given(places(255))
def test_several_files_are_one_object_each(tmp_path: Path, boxes: dict[int, Place]) -> None:
    labels = labels_of(boxes)
    values = [value for value in np.unique(labels) if value]
    files = [
        saved(tmp_path, np.uint8(labels == value) * 255, f"car_{value}.png") for value in values
    ]
    instances = read_masks(files * 2 if len(files) == 1 else files, HEIGHT, WIDTH)
    if len(files) > 1:
        check(instances, labels)
        assert [instance.name for instance in instances] == [f"car {value}" for value in values]
    assert {instance.category for instance in instances} == {"car"}


def two_pieces() -> np.ndarray:
    return labels_of({1: (2, 2, 5, 6), 2: (15, 20, 4, 7)}) > 0


BINARY = {
    "1 bit": lambda folder: saved(folder, two_pieces()),
    "grey 0 and 255": lambda folder: saved(folder, np.uint8(two_pieces()) * 255),
    "grey 0 and 1": lambda folder: saved(folder, np.uint8(two_pieces())),
    "white on black": lambda folder: saved(folder, np.uint8(two_pieces()) * 255, mode="RGB"),
    "black on nothing": lambda folder: saved(
        folder, np.dstack([np.zeros((HEIGHT, WIDTH, 3)), two_pieces() * 255]).astype(np.uint8)
    ),
    "grey on nothing": lambda folder: saved(
        folder, np.dstack([np.full((HEIGHT, WIDTH), 9), two_pieces() * 255]).astype(np.uint8)
    ),
    "palette, black last": lambda folder: indexed(folder, ~two_pieces(), [255, 255, 255, 0, 0, 0]),
    "palette, nothing last": lambda folder: indexed(
        folder, ~two_pieces(), [255, 255, 255, 9, 9, 9], transparency=1
    ),
    "palette of 1 bit": lambda folder: indexed(folder, two_pieces(), [0, 0, 0, 200, 0, 0], bits=1),
    "palette, all black": lambda folder: indexed(folder, two_pieces(), [0] * 6),
}


@pytest.mark.parametrize("kind", BINARY)
def test_two_values_are_one_object_even_in_pieces(tmp_path: Path, kind: str) -> None:
    (instance,) = read_masks([BINARY[kind](tmp_path)], HEIGHT, WIDTH)
    assert np.array_equal(instance.modal, two_pieces())
    assert instance.category == "unknown"
    assert instance.name == "object 1"


def soft() -> np.ndarray:
    """A disc with smoothed edges, uint8."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.uint8(np.clip(9 - np.hypot(x - 15, y - 12) + 0.5, 0, 1) * 255)


def test_soft_edges_of_one_file_each_are_cut_in_the_middle(tmp_path: Path) -> None:
    files = [saved(tmp_path, soft(), "van.png"), saved(tmp_path, soft()[:, ::-1], "van.b.png")]
    van, _ = read_masks(files, HEIGHT, WIDTH)
    assert np.array_equal(van.modal, soft() > 127)
    assert (van.category, van.name) == ("van", "van")


def test_soft_edges_are_not_taken_for_many_objects(tmp_path: Path) -> None:
    assert len(np.unique(soft())) > mask_png.FEW
    with pytest.raises(AmodalError, match=r"masks.png' holds \d+ values .* soft edges"):
        read_masks([saved(tmp_path, soft())], HEIGHT, WIDTH)


def test_many_solid_objects_are_read(tmp_path: Path) -> None:
    labels = np.kron(np.arange(8 * 8).reshape(8, 8), np.ones((3, 4))).astype(np.uint8)
    check(read_masks([saved(tmp_path, labels)], HEIGHT, WIDTH), labels)


def test_equal_names_are_told_apart(tmp_path: Path) -> None:
    mask = np.uint8(two_pieces())
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
    files = [saved(tmp_path / folder, mask, "car_1.png") for folder in "abc"]
    names = [instance.name for instance in read_masks(files, HEIGHT, WIDTH)]
    assert names == ["car 1", "car 2", "car 3"]


@pytest.mark.parametrize(
    ("stem", "category"),
    [
        ("car_1", "car"),
        ("Car", "car"),
        ("car2", "car"),
        ("pedestrian 03", "person"),
        ("person-sitting.4", "person"),
        ("motorbike", "motorcycle"),
        ("carpet", "unknown"),
        ("my car", "unknown"),
        ("1_car", "car"),
        ("mask", "unknown"),
        ("", "unknown"),
    ],
)
def test_the_class_is_how_the_name_starts(stem: str, category: str) -> None:
    assert category_in(stem) == category


def cut(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    path = saved(folder, rng.integers(0, 255, (HEIGHT, WIDTH), np.uint8))
    path.write_bytes(path.read_bytes()[:200])
    return path


def written(folder: Path, content: bytes) -> Path:
    (folder / "masks.png").write_bytes(content)
    return folder / "masks.png"


def jpeg(folder: Path) -> Path:
    Image.fromarray(soft()).save(folder / "masks.png", format="JPEG")
    return folder / "masks.png"


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.uint8)


BAD = {
    "cut": (cut, "not a PNG picture, or is damaged"),
    "no picture": (lambda folder: written(folder, b"hello"), "not a PNG picture"),
    "nothing": (lambda folder: written(folder, b""), "not a PNG picture"),
    "a JPEG": (jpeg, "not a PNG picture"),
    "not there": (lambda folder: folder / "none.png", "not a PNG picture"),
    "too small": (
        lambda folder: saved(folder, zeros(HEIGHT, WIDTH - 1)),
        f"{WIDTH - 1} x {HEIGHT} pixels, but the photo is {WIDTH} x {HEIGHT}",
    ),
    "turned": (lambda folder: saved(folder, zeros(WIDTH, HEIGHT)), "must be as large as the photo"),
    "a bomb": (lambda folder: saved(folder, zeros(20_000, 20_000)), "as large as the photo"),
    "empty": (lambda folder: saved(folder, zeros(HEIGHT, WIDTH)), "shows no object"),
    "only ignored": (
        lambda folder: saved(folder, np.full((HEIGHT, WIDTH), 10_000, np.uint16)),
        "shows no object",
    ),
    "a photo": (
        lambda folder: saved(
            folder, np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8) // 2 * 2
        ),
        r"no background|holds \d+ objects, expected at most 256",
    ),
    "no background": (
        lambda folder: saved(folder, zeros(HEIGHT, WIDTH, 3) + np.uint8(9)),
        "has no background",
    ),
}


@pytest.mark.parametrize("several", [False, True], ids=["alone", "beside another"])
@pytest.mark.parametrize("kind", BAD)
def test_bad_files_are_told_in_one_line(tmp_path: Path, kind: str, several: bool) -> None:
    make, message = BAD[kind]
    files = [make(tmp_path)]
    if several:
        files.append(saved(tmp_path, np.uint8(two_pieces()), "good.png"))
    if several and kind in ("only ignored", "a photo"):  # fine as one object
        return
    with pytest.raises(AmodalError, match=message) as caught:
        read_masks(files, HEIGHT, WIDTH)
    assert files[0].name in str(caught.value) or kind == "a photo"
    assert "\n" not in str(caught.value)


def test_the_number_of_objects_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH)
    with pytest.raises(AmodalError, match="holds 767 objects, expected at most 256"):
        read_masks([saved(tmp_path, labels)], HEIGHT, WIDTH)
    file = saved(tmp_path, np.uint8(two_pieces()))
    with pytest.raises(AmodalError, match="You chose 257 objects"):
        read_masks([file] * 257, HEIGHT, WIDTH)
    monkeypatch.setattr(coco, "MAX_MASK_BYTES", 3 * HEIGHT * WIDTH)
    assert len(read_masks([file] * 3, HEIGHT, WIDTH)) == 3
    with pytest.raises(AmodalError, match="at most 3 for a photo of 32 x 24"):
        read_masks([file] * 4, HEIGHT, WIDTH)


def test_no_file_is_told() -> None:
    with pytest.raises(AmodalError, match="choose one or more"):
        read_masks([], HEIGHT, WIDTH)


@SHARED
@given(st.binary(max_size=60), st.integers(0, 400))
def test_damage_gives_masks_or_one_sentence(tmp_path: Path, junk: bytes, where: int) -> None:
    path = saved(tmp_path, labels_of({3: (1, 1, 9, 9), 9: (12, 4, 8, 8)}).astype(np.uint8))
    data = bytearray(path.read_bytes())
    data[where : where + len(junk)] = junk
    path.write_bytes(data)
    instances, told = (), ""
    try:
        instances = read_masks([path], HEIGHT, WIDTH)
    except AmodalError as error:
        told = str(error)
    assert bool(instances) != bool(told)
    assert "\n" not in told
    for instance in instances:
        assert instance.modal.shape == (HEIGHT, WIDTH)
        assert instance.modal.any()
