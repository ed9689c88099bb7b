"""The rivals: they see what they should, learn, resume, and refuse files that are not theirs."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from amodal.baselines import train as command
from amodal.baselines.answers import Rival
from amodal.baselines.checkpoint import UNetInfo, load_unet, save_unet, unet_path
from amodal.baselines.threshold import choose_threshold
from amodal.baselines.train import TOY_UNET, RivalConfig, train, window_loss
from amodal.baselines.unet import METHODS, UNet, UNetConfig
from amodal.baselines.windows import (
    INSIDE,
    WindowBatch,
    Windows,
    neighbours,
    partial_windows,
    regression_windows,
)
from amodal.data.occlusion import occlude, simulate
from amodal.data.shapes import toy_shapes
from amodal.errors import AmodalError
from amodal.evaluation import answers as untrained
from amodal.evaluation import methods as evaluated
from amodal.evaluation.case import Case, padding
from amodal.training import config as presets
from amodal.training.config import StageConfig
from amodal.training.material import Material
from amodal.training.pairs import Pairs

CPU = torch.device("cpu")
SMALL = UNetConfig(side=32, crop=16, channels=(4, 8, 8), features=16)
MATERIAL = Material(toy_shapes(24), ())


def config_of(method, network=TOY_UNET, steps=250, batch=12, average=0.98):
    schedule = StageConfig(steps, batch=batch, rate=5e-3)
    pairs = replace(presets.toy(), average=average)
    return RivalConfig(replace(network, method=method), schedule, pairs)


def toy_cases(count=60):
    """Shapes the rivals have never seen, each under another."""
    rng = np.random.default_rng(5)
    shapes, cases = toy_shapes(64, seed=9), []
    while len(cases) < count:
        whole, occluder = (shapes[int(i)] for i in rng.integers(len(shapes), size=2))
        found = simulate(whole.mask, occluder.mask, rng)
        if found is None:
            continue
        (height, width), place = whole.mask.shape, found[1]
        top, left = height // 2, width // 2
        canvas = np.pad(whole.mask, ((top, top), (left, left)))
        moved = place._replace(x=place.x + left, y=place.y + top)
        others = ~occlude(np.ones_like(canvas), occluder.mask, moved)
        cases.append(Case(canvas, canvas & ~others, whole.category, (len(cases),), others))
    return cases


def pooled(completions, cases):
    """(full, invisible) IoU over all pixels."""
    sums = np.zeros(4)
    for completion, case in zip(completions, cases, strict=True):
        left, top, _, _ = padding(case)
        mask = replace(completion, x0=completion.x0 - left, y0=completion.y0 - top)
        inside = mask.on_photo(*case.whole.shape)
        outside = mask.area - inside.sum()
        added, hidden = inside & ~case.modal, case.whole & ~case.modal
        sums += (
            (inside & case.whole).sum(),
            (inside | case.whole).sum() + outside,
            (added & hidden).sum(),
            (added | hidden).sum() + outside,
        )
    return sums[0] / sums[1], sums[2] / max(sums[3], 1)


def pairs(batch=24, size=16, **changes):
    return Pairs(
        MATERIAL.shapes, size=size, classes=SMALL.classes, batch=batch, steps=9, seed=1, **changes
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Both rivals, trained for a few seconds on toy shapes."""
    folder = tmp_path_factory.mktemp("rivals")
    for method in METHODS:
        train(config_of(method), MATERIAL, folder, CPU)
    return folder


@pytest.mark.parametrize("method", METHODS)
def test_a_trained_rival_beats_the_modal_mask_and_the_convex_hull(folder, method):
    cases = toy_cases()
    rival = Rival.load(folder, method, "cpu")
    full, invisible = pooled([a.mode for a in rival.complete(cases)], cases)
    for baseline in (untrained.modal, untrained.convex_hull):
        other_full, other_invisible = pooled(list(baseline(cases)), cases)
        assert full > other_full + 0.02, baseline.__name__
        assert invisible > other_invisible + 0.1, baseline.__name__
    assert full > 0.85


