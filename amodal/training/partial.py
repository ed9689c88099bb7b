"""Batches of real partial masks (stage 3): what is visible, and where nothing is known.

"Visible pixels" of an object are its own pixels and those known not to be the object. A pixel under
a possible occluder tells nothing: other instances that are nearer or of unknown depth, and ignore
regions. Background pixels count as known, which is right only where the occluder is annotated;
so a mask takes part when it touches a nearer annotated instance, or is fully visible.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from amodal.cues import cues
from amodal.data.kitti_mots import Label, TrackMask
from amodal.data.shapes import Shape, tight
from amodal.geometry import Box, squeeze, tight_box
from amodal.scene import paste_window
from amodal.training.pairs import WINDOW, PairBatch, Pairs

MIN_AREA = 200
SLIT = 3  # pixels that annotators leave free between neighbours; nobody knows whose they are
FAR = Box(0, 0, 200, 200)


@dataclass(frozen=True, eq=False)
class Partial:
    """A real partial mask, ready for the network but for mirroring.

    Args:
        modal: (S, S) uint8 in 0..255, crop frame.
        seen: (S, S) uint8 in 0..255, the object's pixels in the window's frame.
        known: (S, S) uint8 in 0..255, pixels that tell something, same frame.
        cues: (CUES,) float32.
        category: one of scene.CLASSES.
        track: equal for frames of one track.
    """

    modal: np.ndarray
    seen: np.ndarray
    known: np.ndarray
    cues: np.ndarray
    category: str
    track: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class PartialBatch:
    """B partial masks; masks (B, 1, S, S) float32 in 0..1, window (B, 4) like a theta.

    class_id is 0 where the class is hidden; category is always the true one.
    """

    modal: Tensor
    seen: Tensor
    known: Tensor
    cues: Tensor
    class_id: Tensor
    category: Tensor
    window: Tensor

    def to(self, device: torch.device) -> PartialBatch:
        return PartialBatch(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


def partial_masks(items: Sequence[TrackMask], size: int) -> list[Partial]:
    """Collect the masks whose occluders are annotated, with what is known around them."""
    frames = defaultdict(list)
    for item in items:
        frames[item.sequence, item.frame].append(item)
    partials = []
    for frame in frames.values():
        partials += [
            partial
            for item in frame
            if item.category and item.label is not None and item.mask.sum() >= MIN_AREA
            for partial in [_partial(item, frame, size)]
            if partial is not None
        ]
    return partials


def _partial(item: TrackMask, frame: Sequence[TrackMask], size: int) -> Partial | None:
    box = item.box
    half_width, half_height = WINDOW * box.width / 2, WINDOW * box.height / 2
    centre_x, centre_y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    x0, y0 = int(np.floor(centre_x - half_width)), int(np.floor(centre_y - half_height))
    x1, y1 = int(np.ceil(centre_x + half_width)), int(np.ceil(centre_y + half_height))
    window = Box(x0, y0, x1, y1)
    seen = np.zeros((y1 - y0, x1 - x0), bool)
    _stamp(seen, item, window)
    hides = np.zeros_like(seen)  # pixels under a possible occluder
    behind = np.zeros_like(seen)
    for other in frame:
        if other is not item and other.box.iou(window) > 0:
            farther = other.label is not None and other.label.depth > item.label.depth
            _stamp(behind if farther else hides, other, window)
    touches = (cv2.dilate(seen.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & hides
    if not item.is_whole and not touches.any():
        return None
    slit = np.ones((2 * SLIT + 1,) * 2, np.uint8)
    known = (cv2.dilate(hides.astype(np.uint8), slit) == 0) | seen
    height, width = item.photo_size  # beyond the photo nothing is known
    known[: max(-y0, 0)] = False
    known[max(height - y0, 0) :] = False
    known[:, : max(-x0, 0)] = False
    known[:, max(width - x0, 0) :] = False
    full = Box(0, 0, seen.shape[1], seen.shape[0])
    return Partial(
        _quantise(squeeze(item.mask, Box(0, 0, box.width, box.height), size)),
        _quantise(squeeze(seen, full, size)),
        _quantise(squeeze(known, full, size)),
        cues(box, item.borders, False),
        item.category,
        (item.sequence, item.track),
    )


def _stamp(canvas: np.ndarray, item: TrackMask, window: Box) -> None:
    """Set the pixels of `item` that fall into the window."""
    x, y = item.x0 - int(window.x0), item.y0 - int(window.y0)
    canvas |= paste_window(item.mask, x, y, *canvas.shape)


def _quantise(values: np.ndarray) -> np.ndarray:
    return np.round(values * 255).astype(np.uint8)


class Partials(Dataset):
    """Item `step` is the whole batch of that step; use with DataLoader(batch_size=None)."""

    def __init__(
        self,
        partials: Sequence[Partial],
        *,
        classes: Sequence[str],
        batch: int,
        steps: int,
        seed: int,
        unknown_class: float = 0.15,
    ) -> None:
        self.partials = partials
        self.class_ids = np.array([classes.index(partial.category) for partial in partials])
        self.batch = batch
        self.steps = steps
        self.seed = seed
        self.unknown_class = unknown_class
        lengths = Counter(partial.track for partial in partials)
        weights = np.array([lengths[partial.track] ** -0.5 for partial in partials])
        self.share = weights / weights.sum()

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> PartialBatch:
        rng = np.random.default_rng([self.seed, step])
        chosen = rng.choice(len(self.partials), self.batch, p=self.share)
        picked = [self.partials[index] for index in chosen]
        mirrored = rng.random(self.batch) < 0.5
        masks = {}
        for name in ("modal", "seen", "known"):
            stack = np.stack([getattr(partial, name) for partial in picked])
            stack[mirrored] = stack[mirrored][:, :, ::-1]
            masks[name] = torch.from_numpy(stack.astype(np.float32) / 255)[:, None]
        cue = np.stack([partial.cues for partial in picked])
        cue[mirrored, 1], cue[mirrored, 3] = cue[mirrored, 3], cue[mirrored, 1].copy()
        class_id = np.where(rng.random(self.batch) < self.unknown_class, 0, self.class_ids[chosen])
        window = torch.tensor([0, 0, WINDOW, WINDOW]).repeat(self.batch, 1)
        return PartialBatch(
            **masks,
            cues=torch.from_numpy(cue),
            class_id=torch.from_numpy(class_id.astype(np.int64)),
            category=torch.from_numpy(self.class_ids[chosen].astype(np.int64)),
            window=window,
        )


@dataclass(frozen=True, eq=False)
class RehearsedBatch:
    """Real partial masks, and simulated pairs beside them."""

    partial: PartialBatch
    pair: PairBatch

    def to(self, device: torch.device) -> RehearsedBatch:
        return RehearsedBatch(self.partial.to(device), self.pair.to(device))


class Rehearsed(Dataset):
    """Stage 3's batches: partial masks with simulated pairs, so that stage 2 is not forgotten."""

    def __init__(self, partials: Partials, pairs: Pairs) -> None:
        self.partials = partials
        self.pairs = pairs

    def __len__(self) -> int:
        return len(self.partials)

    def __getitem__(self, step: int) -> RehearsedBatch:
        return RehearsedBatch(self.partials[step], self.pairs[step])


def toy_partials(shapes: Sequence[Shape], size: int, seed: int = 0) -> list[Partial]:
    """Partial masks of toy shapes in the form of real ones: a band is hidden in each."""
    rng = np.random.default_rng(seed)
    partials = []
    for index, shape in enumerate(shapes):
        height, width = shape.mask.shape
        cut = int(width * rng.uniform(0.1, 0.5))
        visible = shape.mask.copy()
        visible[:, :cut] = False
        item = TrackMask(
            index, 0, 1001, shape.category, shape.mask, 50, 50, (200, 200), Label(0, 1, FAR, 9.0)
        )
        band = replace(item, track=1002, mask=np.ones((height, cut), bool), label=None)
        x0, y0, _, _ = tight_box(visible)
        seen = replace(item, mask=tight(visible), x0=50 + x0, y0=50 + y0)
        partials += partial_masks([seen, band], size)
    return partials
