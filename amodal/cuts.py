"""Completing many objects at once, each cut to its tight box: no mask is as large as its photo.

The same steps as the completer's, with the same results, but in batches and in small windows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from amodal.completer import MAX_SAMPLES, Completer, Query
from amodal.cues import cues, touched_borders
from amodal.errors import AmodalError
from amodal.geometry import Box, squeeze, theta_to_box, unsqueeze
from amodal.paste import join
from amodal.scene import Completion, paste_window

BATCH = 64  # larger ones leave the processor's cache
PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True, eq=False)
class Cut:
    """An object of a photo, as far as it can be seen.

    Args:
        mask: its visible pixels, (h, w) bool, tight.
        x0, y0: where the mask starts, image frame.
        photo: (height, width).
        category: one of scene.CLASSES.
        extent: the full extent that somebody guessed, image frame, or None.
    """

    mask: np.ndarray
    x0: int
    y0: int
    photo: tuple[int, int]
    category: str = "unknown"
    extent: Box | None = None

    @cached_property
    def box(self) -> Box:
        """The tight box, image frame."""
        height, width = self.mask.shape
        return Box(self.x0, self.y0, self.x0 + width, self.y0 + height)


@dataclass(frozen=True)
class Wanted:
    """What is wanted of each object.

    Args:
        samples: K, beside the mode, 0 to MAX_SAMPLES.
        seed: of each object's draws, as in Completer.complete.
        temperature: as there.
        precision: one of PRECISIONS, the network's. bfloat16 moves a few pixels at the outline.

    Raises:
        AmodalError: a value is out of range.
    """

    samples: int = 0
    seed: int = 0
    temperature: float = 1.0
    precision: str = PRECISIONS[0]

    def __post_init__(self) -> None:
        if not 0 <= self.samples <= MAX_SAMPLES:
            raise AmodalError(f"Samples: got {self.samples}, expected 0 to {MAX_SAMPLES}.")
        if not 0 <= self.seed < 2**63:
            raise AmodalError(f"Seed: got {self.seed}, expected 0 to 2**63 - 1.")
        if not 0 <= self.temperature <= 4:
            raise AmodalError(f"Temperature: got {self.temperature}, expected 0 to 4.")
        if self.precision not in PRECISIONS:
            raise AmodalError(f"Precision: got {self.precision!r}, expected one of {PRECISIONS}.")


def complete_cuts(
    completer: Completer, photos: Sequence[Sequence[Cut]], wanted: Wanted = Wanted()
) -> Iterator[list[list[Completion]]]:
    """Complete all objects of some photos.

    Args:
        photos: the objects of each photo; those of the same photo may hide each other, so their
            pixels tell nothing in visible_iou.

    Yields:
        for each photo, for each of its objects, the mode and K samples.
    """
    queries = [query_of(completer, cut) for cuts in photos for cut in cuts]
    decoded = _decode(completer, queries, wanted)
    threshold = completer.info.threshold
    for cuts in photos:
        results = []
        for index, cut in enumerate(cuts):
            others = [*cuts[:index], *cuts[index + 1 :]]
            query, *shapes = next(decoded)
            results.append(
                [
                    place_cut(cut, query, canonical, theta, threshold, others)
                    for canonical, theta in zip(*shapes, strict=True)
                ]
            )
        yield results


def _decode(
    completer: Completer, queries: Sequence[Query], wanted: Wanted
) -> Iterator[tuple[Query, np.ndarray, np.ndarray]]:
    """Each query with its canonical (1 + K, S, S) and theta (1 + K, 4)."""
    # With samples one at a time, since each has the draws of a generator of its own.
    size = 1 if wanted.samples else BATCH
    half = wanted.precision == PRECISIONS[1]
    for start in range(0, len(queries), size):
        batch = queries[start : start + size]
        generator = torch.Generator().manual_seed(wanted.seed)
        with torch.autocast(completer.device.type, torch.bfloat16, enabled=half):
            shapes = completer.decode(batch, wanted.samples, wanted.temperature, generator)
        yield from zip(batch, *shapes, strict=True)


def query_of(completer: Completer, cut: Cut) -> Query:
    """Bring an object into crop frame, as Completer.query does."""
    crop = cut.box if cut.extent is None else cut.extent.union(cut.box)
    config, trained = completer.model.config, completer.info.trained_classes
    shifted = Box(crop.x0 - cut.x0, crop.y0 - cut.y0, crop.x1 - cut.x0, crop.y1 - cut.y0)
    return Query(
        crop,
        squeeze(cut.mask, shifted, config.size),
        config.classes.index(cut.category if cut.category in trained else "unknown"),
        cues(crop, touched_borders(cut.box, *cut.photo), cut.extent is not None),
    )


def place_cut(
    cut: Cut,
    query: Query,
    canonical: np.ndarray,
    theta: np.ndarray,
    threshold: float,
    others: Sequence[Cut],
) -> Completion:
    """Paste one decoded shape into the image plane, as paste.paste does.

    Args:
        canonical: probabilities (S, S).
        theta: (4,).
        threshold: t.
        others: the photo's other objects.
    """
    height, width = cut.photo
    box = theta_to_box(theta, query.crop).clip(Box(-width, -height, 2 * width, 2 * height))
    shape, x0, y0 = unsqueeze(canonical, box)
    rows, columns = shape.shape
    own = cut.box
    left, top = min(x0, own.x0), min(y0, own.y0)
    right, bottom = max(x0 + columns, own.x1), max(y0 + rows, own.y1)
    window = Box(left, top, right, bottom)
    size = bottom - top, right - left
    decoded = paste_window(shape >= threshold, x0 - left, y0 - top, *size)
    modal = paste_window(cut.mask, cut.x0 - left, cut.y0 - top, *size)
    counted = np.zeros(size, bool)
    counted[max(-top, 0) : height - top, max(-left, 0) : width - left] = True
    for other in others:
        if other.box.iou(window) > 0:
            counted &= ~paste_window(other.mask, other.x0 - left, other.y0 - top, *size)
    return join(decoded, modal, counted | modal, left, top)