@pytest.mark.parametrize("method", METHODS)
def test_an_answer_holds_the_visible_pixels_and_the_network_s_probability(folder, method):
    cases = toy_cases(3)
    rival = Rival.load(folder, method, "cpu")
    for answer, case in zip(rival.complete(cases), cases, strict=True):
        left, top, _, _ = padding(case)
        height, width = case.modal.shape
        mode = replace(answer.mode, x0=answer.mode.x0 - left, y0=answer.mode.y0 - top)
        assert mode.on_photo(height, width)[case.modal].all()
        moved = replace(answer, x0=answer.x0 - left, y0=answer.y0 - top)
        probability = moved.probability_on_photo(height, width)
        assert (probability[case.modal] == 1).all()
        assert probability[case.whole].mean() > probability[~case.whole].mean() + 0.5
        assert answer.samples == ()
        threshold = rival.info.threshold
        expected = (probability >= threshold) | case.modal  # but for slivers
        assert not (mode.on_photo(height, width) & ~expected).any()
        assert mode.on_photo(height, width).sum() > 0.9 * expected.sum()


def test_partial_completion_adds_nothing_where_nothing_can_hide_it(folder):
    rival = Rival.load(folder, "partial", "cpu")
    cases = toy_cases(20)
    alone = [replace(case, modal=case.whole, others=~case.whole & False) for case in cases]
    full, _ = pooled([a.mode for a in rival.complete(alone)], alone)
    assert full > 0.93


def test_the_eraser_matters_to_partial_completion(folder):
    rival = Rival.load(folder, "partial", "cpu")
    cases = toy_cases()
    told = pooled([a.mode for a in rival.complete(cases)], cases)[1]
    blind = [replace(case, others=case.others & False) for case in cases]
    assert told > pooled([a.mode for a in rival.complete(blind)], cases)[1] + 0.1


def test_partial_completion_says_that_it_must_know_the_others(folder):
    case = replace(toy_cases(1)[0], others=None)
    with pytest.raises(AmodalError, match="must be told the other objects"):
        next(Rival.load(folder, "partial", "cpu").complete([case]))
    assert next(Rival.load(folder, "regression", "cpu").complete([case])).mode.area > 0


def test_both_rivals_train_on_the_very_pairs_of_stage_2():
    drawn = pairs()
    batch = drawn[4]
    for method in METHODS:
        windows = Windows(drawn, replace(SMALL, method=method))[4]
        assert torch.equal(windows.class_id, batch.class_id)
        again = Windows(drawn, replace(SMALL, method=method))[4]
        assert torch.equal(windows.seen, again.seen)


def test_what_is_seen_lies_in_the_target():
    drawn = pairs(size=64)
    batch = regression_windows(drawn[0], UNetConfig())
    assert batch.seen.shape == batch.target.shape == (24, 1, 128, 128)
    beyond = ((batch.seen > 0.9) & (batch.target < 0.1)).float().sum((1, 2, 3))
    assert (beyond / batch.seen.sum((1, 2, 3))).median() < 0.01
    # The crop is in the middle, 1 / W of the window.
    rows = batch.seen.amax((0, 1, 3)) > 0.5
    assert rows.nonzero().min() == round(128 * (0.5 - 0.5 / 2.5))


def test_case_1_hides_under_the_eraser_and_case_2_hides_nothing():
    config = replace(UNetConfig(), method="partial")
    batch = pairs(size=64)[0]
    front = torch.ones(24, dtype=torch.bool)
    first = partial_windows(batch, front, config)
    modal, eraser = first.seen[:, :1], first.seen[:, 1:]
    hidden = (first.target - modal).clamp(min=0)
    told = (hidden * eraser).sum((1, 2, 3)) / hidden.sum((1, 2, 3)).clamp(min=1)
    assert told.median() > 0.7
    assert (modal * eraser).sum() / modal.sum() < 0.05

    second = partial_windows(batch, ~front, config)
    modal, eraser = second.seen[:, :1], second.seen[:, 1:]
    assert torch.equal(modal, second.target)
    assert (modal * eraser).sum() / modal.sum() < 0.05
    assert eraser.sum() > 0
    assert (second.cues[:, 5] == 0).all()

    mixed = partial_windows(batch, torch.arange(24) % 2 == 0, config)
    assert torch.equal(mixed.seen[::2], first.seen[::2])
    assert torch.equal(mixed.target[1::2], second.target[1::2])


