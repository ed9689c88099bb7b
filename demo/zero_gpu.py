"""On a Hugging Face ZeroGPU Space: a card for the slow networks, which is lent for a call.

A function that `spaces.GPU` has wrapped runs in a forked process that has a card; its arguments and
its result are pickled. Getting one takes longer than most of our networks do on a processor, so
these stay there. Mask R-CNN and MobileSAM's look at a photo, over a second each on two
processors, ask for it: the forked process moves the network to the card and keeps it for the next
call. Anywhere else nothing of this happens, and the package `spaces` isn't needed.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
import numpy as np

from amodal.completer import Completer
from amodal.device import card_is_lent
from amodal.errors import AmodalError
from amodal.geometry import Box
from amodal.hub import Notice
from amodal.pipeline import Pipeline, Progress
from amodal.segment import MaskGuess, Segmenter
from demo import text

CARD = "cuda"
SECONDS = 15  # that a call may take; short ones are served first


def load_pipeline(
    weights: str | None = None, device: str = "auto", patience: float | None = None
) -> Pipeline:
    """Pipeline.load, on a ZeroGPU Space with its card for the slow networks.

    Must be called before the page is launched. "cpu" does without the card.
    """
    if device == "cpu" or not card_is_lent() or importlib.util.find_spec("spaces") is None:
        return Pipeline.load(weights, device=device, patience=patience)
    importlib.import_module("spaces")  # before anything asks PyTorch for a card
    return LentCardPipeline.load(weights, device="cpu", patience=patience)


class LentCardPipeline(Pipeline):
    """A pipeline whose slow networks ask for a card at each call."""

    def __init__(self, completer: Completer, notices: Sequence[Notice] = (), **how: Any) -> None:
        super().__init__(completer, notices, **how)
        self._detecting = CardCall("detect")
        self._encoding = CardCall("encode")

    def detector(self, progress: Progress | None = None) -> LentDetector:
        return LentDetector(super().detector(progress), self._detecting)

    def segmenter(self, progress: Progress | None = None) -> Segmenter:
        segmenter = super().segmenter(progress)
        if not hasattr(segmenter, "to"):  # GrabCut has no network
            return segmenter
        return LentSegmenter(segmenter, self._encoding)


class CardCall:
    """A network's method of one photo, in the process that has the card.

    Args:
        method: its name.
    """

    def __init__(self, method: str) -> None:
        self._method = method
        self._network: Any = None
        self._lent: Callable = importlib.import_module("spaces").GPU(duration=SECONDS)(self._there)

    def __call__(self, network: Any, photo: np.ndarray) -> Any:
        """On the card; here, and the user is told why, when none is to be had.

        Args:
            network: the same one in all calls.
        """
        self._network = network  # where the forked process finds it: never pickled
        try:
            found = self._lent(photo)
        except gr.Error as error:  # all are taken, or this visitor has used up a day's share
            gr.Warning(text.NO_CARD.format(reason=error.message))
            return getattr(network, self._method)(photo)
        if isinstance(found, AmodalError):
            raise found
        return found

    def _there(self, photo: np.ndarray) -> Any:
        """The result; a user's mistake is returned, since of an error only its name comes back."""
        try:
            return getattr(self._network.to(CARD), self._method)(photo)
        except AmodalError as error:
            return error


class LentDetector:
    """A detector that looks at photos on the lent card."""

    def __init__(self, detector: Any, call: CardCall) -> None:
        self._detector = detector
        self._call = call

    def detect(self, photo: np.ndarray) -> tuple:
        """See Detector.detect."""
        return self._call(self._detector, photo)


class LentSegmenter:
    """A segmenter that looks at photos on the lent card; prompts are quick, and stay here."""

    def __init__(self, segmenter: Any, call: CardCall) -> None:
        self.name = segmenter.name
        self._segmenter = segmenter
        self._call = call

    def encode(self, photo: np.ndarray) -> Any:
        """See Segmenter.encode."""
        return self._call(self._segmenter, photo)

    def segment(
        self,
        embedding: Any,
        points: Sequence[tuple[float, float]] = (),
        labels: Sequence[bool] = (),
        box: Box | None = None,
    ) -> tuple[MaskGuess, ...]:
        """See Segmenter.segment."""
        return self._segmenter.segment(embedding, points, labels, box)
