"""A GPU whose memory is full. There is none here: a pretended one refuses the original modules,
with torch's own error; finding out, copying, and running again are the real code."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn

from amodal import Pipeline, room
from amodal.completer import Completer
from amodal.hub import BUNDLED
from amodal.inpaint.partial import PartialConvolutions
from amodal.room import Roomy, is_out_of_memory, load_roomy, on_cpu
from amodal.segment.detect import Detector
from amodal.segment.mobile_sam import MobileSAM, SamEmbedding
from demo.handlers import Handlers
from demo.session import Session
from tests.demo_parts import HEIGHT, ON_CAR, TINY, WIDTH, click, instances, photo
from tests.toy_detector import NAMES, toy_network


@contextmanager
def full_gpu(patch: pytest.MonkeyPatch, *networks: object, after: int = 0) -> Iterator[list[str]]:
    """These networks are on a GPU that runs out of memory with the (after + 1)-th layer.

    Gives the names of the layers that were refused.
    """
    there = {
        module
        for network in networks
        for value in vars(network).values()
        if isinstance(value, nn.Module)
        for module in value.modules()
    }
    refused: list[str] = []
    passed = 0

    def refuse(module: nn.Module, inputs: object) -> None:
        nonlocal passed
        if module in there:
            passed += 1
            if passed > after:
                refused.append(type(module).__name__)
                raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")

    patch.setattr(room, "_on_accelerator", lambda network: network in networks)
    hook = nn.modules.module.register_module_forward_pre_hook(refuse)
    try:
        yield refused
    finally:
        hook.remove()


def count_layers(call: Callable[[], object]) -> int:
    """How many layers a call passes through."""
    seen: list[nn.Module] = []
    hook = nn.modules.module.register_module_forward_pre_hook(lambda m, _: seen.append(m))
    call()
    hook.remove()
    return len(seen)


def inpainter() -> PartialConvolutions:
    return PartialConvolutions(BUNDLED / "inpaint.safetensors", "cpu")


def toy_detector() -> Detector:
    torch.manual_seed(0)
    return Detector(toy_network().eval(), NAMES, "cpu")


def segmented(network: MobileSAM) -> list[np.ndarray]:
    """Without the slow encoder."""
    features = np.random.default_rng(0).normal(size=(1, 256, 64, 64)).astype(np.float32)
    guesses = network.segment(SamEmbedding(features, HEIGHT, WIDTH), [ON_CAR])
    return [guess.mask for guess in guesses]


CALLS: dict[str, tuple[Callable[[], object], Callable[[object], object]]] = {
    "completer": (
        lambda: Completer.load(TINY, device="cpu"),
        lambda it: [s.mask for s in it.complete(instances()[0], samples=3, seed=5).samples],
    ),
    "inpainter": (inpainter, lambda it: [it.fill(photo(), instances()[1].modal)]),
    "segmenter": (lambda: MobileSAM(None, "cpu"), segmented),
    "detector": (toy_detector, lambda it: [found.mask for found in it.detect(photo())]),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_does_not_fit_is_made_again_on_the_cpu(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, call = CALLS[name]
    torch.manual_seed(0)
    network = make()
    expected = call(network)
    roomy = Roomy(network)
    assert roomy.notice is None
    with full_gpu(monkeypatch, network, after=2) as refused:
        answer = call(roomy)
        assert len(refused) == 1
        if name == "completer":
            call(roomy)
    assert len(refused) == 1, "the GPU isn't tried again"
    assert len(answer) == len(expected)
    for got, wanted in zip(answer, expected, strict=True):
        assert np.array_equal(got, wanted)
    assert "computes on the CPU (slower) instead of the GPU: the GPU's memory is full." in str(
        roomy.notice
    )


def test_equal_seeds_give_equal_samples_though_a_call_broke_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    completer = Completer.load(TINY, device="cpu")
    queries = [completer.query(instance) for instance in instances()]
    expected, _ = completer.decode(queries, 4, generator=torch.Generator().manual_seed(3))
    generator = torch.Generator().manual_seed(3)
    passed = count_layers(lambda: completer.encode(queries))
    with full_gpu(monkeypatch, completer, after=passed + 1) as refused:  # the codes are drawn then
        got, _ = Roomy(completer).decode(queries, 4, generator=generator)
    assert len(refused) == 1
    assert np.array_equal(got, expected), "the codes were drawn twice"


def test_the_copy_shares_nothing_with_the_original() -> None:
    completer = Completer.load(TINY, device="cpu")
    moved = on_cpu(completer)
    for old, new in zip(
        completer.model.state_dict().values(), moved.model.state_dict().values(), strict=True
    ):
        assert torch.equal(old, new)
        assert old.data_ptr() != new.data_ptr()
    assert moved.info is completer.info
    assert not any(p.requires_grad for p in moved.model.parameters())


def test_threads_that_fail_together_share_one_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    completer = Completer.load(TINY, device="cpu")
    expected = completer.suggest_class(instances()[0].modal)
    roomy, answers, copies = Roomy(completer), [], []
    monkeypatch.setattr(room, "on_cpu", lambda network: copies.append(1) or on_cpu(network))
    together = threading.Barrier(4)

    def ask() -> None:
        together.wait()
        answers.append(roomy.suggest_class(instances()[0].modal))

    with full_gpu(monkeypatch, completer):
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [expected] * 4
    assert len(copies) == 1


def test_users_read_it_and_keep_their_edits(
    handlers: Handlers, opened: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(Completer.load(TINY, device="cpu"))
    monkeypatch.setattr(pipeline, "_inpainter", handlers.pipeline._inpainter)
    told = Handlers(pipeline, handlers.examples)
    session = told.gesture(opened, "on", click(*ON_CAR)).session
    with full_gpu(monkeypatch, pipeline.completer._network):
        view = told.resample(session, 5, 1, 1.0)
    assert len(view.session.answer.completions.samples) == 5
    assert view.session.picked == session.picked
    assert "Completer computes on the CPU (slower)" in view.notices
    assert "take --device cpu, then restart the app" in view.notices
    assert told.delete(view.session).session.sight.picture.shape == photo().shape


def test_a_network_that_does_not_fit_is_loaded_onto_the_cpu() -> None:
    asked = []

    def load(device: str) -> tuple[Completer, None]:
        asked.append(device)
        if device != "cpu":
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return Completer.load(TINY, device=device), None

    roomy, _ = load_roomy(load, "auto")
    assert asked == ["auto", "cpu"]
    assert "the GPU's memory is full" in str(roomy.notice)
    with pytest.raises(torch.cuda.OutOfMemoryError):
        load_roomy(lambda device: load("cuda"), "cpu")


def test_other_errors_and_a_full_main_memory_are_not_hidden() -> None:
    class Broken:
        def break_(self) -> None:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

        def fill_up(self) -> None:
            np.empty(1 << 60, np.uint8)

    roomy = Roomy(Broken())
    with pytest.raises(RuntimeError, match="mat1"):
        roomy.break_()
    with pytest.raises(MemoryError):
        roomy.fill_up()
    assert roomy.notice is None
    with pytest.raises(AttributeError, match="dance"):
        roomy.dance()


def test_what_libraries_say_when_memory_runs_out() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"))
    assert not is_out_of_memory(RuntimeError("shape mismatch"))
    assert not is_out_of_memory(KeyError("car"))


def test_an_attribute_is_the_network_s() -> None:
    roomy = Roomy(inpainter())
    assert roomy.name == "Partial convolutions"
