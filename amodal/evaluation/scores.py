"""From methods and cases to scores: {method: {metric: value in 0..1, ...}} with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from amodal.evaluation import calibration
from amodal.evaluation.bootstrap import Resampling, interval, ratio
from amodal.evaluation.case import Case
from amodal.evaluation.methods import Method, Runner
from amodal.evaluation.metrics import BOXES, MASKS, MetricSet
from amodal.evaluation.samples import SPREAD_COLUMNS, SPREAD_METRICS, Judged, spread
from amodal.scene import Completions

OCCLUSION_EDGES = (0.0, 0.2, 0.4, 0.6, 0.75, 1.0)


@dataclass(frozen=True, eq=False)
class Table:
    """What a method's answers to N cases measure.

    Args:
        rows: (N, C) the columns of the metric set.
        spread: (N, S) samples.SPREAD_COLUMNS, or None.
        tallies: (N, calibration.COLUMNS), or None.
    """

    rows: np.ndarray
    spread: np.ndarray | None = None
    tallies: np.ndarray | None = None


def metric_set(cases: Sequence[Case]) -> MetricSet:
    """What can be measured on these cases.

    Raises:
        ValueError: some have a true mask and some have not.
    """
    known = {case.whole is not None for case in cases}
    if len(known) != 1:
        raise ValueError("cases: got some with a true mask and some without, expected one kind")
    return MASKS if known.pop() else BOXES


def measure(runners: Sequence[Runner], cases: Sequence[Case]) -> dict[str, Table]:
    """Run methods on cases."""
    metrics = metric_set(cases)
    collected: dict[str, list[tuple]] = {name: [] for r in runners for name in r.methods}
    # Case by case through all methods at once: a judge holds masks, and data sets have 10^5 cases.
    answers = zip(*(runner.answer(cases) for runner in runners), strict=True)
    for case, of_case in zip(cases, answers, strict=True):
        judge = metrics.judge(case)
        for runner, answer in zip(runners, of_case, strict=True):
            judged = Judged(answer, judge, metrics)
            for name, method in runner.methods.items():
                beside = _beside(judged, case, method)
                collected[name].append((method.pick(judged), *beside))
    return {name: Table(*_stack(parts)) for name, parts in collected.items()}


def _beside(judged: Judged, case: Case, method: Method) -> tuple[np.ndarray | None, ...]:
    """The spread and the tally of a method that reports them, where the truth is a mask."""
    answer = judged.answer
    if not method.spread or judged.metrics.only_boxes or not isinstance(answer, Completions):
        return None, None
    spread_row = spread(answer, case) if len(answer.samples) > 1 else None
    return spread_row, calibration.tally(answer, case)


def _stack(parts: Sequence[tuple]) -> list[np.ndarray | None]:
    return [
        None if any(row is None for row in column) else np.stack(column)
        for column in zip(*parts, strict=True)
    ]


Summed = Callable[[np.ndarray | None], dict[str, np.ndarray]]


def report(tables: Mapping[str, Table], cases: Sequence[Case], reference: str | None) -> dict:
    """Turn tables into scores with 95 % intervals, by class and occlusion too.

    Args:
        reference: the method that the others are compared with on the same cases, pair by pair;
            None, or one that has no table: none.

    Returns:
        {method: {metric: value, "intervals": {metric: [low, high]}, "by_class": {...},
        "by_occlusion": {...}, "by_part": {...}, "against": {reference: {metric: [difference, low,
        high]}}, "calibration": {...}}}; what is not defined is left out.
    """
    metrics = metric_set(cases)
    resampling = Resampling([case.group for case in cases])
    subsets = subsets_of(cases)
    scorers = {name: _scorer(table, metrics, resampling) for name, table in tables.items()}
    base = scorers[reference](None) if reference in scorers else {}
    out = {}
    for name, scorer in scorers.items():
        values = scorer(None)
        out[name] = _block(values)
        for key, chosen in subsets.items():
            out[name][key] = {
                label: _block(scorer(mask)) | {"count": int(mask.sum())}
                for label, mask in chosen.items()
            }
        if base and name != reference:
            out[name]["against"] = {reference: _differences(values, base)}
        if tables[name].tallies is not None:
            out[name]["calibration"] = _calibration(resampling.sums(tables[name].tallies))
    return out


def subsets_of(cases: Sequence[Case]) -> dict[str, dict[str, np.ndarray]]:
    """The subsets that are reported on their own: {"by_class": {class: (N,) bool}, ...}."""
    subsets = {"by_class": _labelled([case.category for case in cases])}
    rates = [case.occlusion_rate for case in cases]
    if None not in rates:
        subsets["by_occlusion"] = _labelled([occlusion_bin(rate) for rate in rates])
    if any(case.part for case in cases):
        subsets["by_part"] = _labelled([case.part for case in cases])
    return subsets


def occlusion_bin(rate: float) -> str:
    """The bin's name, such as "0.2-0.4"; the lower edge belongs to it."""
    index = int(np.searchsorted(OCCLUSION_EDGES, rate, side="right")) - 1
    index = min(index, len(OCCLUSION_EDGES) - 2)
    return f"{OCCLUSION_EDGES[index]}-{OCCLUSION_EDGES[index + 1]}"


def _labelled(labels: Sequence[str]) -> dict[str, np.ndarray]:
    values = np.array(labels)
    return {label: values == label for label in sorted(set(labels)) if label}


def _scorer(table: Table, metrics: MetricSet, resampling: Resampling) -> Summed:
    """A function: which cases count -> {metric: (1 + draws,) scores}."""

    def scores(chosen: np.ndarray | None) -> dict[str, np.ndarray]:
        found = _ratios(resampling.sums(table.rows, chosen), metrics.columns, metrics.metrics)
        if table.spread is not None:
            sums = resampling.sums(table.spread, chosen)
            found |= _ratios(sums, SPREAD_COLUMNS, SPREAD_METRICS)
        return found

    return scores


def _ratios(
    sums: np.ndarray, columns: Sequence[str], metrics: Mapping[str, tuple[str, str]]
) -> dict[str, np.ndarray]:
    column = dict(zip(columns, sums.T, strict=True))
    found = {name: ratio(column[top], column[bottom]) for name, (top, bottom) in metrics.items()}
    return {name: values for name, values in found.items() if not np.isnan(values[0])}


def _block(scores: Mapping[str, np.ndarray]) -> dict:
    values = {name: float(values[0]) for name, values in scores.items()}
    return values | {"intervals": {name: list(interval(values)) for name, values in scores.items()}}


def _differences(
    scores: Mapping[str, np.ndarray], base: Mapping[str, np.ndarray]
) -> dict[str, list[float]]:
    differences = {name: scores[name] - base[name] for name in scores if name in base}
    return {name: [float(d[0]), *interval(d)] for name, d in differences.items()}


def _calibration(sums: np.ndarray) -> dict:
    found = {
        "ece": calibration.expected_error(sums),
        "ece_wide": calibration.expected_error(sums, "wide"),
        "ece_support": calibration.expected_error(sums, "support"),
    }
    curves = {
        "curve": calibration.curve(sums[0]),
        "curve_wide": calibration.curve(sums[0], "wide"),
    }
    return _block(found) | curves
