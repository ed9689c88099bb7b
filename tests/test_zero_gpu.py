"""The slow networks' calls in another process, as on a ZeroGPU Space; the card is a processor."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from amodal.device import pick_device
from amodal.errors import AmodalError
from amodal.pipeline import Pipeline
from amodal.segment.grabcut import GrabCut
from amodal.segment.mobile_sam import MobileSAM
from demo import zero_gpu
from demo.zero_gpu import LentCardPipeline, load_pipeline
from tests import forking_spaces
from tests.demo_parts import ON_CAR, TINY, photo
from tests.toy_detector import detecting_toys, toy_detector


@pytest.fixture
def space(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A ZeroGPU Space."""
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", forking_spaces)
    monkeypatch.setattr(zero_gpu, "CARD", "cpu")
    monkeypatch.setattr(forking_spaces, "pids", set())
    yield
    forking_spaces.end()


@pytest.fixture
def segmenter() -> MobileSAM:
    """An untrained one, on the processor."""
    return MobileSAM(None, "cpu")


@pytest.fixture
def lent(
    space: None, segmenter: MobileSAM, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LentCardPipeline]:
    """The app's pipeline there, with a small detector."""
    monkeypatch.setattr(
        "amodal.segment.load.load_segmenter", lambda progress, device: (segmenter, None)
    )
    with detecting_toys():
        yield load_pipeline(str(TINY))


def test_detection_runs_in_another_process_and_finds_the_same(lent: LentCardPipeline) -> None:
    there = lent.detector().detect(photo())
    here = toy_detector().detect(photo())
    assert len(there) == len(here) > 0
    for found, expected in zip(there, here, strict=True):
        assert (found.category, found.x0, found.y0) == (
            expected.category,
            expected.x0,
            expected.y0,
        )
        assert np.array_equal(found.mask, expected.mask)
    assert forking_spaces.pids
    assert os.getpid() not in forking_spaces.pids
    lent.detector().detect(photo())
    assert len(forking_spaces.pids) == 1, "the process is kept"


def test_a_photo_is_encoded_there_and_prompts_are_answered_here(
    lent: LentCardPipeline, segmenter: MobileSAM
) -> None:
    there = lent.segment(photo(), [ON_CAR], [True])
    assert len(forking_spaces.pids) == 1
    here = segmenter.segment(segmenter.encode(photo()), [ON_CAR], [True])
    assert len(there) == len(here) > 0
    assert all(np.array_equal(a.mask, b.mask) for a, b in zip(there, here, strict=True))


def test_a_user_s_mistake_comes_back_with_its_words(lent: LentCardPipeline) -> None:
    with pytest.raises(AmodalError, match="too long and narrow"):
        lent.segmenter().encode(np.zeros((1, 5000, 3), np.uint8))


def test_without_a_card_the_processor_does_it_and_the_user_is_told(
    lent: LentCardPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(zero_gpu.gr, "Warning", said.append)
    monkeypatch.setattr(forking_spaces, "refusing", ["You have exceeded your quota"])
    assert lent.detector().detect(photo())
    assert forking_spaces.pids == set()
    assert len(said) == 1
    assert "exceeded your quota" in said[0]


def test_grabcut_has_no_network_to_move(
    lent: LentCardPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "amodal.segment.load.load_segmenter", lambda progress, device: (GrabCut(), None)
    )
    assert LentCardPipeline(lent.completer).segmenter().name == GrabCut.name


def test_what_stays_here_is_on_the_processor(space: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch says on such a Space that there is a card, but outside of a call there is none.

    Asking would already keep forked processes from it: the package `spaces` refuses to start then.
    """
    asked: list[bool] = []
    monkeypatch.setattr("torch.cuda.is_available", lambda: asked.append(True) or True)
    assert pick_device("auto").type != "cuda"
    assert load_pipeline(str(TINY)).completer.device.type == "cpu"
    assert asked == []
    monkeypatch.setenv("SPACES_ZERO_GPU", "false")
    assert pick_device("auto").type == "cuda"


@pytest.mark.parametrize("elsewhere", ["no Space", "processor wanted", "no package"])
def test_elsewhere_nothing_happens(
    elsewhere: str, space: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if elsewhere == "no Space":
        monkeypatch.delenv("SPACES_ZERO_GPU")
    if elsewhere == "no package":
        monkeypatch.delitem(sys.modules, "spaces")
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    device = "cpu" if elsewhere == "processor wanted" else "auto"
    assert type(load_pipeline(str(TINY), device)) is Pipeline
