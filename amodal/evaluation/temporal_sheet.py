"""Look at the borrowed truths: `python -m amodal.evaluation.temporal_sheet ROOT PICTURE.png`.

A tile a case, evenly spaced over the list: green what is visible, blue what the truth adds, red
what is visible though the voters' majority leaves it out, orange what may hide it (nearer objects,
ignore regions), grey objects behind it. Below: sequence/frame/track.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from amodal.command import command
from amodal.data import kitti_mots
from amodal.evaluation.borrowed import majority
from amodal.evaluation.recording import Recording, Row
from amodal.evaluation.temporal import LIST_FILE, case_of, read_list
from amodal.photo import save_png
from amodal.picture import PAPER, caption, contact_sheet, fit

EMPTY, HIDING, BEHIND = (32, 32, 32), (170, 105, 30), (90, 90, 90)
VISIBLE, ADDED, LEFT_OUT = (80, 175, 80), (70, 120, 255), (225, 45, 45)
TILE = (120, 150)
COLUMNS = 8


def tile(recording: Recording, row: Row, index: int) -> np.ndarray:
    """One case with its number and key, (h, w, 3) uint8 RGB."""
    item = recording.find(row.key)
    around, case = recording.around(item), case_of(recording, row)
    voted = majority(item.label.box, around, recording.voters(row))
    picture = np.full((*case.modal.shape, 3), EMPTY, np.uint8)
    picture[around.behind] = BEHIND
    picture[around.hiding] = HIDING
    picture[case.whole] = ADDED
    picture[case.modal] = VISIBLE
    picture[case.modal & ~voted] = LEFT_OUT
    text = f"{index} {item.sequence}/{item.frame}/{item.track}"
    line = caption(text, TILE[1], colour=PAPER, size=12)
    return np.concatenate([fit(picture, TILE[0] - line.shape[0], TILE[1]), line])


def sheet(recording: Recording, rows: Sequence[Row], count: int) -> np.ndarray:
    """Evenly spaced cases of a list as one picture."""
    count = min(count, len(rows))
    chosen = [k * len(rows) // count for k in range(count)]
    tiles = [tile(recording, rows[index], index) for index in chosen]
    return contact_sheet(tiles, COLUMNS, TILE, gap=3)


@command("amodal.evaluation.temporal_sheet")
def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m amodal.evaluation.temporal_sheet")
    parser.add_argument("root", type=Path, help="folder of KITTI MOTS")
    parser.add_argument("picture", type=Path, help="PNG to write")
    parser.add_argument("--list", type=Path, default=LIST_FILE, help="default: the fixed list")
    parser.add_argument("--cases", type=int, default=48)
    options = parser.parse_args(arguments)
    rows = [row for row, _ in read_list(options.list)]
    items = kitti_mots.read(options.root, sorted({row.key[0] for row in rows}))
    save_png(sheet(Recording(items), rows, options.cases), options.picture)


if __name__ == "__main__":
    sys.exit(main())
