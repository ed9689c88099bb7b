"""The whole path: photo and instances -> completions -> layered scene -> edits -> picture."""

from __future__ import annotations

import hashlib
import importlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from amodal.completer import Completer
from amodal.evidence import NO_EVIDENCE, Evidence
from amodal.geometry import Box
from amodal.hub import Notice, fetch_own
from amodal.scene import Completion, Completions, Instance

if TYPE_CHECKING:
    from amodal.inpaint.protocol import Inpainter
    from amodal.layers import LayeredScene
    from amodal.pose.turner import Turner
    from amodal.segment import Embedding, MaskGuess, Segmenter

Progress = Callable[[int, int], None]
"""(done, in all)."""

REMEMBERED_PHOTOS = 4
RETRY_AFTER = 60.0  # seconds that a fall-back is used before the real network is tried again


class Pipeline:
    """Holds the networks, shared by all users; knows nothing of any of them.

    The completer is loaded at once. The segmenter and the inpainter are loaded (downloaded) when
    they are first needed; a fall-back joins `notices`.
    """

    def __init__(self, completer: Completer, notices: Sequence[Notice] = ()) -> None:
        self.completer = completer
        self._notices = tuple(notices)
        self._segmenter = _Lazy("amodal.segment.load", "load_segmenter")
        self._inpainter = _Lazy("amodal.inpaint.load", "load_inpainter")
        self._turner = _Lazy("amodal.pose.load", "load_turner")
        self._embeddings = _EmbeddingCache(REMEMBERED_PHOTOS)

    @classmethod
    def load(cls, weights: str | None = None, *, device: str = "auto") -> Pipeline:
        """Load our weights.

        Args:
            weights: a folder or a Hub repository "OWNER/NAME[@REVISION]"; None: the environment
                variable AMODAL_WEIGHTS, else the bundled ones.
            device: "auto", "cpu", "cuda" or "mps".

        Raises:
            AmodalError: the weights can't be had or are damaged.
        """
        notices: list[Notice] = []
        folder = fetch_own(weights, notify=notices.append)
        return cls(Completer.load(folder, device=device), notices)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The fall-backs in use, each with its reason and remedy."""
        parts = (*self._notices, self._segmenter.notice, self._inpainter.notice)
        return tuple(notice for notice in parts if notice is not None)

    def segmenter(self, progress: Progress | None = None) -> Segmenter:
        """MobileSAM, or GrabCut with a notice. `progress` gets downloaded bytes."""
        return self._segmenter.get(progress)

    def inpainter(self, progress: Progress | None = None) -> Inpainter:
        """MI-GAN, or our own network with a notice. `progress` gets downloaded bytes."""
        return self._inpainter.get(progress)

    def turner(self) -> Turner:
        """The pose network with its gallery."""
        return self._turner.get(None)

    def segment(
        self,
        photo: np.ndarray,
        points: Sequence[tuple[float, float]] = (),
        labels: Sequence[bool] = (),
        box: Box | None = None,
    ) -> tuple[MaskGuess, ...]:
        """Guess the mask of the object at the points or in the box, best first.

        Args:
            photo: (H, W, 3) uint8 RGB.
            points: (x, y) in image pixels.
            labels: True where a point is on the object, False where it is not.
            box: around the visible part, image frame.
        """
        segmenter = self.segmenter()
        embedding = self._embeddings.get(photo, segmenter)
        return segmenter.segment(embedding, points, labels, box)

    def complete(
        self,
        instance: Instance,
        others: Sequence[Instance] = (),
        *,
        samples: int = 20,
        seed: int = 0,
        temperature: float = 1.0,
        evidence: Evidence = NO_EVIDENCE,
    ) -> Completions:
        """Imagine the whole of an instance; the others may hide it. See Completer.complete."""
        hidden = np.zeros_like(instance.modal)
        for other in others:
            hidden |= other.modal
        return self.completer.complete(
            instance,
            hidden,
            samples=samples,
            seed=seed,
            temperature=temperature,
            evidence=evidence,
        )

    def suggest_class(self, modal: np.ndarray) -> tuple[tuple[str, float], ...]:
        """Classes with their shares, best first. See Completer.suggest_class."""
        return self.completer.suggest_class(modal)

    def scene(
        self,
        photo: np.ndarray,
        instances: Sequence[Instance],
        completions: Mapping[int, Completion] | None = None,
    ) -> LayeredScene:
        """Take a photo apart into layers.

        Args:
            photo: (H, W, 3) uint8 RGB.
            instances: with masks (H, W).
            completions: chosen ones by the instance's index; the mode for the others.
        """
        from amodal.layers import LayeredScene

        chosen = dict(completions or {})
        for index, instance in enumerate(instances):
            if index not in chosen:
                chosen[index] = self.complete(instance, samples=1).mode
        whole = [chosen[index] for index in range(len(instances))]
        return LayeredScene.from_photo(photo, instances, whole)

    def render(
        self, scene: LayeredScene, progress: Progress | None = None
    ) -> tuple[np.ndarray, LayeredScene]:
        """Paint a scene: the picture (H, W, 3) uint8 RGB, and the scene with what was invented."""
        from amodal.decompose import Decomposer

        return Decomposer(self.inpainter()).render(scene, progress)


class _Lazy:
    """Loads one network at its first use, whatever the number of threads.

    A fall-back is kept for a while only: then the next use tries for the real one again.
    """

    def __init__(self, module: str, function: str) -> None:
        self.module = module
        self.function = function
        self.notice: Notice | None = None
        self._value = None
        self._loaded = 0.0
        self._lock = threading.Lock()

    def get(self, progress: Progress | None) -> object:
        with self._lock:
            stale = self.notice is not None and time.monotonic() - self._loaded > RETRY_AFTER
            if self._value is None or stale:
                load = getattr(importlib.import_module(self.module), self.function)
                self._value, self.notice = load(progress=progress)
                self._loaded = time.monotonic()
        return self._value


class _EmbeddingCache:
    """The last photos' embeddings, found by the photo's bytes and the segmenter's name."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._items: OrderedDict[bytes, Embedding] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, photo: np.ndarray, segmenter: Segmenter) -> Embedding:
        origin = f"{photo.shape} {segmenter.name}".encode()
        digest = hashlib.sha256(photo.tobytes() + origin).digest()
        with self._lock:
            if digest not in self._items:
                self._items[digest] = segmenter.encode(photo)
                while len(self._items) > self.size:
                    self._items.popitem(last=False)
            self._items.move_to_end(digest)
            return self._items[digest]
