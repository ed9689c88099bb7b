"""Protocol "box": the full extent of really hidden objects, as KITTI's labels give it.

    python -m amodal.evaluation.box ROOT FILE

draws the list (keys of masks, no masks): of the validation sequences every car and person that is
not truncated, off the photo's borders and of at least MIN_AREA visible pixels; at most COUNT of
each class and level of occlusion, drawn once. The levels are protocols of their own: 1 partly, 2
largely occluded. Level 0, fully visible, shows how well the labels' boxes fit true masks at all:
there the method "modal" is the ceiling. A car's label is the box around its projected 3D box; those
of persons are drawn wide.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from amodal.data import kitti_mots
from amodal.data.kitti_mots import TrackMask
from amodal.errors import AmodalError
from amodal.evaluation.case import Case, CaseSet
from amodal.evaluation.recording import Key, Recording
from amodal.geometry import Box

LIST_FILE = Path(__file__).parent / "boxes_kitti_mots.json"
LEVELS = (0, 1, 2)
MIN_AREA = 200
COUNT = 600
SEED = 2020


def is_candidate(item: TrackMask) -> bool:
    """Whether the label's box is the full extent of what the mask shows a part of."""
    label = item.label
    return (
        bool(item.category)
        and label is not None
        and label.occluded in LEVELS
        and label.truncated == 0
        and not item.borders.any()
        and item.mask.sum() >= MIN_AREA
    )


def draw(items: Iterable[TrackMask], count: int = COUNT, seed: int = SEED) -> list[Key]:
    """Draw the list: at most `count` keys of each class and level, in order."""
    groups = defaultdict(list)
    for item in filter(is_candidate, items):
        groups[item.category, item.label.occluded].append(item.key)
    rng = np.random.default_rng(seed)
    keys = []
    for group in sorted(groups):
        found = groups[group]
        chosen = sorted(rng.choice(len(found), min(count, len(found)), replace=False))
        keys += [found[index] for index in chosen]
    return keys


def case_of(recording: Recording, key: Key) -> Case:
    """Rebuild a case from the masks.

    Raises:
        AmodalError: the data lacks the mask.
    """
    item = recording.find(key)
    around = recording.around(item)
    x0, y0, x1, y1 = item.label.box
    left, top = around.window.x0, around.window.y0
    return Case(
        None,
        around.visible,
        item.category,
        (item.sequence, item.track),
        others=(around.hiding | around.behind) & ~around.visible,
        photo=around.photo,
        box=Box(x0 - left, y0 - top, x1 - left, y1 - top),
    )


def validation_cases(root: Path, level: int) -> CaseSet:
    """The fixed list's masks of one level of occlusion, on KITTI MOTS at `root`."""
    recording = Recording(kitti_mots.read(root, kitti_mots.VALIDATION_SEQUENCES))
    keys = [tuple(key) for key in json.loads(LIST_FILE.read_text())["masks"]]
    return _of_level(recording, keys, level)


def held_out_cases(root: Path, sequences: Sequence[int], level: int) -> CaseSet:
    """The same protocol on training sequences held out, for choosing hyper-parameters."""
    recording = Recording(kitti_mots.read(root, sequences))
    return _of_level(recording, draw(recording.items), level)


def _of_level(recording: Recording, keys: Sequence[Key], level: int) -> CaseSet:
    chosen = (key for key in keys if recording.find(key).label.occluded == level)
    return CaseSet(tuple(case_of(recording, key) for key in chosen))


def write_list(root: Path, path: Path) -> None:
    """Draw the fixed list and write it, a mask a line."""
    keys = draw(kitti_mots.read(root, kitti_mots.VALIDATION_SEQUENCES))
    rows = ",\n".join(json.dumps(key) for key in keys)
    path.write_text(f'{{"columns": "sequence frame track",\n"masks": [\n{rows}\n]}}\n')


if __name__ == "__main__":
    try:
        write_list(Path(sys.argv[1]), Path(sys.argv[2]))
    except AmodalError as error:
        sys.exit(f"amodal.evaluation.box: {error}")
