"""Degradation: the same cases with modal masks as a predictor would give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from amodal.data.roughen import roughen
from amodal.evaluation.case import Case


def predicted(cases: Sequence[Case], strength: float, seed: int = 0) -> list[Case]:
    """Give the methods roughened modal masks (data/roughen.py); the truth stays.

    The invisible region is still what is truly hidden (`Case.true_modal`).
    """
    return [
        replace(
            case,
            modal=roughen(case.modal, strength, np.random.default_rng([seed, index])),
            true_modal=case.visible,
        )
        for index, case in enumerate(cases)
    ]


def input_iou(cases: Sequence[Case]) -> float:
    """How good the given masks are: mean IoU with what is truly visible, 0..1."""
    pairs = [(case.modal, case.visible) for case in cases]
    return float(np.mean([(given & true).sum() / (given | true).sum() for given, true in pairs]))
