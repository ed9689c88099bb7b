"""The edit benchmark's rows, pooled: means over edits with intervals over streets, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from amodal.evaluation.pooled import (
    DISTANCE,
    ERROR,
    PSNR,
    SSIM,
    Row,
    difference,
    mean,
    with_interval,
)
from amodal.evaluation.report import table

Method = tuple[str, str]  # fill, shapes
Document = Mapping[str, Any]  # {"run": facts, "edits": rows, "objects": rows}

KINDS = ("delete", "sideways", "depth", "swap")
YARDSTICK = "opencv"  # whose time is 1


def overall(document: Document) -> str:
    """Every method over all edits."""
    rows = document["edits"]
    found, chief = methods(rows), reference(rows)
    metrics = [name for name in (PSNR, SSIM, DISTANCE) if name in rows[0]]
    header = ["filled by", "shapes", *(_title(name, document) for name in metrics)]
    header += [f"PSNR minus {name_of(chief)}", "outside identical", "time ÷ OpenCV's"]
    lines = []
    for method in found:
        mine = of_method(rows, method)
        outside = mean(mine, "outside")[0]
        lines.append(
            [
                method[0],
                method[1] or "–",
                *(with_interval(mine, name) for name in metrics),
                "" if method == chief else difference(mine, of_method(rows, chief), PSNR),
                f"{100 * outside:.1f} %",
                slowness(rows, method),
            ]
        )
    return table(header, lines)


def by_kind(document: Document) -> str:
    """A table a metric: every method on every kind of edit."""
    rows = document["edits"]
    metrics = [name for name in (PSNR, SSIM, DISTANCE) if name in rows[0]]
    first = of_method(rows, methods(rows)[0])
    counts = {kind: sum(row["kind"] == kind for row in first) for kind in KINDS}
    kinds = [kind for kind in KINDS if counts[kind]]
    parts = []
    for metric in metrics:
        header = ["filled by", "shapes", *(f"{kind} ({counts[kind]})" for kind in kinds)]
        lines = []
        for method in methods(rows):
            mine = of_method(rows, method)
            chosen = ([row for row in mine if row["kind"] == kind] for kind in kinds)
            lines.append(
                [method[0], method[1] or "–", *(with_interval(each, metric) for each in chosen)]
            )
        parts += [f"{_title(metric, document)}:", table(header, lines)]
    return "\n\n".join(parts)


def appearance(document: Document) -> str:
    """Invented colours of hidden parts against the true ones."""
    rows = document["objects"]
    header = ["filled by", "shapes", "hidden pixels coloured", "PSNR, dB", "mean absolute error"]
    lines = []
    for method in methods(rows):
        mine = of_method(rows, method)
        coloured = f"{100 * mean(mine, 'coloured')[0]:.1f} %"
        seen = [row for row in mine if PSNR in row]
        lines.append(
            [*method, coloured, *(with_interval(seen, name) for name in (PSNR, ERROR))]
            if seen
            else [*method, coloured, "–", "–"]
        )
    return table(header, lines) if lines else "No object is hidden enough."


def exactness(document: Document) -> str:
    """The editor's own promise, over all its pictures."""
    rows = [row for row in document["edits"] if "promised" in row]
    promised, broken = (sum(row[name] for row in rows) for name in ("promised", "broken"))
    kept = "all of them are" if broken == 0 else f"all but {broken:,} of them are"
    return (
        f"Pixels that the editor says it does not touch: {promised:,} in {len(rows)} pictures; "
        f"{kept} byte-identical to the photo."
    )


def facts(document: Document) -> str:
    """What was run."""
    run = document["run"]
    first = of_method(document["edits"], methods(document["edits"])[0])
    objects = {(row["street"], row["object"]) for row in document["objects"]}
    return (
        f"{len(run['streets'])} streets, {len(first)} edits, {len(objects)} hidden objects; "
        f"weights {run['weights']}. `{run['command']}`"
    )


TABLES: Mapping[str, Callable[[Document], str]] = {
    "all": overall,
    "kinds": by_kind,
    "appearance": appearance,
    "exactness": exactness,
    "facts": facts,
}


def markdown(document: Document) -> str:
    """The whole report of one run."""
    parts = [
        "# Edits against the truth",
        facts(document),
        "Means over edits (objects); in brackets the 95 % interval of a bootstrap over streets.",
        "## All edits",
        overall(document),
        exactness(document),
        "## By kind of edit",
        by_kind(document),
        "## Colours of hidden parts",
        appearance(document),
    ]
    return "\n\n".join(parts) + "\n"


def methods(rows: Sequence[Row]) -> list[Method]:
    """The methods that rows are of, in their order."""
    return list(dict.fromkeys((row["fill"], row["shapes"]) for row in rows))


def reference(rows: Sequence[Row]) -> Method:
    """The method that the others are compared with: the last way of filling, the first shapes."""
    timed = [(row["fill"], row["shapes"]) for row in rows if "seconds" in row]
    last = timed[-1][0]
    return next(method for method in timed if method[0] == last)


def name_of(method: Method) -> str:
    return f"{method[0]}, {method[1]}"


def of_method(rows: Sequence[Row], method: Method) -> list[Row]:
    return [row for row in rows if (row["fill"], row["shapes"]) == method]


def slowness(rows: Sequence[Row], method: Method) -> str:
    """The time of all edits ÷ OpenCV's time with the same shapes, as text."""
    mine = [row["seconds"] for row in of_method(rows, method) if "seconds" in row]
    theirs = of_method(rows, (YARDSTICK, method[1]))
    if not mine or not theirs:
        return "–"
    return f"{sum(mine) / sum(row['seconds'] for row in theirs):.1f}"


def _title(metric: str, document: Document) -> str:
    distance = document["run"].get("distance") or "distance"
    return {PSNR: "PSNR, dB", SSIM: "SSIM", DISTANCE: distance}[metric]