def test_pixels_under_the_eraser_count_more():
    logits = torch.zeros(2, 1, 4, 4)
    eraser = torch.zeros(2, 1, 4, 4)
    eraser[:, :, :2] = 1
    none = torch.zeros(2, 0)
    batch = WindowBatch(torch.cat([eraser * 0, eraser], dim=1), logits, none, none)
    loss = window_loss(lambda *seen: logits, batch)["loss"]
    assert loss.item() == pytest.approx(np.log(2) * (8 + 8 * INSIDE), rel=1e-5)
    alone = replace(batch, seen=eraser)
    assert window_loss(lambda *seen: logits, alone)["loss"].item() == pytest.approx(
        np.log(2) * 16, rel=1e-5
    )


def test_neighbours_are_the_others_that_touch():
    modal, others = np.zeros((9, 12), bool), np.zeros((9, 12), bool)
    modal[3:6, 3:6] = True
    others[3:5, 6:8] = True  # beside it
    others[6:8, 6:8] = True  # at a corner only
    others[0, :] = True  # far
    found = neighbours(modal, others)
    assert found[3:5, 6:8].all()
    assert found.sum() == 4


def test_every_parameter_gets_a_gradient():
    config = replace(SMALL, method="partial")
    network = UNet(config)
    window_loss(network, Windows(pairs(), config)[0])["loss"].backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_an_interrupted_training_ends_where_an_unbroken_one_does(tmp_path, monkeypatch):
    from amodal.training import loop

    monkeypatch.setattr(loop, "SAVE_EVERY", 5)
    config = config_of("partial", SMALL, steps=14, batch=6, average=0.9)
    train(config, MATERIAL, tmp_path / "unbroken", CPU)
    steps = iter(range(100))

    def killed(network, batch):
        if next(steps) == 8:
            raise KeyboardInterrupt
        return window_loss(network, batch)

    monkeypatch.setattr(command, "window_loss", killed)
    with pytest.raises(KeyboardInterrupt):
        train(config, MATERIAL, tmp_path / "broken", CPU)
    assert (tmp_path / "broken" / "unet_partial.state.pt").is_file()
    monkeypatch.setattr(command, "window_loss", window_loss)
    train(config, MATERIAL, tmp_path / "broken", CPU)
    assert sorted(p.name for p in (tmp_path / "broken").iterdir()) == [
        "unet_partial.json",
        "unet_partial.safetensors",
    ]
    ends = [load_file(unet_path(tmp_path / name, "partial")) for name in ("unbroken", "broken")]
    for name, value in ends[0].items():
        assert torch.equal(value, ends[1][name]), name


def test_a_file_comes_back_as_it_was(tmp_path):
    torch.manual_seed(0)
    network = UNet(SMALL).eval()
    info = UNetInfo(SMALL, ("car",), 0.62, {"steps": 3})
    save_unet(tmp_path, info, network)
    again, read = load_unet(tmp_path, "regression")
    assert read == info
    batch = Windows(pairs(), SMALL)[0]
    with torch.no_grad():
        before = network(batch.seen, batch.class_id, batch.cues)
        after = again(batch.seen, batch.class_id, batch.cues)
    torch.testing.assert_close(before, after, atol=5e-3, rtol=1e-2)  # half precision


def _other_format(path):
    tensors = {name: value.clone() for name, value in load_file(path).items()}
    save_file(tensors, path, metadata={"format": "amodal-vae/1", "info": "{}"})


def _cut(path):
    path.write_bytes(path.read_bytes()[:2000])


def _other_method(path):
    _, info = load_unet(path.parent, "regression")
    written = save_unet(
        path.parent,
        replace(info, network=replace(SMALL, method="partial")),
        UNet(replace(SMALL, method="partial")),
    )
    written.replace(path)


