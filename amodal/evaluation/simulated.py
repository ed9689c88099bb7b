"""Protocol "simulated": whole masks of the validation sequences, hidden by others, fixed for good.

The pairs are listed in pairs_kitti_mots.json (ids and offsets, no masks), drawn once before any
training by `python -m amodal.evaluation.simulated ROOT FILE`. Occludees are drawn evenly from the
clean whole masks; occluders from those of other tracks; the visible fraction lies in 0.25..0.97.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from amodal.data import kitti_mots
from amodal.data.kitti_mots import TrackMask
from amodal.data.occlusion import Placement, occlude, simulate
from amodal.data.shapes import is_clean_whole
from amodal.errors import AmodalError
from amodal.evaluation.case import Case, CaseSet
from amodal.scene import paste_window

PAIRS_FILE = Path(__file__).parent / "pairs_kitti_mots.json"
COUNT = 2000


def draw_pairs(items: Sequence[TrackMask], count: int, seed: int) -> list[list[int]]:
    """Draw the list: rows of occludee key (3), occluder key (3), placement (5).

    Raises:
        AmodalError: there are not whole masks of two tracks at least.
    """
    rng = np.random.default_rng(seed)
    wholes = [item for item in items if item.category and is_clean_whole(item)]
    if len({(whole.sequence, whole.track) for whole in wholes}) < 2:
        raise AmodalError(
            f"Pairs need whole masks of two tracks, but these sequences have {len(wholes)} whole "
            "masks of fewer: take more sequences."
        )
    rows: list[list[int]] = []
    while len(rows) < count:
        whole, occluder = (wholes[int(rng.integers(len(wholes)))] for _ in range(2))
        if (whole.sequence, whole.track) == (occluder.sequence, occluder.track):
            continue
        result = simulate(whole.mask, occluder.mask, rng)
        if result is not None:
            rows.append([int(v) for v in (*whole.key, *occluder.key, *result[1])])
    return rows


def cases(items: Sequence[TrackMask], rows: Sequence[Sequence[int]]) -> list[Case]:
    """Rebuild the cases of a list from the masks.

    Raises:
        AmodalError: a mask of the list is not among the items.
    """
    by_key = {item.key: item for item in items}
    out = []
    for row in rows:
        try:
            whole, occluder = by_key[tuple(row[:3])], by_key[tuple(row[3:6])]
        except KeyError as error:
            raise AmodalError(
                f"The protocol needs mask (sequence, frame, track) {error}, which the data lacks: "
                "use the official KITTI MOTS training annotations."
            ) from error
        placement = Placement(*row[6:10], bool(row[10]))
        out.append(case_of(whole, occluder, placement))
    return out


def case_of(whole: TrackMask, occluder: TrackMask, placement: Placement) -> Case:
    """Hide `whole` by the placed occluder, in a window of twice the whole's tight box.

    So large, a network that looks at twice the modal box sees all of the occluder that it can.
    """
    height, width = whole.mask.shape
    top, left = (height + 1) // 2, (width + 1) // 2
    size = height + 2 * top, width + 2 * left
    truth = paste_window(whole.mask, left, top, *size)
    moved = placement._replace(x=placement.x + left, y=placement.y + top)
    others = ~occlude(np.ones(size, bool), occluder.mask, moved)
    group = (whole.sequence, whole.track)
    return Case(truth, truth & ~others, whole.category, group, others)


def validation_cases(root: Path) -> CaseSet:
    """The fixed protocol on KITTI MOTS at `root`."""
    items = kitti_mots.read(root, kitti_mots.VALIDATION_SEQUENCES)
    return CaseSet(tuple(cases(items, json.loads(PAIRS_FILE.read_text())["pairs"])))


def held_out_cases(root: Path, sequences: Sequence[int], count: int = 1000) -> CaseSet:
    """The same protocol on training sequences held out, for choosing hyper-parameters.

    Raises:
        AmodalError: a sequence belongs to the part that is reported, or can't be read.
    """
    if reported := sorted(set(sequences) & set(kitti_mots.VALIDATION_SEQUENCES)):
        raise AmodalError(
            f"--held-out: sequences {reported} are the ones that are reported; "
            f"choose among {kitti_mots.TRAINING_SEQUENCES}."
        )
    items = kitti_mots.read(root, sequences)
    return CaseSet(tuple(cases(items, draw_pairs(items, count, seed=1))))


def write_pairs(root: Path, path: Path) -> None:
    """Draw the fixed list and write it, a pair a line."""
    items = kitti_mots.read(root, kitti_mots.VALIDATION_SEQUENCES)
    rows = ",\n".join(json.dumps(row) for row in draw_pairs(items, COUNT, seed=2020))
    columns = (
        "sequence frame track of the occludee, of the occluder, "
        "width height x y mirrored of the placed occluder"
    )
    path.write_text(f'{{"columns": "{columns}",\n"pairs": [\n{rows}\n]}}\n')


if __name__ == "__main__":
    write_pairs(Path(sys.argv[1]), Path(sys.argv[2]))
