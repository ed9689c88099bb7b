"""The questions of a run: protocols of a data set, as they are or with masks as predicted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from amodal.errors import AmodalError
from amodal.evaluation.case import CaseSet
from amodal.evaluation.predicted import input_iou, predicted
from amodal.evaluation.protocols import DataSet, Protocol

SEED = 0  # of the roughening


@dataclass(frozen=True)
class Selection:
    """Which questions to ask.

    Args:
        protocols: names; empty: the data set's first.
        held_out: training sequences to ask about instead of the part that is reported.
        strengths: of roughened modal masks, 0..1; empty: the true ones.
        limit: only so many cases of each protocol, evenly spaced; None: all.
    """

    protocols: Sequence[str] = ()
    held_out: Sequence[int] = ()
    strengths: Sequence[float] = ()
    limit: int | None = None


@dataclass(frozen=True, eq=False)
class Question:
    """A protocol as it is asked.

    Args:
        name: the protocol's, and how strongly the masks were roughened.
        cases: its cases.
        strength: of the roughening, or None.
    """

    name: str
    cases: CaseSet
    strength: float | None = None

    def facts(self) -> dict:
        """What the reader of its scores has to know."""
        cases = self.cases.cases
        facts = {
            "cases": len(cases),
            "groups": len({case.group for case in cases}),
            "skipped": dict(self.cases.skipped),
        }
        if self.strength is not None:
            facts |= {"strength": self.strength, "input_miou_mean": input_iou(cases)}
        return facts


def questions(data: DataSet, root: Path | None, selection: Selection) -> Iterator[Question]:
    """Load the selected protocols, one after the other.

    Raises:
        AmodalError: one has no cases, can't be read, or has no parts to hold out.
    """
    if root is not None and not root.is_dir():
        raise AmodalError(f"--root: {root} is not a folder.")
    for name in selection.protocols or list(data.protocols)[:1]:
        loaded = _load(name, data.protocols[name], root, selection)
        if not selection.strengths:
            yield Question(name, loaded)
        for strength in selection.strengths:
            rough = replace(loaded, cases=tuple(predicted(loaded.cases, strength, SEED)))
            yield Question(f"{name}, predicted {strength:g}", rough, strength)


def _load(name: str, protocol: Protocol, root: Path | None, selection: Selection) -> CaseSet:
    if not selection.held_out:
        loaded = protocol.load(root)
    elif protocol.held_out is None:
        raise AmodalError(f"--held-out: protocol {name} has no training part.")
    else:
        loaded = protocol.held_out(root, selection.held_out)
    if not loaded.cases:
        raise AmodalError(
            f"Protocol {name} finds no cases: check --root and --held-out. "
            f"Left out: {dict(loaded.skipped) or 'nothing'}."
        )
    total = len(loaded.cases)
    if selection.limit is None or selection.limit >= total:
        return loaded
    spaced = tuple(loaded.cases[i * total // selection.limit] for i in range(selection.limit))
    return replace(loaded, cases=spaced)
