"""`python -m amodal.evaluate` on a small data set in KITTI MOTS' format, made of toy shapes."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from amodal import evaluate
from amodal.data.shapes import toy_shapes
from amodal.evaluation.case import CaseSet
from amodal.evaluation.protocols import DATA_SETS, DataSet, Protocol
from amodal.evaluation.report import markdown
from amodal.geometry import Box
from amodal.hub.manifest import own_entries
from tests.evaluation_cases import toy_cases
from tests.test_kitti_mots import label_line, mask_line

TINY = Path(__file__).parent / "data" / "tiny"
SIZE = (140, 140)


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Sequences 0 and 1: a toy shape in each frame, each a track of its own."""
    folder = tmp_path_factory.mktemp("kitti")
    for name in ("instances_txt", "label_02"):
        (folder / name).mkdir()
    for sequence in (0, 1):
        masks, labels = [], []
        for frame, shape in enumerate(toy_shapes(8, seed=sequence)):
            mask = np.zeros(SIZE, bool)
            height, width = shape.mask.shape
            mask[20 : 20 + height, 20 : 20 + width] = shape.mask
            class_id = 1 if shape.category == "car" else 2
            masks.append(mask_line(frame, 1000 * class_id + frame, class_id, mask))
            labels.append(label_line(frame, frame, 0, Box(20, 20, 20 + width, 20 + height)))
        (folder / "instances_txt" / f"{sequence:04d}.txt").write_text("\n".join(masks) + "\n")
        (folder / "label_02" / f"{sequence:04d}.txt").write_text("\n".join(labels) + "\n")
    return folder


@pytest.fixture
def run(root, tmp_path, capsys):
    """Run the command; returns (exit code, scores, tables, what it said on stderr)."""

    def call(*arguments: str) -> tuple[int, dict, str, str]:
        scores, tables = tmp_path / "scores.json", tmp_path / "tables.md"
        common = ["--root", str(root), "--weights", str(TINY), "--held-out", "0", "1"]
        files = ["--json", str(scores), "--markdown", str(tables)]
        code = evaluate.main([*common, *files, *arguments])
        found = json.loads(scores.read_text()) if scores.exists() else {}
        text = tables.read_text() if tables.exists() else ""
        return code, found, text, capsys.readouterr().err

    return call


OURS = ("mode", "samples", "best_of_20", "convex_hull", "modal")


def test_one_command_gives_scores_and_tables(run, root):
    code, found, text, _ = run("--cases", "24", "--methods", *OURS)
    assert code == 0
    assert list(found) == ["run", "simulated"]
    assert list(found["simulated"]) == list(OURS)
    about = found["run"]
    facts = about["protocols"]["simulated"]
    assert (facts["cases"], facts["skipped"]) == (24, {})
    assert 2 <= facts["groups"] <= 16
    assert about["weights"]["name"] == own_entries(TINY / "manifest.json")[0].name
    assert set(about["versions"]) == {"python", "torch", "numpy", "opencv-python"}
    assert str(root) not in json.dumps(found) + text
    assert "--held-out 0 1 --cases 24 --weights tiny" in about["command"]
    assert "| convex_hull |" in text
    assert f"24 cases in {facts['groups']} groups" in text


def test_the_json_has_the_promised_layout(run):
    _, found, _, _ = run("--cases", "24", "--methods", "mode", "samples")
    block = found["simulated"]["samples"]
    scalars = {name for name, value in block.items() if isinstance(value, float)}
    assert {"full_miou_pooled", "invisible_miou_mean", "boundary_miou_mean"} <= scalars
    assert {"pairwise_iou_full", "pairwise_iou_invisible", "posterior_width"} <= scalars
    assert all(0 <= block[name] <= 1 for name in scalars - {"posterior_width"})
    assert set(block["intervals"]) == scalars
    for name, (low, high) in block["intervals"].items():
        assert low <= block[name] <= high
    assert sum(part["count"] for part in block["by_class"].values()) == 24
    assert sum(part["count"] for part in block["by_occlusion"].values()) == 24
    assert set(block["by_class"]) == {"car", "person"}
    value, low, high = block["against"]["mode"]["invisible_miou_pooled"]
    expected = block["invisible_miou_pooled"] - found["simulated"]["mode"]["invisible_miou_pooled"]
    assert value == pytest.approx(expected)
    assert low <= value <= high
    calibration = block["calibration"]
    assert 0 <= calibration["ece"] <= 1
    assert sum(share for _, _, share in calibration["curve"]) == pytest.approx(1, abs=1e-4)
    assert "against" not in found["simulated"]["mode"]


