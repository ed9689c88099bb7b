"""The stages on toy shapes: they learn, freeze what must be frozen, and resume."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode

from amodal import train as command
from amodal.checkpoint import load_model, load_stage
from amodal.data.kitti_mots import Label, TrackMask
from amodal.data.pretext import PretextConfig
from amodal.data.shapes import toy_shapes
from amodal.errors import AmodalError
from amodal.geometry import Box
from amodal.model import AmodalVAE, ModelConfig
from amodal.training.ablations import ABLATIONS
from amodal.training.config import StageConfig, TrainConfig
from amodal.training.losses import (
    LossConfig,
    box_distance,
    energy_score,
    full_mask_loss,
    mask_distance,
    pair_loss,
    partial_loss,
)
from amodal.training.material import Material
from amodal.training.pairs import PairConfig, Pairs
from amodal.training.partial import Partials, partial_masks, toy_partials
from amodal.training.stages import train

SMALL = ModelConfig(size=32, latent=8, channels=(4, 8, 16), features=32)
CPU = torch.device("cpu")


def short(steps: tuple[int, int, int]) -> TrainConfig:
    stages = tuple(StageConfig(count, batch=8, rate=3e-3) for count in steps)
    return TrainConfig(model=SMALL, stages=stages, average=0.9)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    shapes = toy_shapes(8)
    train(short((150, 150, 20)), Material(shapes, toy_partials(shapes, 32)), folder, CPU)
    return folder


def test_three_files_and_the_curves_are_written(trained):
    assert sorted(path.name for path in trained.iterdir()) == [
        "curves.json",
        "stage1.safetensors",
        "stage2.safetensors",
        "stage3.safetensors",
    ]


def test_the_losses_fall(trained):
    curves = json.loads((trained / "curves.json").read_text())
    for stage, share in (("stage1", 0.8), ("stage2", 0.9)):
        points = curves[stage]["loss"]
        assert points[-1][1] < share * points[0][1], stage
        assert points[-1][0] == 150


def test_each_stage_stores_what_it_trained(trained):
    _, first = load_stage(trained, 1)
    for stage in (2, 3):
        info, tensors = load_stage(trained, stage)
        assert info.trained_classes == ("car", "person")
        assert not [name for name in tensors if name.startswith("decoder")]
        assert not torch.equal(tensors["encoder.merge.weight"], first["encoder.merge.weight"])


def test_the_decoder_stays_frozen_in_stage_2(tmp_path, trained):
    from amodal.training.stages import _pairs

    job, _ = _pairs(short((1, 1, 1)), Material(toy_shapes(4), []), trained, CPU, None)
    frozen = [name for name, p in job.network.named_parameters() if not p.requires_grad]
    assert frozen == [name for name, _ in job.network.named_parameters() if "decoder" in name]


def test_an_interrupted_training_ends_where_an_unbroken_one_does(tmp_path, monkeypatch):
    from amodal.training import loop

    monkeypatch.setattr(loop, "SAVE_EVERY", 10)
    shapes = toy_shapes(6)
    material = Material(shapes, toy_partials(shapes, 32))
    config = short((25, 1, 1))
    train(config, material, tmp_path / "unbroken", CPU)

    def interrupt(*arguments, **named):
        raise KeyboardInterrupt

    real_loss = full_mask_loss
    calls = iter(range(1000))

    def fail_at_15(*arguments):
        return interrupt() if next(calls) == 15 else real_loss(*arguments)

    monkeypatch.setattr("amodal.training.stages.full_mask_loss", fail_at_15)
    with pytest.raises(KeyboardInterrupt):
        train(config, material, tmp_path / "broken", CPU)
    assert (tmp_path / "broken" / "stage1.state.pt").is_file()
    monkeypatch.setattr("amodal.training.stages.full_mask_loss", real_loss)
    train(config, material, tmp_path / "broken", CPU)

    ends = [load_stage(tmp_path / name, 1)[1] for name in ("unbroken", "broken")]
    for name, value in ends[0].items():
        torch.testing.assert_close(value, ends[1][name], rtol=0, atol=0, msg=name)


def test_a_batch_depends_on_seed_and_step_alone():
    pairs = Pairs(toy_shapes(6), size=32, classes=SMALL.classes, batch=4, steps=9, seed=1)
    for name in ("whole", "modal", "theta", "modal_cues"):
        assert torch.equal(getattr(pairs[3], name), getattr(pairs[3], name))
    assert not torch.equal(pairs[3].modal, pairs[4].modal)


def test_pairs_hide_and_theta_brings_back():
    from amodal.geometry import warp

    config = PairConfig(PretextConfig(rough=0), full_extent=0)
    pairs = Pairs(
        toy_shapes(6), size=32, classes=SMALL.classes, batch=16, steps=1, seed=1, config=config
    )
    batch = pairs[0]
    placed = warp(batch.whole, batch.theta)
    # What is visible lies inside the whole, placed into the crop frame.
    outside = ((placed < 0.1) & (batch.modal > 0.9)).float().mean(dim=(1, 2, 3))
    assert outside.max() < 0.02
    assert (batch.theta[:, 2:] >= 1).all()


def test_mirrored_partials_mirror_their_cues():
    partials = toy_partials(toy_shapes(4), 32)
    marked = [replace(p, cues=np.array([0, 1, 0, 0, 0, 0], np.float32)) for p in partials]
    batch = Partials(marked, classes=SMALL.classes, batch=64, steps=1, seed=0)[0]
    sides = batch.cues[:, [1, 3]]
    assert (sides.sum(dim=1) == 1).all()
    assert 0 < sides[:, 1].mean() < 1


def test_pixels_under_an_occluder_are_unknown():
    for partial in toy_partials(toy_shapes(4), 32):
        under = (partial.known < 10).mean()
        assert 0.005 < under < 0.9
        assert ((partial.seen > 250) & (partial.known < 5)).sum() == 0


def test_the_slit_beside_an_occluder_is_unknown():
    label = Label(0, 1, Box(40, 40, 100, 100), 9.0)
    item = TrackMask(1, 1, 1001, "car", np.ones((20, 20), bool), 50, 50, (200, 200), label)
    occluder = np.ones((20, 12), bool)
    occluder[1:, :2] = False  # it touches in the first row; below it a slit of two pixels is free
    near = replace(item, track=1002, mask=occluder, x0=70, label=None)
    (partial,) = partial_masks([item, near], 80)  # the window is 40 pixels wide: two to a pixel
    known = partial.known.reshape(40, 2, 40, 2).mean(axis=(1, 3)) > 127
    row = known[20]  # the window starts at 40
    assert row[:30].all()
    assert not row[30:].any()  # slit, occluder; the window ends before known ground comes


def test_box_distance_is_in_units_of_the_true_box():
    truth = torch.tensor([[0.0, 0.0, 2.0, 1.0]])
    moved = torch.tensor([[0.4, 0.0, 2.0, 1.0]])  # both vertical sides by 0.4 of a width of 4
    assert box_distance(moved, truth, truth).item() == pytest.approx(0.4 / 4 / 2)
    assert box_distance(truth, truth, truth).item() == 0


def test_the_weights_of_the_losses_add_up():
    torch.manual_seed(0)
    model = AmodalVAE(SMALL)
    batch = Pairs(toy_shapes(6), size=32, classes=SMALL.classes, batch=8, steps=1, seed=1)[0]
    config = LossConfig(
        kl=2, latent=3, energy=8, mode=9, canonical=4, placed=5, reach=6, category=7
    )
    terms = pair_loss(model, model.encoder, batch, config)
    expected = (
        8 * terms["energy"]
        + 9 * terms["mode"]
        + 4 * terms["canonical"]
        + 5 * terms["placed"]
        + 6 * terms["reach"]
        + 3 * terms["latent"]
        + 2 * terms["kl"]
        + 7 * terms["category"]
    )
    torch.testing.assert_close(terms["loss"], expected)


class ForbiddenUnderAutocast(TorchFunctionMode):
    """CUDA's autocast refuses a cross entropy of probabilities; the CPU's does not say so."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is torch.nn.functional.binary_cross_entropy:
            assert not torch.is_autocast_enabled("cpu")
        return function(*args, **(kwargs or {}))


