"""Protocol "temporal": objects of KITTI MOTS that are really hidden, with borrowed true masks.

    python -m amodal.evaluation.temporal ROOT FILE [--split validation|training]

draws the list (keys of masks and small integer shifts, no masks) and prints how many candidates
each rule leaves. temporal_kitti_mots.json is that of the validation sequences. The rules were
chosen on the training sequences, by twins and by eye, never by a model's score. A candidate is a
car or person labelled as partly or largely occluded, not truncated, off the photo's borders. Its
truth is borrowed from other frames (borrowed.py has the rules). Beside each case stands its twin,
which tells how good the truth is (twins.py, ceiling.py). docs/temporal.md tells what came out.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from amodal.command import command
from amodal.data import kitti_mots
from amodal.data.kitti_mots import TrackMask
from amodal.evaluation.borrowed import RULES, borrow, early_fault, rebuild
from amodal.evaluation.case import Case, CaseSet, padding
from amodal.evaluation.recording import Recording, Row
from amodal.evaluation.twins import draw_twin, hide, whole_objects
from amodal.scene import Completion

LIST_FILE = Path(__file__).parent / "temporal_kitti_mots.json"
HIDDEN_LEVELS = (1, 2)  # of the labels: partly, largely occluded
SEED = 2020
COLUMNS = (
    "the hidden mask (sequence frame track), its voters (frame, shift x y width height); "
    "the same of its twin, or null"
)

Pair = tuple[Row, Row | None]  # a case and its twin


def is_candidate(item: TrackMask) -> bool:
    """Whether the protocol may ask for the whole of a mask."""
    label = item.label
    return (
        item.category in RULES
        and label is not None
        and label.occluded in HIDDEN_LEVELS
        and label.truncated == 0
        and not item.borders.any()
        and item.mask.sum() >= RULES[item.category].area
    )


def draw(recording: Recording, seed: int = SEED) -> tuple[list[Pair], dict[str, Counter]]:
    """Draw the list.

    Returns:
        (cases with their twins, {class: how many candidates which rule stopped, or "kept"}).
    """
    pools = {category: whole_objects(recording, category) for category in RULES}
    funnel = {category: Counter() for category in RULES}
    pairs = []
    for item in filter(is_candidate, recording.items):
        rules = RULES[item.category]
        around = recording.around(item)
        fault = early_fault(around, rules)
        if fault is None:
            sources = recording.wholes.sources(item, rules)
            fault = None if sources else "no source"
        if fault is None:
            borrowed = borrow(item.label.box, around, sources, rules.voters)
            fault = borrowed.fault(rules)
        funnel[item.category][fault or "kept"] += 1
        if fault is None:
            rng = np.random.default_rng([seed, *item.key])
            twin = draw_twin(recording, item, borrowed, pools[item.category], rng)
            pairs.append((Row.of(item, borrowed.voters), twin))
    return pairs, funnel


def case_of(recording: Recording, row: Row) -> Case:
    """Rebuild a case from the masks.

    Raises:
        AmodalError: the data lacks one of them.
    """
    item = recording.find(row.key)
    around = recording.around(item)
    whole = rebuild(item.label.box, around, recording.voters(row))
    return Case(
        whole,
        around.visible,
        item.category,
        (item.sequence, item.track),
        others=(around.hiding | around.behind) & ~around.visible,
        photo=around.photo,
    )


def twin_of(recording: Recording, row: Row, twin: Row) -> tuple[Case, Completion]:
    """Rebuild a case's twin.

    Returns:
        (case, exact): its truth is borrowed; the exact mask, a completion on the case's canvas.

    Raises:
        AmodalError: the data lacks a mask.
    """
    whole_object, item = recording.find(twin.key), recording.find(row.key)
    seen = recording.around(whole_object)
    hidden = hide(whole_object, seen, item, recording.around(item))
    borrowed = rebuild(whole_object.label.box, hidden, recording.voters(twin))
    group = whole_object.sequence, whole_object.track
    case = Case(borrowed, hidden.visible, item.category, group, photo=hidden.photo)
    left, top, _, _ = padding(case)
    return case, Completion(seen.visible, left, top)


def read_list(path: Path = LIST_FILE) -> list[Pair]:
    """The cases of a list, with their twins."""
    lines = json.loads(path.read_text())["cases"]
    return [(Row.from_json(a), None if b is None else Row.from_json(b)) for a, b in lines]


def write_list(pairs: Sequence[Pair], path: Path) -> None:
    """Write a list, a case a line."""
    lines = ",\n".join(
        json.dumps([row.to_json(), None if twin is None else twin.to_json()]) for row, twin in pairs
    )
    path.write_text(f'{{"columns": "{COLUMNS}",\n"cases": [\n{lines}\n]}}\n')


def validation_cases(root: Path) -> CaseSet:
    """The fixed list, on KITTI MOTS at `root`."""
    recording = Recording(kitti_mots.read(root, kitti_mots.VALIDATION_SEQUENCES))
    return _cases(recording, read_list())


def held_out_cases(root: Path, sequences: Sequence[int]) -> CaseSet:
    """The same protocol on training sequences held out, for choosing hyper-parameters."""
    recording = Recording(kitti_mots.read(root, sequences))
    return _cases(recording, draw(recording)[0])


def _cases(recording: Recording, pairs: Sequence[Pair]) -> CaseSet:
    return CaseSet(
        tuple(case_of(recording, row) for row, _ in pairs),
        twins=tuple(twin_of(recording, row, twin) for row, twin in pairs if twin is not None),
    )


def summary(pairs: Sequence[Pair], funnel: dict[str, Counter]) -> str:
    """The funnel as a Markdown table."""
    reasons = list(dict.fromkeys(reason for counts in funnel.values() for reason in counts))
    reasons = [reason for reason in reasons if reason != "kept"] + ["kept"]
    lines = [f"| | {' | '.join(funnel)} |", "|---|" + "---:|" * len(funnel)]
    for reason in reasons:
        cells = " | ".join(str(counts[reason]) for counts in funnel.values())
        lines.append(f"| {reason} | {cells} |")
    tracks = len({(row.key[0], row.key[2]) for row, _ in pairs})
    lonely = sum(twin is None for _, twin in pairs)
    lines.append(f"\n{len(pairs)} cases in {tracks} tracks, {lonely} without a twin.")
    return "\n".join(lines)


@command("amodal.evaluation.temporal")
def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m amodal.evaluation.temporal")
    parser.add_argument("root", type=Path, help="folder of KITTI MOTS")
    parser.add_argument("file", type=Path, help="where to write the list")
    parser.add_argument("--split", choices=("validation", "training"), default="validation")
    options = parser.parse_args(arguments)
    sequences = {
        "validation": kitti_mots.VALIDATION_SEQUENCES,
        "training": kitti_mots.TRAINING_SEQUENCES,
    }[options.split]
    pairs, funnel = draw(Recording(kitti_mots.read(options.root, sequences)))
    write_list(pairs, options.file)
    print(summary(pairs, funnel))


if __name__ == "__main__":
    sys.exit(main())
