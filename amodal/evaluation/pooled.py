"""Means over rows of plain numbers, with intervals: a bootstrap over the streets of the rows.

A row is a mapping with its "street" (edits of one street, photos of one sequence, resemble each
other) and metrics by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from amodal.evaluation.bootstrap import Resampling, interval, ratio

Row = Mapping[str, Any]

PSNR, SSIM, DISTANCE, ERROR = "psnr", "ssim", "distance", "mae"
TITLES = {
    ERROR: "mean absolute error, levels",
    PSNR: "PSNR, dB",
    SSIM: "SSIM",
    DISTANCE: "distance",
}
DIGITS = {PSNR: 2, SSIM: 3, DISTANCE: 4, ERROR: 1}


def mean(rows: Sequence[Row], metric: str) -> np.ndarray:
    """The mean over rows, and over each draw of streets: (1 + draws,).

    Raises:
        ValueError: there are no rows.
    """
    if not rows:
        raise ValueError("rows: got none, expected at least one")
    values = np.array([row[metric] for row in rows], float)
    sums = Resampling([row["street"] for row in rows]).sums(
        np.column_stack([values, np.ones(len(values))])
    )
    return ratio(sums[:, 0], sums[:, 1])


def with_interval(rows: Sequence[Row], metric: str) -> str:
    """A mean as text, its interval in brackets."""
    scores, digits = mean(rows, metric), DIGITS[metric]
    low, high = interval(scores)
    return f"{scores[0]:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def paired(rows: Sequence[Row], others: Sequence[Row], metric: str) -> np.ndarray:
    """The mean difference, case by case, and of each draw of streets: (1 + draws,).

    Raises:
        ValueError: the rows are not of the same streets and cases.
    """
    if [_about(row) for row in rows] != [_about(row) for row in others]:
        raise ValueError("rows: not about the same cases, in one order")
    joined = [
        {"street": row["street"], metric: row[metric] - other[metric]}
        for row, other in zip(rows, others, strict=True)
    ]
    return mean(joined, metric)


def difference(rows: Sequence[Row], others: Sequence[Row], metric: str) -> str:
    """`paired` as text."""
    scores, digits = paired(rows, others, metric), DIGITS[metric]
    low, high = interval(scores)
    return f"{scores[0]:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def comparison(
    rows: Sequence[Row], yardstick: str, distance: str | None
) -> tuple[list[str], list[list[str]]]:
    """Every way ("fill") of rows on the same cases: its means, and PSNR against one of them.

    Args:
        yardstick: the way that the others are compared with.
        distance: name of the perceptual distance, if the rows have one.

    Returns:
        Titles, and a line for each way, in the order of the rows.
    """
    metrics = [name for name in TITLES if name in rows[0]]
    mine = {name: [r for r in rows if r["fill"] == name] for name in of_ways(rows)}
    titles = [distance if name == DISTANCE else TITLES[name] for name in metrics]
    lines = [
        [
            name,
            *(with_interval(own, metric) for metric in metrics),
            difference(own, mine[yardstick], PSNR) if name != yardstick else "",
        ]
        for name, own in mine.items()
    ]
    return ["way", *titles, f"PSNR minus {yardstick}"], lines


def of_ways(rows: Sequence[Row]) -> list[str]:
    """The ways that rows are of, in their order."""
    return list(dict.fromkeys(row["fill"] for row in rows))


def _about(row: Row) -> tuple:
    return row["street"], row.get("edit"), row.get("case")
