"""Protocol "rendered": objects of rendered streets that others really hide, as many of each class.

Streets and meshes are of their own: no training has seen them. The cases are functions of SEED, so
no list needs to be stored. Whole objects inside the photo alone; nothing but other objects hides.
"""

from __future__ import annotations

from pathlib import Path

from amodal.data.rendered import Pair, unseen_pairs
from amodal.evaluation.case import Case, CaseSet
from amodal.geometry import Box

SEED = 2026  # of the streets; trainings take seeds from 0 on
QUOTA = 100  # cases of each class


def cases(root: Path | None = None, quota: int = QUOTA) -> CaseSet:
    """The fixed protocol. `root` is not needed: nothing is read."""
    return CaseSet(tuple(case_of(pair) for pair in unseen_pairs(quota, SEED)))


def case_of(pair: Pair) -> Case:
    """A pair in the tight window of its whole mask; cases of one mesh are a group."""
    seen = pair.seen
    height, width = seen.size
    photo = Box(-seen.x0, -seen.y0, width - seen.x0, height - seen.y0)
    return Case(seen.amodal, seen.modal, seen.category, pair.mesh, pair.others, photo)
