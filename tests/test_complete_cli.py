"""`python -m amodal.complete`, with a small trained network and the real scene and inpainter code.

The Hub is off and its cache is empty, so hidden pixels are painted by our own network.
"""

import json
import runpy
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from amodal.complete import main, parse, select
from amodal.data.coco import decode_rle, encode_rle, read_instances
from amodal.errors import AmodalError
from amodal.photo import save_png
from amodal.scene import Instance

ROOT = Path(__file__).parents[1]
TINY = ROOT / "tests" / "data" / "tiny"
HEIGHT, WIDTH = 120, 200
BALL = (40, 60, 200)


@pytest.fixture(autouse=True)
def no_hub(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("AMODAL_WEIGHTS", str(TINY))


def ball_mask() -> np.ndarray:
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(canvas, (80, 60), (50, 40), 0, 0, 360, 1, -1)
    return canvas.astype(bool)


def wall_mask() -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[5:115, 10:60] = True
    return mask


@pytest.fixture
def street(tmp_path) -> Path:
    """A folder with a blue ball behind a red wall: street.png, its wall.png, and instances.json."""
    photo = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    photo[ball_mask()] = BALL
    photo[wall_mask()] = (200, 30, 30)
    save_png(photo, tmp_path / "street.png")
    save_png(wall_mask(), tmp_path / "wall.png")
    ball = encode_rle(ball_mask() & ~wall_mask())
    annotations = [
        {"segmentation": ball, "category": "car", "name": "the ball"},
        {"segmentation": "wall.png", "name": "../wall/ä b"},
    ]
    (tmp_path / "instances.json").write_text(json.dumps({"annotations": annotations}))
    return tmp_path


def run(street: Path, *more: str, out: str = "out") -> int:
    files = [street / "street.png", "--instances", street / "instances.json"]
    return main([*map(str, files), "--out", str(street / out), *more])


def test_writes_masks_cut_outs_and_a_picture(street, capsys):
    assert run(street, "--samples", "5", "--seed", "3") == 0
    out = street / "out"
    names = {path.name for path in out.iterdir()}
    assert names == {"completions.json", "overview.png", "01-the-ball.png", "02-wall-ä-b.png"}
    document = json.loads((out / "completions.json").read_text(encoding="utf-8"))
    assert document["info"] == {"seed": 3, "samples": 5, "temperature": 1.0}
    assert document["images"][0]["file_name"] == "street.png"
    ball, wall = document["annotations"]
    assert [len(item["samples"]) for item in (ball, wall)] == [5, 5]
    amodal, modal = decode_rle(ball["segmentation"]), decode_rle(ball["modal"])
    assert np.array_equal(modal, ball_mask() & ~wall_mask())
    assert not (modal & ~amodal).any()
    assert (amodal & ball_mask()).sum() > modal.sum() + 300  # it goes on behind the wall
    assert np.asarray(Image.open(out / "overview.png")).shape[1] > 1000
    said = capsys.readouterr()
    assert "the ball (car): " in said.out
    assert "px whole" in said.out
    assert "2 cut-outs" in said.out
    assert "our own small network" in said.err  # the fall-back is told, once, in a line
    assert said.err.count("\n") == 1


def test_a_cut_out_is_the_whole_object_in_its_own_colours(street):
    run(street, "--only", "the ball", "--samples", "1")
    (annotation,) = json.loads((street / "out" / "completions.json").read_text())["annotations"]
    cut_out = annotation["cut_out"]
    rgba = np.asarray(Image.open(street / "out" / cut_out["file"]))
    whole = np.zeros((HEIGHT + 200, WIDTH + 200, 4), np.uint8)
    x, y = cut_out["x0"] + 100, cut_out["y0"] + 100
    whole[y : y + rgba.shape[0], x : x + rgba.shape[1]] = rgba
    whole = whole[100:-100, 100:-100]
    assert np.array_equal(whole[..., 3] > 0, decode_rle(annotation["segmentation"]))
    # Behind the wall the ball is blue, though the photo is red there.
    hidden = (whole[..., 3] > 0) & wall_mask()
    assert hidden.sum() > 300
    assert np.abs(whole[hidden][:, :3].astype(int) - BALL).mean() < 15


def test_the_same_seed_writes_the_same_bytes_another_does_not(street):
    for out, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert run(street, "--samples", "3", "--seed", seed, out=out) == 0
    first, same, other = (
        json.loads((street / out / "completions.json").read_text())["annotations"]
        for out in ("a", "b", "c")
    )
    assert first == same
    assert (street / "a/overview.png").read_bytes() == (street / "b/overview.png").read_bytes()
    assert first[0]["samples"] != other[0]["samples"]
    assert first[0]["segmentation"] == other[0]["segmentation"]  # the mode needs no luck


def test_only_and_temperature(street):
    assert run(street, "--only", "2", "--temperature", "0", "--samples", "2") == 0
    document = json.loads((street / "out" / "completions.json").read_text())
    (wall,) = document["annotations"]
    assert wall["name"] == "../wall/ä b"
    assert wall["cut_out"]["file"] == "02-wall-ä-b.png"
    keys = ("segmentation", "area", "bbox")
    for sample in wall["samples"]:
        assert {key: sample[key] for key in keys} == {key: wall[key] for key in keys}


def test_its_own_output_can_be_its_input(street):
    run(street, "--samples", "1")
    again = street / "out" / "completions.json"
    old = read_instances(street / "instances.json", HEIGHT, WIDTH)
    new = read_instances(again, HEIGHT, WIDTH, "street.png")
    for before, after in zip(old, new, strict=True):
        assert np.array_equal(before.modal, after.modal)
        assert (before.name, before.category) == (after.name, after.category)


@pytest.mark.parametrize(
    ("masks", "name"),
    [
        ([np.ones((HEIGHT, WIDTH), bool)], "full frame"),
        ([np.pad([[True]], ((60, 59), (80, 119)))], "one pixel"),
        ([wall_mask() | np.roll(wall_mask(), 100, axis=1)], "two pieces"),
        ([np.roll(ball_mask(), -85, axis=1)], "cut by both sides of the photo"),
        ([ball_mask(), wall_mask() | ball_mask()], "covered by another mask"),
    ],
)
def test_odd_masks(street, masks, name):
    annotations = [{"segmentation": encode_rle(mask), "name": name} for mask in masks]
    (street / "instances.json").write_text(json.dumps(annotations))
    assert run(street, "--samples", "2") == 0
    document = json.loads((street / "out" / "completions.json").read_text())
    for mask, annotation in zip(masks, document["annotations"], strict=True):
        assert not (mask & ~decode_rle(annotation["segmentation"])).any()


def mistakes(street: Path) -> dict[str, tuple[list[str], str]]:
    """Arguments, and what must be said about them."""
    photo, instances = str(street / "street.png"), str(street / "instances.json")
    small, broken = street / "small.png", street / "broken.json"
    save_png(np.zeros((20, 30, 3), np.uint8), small)
    broken.write_text("{")
    out, asks = ["--out", str(street / "o")], ["--instances", instances]
    good = [photo, *asks, *out]
    return {
        "photo": ["none.jpg", *asks, *out],
        "no picture": [instances, *asks, *out],
        "json": [photo, "--instances", str(broken), *out],
        "size": [str(small), *asks, *out],
        "only": [*good, "--only", "red car"],
        "only 3": [*good, "--only", "3"],
        "seed": [*good, "--seed", "-1"],
        "samples": [*good, "--samples", "33"],
        "temperature": [*good, "--temperature", "nan"],
        "weights": [*good, "--weights", str(street / "nowhere")],
        "out": [photo, *asks, "--out", photo],
    }


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        ("photo", "There is no file none.jpg"),
        ("no picture", "instances.json is not a picture"),
        ("json", "broken.json is not valid JSON"),
        ("size", "Annotation 1 (name 'the ball'): the mask is 200 x 120 pixels"),
        ("only", "there is no object 'red car'; the file has 1 'the ball', 2 '../wall/ä b'"),
        ("only 3", "there is no object '3'"),
        ("seed", "Seed: got -1"),
        ("samples", "Samples: got 33, expected 1 to 32"),
        ("temperature", "Temperature: got nan"),
        ("weights", "nowhere"),
        ("out", "Can't make the folder"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(street, capsys, mistake, sentence):
    assert main(mistakes(street)[mistake]) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.err.startswith("amodal.complete: ")
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_a_folder_that_cannot_be_written(street, capsys):
    (street / "out" / "completions.json").mkdir(parents=True)
    assert run(street, "--samples", "1") == 2
    assert "Can't write" in capsys.readouterr().err


def test_select_by_name_and_number():
    names = ("car 1", "Car 2", "2", "car 1")
    instances = [Instance(np.ones((1, 1), bool), name=name) for name in names]
    assert select(instances, None) == [0, 1, 2, 3]
    assert select(instances, [" CAR 1 "]) == [0, 3]
    assert select(instances, ["4", "1"]) == [0, 3]
    assert select(instances, ["2"]) == [2]  # a name goes before a number
    for key in ("0", "5", "-1", "²", ""):
        with pytest.raises(AmodalError, match="--only: there is no object"):
            select(instances, [key])


def test_the_module_runs_and_its_help_names_every_option(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["complete.py", "--help"])
    with pytest.raises(SystemExit) as left:
        runpy.run_path(str(ROOT / "amodal" / "complete.py"), run_name="__main__")
    assert left.value.code == 0
    shown = capsys.readouterr().out
    for word in ("PHOTO", "--instances", "--only", "completions.json", "overview.png"):
        assert word in shown


def test_the_command_of_the_issue_is_understood():
    options = parse(["a.jpg", "--instances", "b.json", "--samples", "20", "--out", "c"])
    assert (options.samples, options.seed, options.temperature) == (20, 0, 1.0)
    assert options.out == Path("c")
