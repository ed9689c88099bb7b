"""The registry: which protocols each data set has, and how their cases are loaded.

To add one, write a function of the data's root that returns a CaseSet and enter it here. Cases
without a true mask (`Case.whole is None`) are scored by their box.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from amodal.data import kitti_mots
from amodal.data.shapes import Shape, whole_shapes
from amodal.evaluation import simulated
from amodal.evaluation.case import CaseSet


@dataclass(frozen=True)
class Protocol:
    """A way to ask.

    Args:
        load: root of the data -> the cases that are reported.
        held_out: root, training sequences -> cases for choosing hyper-parameters; None where the
            data has no such parts.
    """

    load: Callable[[Path], CaseSet]
    held_out: Callable[[Path, Sequence[int]], CaseSet] | None = None


@dataclass(frozen=True)
class DataSet:
    """A data set's protocols.

    Args:
        protocols: by name.
        training_shapes: root -> whole masks of the training part, for baselines that look things
            up; None where there are none.
    """

    protocols: Mapping[str, Protocol]
    training_shapes: Callable[[Path], list[Shape]] | None = None


def _kitti_mots_shapes(root: Path) -> list[Shape]:
    return whole_shapes(kitti_mots.read(root, kitti_mots.TRAINING_SEQUENCES))


DATA_SETS: Mapping[str, DataSet] = {
    "kitti-mots": DataSet(
        protocols={
            "simulated": Protocol(simulated.validation_cases, simulated.held_out_cases),
        },
        training_shapes=_kitti_mots_shapes,
    ),
}