def test_rough_masks_make_it_harder(run):
    arguments = ("--cases", "60", "--methods", "mode", "modal", "--predicted", "0", "0.5", "1")
    _, found, text, _ = run(*arguments)
    names = [f"simulated, predicted {strength}" for strength in ("0", "0.5", "1")]
    assert list(found) == ["run", *names]
    given = [found["run"]["protocols"][name]["input_miou_mean"] for name in names]
    assert given[0] == 1 > given[1] > given[2]
    ours = [found[name]["mode"]["full_miou_pooled"] for name in names]
    assert ours[0] > ours[2]
    assert "## Masks as predicted" in text


def test_two_runs_give_the_same_scores(run):
    first, second = (run("--cases", "12", "--methods", "samples")[1] for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--protocol", "magic"), r"--protocol: got magic, but kitti-mots has .*simulated"),
        (("--predicted", "1.5"), "--predicted: got 1.5"),
        (("--cases", "0"), "--cases: got 0"),
        (("--record",), "--record"),
        (("--json", "/nowhere/scores.json"), "/nowhere/scores.json"),
        (("--root", "/nowhere"), "/nowhere is not a folder"),
        (("--held-out", "2"), r"\[2\]"),
        (("--held-out", "3"), "0003.txt"),
        (("--weights", "/nowhere"), "nowhere"),
    ],
)
def test_a_mistake_is_one_clear_line(run, arguments, message):
    code, found, _, said = run(*arguments)
    assert code == 2
    assert not found
    assert said.startswith("amodal.evaluate: ")
    assert len(said.splitlines()) == 1
    assert re.search(message, said)


@pytest.fixture
def boxes(monkeypatch):
    """A data set whose protocol knows boxes only, in two parts, and left something out."""
    _, cases = toy_cases(6)
    asked = tuple(
        replace(case, whole=None, box=case.full_extent, part=f"level {index % 2}")
        for index, case in enumerate(cases)
    )
    load = lambda root: CaseSet(asked, {"box of no area": 3})  # noqa: E731
    data = DataSet({"box": Protocol(load), "none": Protocol(lambda root: CaseSet((), {}))})
    monkeypatch.setitem(DATA_SETS, "toy", data)


def test_a_protocol_of_boxes_has_its_own_metrics(boxes, root, tmp_path, capsys):
    out = tmp_path / "scores.json"
    arguments = ["--data", "toy", "--root", str(root), "--weights", str(TINY), "--json", str(out)]
    names = ["mode", "best_of_20", "mode_true_box", "modal"]
    assert evaluate.main([*arguments, "--methods", *names]) == 0
    found = json.loads(out.read_text())
    assert list(found["box"]) == ["mode", "best_of_20", "modal"]  # the true box is the question
    block = found["box"]["mode"]
    assert block["box_miou_mean"] > found["box"]["modal"]["box_miou_mean"]
    assert block["by_part"]["level 0"]["count"] == 3
    assert "full_miou_pooled" not in block
    assert "by_occlusion" not in block
    text = capsys.readouterr().out
    assert "Left out: 3, box of no area." in text
    assert "box IoU, mean by part" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--methods", "mode_true_box"), "boxes only"),
        (("--held-out", "0"), "no training part"),
        (("--protocol", "none"), "finds no cases"),
    ],
)
def test_what_boxes_cannot_answer_is_said(boxes, root, capsys, arguments, message):
    common = ["--data", "toy", "--root", str(root), "--weights", str(TINY)]
    assert evaluate.main([*common, *arguments]) == 2
    assert message in capsys.readouterr().err


def test_scores_are_recorded_as_scalars(tmp_path):
    for file in TINY.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    block = {
        "full_miou_pooled": 0.93314,
        "intervals": {"full_miou_pooled": [0.9, 0.95]},
        "by_class": {"car": {"full_miou_pooled": 0.9, "count": 3}},
        "calibration": {"ece": 0.02345, "curve": []},
    }
    evaluate.record(tmp_path / "manifest.json", {"simulated": {"samples": block}})
    (entry,) = own_entries(tmp_path / "manifest.json")
    assert entry.scores["simulated"] == {"samples": {"full_miou_pooled": 0.9331, "ece": 0.0234}}


def test_the_table_is_in_per_cent():
    block = {"invisible_miou_pooled": 0.711, "intervals": {"invisible_miou_pooled": [0.7, 0.7249]}}
    block |= {"by_class": {"car": block | {"count": 2}}}
    facts = {"cases": 2, "groups": 1, "skipped": {}}
    about = {"data": "d", "weights": {"name": "w"}, "command": "c", "protocols": {"p": facts}}
    assert "| mode | 71.1 (70.0–72.5) |" in markdown(about, {"p": {"mode": block}})
