"""How good a completion is: intersection over union, whole and invisible, pooled and mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from amodal.scene import Completion


class Counts(NamedTuple):
    """Pixels of one prediction against its truth."""

    full_intersection: int
    full_union: int
    invisible_intersection: int
    invisible_union: int

    @property
    def full_iou(self) -> float:
        return self.full_intersection / self.full_union


def count(prediction: Completion, whole: np.ndarray, modal: np.ndarray, margin: int) -> Counts:
    """Compare a completion with the truth.

    Args:
        prediction: in a frame where the truth's tight box starts at (margin, margin).
        whole: truth, (h, w) bool, tight.
        modal: visible part of it, (h, w) bool.
        margin: pixels.
    """
    height, width = whole.shape
    inside = Completion(prediction.mask, prediction.x0 - margin, prediction.y0 - margin)
    mask = inside.on_photo(height, width)
    outside = prediction.area - int(mask.sum())  # false pixels beyond the truth's box
    hidden_mask, hidden_truth = mask & ~modal, whole & ~modal
    return Counts(
        int((mask & whole).sum()),
        int((mask | whole).sum()) + outside,
        int((hidden_mask & hidden_truth).sum()),
        int((hidden_mask | hidden_truth).sum()) + outside,
    )


def summarise(counts: Sequence[Counts]) -> dict[str, float]:
    """The four scores, each in 0..1: pooled over pixels, and mean over instances."""
    table = np.array(counts, dtype=np.float64)  # (N, 4)
    full, invisible = table[:, 0] / table[:, 1], table[:, 2] / np.maximum(table[:, 3], 1)
    total = table.sum(axis=0)
    return {
        "full_miou_pooled": float(total[0] / total[1]),
        "invisible_miou_pooled": float(total[2] / max(total[3], 1)),
        "full_miou_mean": float(full.mean()),
        "invisible_miou_mean": float(invisible.mean()),
    }
