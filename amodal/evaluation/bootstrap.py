"""How sure a score is: percentile intervals over resampled groups (tracks or photos).

Cases of one track or photo resemble each other, so whole groups are drawn with replacement, as many
as there are. All scores here are functions of sums over cases, so a draw is a row of weights, one
for each group, and 1,000 draws are one matrix product.

Convention: arrays of sums or scores have 1 + draws rows. Row 0 is the cases as they are, the others
are the draws. Two methods on the same cases share the draws, so the difference of their scores, row
by row, is the paired bootstrap.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

DRAWS = 1000
COVERAGE = 0.95


class Resampling:
    """The draws of one set of cases.

    Args:
        groups: the group of each of N cases.
        draws: how many.
        seed: of the draws.
    """

    def __init__(self, groups: Sequence[Hashable], draws: int = DRAWS, seed: int = 0) -> None:
        numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
        self.group_of_case = np.array([numbers[group] for group in groups], np.int64)
        self.group_count = len(numbers)
        shares = np.full(self.group_count, 1 / self.group_count)
        drawn = np.random.default_rng(seed).multinomial(self.group_count, shares, size=draws)
        self.weights = np.vstack([np.ones(self.group_count), drawn])

    def sums(self, table: np.ndarray, chosen: np.ndarray | None = None) -> np.ndarray:
        """Sum a table (N, C) over the cases of each draw: (1 + draws, C).

        Args:
            chosen: (N,) bool, the cases that count; None: all.
        """
        if chosen is not None:
            table = table * chosen[:, None]
        by_group = np.zeros((self.group_count, table.shape[1]))
        np.add.at(by_group, self.group_of_case, table)
        return self.weights @ by_group


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Elementwise quotient; not a number where the denominator is 0 (nothing to measure)."""
    defined = denominator > 0
    return np.divide(numerator, denominator, out=np.full(len(numerator), np.nan), where=defined)


def interval(scores: np.ndarray) -> tuple[float, float]:
    """The central 95 % of the draws of a score (1 + draws,); undefined draws are left out.

    Raises:
        ValueError: no draw has a score.
    """
    drawn = scores[1:][~np.isnan(scores[1:])]
    if drawn.size == 0:
        raise ValueError("scores: all draws are undefined, expected at least one")
    low, high = np.quantile(drawn, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return float(low), float(high)
