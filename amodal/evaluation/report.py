"""Scores as Markdown tables, in per cent, with 95 % intervals where they matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Scores = Mapping[str, Mapping]  # scores.report: {method: {metric: value, ...}}

TITLES = {
    "full_miou_pooled": "full mIoU",
    "invisible_miou_pooled": "invisible mIoU",
    "full_miou_mean": "full, mean",
    "invisible_miou_mean": "invisible, mean",
    "invisible_recall": "recall",
    "invisible_precision": "precision",
    "boundary_miou_mean": "boundary",
    "gap_closed_pooled": "gap closed",
    "invisible_gap_closed_pooled": "gap closed, invisible",
    "box_miou_mean": "box IoU, mean",
    "box_iou_over_70": "box IoU ≥ 0.7",
    "pairwise_iou_full": "pairwise IoU",
    "pairwise_iou_invisible": "pairwise IoU, invisible",
    "posterior_width": "width",
}
WITH_INTERVAL = (
    "full_miou_pooled",
    "invisible_miou_pooled",
    "invisible_miou_mean",
    "box_miou_mean",
)
CHIEF = ("invisible_miou_pooled", "box_miou_mean")  # of which the first that is there is compared
SPREAD = ("pairwise_iou_full", "pairwise_iou_invisible", "posterior_width")
SUBSETS = {"by_class": "by class", "by_occlusion": "by occlusion rate", "by_part": "by part"}
NOTE = (
    "In per cent. Pooled over pixels unless it says mean (over cases). In brackets the 95 % "
    "interval of a bootstrap over groups (tracks or photos)."
)


def markdown(run: Mapping, results: Mapping[str, Scores]) -> str:
    """The whole report.

    Args:
        run: what was run (evaluate.py).
        results: protocol -> its scores.
    """
    parts = [f"# {run['data']}, weights {run['weights']['name']}", f"`{run['command']}`", NOTE]
    for name, scores in results.items():
        parts.append(f"## Protocol {name}")
        parts.append(facts(run["protocols"][name]))
        parts += protocol_tables(scores)
    curves = degradation(run["protocols"], results)
    if curves:
        parts += ["## Masks as predicted", curves]
    return "\n\n".join(parts) + "\n"


def protocol_tables(scores: Scores) -> Iterator[str]:
    """The tables of one protocol."""
    yield main_table(scores)
    chief = _chief(scores)
    for key, title in SUBSETS.items():
        subset = _subset_table(scores, key, chief)
        if subset:
            yield f"{TITLES[chief]} {title}:"
            yield subset
    yield from posterior_tables(scores)


def posterior_tables(scores: Scores) -> Iterator[str]:
    """How much the samples of each method differ, and whether their shares are probabilities."""
    for method, block in scores.items():
        if "calibration" in block or SPREAD[0] in block:
            yield from _posterior(method, block)


def main_table(scores: Scores) -> str:
    """A line a method: its metrics, and how far it is from the reference, pair by pair."""
    metrics = [name for name in TITLES if name not in SPREAD and _has(scores, name)]
    chief = _chief(scores)
    reference = next((next(iter(b["against"])) for b in scores.values() if "against" in b), None)
    header = ["method", *(TITLES[name] for name in metrics)]
    if reference:
        header.append(f"{TITLES[chief]} minus {reference}")
    rows = []
    for method, block in scores.items():
        row = [method, *(cell(block, name, name in WITH_INTERVAL) for name in metrics)]
        if reference:
            row.append(_difference(block, reference, chief))
        rows.append(row)
    return table(header, rows)


def degradation(protocols: Mapping[str, Mapping], results: Mapping[str, Scores]) -> str:
    """Methods against how rough the given masks are; "" where no masks were roughened."""
    names = [name for name in results if "input_miou_mean" in protocols[name]]
    if not names:
        return ""
    chief = _chief(results[names[0]])
    rows = [["IoU of the given with the true modal mask, mean"]]
    rows[0] += [_percent(protocols[name]["input_miou_mean"]) for name in names]
    for method in results[names[0]]:
        rows.append([method, *(cell(results[name][method], chief, True) for name in names)])
    return f"{TITLES[chief]}:\n\n" + table(["", *names], rows)


def facts(protocol: Mapping) -> str:
    """How many cases a run asked in a protocol, of what, and what was left out."""
    lines = [f"{protocol['cases']} cases in {protocol['groups']} groups."]
    if "input_miou_mean" in protocol:
        lines.append(
            f"Modal masks roughened (strength {protocol['strength']:g}): "
            f"IoU {_percent(protocol['input_miou_mean'])} with the true ones."
        )
    lines += [f"Left out: {count}, {reason}." for reason, count in protocol["skipped"].items()]
    return " ".join(lines)


def _posterior(method: str, block: Mapping) -> Iterator[str]:
    if SPREAD[0] in block:
        header = ["occlusion rate", *(TITLES[name] for name in SPREAD), "cases"]
        rows = [
            [label, *(cell(values, name) for name in SPREAD), str(values["count"])]
            for label, values in block["by_occlusion"].items()
        ]
        rows.append(["all", *(cell(block, name, True) for name in SPREAD), ""])
        yield f"How much samples differ ({method}):"
        yield table(header, rows)
    if "calibration" in block:
        found = block["calibration"]
        yield (
            f"Calibration ({method}): ECE {cell(found, 'ece', True)}; "
            f"in a window of 1.5 times the box {cell(found, 'ece_wide', True)}; "
            f"where the probability is at least 0.01 {cell(found, 'ece_support', True)}."
        )
        yield table(
            ["probability", "inside", "share of pixels"],
            [[_percent(value) for value in point] for point in found["curve"]],
        )


def _subset_table(scores: Scores, key: str, metric: str) -> str:
    labels = sorted({label for block in scores.values() for label in block.get(key, ())})
    if not labels:
        return ""
    first = next(iter(scores.values()))[key]
    header = ["method", *(f"{label} ({first[label]['count']})" for label in labels)]
    rows = [
        [method, *(cell(block[key].get(label, {}), metric, True) for label in labels)]
        for method, block in scores.items()
    ]
    return table(header, rows)


def _chief(scores: Scores) -> str:
    return next(name for name in CHIEF if _has(scores, name))


def _has(scores: Scores, metric: str) -> bool:
    return any(metric in block for block in scores.values())


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def cell(block: Mapping, metric: str, with_interval: bool = False) -> str:
    """A number of a method's scores, in per cent."""
    if metric not in block:
        return "–"
    text = _percent(block[metric])
    if with_interval:
        low, high = block["intervals"][metric]
        text += f" ({_percent(low)}–{_percent(high)})"
    return text


def _difference(block: Mapping, reference: str, metric: str) -> str:
    found = block.get("against", {}).get(reference, {}).get(metric)
    if found is None:
        return ""
    value, low, high = (f"{100 * number:+.1f}" for number in found)
    return f"{value} ({low} to {high})"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
