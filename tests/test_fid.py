"""FID and KID of completed objects: what is compared, and what is said where it can't be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch_fidelity import feature_extractor_inceptionv3 as library

from amodal.errors import AmodalError
from amodal.evaluation import fid
from amodal.evaluation.object_features import FEATURES, Encoder, Inception, distances
from amodal.evaluation.object_pictures import (
    GREY,
    LONGEST,
    SIDE,
    SOURCES,
    completed,
    hull_shapes,
    occluded,
    on_grey,
    true_pictures,
    unoccluded,
)
from amodal.inpaint import OpenCV
from amodal.segment.mobile_sam import build_sam
from amodal.truth import read_truth
from tests.demo_parts import TINY
from tests.rendered_scene import VAN, write_rendered_street


class MeanColours:
    """Features that can be known: the mean colour of each quarter."""

    name = "mean colours"

    def __init__(self, path: Path | None = None) -> None:
        pass

    def __call__(self, pictures):
        halves = np.stack(pictures).reshape(len(pictures), 2, SIDE // 2, 2, SIDE // 2, 3)
        return torch.from_numpy(halves.mean((2, 4)).reshape(len(pictures), -1)).float() / 255


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rendered_street(tmp_path_factory.mktemp("streets") / "small")


@pytest.fixture(scope="module")
def truth(folder: Path):
    return read_truth(folder)


def test_equal_sets_have_no_distance_and_shifted_ones_the_shift():
    values = torch.randn(400, 6, generator=torch.Generator().manual_seed(0))
    same = distances(values, values)
    assert same["frechet"] == pytest.approx(0, abs=1e-6)
    moved = distances(values + 2, values)
    assert moved["frechet"] == pytest.approx(6 * 2**2, rel=1e-3)  # the means' squared distance
    assert moved["kernel"] > 1
    drawn = torch.randn(400, 6, generator=torch.Generator().manual_seed(1))
    assert abs(distances(drawn, values)["kernel"]) < 0.05


def test_an_object_alone_lies_in_the_middle_on_grey():
    colours = np.full((40, 20, 3), 200, np.uint8)
    alpha = np.zeros((40, 20), np.uint8)
    alpha[5:35, 4:14] = 255
    picture = on_grey(colours, alpha)
    there = (picture == 200).all(axis=2)
    rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    assert len(rows) == LONGEST
    assert len(columns) == pytest.approx(LONGEST / 3, abs=1)
    assert rows.mean() == pytest.approx((SIDE - 1) / 2, abs=1)
    assert columns.mean() == pytest.approx((SIDE - 1) / 2, abs=1)
    assert (picture[~there] == GREY).all()


def test_hidden_objects_are_completed_and_whole_ones_are_the_reference(truth):
    hidden = occluded(truth)
    assert VAN in hidden
    shapes = SOURCES["truth"](truth, None)
    pictures = list(completed(truth, shapes, OpenCV(), hidden))
    assert len(pictures) == len(hidden)
    whole = list(unoccluded(truth))
    assert 0 < len(whole) <= len(truth.objects) - len(hidden)
    assert {picture.shape for picture in (*pictures, *whole)} == {(SIDE, SIDE, 3)}


def test_the_true_reference_is_the_same_objects(truth):
    hidden = occluded(truth)
    known = [item for item in truth.objects if item.appearance and item.number in hidden]
    pictures = list(true_pictures(truth, hidden))
    assert len(pictures) == len(known) > 0
    look = known[0].appearance.rgba
    assert np.array_equal(pictures[0], on_grey(look[..., :3], look[..., 3]))


def test_a_hull_holds_its_mask_and_is_convex(truth):
    for instance, hull in zip(truth.instances, hull_shapes(truth, None), strict=True):
        assert hull.mask[instance.modal].all()
        rows = hull.mask.astype(int)
        assert (np.abs(np.diff(rows, axis=1, prepend=0, append=0)).sum(1) <= 2).all()


def test_the_command_end_to_end(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(FEATURES, "encoder", MeanColours)
    monkeypatch.setattr(fid, "LEAST", 1)
    options = ["--scenes", f"{folder}", f"{folder}", "--fill", "opencv", "--weights", f"{TINY}"]
    options += ["--features", "encoder", "--json", f"{tmp_path}/fid.json"]
    monkeypatch.setattr(
        fid,
        "compare",
        lambda features, reference, sets: {key: {"frechet": 1.5, "kernel": 0.25} for key in sets},
    )
    assert fid.main(options) == 0
    document = json.loads((tmp_path / "fid.json").read_text())
    assert set(document["shapes"]) == set(SOURCES)
    assert document["run"]["features"] == "mean colours"
    assert "| hull | 1.5 | 250 |" in capsys.readouterr().out


def test_too_few_objects_are_told(folder, capsys, monkeypatch):
    monkeypatch.setitem(FEATURES, "encoder", MeanColours)
    options = ["--scenes", f"{folder}", "--fill", "opencv", "--weights", f"{TINY}"]
    assert fid.main([*options, "--features", "encoder"]) == 2
    assert "expected at least 10: give more streets" in capsys.readouterr().err


def test_shapes_nearer_to_the_truth_come_nearer():
    """Whole discs are the reference; discs with a piece cut off are farther away."""
    y, x = np.mgrid[:40, :40] - 20
    disc = np.where(x**2 + y**2 < 300, 255, 0).astype(np.uint8)
    shades = np.random.default_rng(0).integers(0, 80, (30, 1, 1, 3), dtype=np.uint8)

    def pictures(cut: int):
        alpha = disc.copy()
        alpha[:, 40 - cut :] = 0
        return [on_grey(np.broadcast_to(shade, (40, 40, 3)), alpha) for shade in shades]

    found = fid.compare(
        MeanColours(),
        pictures(0),
        {"whole": pictures(0), "cut": pictures(12), "half": pictures(20)},
    )
    order = [found[name]["frechet"] for name in ("whole", "cut", "half")]
    assert order[0] == pytest.approx(0, abs=1e-6)
    assert order == sorted(order)


def test_without_inceptions_weights_the_remedy_is_told(monkeypatch):
    def offline(*arguments, **options):
        raise OSError("no network")

    monkeypatch.setattr(library, "load_state_dict_from_url", offline)
    with pytest.raises(AmodalError, match=r"no network.*--inception.*--features encoder"):
        Inception(None)


def test_inceptions_weights_are_read_from_a_file(tmp_path, monkeypatch):
    """Untrained ones: the real file can't be had everywhere."""
    kind = library.FeatureExtractorInceptionV3
    with monkeypatch.context() as patch:
        patch.setattr(library, "load_state_dict_from_url", lambda *a, **k: {})
        patch.setattr(kind, "load_state_dict", lambda self, state: None)
        state = kind("inception-v3-compat", ["2048"]).state_dict()
    torch.save(state, tmp_path / "inception.pth")
    pictures = list(np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8))
    found = Inception(tmp_path / "inception.pth")(pictures)
    assert found.shape == (3, 2048)
    assert found.isfinite().all()


def test_files_with_code_are_refused(tmp_path):
    torch.save({"code": print}, tmp_path / "bad.pth")
    with pytest.raises(AmodalError, match="can be read safely"):
        Inception(tmp_path / "bad.pth")
    with pytest.raises(AmodalError, match="can be read safely"):
        Inception(tmp_path / "none.pth")


def test_the_encoder_sees_pictures(tmp_path, monkeypatch):
    torch.save(build_sam().state_dict(), tmp_path / "mobile_sam.pt")
    monkeypatch.setattr(
        "amodal.evaluation.object_features.fetch", lambda name: tmp_path / f"{name[:6]}_sam.pt"
    )
    pictures = list(np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3), dtype=np.uint8))
    assert Encoder()(pictures).shape == (2, 256)
