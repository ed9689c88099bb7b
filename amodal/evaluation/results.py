"""Fill the tables of a page: `python -m amodal.evaluation.results FOLDER docs/results.md`.

FOLDER holds what `amodal.evaluate --json` wrote. For docs/results.md: main.json (all protocols),
predicted.json (roughened masks), evidence.json, and ablate-NAME.json for each ablation. For
docs/classes.md: for each of TRAININGS that there is, NAME.json (KITTI MOTS) and NAME-rendered.json.
The page's places (amodal.evaluation.page) have the names of TABLES.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from amodal.command import command
from amodal.errors import AmodalError
from amodal.evaluation import page as page_of_tables
from amodal.evaluation.report import cell, degradation, facts, posterior_tables, protocol_tables
from amodal.evaluation.report import table as markdown_table

Scores = Mapping[str, Mapping]  # {method: {metric: value}}
Files = Mapping[str, Mapping]  # file name without .json -> its content

METRICS = "full_miou_pooled", "invisible_miou_pooled"
HEADER = "full mIoU", "invisible mIoU"

# What the paper reports on KINS: (full, invisible) mIoU in per cent, pooled.
PAPER_1 = {
    "modal": (87.03, 0),
    "nearest_neighbour": (93.71, 54.97),
    "unet_partial": (94.04, 57.19),
    "mode": (94.68, 62.85),
    "mode_true_box": (97.64, 82.30),
}
PAPER_2 = {
    "": (94.68, 62.85),
    "stage1": (94.28, 58.92),
    "stage2": (83.30, 35.82),
    "stage3": (94.04, 57.04),
    "latent": (94.02, 56.90),
    "class": (93.56, 53.03),
}
PAPER_4 = {
    "mode": (94.68, 62.85),
    "best_of_20_by_visible": (94.71, 62.98),
    "best_of_20": (95.82, 69.96),
}


def simulated(files: Files) -> str:
    return "\n\n".join(protocol_tables(_protocol(files, "simulated")))


def temporal(files: Files) -> str:
    return "\n\n".join(protocol_tables(_protocol(files, "temporal")))


def box(files: Files) -> str:
    """Every occlusion level under its own heading; level 0 is the ceiling's."""
    main = _file(files, "main")
    levels = [name for name in main if name.startswith("box-level-")]
    return "\n\n".join(
        "\n\n".join([f"#### {name}", *protocol_tables(main[name])]) for name in levels
    )


def completion(files: Files) -> str:
    """Table 1."""
    scores = _protocol(files, "simulated")
    rows = [_beside(name, scores[name], PAPER_1.get(name)) for name in TABLE_1 if name in scores]
    return _with_paper("method", rows)


TABLE_1 = (
    "modal",
    "convex_hull",
    "nearest_neighbour",
    "unet_partial",
    "unet_regression",
    "mode",
    "mode_true_box",
)


def ablations(files: Files) -> str:
    """Table 2. The first row is trained as long as the others, not the shipped weights."""
    rows = []
    for name in ("", "stage1", "stage2", "stage3", "latent", "class", "energy", "mode", "layouts"):
        found = files.get(f"ablate-{name or 'nothing'}")
        if found is not None:
            mode = found["simulated"]["mode"]
            row = _beside(f"without {name}" if name else "all", mode, PAPER_2.get(name))
            best = cell(found["simulated"]["best_of_20"], METRICS[1])
            real = found.get("temporal", {}).get("mode", {})
            rows.append([*row[:3], best, cell(real, METRICS[1], True), *row[3:]])
    header = ["", *HEADER, "best of 20, invisible", "temporal, invisible", *PAPER_HEADER]
    return markdown_table(header, rows)


def samples(files: Files) -> str:
    """Table 4."""
    scores = _protocol(files, "simulated")
    return _with_paper("method", [_beside(name, scores[name], PAPER_4[name]) for name in PAPER_4])


def calibration(files: Files) -> str:
    return "\n\n".join(posterior_tables(_protocol(files, "simulated")))


def predicted(files: Files) -> str:
    found = _file(files, "predicted")
    protocols = {name: scores for name, scores in found.items() if name != "run"}
    return degradation(found["run"]["protocols"], protocols)


def evidence(files: Files) -> str:
    """What a click or a box buys."""
    scores = _file(files, "evidence")["simulated"]
    rows = [[name, *(cell(scores[name], metric, True) for metric in METRICS)] for name in scores]
    return markdown_table(["method", *HEADER], rows)