def _change(change):
    def spoil(path):
        from safetensors import safe_open

        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        tensors = {name: value.clone() for name, value in load_file(path).items()}
        change(tensors, metadata)
        save_file(tensors, path, metadata=metadata)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "No regression U-Net"),
        (_cut, "damaged"),
        (_other_format, "expected 'amodal-unet/1'"),
        (_other_method, "got a partial U-Net, expected regression"),
        (_change(lambda t, m: t.pop("unet.squeeze.bias")), "squeeze.bias"),
        (_change(lambda t, m: t.update({"unet.more": torch.zeros(1)})), "more"),
        (_change(lambda t, m: t.update({"stray": torch.zeros(1)})), "stray"),
        (_change(lambda t, m: m.update(info="{}")), "config is damaged"),
        (
            _change(lambda t, m: m.update(info=m["info"].replace('"side": 32', '"side": 33'))),
            "multiple of",
        ),
    ],
)
def test_wrong_files_are_refused_in_one_sentence(tmp_path, spoil, said):
    save_unet(tmp_path, UNetInfo(SMALL, ("car",), 0.5, {}), UNet(SMALL))
    spoil(unet_path(tmp_path, "regression"))
    with pytest.raises(AmodalError, match=said):
        load_unet(tmp_path, "regression")


def test_the_threshold_is_the_best_of_the_candidates(folder):
    rival = Rival.load(folder, "regression", "cpu")
    cases = toy_cases(20)
    best, scores = choose_threshold(rival, cases, (0.1, 0.5, 0.95))
    assert scores[best][0] == max(full for full, _ in scores.values())
    rival.info = replace(rival.info, threshold=best)
    found = pooled([a.mode for a in rival.complete(cases)], cases)
    assert found == pytest.approx(scores[best])


def test_the_command_trains_for_a_time_and_keeps_its_plan(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "TIMED_STEPS", 4)
    seconds = iter((100.0, 103.0))  # three steps of one second
    monkeypatch.setattr(command.time, "monotonic", lambda: next(seconds))
    config = config_of("regression", SMALL, batch=2)
    assert command.steps_in(0.5, config, MATERIAL, CPU) == 30
    plan = tmp_path / "plan.json"
    plan.write_text('{"steps": 7}')
    assert command._in_time(config, 0.5, plan, MATERIAL, CPU).schedule.steps == 7


def test_without_a_budget_the_rival_gets_the_steps_of_all_stages():
    options = command.parse(["--method", "partial", "--data", "kitti-mots"])
    config = command._config(options)
    full = presets.TrainConfig()
    assert config.schedule.steps == sum(stage.steps for stage in full.stages)
    assert config.schedule.batch == full.stages[1].batch
    assert config.network.planes == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--root is missing"),
        (["--data", "toy", "--steps", "0"], "--steps: got 0"),
        (["--data", "toy", "--minutes", "-1"], "--minutes: got -1.0"),
        (["--hold-out", "4", "--threshold", "0.5"], "give only one"),
    ],
)
def test_the_command_line_says_what_is_wrong(tmp_path, capsys, arguments, said):
    assert command.main(["--method", "regression", "--out", str(tmp_path), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_toy_command_writes_a_rival(tmp_path, capsys):
    arguments = ["--method", "partial", "--data", "toy", "--steps", "3", "--workers", "0"]
    assert command.main([*arguments, "--out", str(tmp_path), "--threshold", "0.4"]) == 0
    assert "wrote" in capsys.readouterr().out
    assert load_unet(tmp_path, "partial")[1].threshold == 0.4


@pytest.mark.parametrize("method", METHODS)
def test_the_evaluation_knows_the_rivals(folder, tmp_path, method):
    entry = evaluated.METHODS[f"unet_{method}"]
    context = evaluated.Context(SimpleNamespace(device=CPU), None, tmp_path)
    with pytest.raises(AmodalError, match=r"give --baselines.*--method " + method):
        entry.build(context)
    cases = toy_cases(2)
    answer = entry.build(replace(context, baselines=folder))
    direct = Rival.load(folder, method, "cpu").complete(cases)
    for found, expected in zip(answer(cases), direct, strict=True):
        assert np.array_equal(found.mode.mask, expected.mode.mask)
