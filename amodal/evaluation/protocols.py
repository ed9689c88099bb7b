"""The registry: which protocols each data set has, and how their cases are loaded.

To add one, write a function of the data's root that returns a CaseSet and enter it here. Cases
without a true mask (`Case.whole is None`) are scored by their box.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from amodal.data import kitti_mots, sources
from amodal.data.categories import MERGED
from amodal.data.shapes import Shape, whole_shapes
from amodal.evaluation import annotated, box, rendered, simulated, temporal
from amodal.evaluation.case import CaseSet


@dataclass(frozen=True)
class Protocol:
    """A way to ask.

    Args:
        load: root of the data (None where it needs none) -> the cases that are reported.
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
        has_root: whether it lies in a folder.
    """

    protocols: Mapping[str, Protocol]
    training_shapes: Callable[[Path], list[Shape]] | None = None
    has_root: bool = True


def _kitti_mots_shapes(root: Path) -> list[Shape]:
    return whole_shapes(kitti_mots.read(root, kitti_mots.TRAINING_SEQUENCES))


def _human_drawn(data: str) -> DataSet:
    """KINS or COCOA: amodal masks that people drew."""
    cases = partial(annotated.annotated_cases, data=data)
    protocols = {"annotated": Protocol(cases)}
    if data in annotated.VALIDATION:
        protocols["annotated-validation"] = Protocol(partial(cases, validation=True))
        # For a network trained on Cityscapes, whose classes are fewer (paper, table 5).
        protocols["annotated-merged"] = Protocol(partial(cases, merge=MERGED))
    return DataSet({**protocols, **_simulated(data)}, partial(_whole_shapes, data))


def _simulated(data: str) -> dict[str, Protocol]:
    return {"simulated": Protocol(partial(annotated.simulated_cases, data=data))}


def _whole_shapes(data: str, root: Path) -> list[Shape]:
    return sources.read(data, root).shapes


def _box(level: int) -> Protocol:
    return Protocol(
        partial(box.validation_cases, level=level), partial(box.held_out_cases, level=level)
    )


DATA_SETS: Mapping[str, DataSet] = {
    "kitti-mots": DataSet(
        protocols={
            "simulated": Protocol(simulated.validation_cases, simulated.held_out_cases),
            "temporal": Protocol(temporal.validation_cases, temporal.held_out_cases),
            **{f"box-level-{level}": _box(level) for level in box.LEVELS},
        },
        training_shapes=_kitti_mots_shapes,
    ),
    **{data: _human_drawn(data) for data in ("kins", "kins-2020", "cocoa", "cocoa-cls")},
    "cityscapes": DataSet(_simulated("cityscapes"), partial(_whole_shapes, "cityscapes")),
    "rendered": DataSet({"rendered": Protocol(rendered.cases)}, has_root=False),
}
