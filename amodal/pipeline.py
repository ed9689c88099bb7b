"""The whole path: photo and instances -> completions -> layered scene -> edits -> picture."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from amodal.completer import Completer
from amodal.evidence import NO_EVIDENCE, Evidence
from amodal.geometry import Box
from amodal.hub import Notice, fetch_own
from amodal.lazy import RETRY_AFTER, Lazy, Progress
from amodal.room import Roomy, load_roomy
from amodal.scene import Completion, Completions, Instance

if TYPE_CHECKING:
    from amodal.inpaint.protocol import Inpainter
    from amodal.layers import LayeredScene
    from amodal.pose.turner import Turner
    from amodal.segment import Embedding, MaskGuess, Segmenter
    from amodal.segment.detect import Detector

REMEMBERED_PHOTOS = 4


class Pipeline:
    """Holds the networks, shared by all users; knows nothing of any of them.

    The completer is loaded at once. The others are loaded (downloaded) when they are first needed;
    a fall-back joins `notices`, and so does a network that has left the GPU for want of memory.

    Args:
        completer: loaded.
        notices: what is to be said of it.
        device: for the other networks: "auto", "cpu", "cuda" or "mps".
        patience: seconds that one waits for a download before a fall-back is used meanwhile. None:
            as long as it takes.
        retry_after: seconds until a network that could not be had is tried again.
    """

    def __init__(
        self,
        completer: Completer | Roomy[Completer],
        notices: Sequence[Notice] = (),
        *,
        device: str = "auto",
        patience: float | None = None,
        retry_after: float = RETRY_AFTER,
    ) -> None:
        self.completer = completer if isinstance(completer, Roomy) else Roomy(completer)
        self._notices = tuple(notices)
        how = {"device": device, "patience": patience, "retry_after": retry_after}
        self._segmenter = Lazy("amodal.segment.load", "load_segmenter", "stand_in", **how)
        self._inpainter = Lazy("amodal.inpaint.load", "load_inpainter", "stand_in", **how)
        self._detector = Lazy("amodal.segment.detect", "load_detector", **how)
        self._turner = Lazy("amodal.pose.load", "load_turner", **how)
        self._embeddings = _EmbeddingCache(REMEMBERED_PHOTOS)

    @classmethod
    def load(
        cls, weights: str | None = None, *, device: str = "auto", patience: float | None = None
    ) -> Pipeline:
        """Load our weights.

        Args:
            weights: a folder or a Hub repository "OWNER/NAME[@REVISION]"; None: the environment
                variable AMODAL_WEIGHTS, else the bundled ones.
            device: "auto", "cpu", "cuda" or "mps", of all networks.
            patience: see Pipeline.

        Raises:
            AmodalError: the weights can't be had or are damaged.
        """
        notices: list[Notice] = []
        folder = fetch_own(weights, notify=notices.append)
        completer, _ = load_roomy(
            lambda device: (Completer.load(folder, device=device), None), device
        )
        return cls(completer, notices, device=device, patience=patience)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The fall-backs in use, each with its reason and remedy."""
        ours = (self.completer.notice,) if self.completer.notice else ()
        lazy = (self._segmenter, self._inpainter, self._detector, self._turner)
        return (*self._notices, *ours, *(notice for part in lazy for notice in part.notices))

    def segmenter(self, progress: Progress | None = None) -> Segmenter:
        """MobileSAM, or GrabCut with a notice. `progress` gets downloaded bytes."""
        return self._segmenter.get(progress)

    def inpainter(self, progress: Progress | None = None) -> Inpainter:
        """MI-GAN, or our own network with a notice. `progress` gets downloaded bytes."""
        return self._inpainter.get(progress)

    def detector(self, progress: Progress | None = None) -> Detector:
        """Mask R-CNN. `progress` gets downloaded bytes.

        Raises:
            WeightsUnavailable: its weights can't be had. There is no fall-back.
        """
        return self._detector.get(progress)

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
        return self.completer.complete(
            instance,
            _union(others, instance.modal.shape),
            samples=samples,
            seed=seed,
            temperature=temperature,
            evidence=evidence,
        )

    def modes(
        self, instances: Sequence[Instance], others: Sequence[Instance] = ()
    ) -> list[Completion]:
        """The most likely whole shape of each instance; the others may hide them all."""
        hidden = _union(others, instances[0].modal.shape) if others and instances else None
        return self.completer.modes(instances, hidden)

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
        rest = [index for index in range(len(instances)) if index not in chosen]
        chosen |= zip(rest, self.modes([instances[index] for index in rest]), strict=True)
        whole = [chosen[index] for index in range(len(instances))]
        return LayeredScene.from_photo(photo, instances, whole)

    def render(
        self, scene: LayeredScene, progress: Progress | None = None
    ) -> tuple[np.ndarray, LayeredScene]:
        """Paint a scene: the picture (H, W, 3) uint8 RGB, and the scene with what was invented."""
        from amodal.decompose import Decomposer

        return Decomposer(self.inpainter()).render(scene, progress)


def _union(instances: Sequence[Instance], size: tuple[int, int]) -> np.ndarray:
    """The pixels of any of them, (H, W) bool."""
    union = np.zeros(size, bool)
    for instance in instances:
        union |= instance.modal
    return union


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
