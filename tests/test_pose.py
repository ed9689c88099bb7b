"""The pose network: it learns what a car looks like and shows it in another layout."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from amodal import train as command
from amodal.errors import AmodalError
from amodal.hub.manifest import own_entry
from amodal.pose.checkpoint import FILE, PoseInfo, load, save
from amodal.pose.framing import FILL, as_car, framing
from amodal.pose.layout import PARTS, planes
from amodal.pose.network import PoseConfig, PoseNet
from amodal.training.pose.batches import Turns, car_folders, read_view, without_a_piece
from amodal.training.pose.config import PoseLossConfig, toy
from amodal.training.pose.photographed import light, photographed, recoloured
from amodal.training.pose.train import CURVES, pose_loss

SMALL = PoseConfig(side=16, code=6, widths=(16, 16, 8), hidden=8)
PAINT, TYRE = PARTS.index("paint"), PARTS.index("tyre")


def write_car(folder: Path, colour: tuple[int, int, int]) -> None:
    """A box on two wheels, in three widths: "poses" that a network can learn to tell apart."""
    folder.mkdir(parents=True)
    for index, width in enumerate((40, 28, 16)):
        parts = np.zeros((48, 48), np.uint8)
        left = 24 - width // 2
        parts[14:30, left : left + width] = PAINT
        parts[30:36, left : left + 6] = parts[30:36, left + width - 6 : left + width] = TYRE
        picture = np.zeros((48, 48, 4), np.uint8)
        picture[parts == PAINT, :3], picture[parts == TYRE, :3] = colour[::-1], 20
        picture[parts > 0, 3] = 255
        cv2.imwrite(str(folder / f"{index}.png"), picture)
        cv2.imwrite(str(folder / f"{index}-parts.png"), parts)
    views = [{"turn": float(turn)} for turn in range(3)]
    (folder / "views.json").write_text(json.dumps({"number": 1, "views": views}))


@pytest.fixture(scope="module")
def cars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cars")
    rng = np.random.default_rng(0)
    for number in range(24):
        write_car(root / f"{number:03d}", tuple(int(v) for v in rng.integers(30, 220, 3)))
    return root


@pytest.fixture(scope="module")
def trained(cars: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pose")
    options = ["--task", "pose", "--cars", f"{cars}", "--toy", "--no-perceptual"]
    assert command.main([*options, "--workers", "0", "--out", f"{out}"]) == 0
    return out


def test_an_unseen_car_keeps_its_colour_in_another_pose(trained, tmp_path):
    network, _ = load(trained / FILE)
    for colour in ((200, 40, 40), (40, 90, 200)):
        write_car(tmp_path / f"{colour}", colour)
        car, _ = read_view(tmp_path / f"{colour}", 0, network.config.side)
        _, parts = read_view(tmp_path / f"{colour}", 2, network.config.side)
        with torch.inference_mode():
            picture = network(
                torch.from_numpy(as_car(car))[None], torch.from_numpy(planes(parts))[None]
            )[0]
        paint = 255 * picture[:, torch.from_numpy(parts == PAINT)].mean(dim=1)
        tyre = 255 * picture[:, torch.from_numpy(parts == TYRE)].mean(dim=1)
        assert paint.numpy() == pytest.approx(colour, abs=35)
        assert tyre.numpy() == pytest.approx((20, 20, 20), abs=25)


def test_it_says_what_it_was_trained_on(trained):
    assert {path.name for path in trained.iterdir()} == {FILE, CURVES, "manifest.json"}
    entry = own_entry(trained / "manifest.json", FILE)
    assert entry.trained_on.startswith("24 rendered cars")
    assert entry.licence == "Apache-2.0"
    curve = json.loads((trained / CURVES).read_text())["pose"]["colour"]
    assert curve[-1][1] < curve[0][1] / 3


def test_it_goes_on_from_other_weights(trained, cars, tmp_path, capsys):
    options = ["--task", "pose", "--cars", f"{cars}", "--no-perceptual", "--workers", "0"]
    start = ["--toy", "--start", f"{trained / FILE}", "--scale", "0.1"]
    assert command.main([*options, *start, "--out", f"{tmp_path}"]) == 0
    before, after = (
        json.loads((folder / CURVES).read_text())["pose"]["colour"]
        for folder in (trained, tmp_path)
    )
    assert after[0][1] < before[0][1] / 2
    assert "--start WEIGHTS" in own_entry(tmp_path / "manifest.json", FILE).command
    assert command.main([*options, "--start", f"{trained / FILE}", "--out", f"{tmp_path}/x"]) == 2
    assert "start from weights of the same sizes" in capsys.readouterr().err


def test_every_parameter_learns():
    network = PoseNet(SMALL)
    car = torch.rand(2, 4, 16, 16)
    layout = torch.from_numpy(planes(np.random.default_rng(0).integers(0, 9, (2, 16, 16))))
    network(car, layout).square().mean().backward()
    head = network.encoder.head.weight.grad
    assert head[SMALL.code :].abs().sum() == 0  # the mean alone is used here
    others = [p for name, p in network.named_parameters() if "head" not in name]
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in others)


def test_the_picture_depends_on_car_and_layout():
    torch.manual_seed(0)
    network = PoseNet(SMALL).eval()
    car, other = torch.rand(2, 1, 4, 16, 16)
    layout = torch.from_numpy(planes(np.random.default_rng(0).integers(0, 9, (1, 16, 16))))
    with torch.inference_mode():
        picture = network(car, layout)
        assert picture.shape == (1, 3, 16, 16)
        assert 0 <= picture.min() <= picture.max() <= 1
        assert torch.equal(picture, network(car, layout))
        assert not torch.equal(picture, network(other, layout))
        assert not torch.equal(picture, network(car, layout.flip(3)))


def test_sizes_that_do_not_fit_are_told():
    with pytest.raises(ValueError, match="widths: got 3, expected one more than doublings"):
        PoseConfig(side=64, widths=(8, 8, 8))


def test_a_perfect_picture_costs_only_its_code(cars):
    batch = Turns(car_folders(cars), side=16, batch=2, steps=1, seed=0)[0]
    network = PoseNet(SMALL)
    network.generate = lambda code, layout: batch.target
    terms = pose_loss(network, lambda x: (x,), batch, PoseLossConfig())
    assert terms["colour"] == terms["perceptual"] == terms["style"] == 0
    assert terms["loss"].item() == pytest.approx(PoseLossConfig().kl * terms["kl"].item())


def test_what_lies_outside_the_car_does_not_count(cars):
    batch = Turns(car_folders(cars), side=16, batch=2, steps=1, seed=0)[0]
    network = PoseNet(SMALL)
    network.generate = lambda code, layout: batch.target + (1 - batch.alpha)
    assert pose_loss(network, None, batch, PoseLossConfig())["colour"] == 0


def test_batches_are_functions_of_seed_and_step(cars):
    turns = Turns(car_folders(cars), side=32, batch=3, steps=5, seed=1, damaged=0.5)
    first, again = turns[2], turns[2]
    assert torch.equal(first.car, again.car)
    assert torch.equal(first.layout, again.layout)
    assert not torch.equal(first.car, turns[3].car)
    assert (first.layout.sum(1) == 1).all()
    assert torch.equal(first.layout[:, :1] == 0, first.alpha > 0)


@given(st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_a_missing_piece_keeps_the_silhouette(seed):
    picture = np.zeros((32, 32, 4), np.uint8)
    picture[8:24, 4:28] = (200, 10, 30, 255)
    picture[8:24, 4:8, :3] = 0
    out = without_a_piece(picture, np.random.default_rng(seed))
    assert np.array_equal(out[..., 3], picture[..., 3])
    assert out.shape == picture.shape


@given(st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_a_camera_keeps_about_the_car_and_its_colours_stay_within_alpha(seed):
    rng = np.random.default_rng(seed)
    picture = np.zeros((48, 48, 4), np.uint8)
    picture[16:32, 8:40] = (200, 60, 30, 255)
    out = photographed(picture, rng)
    assert out.shape == picture.shape
    assert out.dtype == np.uint8
    assert (out[..., :3] <= out[..., 3:]).all()
    assert (out[18:30, 10:38, 3] > 160).all()  # blur softens the edge only
    assert not out[:8, :, 3].any()
    middle = np.median(out[18:30, 10:38, :3].reshape(-1, 3), axis=0)
    assert middle == pytest.approx((200, 60, 30), abs=30)


def test_other_light_changes_colours_and_not_the_silhouette():
    picture = np.full((4, 4, 4), (200, 60, 30, 220), np.uint8)
    gains = [light(np.random.default_rng(seed)) for seed in range(200)]
    darkest, brightest = (pick(gains, key=np.sum) for pick in (min, max))
    assert darkest.max() < 0.4 < 1.1 < brightest.min()
    assert tuple(recoloured(picture, darkest)[0, 0]) < (90, 30, 15, 221)
    assert tuple(recoloured(picture, np.full(3, 9.0))[0, 0]) == (220, 220, 220, 220)


@given(st.integers(2, 90), st.integers(2, 90), st.integers(0, 9), st.integers(16, 64))
@settings(max_examples=40, deadline=None)
def test_framing_puts_the_box_in_the_middle(height, width, margin, side):
    mask = np.zeros((height + 2 * margin, width + 2 * margin), bool)
    mask[margin : margin + height, margin : margin + width] = True
    frame = framing(mask, side)
    squared = frame.squared(mask.astype(np.uint8), labels=True)
    rows, columns = frame.inside
    assert squared[rows, columns].all()
    assert squared.sum() == (rows.stop - rows.start) * (columns.stop - columns.start)
    assert max(rows.stop - rows.start, columns.stop - columns.start) == round(FILL * side)
    for span in (rows, columns):
        assert abs(span.start + span.stop - side) <= 1


def test_planes_say_which_part_is_where():
    parts = np.array([[0, 1], [8, 1]], np.uint8)
    found = planes(parts)
    assert found.shape == (9, 2, 2)
    assert (found.argmax(0) == parts).all()
    assert (found.sum(0) == 1).all()


def test_a_missing_damaged_or_foreign_file_is_told(tmp_path):
    with pytest.raises(AmodalError, match="No weights of the pose network"):
        load(tmp_path / FILE)
    save(tmp_path / FILE, PoseInfo(SMALL), PoseNet(SMALL))
    assert load(tmp_path / FILE)[1].model == SMALL
    (tmp_path / FILE).write_bytes(b"x")
    with pytest.raises(AmodalError, match="damaged"):
        load(tmp_path / FILE)


def test_a_folder_without_cars_is_told(tmp_path, capsys):
    options = ["--task", "pose", "--cars", f"{tmp_path}", "--no-perceptual", "--out", f"{tmp_path}"]
    assert command.main(options) == 2
    assert "holds no cars: render some by" in capsys.readouterr().err


def test_the_presets_are_those_of_the_network():
    assert toy().model.parts == len(PARTS) == PoseConfig().parts
