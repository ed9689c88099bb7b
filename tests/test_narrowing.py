"""Evidence narrows the cloud: draws are chosen by it, and the shipped model shows it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from amodal.errors import AmodalError
from amodal.evaluation import narrowing
from amodal.guidance import likely

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_draws_are_chosen_by_their_weight_and_none_twice() -> None:
    generator = torch.Generator().manual_seed(0)
    weight = torch.tensor([0.1, 0.2, 0.3, 0.4])
    counts = torch.zeros(4)
    for _ in range(4000):
        counts[likely(weight.log(), 1, generator)] += 1
    assert counts / 4000 == pytest.approx(weight, abs=0.03)
    for _ in range(50):
        chosen = likely(torch.randn(40), 10, generator).tolist()
        assert chosen == sorted(set(chosen))
        assert len(chosen) == 10


def test_what_the_evidence_excludes_is_taken_last() -> None:
    fit = torch.tensor([0.0, -1000.0, 0.0, -1000.0])
    assert likely(fit, 2).tolist() == [0, 2]
    assert likely(fit, 4).tolist() == [0, 1, 2, 3]


def test_equal_seeds_choose_equal_draws() -> None:
    fit = torch.randn(60)
    chosen = [likely(fit, 7, torch.Generator().manual_seed(3)).tolist() for _ in range(2)]
    assert chosen[0] == chosen[1]


def test_a_true_click_and_a_true_box_narrow_the_cloud(capsys: pytest.CaptureFixture[str]) -> None:
    narrowing.main([str(EXAMPLES / "rendered_van_cut_off")])
    lines = capsys.readouterr().out.splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[3:]]
    ratio = [float(row[1]) for row in rows]
    fit = [float(row[5]) for row in rows]
    assert ratio[0] == 1
    assert ratio[1] < 0.9
    assert ratio[2] < 0.9
    assert fit[0] < fit[1] < fit[2]


def test_without_hidden_objects_there_is_nothing_to_measure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(narrowing, "HIDDEN", 2.0)
    with pytest.raises(AmodalError, match="hidden enough"):
        narrowing.main([str(EXAMPLES / "rendered_van_cut_off")])
