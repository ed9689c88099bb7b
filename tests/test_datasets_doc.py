"""Every command of docs/datasets.md runs, on small files of the real formats."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from amodal import evaluate, train
from amodal.baselines import train as rivals
from amodal.evaluation import annotated
from amodal.hub.manifest import own_entries
from amodal.training import config as presets
from amodal.training import stages as stages_of_training
from tests import annotation_files as files

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "datasets.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line]
TRAININGS = {
    words[words.index("--out") + 1]: words
    for words in map(shlex.split, COMMANDS)
    if words[2].endswith(".train")
}
EVALUATIONS = [line for line in COMMANDS if "amodal.evaluate" in line]


def folders_of(words):
    """What an evaluation needs to be trained."""
    flags = ("--weights", "--baselines")
    return [words[words.index(flag) + 1] for flag in flags if flag in words]


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder in which the commands find what they name."""
    root = tmp_path_factory.mktemp("work")
    files.write_kins(root / "KINS")
    files.write_kins(root / "KINS", "2020")
    files.write_cocoa(root / "COCOA")
    files.write_cocoa_cls(root / "COCOA")
    files.write_cityscapes(root / "CITYSCAPES")
    return root


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A tiny network, two steps a stage, and few simulated cases."""

    def two_steps(config, *rest):
        stages = [replace(stage, steps=min(stage.steps, 2), batch=4) for stage in config.stages]
        return stages_of_training.train(replace(config, stages=tuple(stages)), *rest)

    small = presets.toy()
    monkeypatch.setattr(presets, "TrainConfig", lambda: small)
    monkeypatch.setattr(train, "train", two_steps)
    monkeypatch.setattr(annotated.simulated_cases, "__defaults__", (6,))


def run(command, words, work, monkeypatch, *more):
    monkeypatch.chdir(work)
    assert command.main([*words[3:], *more]) == 0


@pytest.fixture(scope="module")
def trained():
    """Which trainings this module has run already."""
    return set()


def train_once(out, work, monkeypatch, trained):
    if out not in trained:
        more = ("--device", "cpu", "--workers", "0")
        if TRAININGS[out][2] == "amodal.baselines.train":
            run(rivals, TRAININGS[out], work, monkeypatch, *more, "--steps", "1")
        else:
            run(train, TRAININGS[out], work, monkeypatch, *more)
        trained.add(out)


@pytest.mark.parametrize("out", TRAININGS)
def test_the_trainings_run(out, work, monkeypatch, trained, capsys):
    train_once(out, work, monkeypatch, trained)
    assert "left out" not in capsys.readouterr().out
    if "rivals" in out:
        assert (work / out / "unet_partial.safetensors").is_file()
        return
    (entry,) = own_entries(work / out / "manifest.json")
    assert entry.licence_note
    assert (work / out / "stage3.safetensors").is_file()


@pytest.mark.parametrize("command", EVALUATIONS)
def test_the_evaluations_run(command, work, monkeypatch, trained, tmp_path):
    words = shlex.split(command)
    for out in folders_of(words):
        train_once(out, work, monkeypatch, trained)
    run(evaluate, words, work, monkeypatch, "--json", str(tmp_path / "scores.json"))
    scores = json.loads((tmp_path / "scores.json").read_text())
    table = scores[words[words.index("--protocol") + 1]]
    asked = words[words.index("--methods") + 1 :]
    assert set(asked) <= set(table)
    for method in asked:
        assert 0 < table[method]["full_miou_pooled"] <= 1
    if "modal" in asked:
        assert table["modal"]["invisible_miou_pooled"] == 0


def test_every_weight_that_is_measured_is_trained_on_the_page():
    named = {out for line in EVALUATIONS for out in folders_of(shlex.split(line))}
    assert named <= set(TRAININGS)
