"""What a set of samples is worth: picks of one of them, and how much they differ.

A pick takes the judged answer of a method to a case and returns the row of columns (metrics.py)
that counts for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from amodal.evaluation.case import Case, padding
from amodal.evaluation.metrics import Judge, MetricSet
from amodal.scene import Completion, Completions, paste_window

# Metrics of a posterior, each a mean over cases: metric -> (numerator, denominator).
SPREAD_COLUMNS = ("pairwise_iou_full", "pairwise_iou_invisible", "posterior_width", "cases")
SPREAD_METRICS = {name: (name, "cases") for name in SPREAD_COLUMNS[:-1]}


@dataclass(frozen=True, eq=False)
class Judged:
    """A method's answer to a case, with the case's judge."""

    answer: Completion | Completions
    judge: Judge
    metrics: MetricSet

    @cached_property
    def sample_rows(self) -> np.ndarray:
        """A row for each sample, (K, C).

        Raises:
            ValueError: the method drew no samples.
        """
        if not isinstance(self.answer, Completions) or not self.answer.samples:
            raise ValueError("answer: got no samples, expected a method that draws some")
        return np.stack([self.judge(sample) for sample in self.answer.samples])


Pick = Callable[[Judged], np.ndarray]


def mode(judged: Judged) -> np.ndarray:
    """The one answer, or the posterior's mode."""
    answer = judged.answer
    return judged.judge(answer.mode if isinstance(answer, Completions) else answer)


def average(judged: Judged) -> np.ndarray:
    """What a random sample scores: the samples' mean row."""
    return judged.sample_rows.mean(axis=0)


def best_by_truth(judged: Judged) -> np.ndarray:
    """The sample with the highest IoU of the whole (paper, table 4; of the box where only it is
    known)."""
    rows = judged.sample_rows
    return rows[rows[:, judged.metrics.column(judged.metrics.best)].argmax()]


def best_by_invisible(judged: Judged) -> np.ndarray:
    """The sample with the highest IoU of the invisible region."""
    rows = judged.sample_rows
    return rows[rows[:, judged.metrics.column("invisible_iou")].argmax()]


def best_by_visible(judged: Judged) -> np.ndarray:
    """The sample whose decoded shape alone covers the visible pixels best; needs no truth.

    The completer sees no other object here, so only the object's own pixels are known.
    """
    samples = judged.answer.samples
    return judged.sample_rows[int(np.argmax([sample.visible_iou for sample in samples]))]


def consensus(judged: Judged) -> np.ndarray:
    """The pixels that at least half of the samples cover."""
    answer = judged.answer
    return judged.judge(Completion(answer.probability >= 0.5, answer.x0, answer.y0))


def spread(completions: Completions, case: Case) -> np.ndarray:
    """How much the samples differ, the values of SPREAD_COLUMNS, (4,).

    pairwise_iou: mean IoU of two different samples, of the whole masks and of what they add to the
    visible pixels (two that add nothing agree: 1). posterior_width: entropy of the pixels that are
    not visible, in bits, over the samples' mean area: 0 where all agree.
    """
    left, top, _, _ = padding(case)
    height, width = completions.probability.shape
    x, y = completions.x0, completions.y0
    visible = paste_window(case.visible, left - x, top - y, height, width).ravel()
    masks = np.stack(
        [
            paste_window(sample.mask, sample.x0 - x, sample.y0 - y, height, width)
            for sample in completions.samples
        ]
    ).reshape(len(completions.samples), -1)
    share = completions.probability.ravel()
    uncertain = share[~visible & (share > 0) & (share < 1)].astype(np.float64)
    bits = -(uncertain * np.log2(uncertain) + (1 - uncertain) * np.log2(1 - uncertain))
    return np.array(
        [
            _pairwise_iou(masks),
            _pairwise_iou(masks[:, ~visible]),
            bits.sum() / max(share.sum(), 1),
            1,
        ]
    )


def _pairwise_iou(masks: np.ndarray) -> float:
    """Mean IoU over all pairs of masks (K, N) bool; K of at least 2."""
    values = masks.astype(np.float32)  # sums of ones are exact below 2 ** 24
    both = values @ values.T
    areas = both.diagonal()
    union = areas[:, None] + areas[None, :] - both
    first, second = np.triu_indices(len(masks), k=1)
    both, union = both[first, second], union[first, second]
    return float(np.where(union > 0, both / np.maximum(union, 1), 1).mean())
