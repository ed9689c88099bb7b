"""The inpainting network's training: its losses; that it learns, resumes, says what it is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from amodal import train as command
from amodal.data.holes import Holes
from amodal.data.shapes import toy_shapes
from amodal.evaluation import inpainting as evaluation
from amodal.hub.manifest import own_entry
from amodal.inpaint import OpenCV
from amodal.inpaint.checkpoint import FILE
from amodal.inpaint.partial import PartialConvolutions
from amodal.likeness import psnr
from amodal.photo import load_photo, save_png
from amodal.segment.mobile_sam import build_sam
from amodal.training import loop
from amodal.training.inpainting.batches import FillBatch, FillBatches, view
from amodal.training.inpainting.config import FillLossConfig, toy
from amodal.training.inpainting.features import EncoderFeatures
from amodal.training.inpainting.losses import fill_loss, gradient_error, gram, total_variation
from amodal.training.inpainting.train import CURVES, train

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stripes of many widths, colours and directions: what a hole held can be known."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "test").mkdir()
    for number in range(14):
        rng = np.random.default_rng(number)
        y, x = np.mgrid[:60, :80]
        angle, width = rng.uniform(0, np.pi), rng.uniform(25, 45)
        wave = 0.5 + 0.5 * np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / width)
        low, high = rng.uniform(0, 255, (2, 3))
        part = "test" if number >= 10 else "."
        picture = (low + (high - low) * wave[..., None]).astype(np.uint8)
        save_png(picture, folder / part / f"s{number}_{number}.png")
    return folder


@pytest.fixture(scope="module")
def trained(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("inpaint")
    options = ["--task", "inpaint", "--photos", f"{photos}", "--data", "toy", "--no-perceptual"]
    assert command.main([*options, "--scale", "4", "--workers", "0", "--out", f"{out}"]) == 0
    return out


def test_it_learns_to_continue_stripes(trained, photos):
    inpainter, holes = PartialConvolutions(trained / FILE, "cpu"), Holes(toy_shapes(4))
    ours, mean_colour = [], []
    for number, path in enumerate(sorted((photos / "test").iterdir())):
        photo = load_photo(path)[:48, :48]
        hole = holes.draw(np.random.default_rng(number), 48)
        flat = photo.copy()
        flat[hole] = photo[~hole].mean(axis=0)
        ours.append(psnr(inpainter.fill(photo, hole), photo, hole))
        mean_colour.append(psnr(flat, photo, hole))
    assert np.mean(ours) > np.mean(mean_colour) + 3


def test_it_says_what_it_was_trained_on(trained):
    assert {path.name for path in trained.iterdir()} == {FILE, CURVES, "manifest.json"}
    entry = own_entry(trained / "manifest.json", FILE)
    assert entry.name == "inpaint"
    assert entry.trained_on == "10 street photos; holes: silhouettes of toy shapes"
    assert entry.command.endswith("--data toy --no-perceptual --scale 4")
    curves = json.loads((trained / CURVES).read_text())
    first, *_, last = (value for _, value in curves["inpaint-1"]["hole"])
    assert last < first


def test_it_goes_on_from_other_weights(trained, photos, tmp_path):
    options = ["--task", "inpaint", "--photos", f"{photos}", "--data", "toy", "--no-perceptual"]
    start = ["--start", f"{trained / FILE}", "--scale", "0.4", "--workers", "0"]
    assert command.main([*options, *start, "--out", f"{tmp_path}"]) == 0
    before, after = (
        json.loads((folder / CURVES).read_text())["inpaint-1"]["hole"][0][1]
        for folder in (trained, tmp_path)
    )
    assert after < before / 2


@pytest.mark.parametrize(("name", "value"), [("SAVE_EVERY", 10), ("SAVE_AFTER", 0.0)])
def test_a_killed_training_goes_on_to_the_same_weights(photos, tmp_path, monkeypatch, name, value):
    monkeypatch.setattr(loop, name, value)
    schedule = tuple(replace(phase, steps=30) for phase in toy().phases)
    config = replace(toy(), phases=schedule)
    paths = sorted(photos.glob("*.png"))
    train(config, paths, toy_shapes(4), tmp_path / "whole", CPU)

    class Killed(Exception):
        pass

    def dies(self, step):
        if step == 15:
            raise Killed
        return original(self, step)

    original = FillBatches.__getitem__
    with monkeypatch.context() as patch:
        patch.setattr(FillBatches, "__getitem__", dies)
        with pytest.raises(Killed):
            train(config, paths, toy_shapes(4), tmp_path / "cut", CPU)
    assert (tmp_path / "cut" / "inpaint-1.state.pt").exists()
    assert not (tmp_path / "cut" / FILE).exists()
    train(config, paths, toy_shapes(4), tmp_path / "cut", CPU)
    whole, cut = (load_file(tmp_path / name / FILE) for name in ("whole", "cut"))
    assert all(torch.equal(value, cut[name]) for name, value in whole.items())


def test_the_second_phase_leaves_the_encoders_statistics_alone(photos, tmp_path, monkeypatch):
    seen = []
    original = loop.run

    def spy(job, *arguments):
        layers = job.network.down[1:]
        before = [layer.norm.running_mean.clone() for layer in layers]
        original(job, *arguments)
        seen.append(
            [
                bool((a != layer.norm.running_mean).any())
                for a, layer in zip(before, layers, strict=True)
            ]
        )

    monkeypatch.setattr("amodal.training.inpainting.train.run", spy)
    config = replace(toy(), phases=tuple(replace(phase, steps=3) for phase in toy().phases))
    train(config, sorted(photos.glob("*.png")), toy_shapes(4), tmp_path, CPU)
    assert seen == [[True, True], [False, False]]


def batch() -> FillBatch:
    generator = torch.Generator().manual_seed(0)
    hole = torch.zeros(2, 1, 16, 16)
    hole[..., 4:10, 6:12] = 1
    return FillBatch(torch.rand(2, 3, 16, 16, generator=generator), 1 - hole, torch.ones_like(hole))


def perfect(picture, known):
    return picture


def test_a_perfect_filling_costs_only_its_own_variation():
    terms = fill_loss(perfect, lambda x: (x, x[:, :, ::2]), batch(), FillLossConfig(gradient=1))
    assert terms["variation"] > 0
    assert {name for name, value in terms.items() if value > 0} == {"variation", "loss"}


def test_valid_and_hole_look_at_their_own_pixels():
    wrong_inside = fill_loss(lambda p, k: p + (1 - k), None, batch(), FillLossConfig())
    wrong_outside = fill_loss(lambda p, k: p + k, None, batch(), FillLossConfig())
    share = 36 / 256
    assert wrong_inside["valid"] == 0
    assert wrong_inside["hole"] == pytest.approx(share)
    assert wrong_outside["hole"] == 0
    assert wrong_outside["valid"] == pytest.approx(1 - share)
    assert wrong_outside["gradient"] == 0  # the filled picture has the photo's known pixels


def test_what_does_not_count_costs_nothing():
    whole = batch()
    left = torch.ones_like(whole.known)
    left[..., 8:] = 0
    island = replace(whole, known=whole.known * left, counted=left)
    spoilt = fill_loss(lambda p, k: p + (1 - left), None, island, FillLossConfig())
    assert spoilt["valid"] == spoilt["hole"] == spoilt["gradient"] == 0
    wrong = fill_loss(lambda p, k: p + 1, None, island, FillLossConfig())
    assert wrong["hole"] == pytest.approx(6 * 2 / 256)  # the hole's two columns on the left
    assert wrong["variation"] < fill_loss(perfect, None, whole, FillLossConfig())["variation"]


def test_gram_and_gradients_follow_their_definitions():
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]])  # two channels, two pixels
    assert gram(features).tolist() == [[[2.5, 1.5], [1.5, 4.5]]]
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)
    flat = torch.zeros_like(ramp)
    assert gradient_error(ramp, flat, scales=2) == pytest.approx(1 + 2)
    assert gradient_error(ramp + 5, ramp) == 0
    assert total_variation(ramp, torch.ones_like(ramp)) == 0
    assert total_variation(ramp, torch.zeros_like(ramp)) == pytest.approx(1)


def test_style_tells_textures_apart_that_lie_elsewhere_equal():
    """Stripes moved by a phase keep their Gram matrix; other stripes do not."""
    x = torch.arange(32)
    stripes = ((x // 2) % 2).float().expand(1, 1, 32, 32)
    moved, other = stripes.roll(4, dims=3), ((x // 8) % 2).float().expand(1, 1, 32, 32)
    filters = lambda p: torch.cat([p.diff(dim=3), p[..., 1:]], dim=1)  # noqa: E731
    assert torch.equal(gram(filters(stripes)), gram(filters(moved)))
    assert not torch.allclose(gram(filters(stripes)), gram(filters(other)), atol=0.1)


def test_views_are_squares_of_the_photo_and_never_enlarged_without_need():
    photo = np.arange(40 * 60 * 3, dtype=np.uint32).reshape(40, 60, 3).astype(np.uint8)
    rng = np.random.default_rng(0)
    for side in (16, 40):
        assert all(view(photo, rng, side).shape == (side, side, 3) for _ in range(20))
    exact = view(photo, np.random.default_rng(1), 40)  # 40 is the photo's shorter side
    rows = [photo[:, x : x + 40] for x in range(21)]
    assert any(np.array_equal(exact, each) or np.array_equal(exact, each[:, ::-1]) for each in rows)
    assert view(photo, rng, 64).shape == (64, 64, 3)


def test_encoder_features_are_frozen_and_differentiable(tmp_path):
    torch.save(build_sam().state_dict(), tmp_path / "mobile_sam.pt")
    features = EncoderFeatures(tmp_path / "mobile_sam.pt")
    assert not any(parameter.requires_grad for parameter in features.parameters())
    picture = torch.rand(1, 3, 64, 48, requires_grad=True)
    maps = features(picture)
    assert [tuple(each.shape) for each in maps] == [
        (1, 32, 32, 24),
        (1, 64, 16, 12),
        (1, 128, 8, 6),
    ]
    maps[2].square().mean().backward()
    assert picture.grad.abs().sum() > 0


def test_mistakes_are_told(tmp_path, photos, capsys):
    base = ["--task", "inpaint", "--out", f"{tmp_path}/out", "--no-perceptual"]
    assert command.main([*base, "--photos", f"{tmp_path}", "--data", "toy"]) == 2
    assert "holds no photo" in capsys.readouterr().err
    assert command.main([*base, "--photos", f"{photos}", "--data", "kitti-mots"]) == 2
    assert "--root is missing" in capsys.readouterr().err


def test_the_evaluation_compares_ways_of_filling(trained, photos, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(
        evaluation.FILLS, "ours", lambda folder: PartialConvolutions(trained / FILE, "cpu")
    )
    monkeypatch.setattr(evaluation, "SHAPES", 9)
    options = ["--photos", f"{photos}", "--fills", "opencv", "ours", "--perceptual", "none"]
    assert evaluation.main([*options, "--json", f"{tmp_path}/scores/fills.json"]) == 0
    document = json.loads((tmp_path / "scores" / "fills.json").read_text())
    assert len(document["fills"]) == 4 * 2
    assert f"{photos}" not in json.dumps(document)
    assert "| ours |" in capsys.readouterr().out
    (first, *_) = evaluation.cases(sorted((photos / "test").iterdir()))
    about, photo, hole = first
    ours = evaluation.scores(photo, hole, OpenCV(), None)
    row = next(r for r in document["fills"] if r["case"] == about["case"] and r["fill"] == "opencv")
    assert row["psnr"] == pytest.approx(ours["psnr"], abs=1e-4)
