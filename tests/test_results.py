"""The tables of docs/results.md come from result files, and only they."""

import json

import pytest

from amodal.evaluation.results import TABLES, main

PAGE = "# Results\n\nBy hand.\n\n<!-- begin {0} -->\nold\n<!-- end {0} -->\n\nStays.\n"


def scores(full: float, invisible: float) -> dict:
    values = {"full_miou_pooled": full, "invisible_miou_pooled": invisible}
    return values | {"intervals": {name: [v - 0.01, v + 0.01] for name, v in values.items()}}


@pytest.fixture
def folder(tmp_path):
    table = {name: scores(0.9, 0.7) for name in ("mode", "best_of_20", "best_of_20_by_visible")}
    table["unet_partial"] = scores(0.8, 0.6)
    run = {"command": "the command", "protocols": {"simulated": {"cases": 7, "groups": 3}}}
    run["protocols"]["simulated"]["skipped"] = {"too small": 2}
    content = {"run": run, "simulated": table}
    for level, value in (("box-level-1", 0.8), ("box-level-2", 0.7)):
        interval = {"box_miou_mean": [value - 0.1, value + 0.1]}
        content[level] = {"mode": {"box_miou_mean": value, "intervals": interval}}
    for name in ("main", "evidence", "ablate-nothing", "ablate-class"):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


def filled(folder, name: str) -> str:
    page = folder / "results.md"
    page.write_text(PAGE.format(name))
    assert main([str(folder), str(page)]) == 0
    return page.read_text()


def test_a_table_takes_the_place_of_the_old_one(folder):
    text = filled(folder, "completion")
    assert text.startswith("# Results\n\nBy hand.\n\n<!-- begin completion -->\n|")
    assert text.endswith("<!-- end completion -->\n\nStays.\n")
    assert "old" not in text
    assert "| mode | 90.0 | 70.0 (69.0–71.0) | 94.68 | 62.85 |" in text
    assert "| unet_partial | 80.0 | 60.0 (59.0–61.0) | 94.04 | 57.19 |" in text
    assert "convex_hull" not in text  # not measured, so not in the table


def test_filling_again_changes_nothing(folder):
    text = filled(folder, "samples")
    page = folder / "results.md"
    assert main([str(folder), str(page)]) == 0
    assert page.read_text() == text


def test_ablations_stand_beside_the_paper_s(folder):
    text = filled(folder, "ablations")
    assert "| all | 90.0 | 70.0 (69.0–71.0) | 70.0 | – | 94.68 | 62.85 |" in text
    assert "| without class | 90.0 | 70.0 (69.0–71.0) | 70.0 | – | 93.56 | 53.03 |" in text
    assert "without latent" not in text


def test_each_level_of_boxes_has_its_table(folder):
    text = filled(folder, "box")
    first, second = text.index("#### box-level-1"), text.index("#### box-level-2")
    assert first < text.index("| 80.0 (") < second < text.index("| 70.0 (")


def test_evidence_comes_from_its_own_file(folder):
    assert "| unet_partial | 80.0 (79.0–81.0) | 60.0 (59.0–61.0) |" in filled(folder, "evidence")
    (folder / "evidence.json").unlink()
    assert main([str(folder), str(folder / "results.md")]) == 2


def test_commands_and_counts_are_told(folder):
    text = filled(folder, "provenance")
    assert "`the command` (simulated: 7 cases in 3 groups. Left out: 2, too small.)" in text


def test_a_missing_file_and_an_unknown_table_are_named(folder, capsys):
    page = folder / "results.md"
    page.write_text(PAGE.format("predicted"))
    assert main([str(folder), str(page)]) == 2
    assert "predicted.json is missing" in capsys.readouterr().err
    page.write_text(PAGE.format("tabel"))
    assert main([str(folder), str(page)]) == 2
    assert "expected one of completion" in capsys.readouterr().err
    assert "old" in page.read_text()
    assert set(TABLES) >= {"temporal", "box", "evidence"}


@pytest.fixture
def trainings(tmp_path):
    """Files of two trainings: one on KITTI MOTS, one that goes on with rendered masks."""
    run = {"command": "the command", "protocols": {}}
    for name, value in (("kitti", 0.6), ("shipped", 0.8)):
        method = scores(0.9, value)
        by_class = {"car": scores(0.9, value + 0.1), "person": scores(0.9, value - 0.1)}
        table = {key: method | {"by_class": by_class} for key in ("mode", "best_of_20")}
        table |= {"mode_true_box": method, "samples": method | {"calibration": {"ece": 0.021}}}
        main_file = {"run": run, "simulated": table, "temporal": table}
        (tmp_path / f"{name}.json").write_text(json.dumps(main_file))
        rendered = {"run": run, "rendered": table}
        (tmp_path / f"{name}-rendered.json").write_text(json.dumps(rendered))
    return tmp_path


def test_trainings_on_other_data_stand_below_each_other(trainings):
    text = filled(trainings, "trainings")
    shipped, kitti = (line for line in text.splitlines() if line.startswith("| KITTI"))
    assert "(shipped) | 80.0 (79.0–81.0) | 90.0 (89.0–91.0) | 70.0 (69.0–71.0) | 80.0" in shipped
    assert "| 2.1 | 80.0 (79.0–81.0) |" in shipped
    assert kitti.startswith("| KITTI MOTS alone | 60.0")
    assert "rendered masks alone" not in text  # not measured


def test_every_class_has_a_row(trainings):
    text = filled(trainings, "classes")
    assert "| car | 90.0 (89.0–91.0), 90.0 | 70.0 (69.0–71.0), 70.0 |" in text
    assert "| all | 80.0 (79.0–81.0), 80.0 | 60.0 (59.0–61.0), 60.0 |" in text


def test_a_training_needs_both_files(trainings, capsys):
    (trainings / "kitti-rendered.json").unlink()
    page = trainings / "page.md"
    page.write_text(PAGE.format("classes"))
    assert main([str(trainings), str(page)]) == 2
    assert "kitti-rendered.json is missing" in capsys.readouterr().err
