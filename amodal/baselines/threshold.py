"""The rivals' threshold t, chosen as Amodal-VAE's was: best pooled full IoU on held-out tracks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amodal.baselines.answers import Rival
from amodal.evaluation.case import Case, instance_of, padding
from amodal.scene import paste_window

CANDIDATES = tuple(round(value, 2) for value in np.arange(0.2, 0.91, 0.02))


def choose_threshold(
    rival: Rival, cases: Sequence[Case], candidates: Sequence[float] = CANDIDATES
) -> tuple[float, dict[float, tuple[float, float]]]:
    """Try every candidate.

    Returns:
        (the best by the full IoU, {candidate: (full, invisible) IoU, pooled, in 0..1}).
    """
    sums = np.zeros((len(candidates), 4))
    for case, answer in zip(cases, rival.answers(cases), strict=True):
        left, top, _, _ = padding(case)
        height, width = instance_of(case)[0].modal.shape
        whole = paste_window(case.whole, left, top, height, width)
        modal = answer.instance.modal
        hidden = whole & ~modal
        for row, threshold in zip(sums, candidates, strict=True):
            completion = answer.at(threshold)
            mask = completion.on_photo(height, width)
            outside = completion.area - mask.sum()
            added = mask & ~modal
            row += (
                (mask & whole).sum(),
                (mask | whole).sum() + outside,
                (added & hidden).sum(),
                (added | hidden).sum() + outside,
            )
    full, invisible = sums[:, 0] / sums[:, 1], sums[:, 2] / np.maximum(sums[:, 3], 1)
    scores = {
        threshold: (float(f), float(i))
        for threshold, f, i in zip(candidates, full, invisible, strict=True)
    }
    return candidates[int(full.argmax())], scores