# Trainings that docs/classes.md compares, by the names of their files.
TRAININGS = {
    "shipped": "KITTI MOTS, then rendered masks too (shipped)",
    "kitti": "KITTI MOTS alone",
    "rendered": "rendered masks alone, a quarter as long",
    "kitti-short": "KITTI MOTS alone, a quarter as long",
}
CHIEF = METRICS[1]


def trainings(files: Files) -> str:
    """What networks trained on other data reach on KITTI MOTS."""
    header = ["trained on", "mode", "cars", "persons", "best of 20", "true box", "ECE", "temporal"]
    rows = []
    for name, title in _found(files):
        scores, real = files[name]["simulated"], files[name]["temporal"]
        classes = scores["mode"]["by_class"]
        calibration = scores.get("samples", {}).get("calibration")
        rows.append(
            [
                title,
                cell(scores["mode"], CHIEF, True),
                cell(classes["car"], CHIEF, True),
                cell(classes["person"], CHIEF, True),
                cell(scores["best_of_20"], CHIEF),
                cell(scores["mode_true_box"], CHIEF),
                cell(calibration, "ece") if calibration else "–",
                cell(real["mode"], CHIEF, True),
            ]
        )
    return markdown_table(header, rows)


def classes(files: Files) -> str:
    """Each class of the rendered protocol: mode and best of 20 of every training."""
    found = [(files[f"{name}-rendered"]["rendered"], title) for name, title in _found(files)]
    header = ["class", *(f"{title}: mode, best of 20" for _, title in found)]
    names = sorted(found[0][0]["mode"]["by_class"])
    rows = [
        [name, *(_mode_and_best(*(s[m]["by_class"][name] for m in BOTH)) for s, _ in found)]
        for name in names
    ]
    rows.append(["all", *(_mode_and_best(*(s[m] for m in BOTH)) for s, _ in found)])
    return markdown_table(header, rows)


BOTH = "mode", "best_of_20"


def _mode_and_best(mode: Mapping, best: Mapping) -> str:
    return f"{cell(mode, CHIEF, True)}, {cell(best, CHIEF)}"


def _found(files: Files) -> list[tuple[str, str]]:
    """The trainings that have files.

    Raises:
        AmodalError: none has.
    """
    found = [(name, title) for name, title in TRAININGS.items() if name in files]
    if not found:
        raise AmodalError(f"None of {', '.join(TRAININGS)}.json is there: make one.")
    for name, _ in found:
        _file(files, f"{name}-rendered")
    return found


def provenance(files: Files) -> str:
    """The commands that made the files, and how many cases they asked."""
    lines = []
    for name, content in files.items():
        run = content["run"]
        counted = "; ".join(
            f"{protocol}: {facts(each)}" for protocol, each in run["protocols"].items()
        )
        lines.append(f"* {name}: `{run['command']}` ({counted})")
    return "\n".join(lines)


TABLES: Mapping[str, Callable[[Files], str]] = {
    "completion": completion,
    "ablations": ablations,
    "samples": samples,
    "simulated": simulated,
    "temporal": temporal,
    "box": box,
    "calibration": calibration,
    "predicted": predicted,
    "evidence": evidence,
    "trainings": trainings,
    "classes": classes,
    "provenance": provenance,
}
PAPER_HEADER = "paper, full (KINS)", "paper, invisible (KINS)"


def fill(page: str, files: Files) -> str:
    """Put the tables into their places.

    Raises:
        AmodalError: a place names no known table.
    """

    def table(name: str) -> str:
        if name not in TABLES:
            raise AmodalError(f"Table: got {name!r}, expected one of {', '.join(TABLES)}.")
        return TABLES[name](files)

    return page_of_tables.fill(page, table)


def _file(files: Files, name: str) -> Mapping:
    if name not in files:
        raise AmodalError(f"{name}.json is missing: make it by amodal.evaluate --json.")
    return files[name]


def _protocol(files: Files, name: str) -> Scores:
    return _file(files, "main")[name]


def _beside(name: str, scores: Mapping, paper: tuple[float, float] | None) -> list[str]:
    """A row: name, our two numbers, the paper's two."""
    ours = [cell(scores, METRICS[0]), cell(scores, METRICS[1], with_interval=True)]
    return [name, *ours, *([f"{value:.2f}" for value in paper] if paper else ["–", "–"])]


def _with_paper(first: str, rows: Iterable[list[str]]) -> str:
    return markdown_table([first, *HEADER, *PAPER_HEADER], list(rows))


@command("amodal.evaluation.results")
def main(arguments: Sequence[str] | None = None) -> None:
    page_of_tables.fill_file("amodal.evaluation.results", arguments, fill)


if __name__ == "__main__":
    sys.exit(main())