def test_the_losses_are_allowed_under_autocast():
    model = AmodalVAE(SMALL)
    pairs = Pairs(toy_shapes(6), size=32, classes=SMALL.classes, batch=8, steps=1, seed=1)[0]
    partials = Partials(
        toy_partials(toy_shapes(4), 32), classes=SMALL.classes, batch=8, steps=1, seed=0
    )[0]
    with torch.autocast("cpu", torch.bfloat16), ForbiddenUnderAutocast():
        terms = pair_loss(model, model.encoder, pairs, LossConfig(placed=1, mode=1))
        assert torch.isfinite(terms["loss"])
        terms = partial_loss(model, partials, LossConfig())
        assert torch.isfinite(terms["loss"])


def test_the_mode_is_judged_without_noise():
    model = AmodalVAE(SMALL).eval()
    batch = Pairs(toy_shapes(6), size=32, classes=SMALL.classes, batch=8, steps=1, seed=1)[0]
    terms = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        terms.append(pair_loss(model, model.encoder, batch, LossConfig(mode=1)))
    assert terms[0]["mode"].item() == terms[1]["mode"].item() > 0
    assert terms[0]["energy"].item() != terms[1]["energy"].item()


def test_the_energy_score_is_least_for_the_distribution_of_the_truth():
    generator = torch.Generator().manual_seed(0)

    def score(spread: float, centre: float) -> float:
        truth, *draws = torch.randn(3, 200_000, 1, 1, 1, generator=generator)
        draws = [centre + spread * draw for draw in draws]
        return energy_score(draws, truth, mask_distance).mean().item()

    right = score(1, 0)
    for spread, centre in ((0.5, 0), (1.6, 0), (1, 0.4)):
        assert right < score(spread, centre) - 0.01


