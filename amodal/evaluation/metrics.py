"""How good a completion is: intersection over union, whole and invisible, pooled and mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from amodal.evaluation.case import Case, padding
from amodal.geometry import Box
from amodal.scene import Completion, paste_window


class Counts(NamedTuple):
    """Pixels of one prediction against its truth."""

    full_intersection: int
    full_union: int
    invisible_intersection: int
    invisible_union: int

    @property
    def full_iou(self) -> float:
        return self.full_intersection / self.full_union


def count(prediction: Completion, case: Case) -> Counts:
    """Compare a completion on the case's canvas with the truth; outside the photo nothing counts.

    Raises:
        ValueError: the case has no true mask.
    """
    if case.whole is None:
        raise ValueError("whole: got None, expected a case with a true mask")
    left, top, _, _ = padding(case)
    mask, x0, y0 = prediction.mask, prediction.x0 - left, prediction.y0 - top
    if case.photo is not None:
        mask, x0, y0 = _inside(case.photo, mask, x0, y0)
    height, width = case.whole.shape
    within = paste_window(mask, x0, y0, height, width)
    outside = int(mask.sum()) - int(within.sum())  # false pixels beyond the case's window
    hidden_mask, hidden_truth = within & ~case.visible, case.whole & ~case.visible
    return Counts(
        int((within & case.whole).sum()),
        int((within | case.whole).sum()) + outside,
        int((hidden_mask & hidden_truth).sum()),
        int((hidden_mask | hidden_truth).sum()) + outside,
    )


def _inside(photo: Box, mask: np.ndarray, x0: int, y0: int) -> tuple[np.ndarray, int, int]:
    """Cut a mask at (x0, y0) to the photo."""
    left, top, right, bottom = (round(edge) for edge in photo)
    mask = mask[max(top - y0, 0) : max(bottom - y0, 0), max(left - x0, 0) : max(right - x0, 0)]
    return mask, max(x0, left), max(y0, top)


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