def test_one_draw_leaves_the_plain_distance():
    truth, draw = torch.rand(2, 3, 1, 4, 4)
    score = energy_score([draw], truth, mask_distance)
    assert torch.equal(score, mask_distance(draw, truth))


def test_every_ablation_trains_and_loads(tmp_path):
    shapes = toy_shapes(6)
    material = Material(shapes, toy_partials(shapes, 32))
    files = {}
    for name, change in ABLATIONS.items():
        train(change(short((4, 4, 4))), material, tmp_path / name, CPU)
        _, info = load_model(tmp_path / name, 3)
        files[name] = {n: load_stage(tmp_path / name, n)[1] for n in (1, 2, 3)}
        assert info.trained_classes == (() if name == "class" else ("car", "person"))
    weight = "encoder.merge.weight"
    assert torch.equal(files["stage2"][1][weight], files["stage2"][2][weight])
    assert torch.equal(files["stage3"][2][weight], files["stage3"][3][weight])
    assert not torch.equal(files["stage2"][2][weight], files["stage2"][3][weight])


def test_without_stage_1_the_decoder_learns_in_stage_2(tmp_path):
    shapes = toy_shapes(6)
    material = Material(shapes, toy_partials(shapes, 32))
    ends = {}
    for steps in (1, 5):
        config = ABLATIONS["stage1"](short((9, steps, 1)))
        train(config, material, tmp_path / str(steps), CPU)
        ends[steps] = load_stage(tmp_path / str(steps), 1)[1]["decoder.expand.weight"]
    assert not torch.equal(ends[1], ends[5])


def test_a_training_goes_on_from_other_weights(trained, tmp_path):
    shapes = toy_shapes(8)
    material = Material(shapes, toy_partials(shapes, 32))
    config = short((2, 2, 2))
    slow = tuple(replace(stage, rate=1e-6) for stage in config.stages)
    train(replace(config, stages=slow), material, tmp_path, CPU, start=trained)
    for stage, name in ((1, "decoder.expand.weight"), (3, "transformer.regressor.0.weight")):
        before = load_stage(trained, stage)[1]
        after = load_stage(tmp_path, stage)[1]
        assert torch.allclose(before[name], after[name], atol=2e-3)


def test_a_training_does_not_start_from_another_network(trained, tmp_path):
    other = replace(short((2, 2, 2)), model=replace(SMALL, latent=12))
    with pytest.raises(AmodalError, match="same network"):
        train(other, Material(toy_shapes(4), []), tmp_path, CPU, start=trained)


def test_the_command_line_says_what_is_missing(capsys, tmp_path):
    assert command.main(["--data", "kitti-mots", "--out", str(tmp_path)]) == 2
    assert "--root is missing" in capsys.readouterr().err
