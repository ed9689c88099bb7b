"""How good borrowed truths are, and how much of the way to that a method goes.

The *ceiling* is the score of the exact mask where the truth is a borrowed one. It is measured on
twins (twins.py), whose exact mask is known: the case's truth is the borrowed mask, the answer the
exact one. Nobody can be expected to score better on the protocol's own cases.

The *gap closed* by a method, fixed before any model was scored by it, is

    (score of the method - score of "modal") / (score of "ceiling" - score of "modal")

where the method and "modal" (the visible pixels as they are) are scored on the protocol's cases and
"ceiling" on the twins. It is taken of the full IoU and of the invisible IoU (where "modal" scores
0), each pooled over pixels and as a mean over cases; over all cases and by class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from amodal.evaluation import answers, scores
from amodal.evaluation.case import Case
from amodal.evaluation.methods import Method, Runner
from amodal.scene import Completion

CEILING, BASE = "ceiling", "modal"
GAPS = {
    "gap_closed_pooled": "full_miou_pooled",
    "gap_closed_mean": "full_miou_mean",
    "invisible_gap_closed_pooled": "invisible_miou_pooled",
    "invisible_gap_closed_mean": "invisible_miou_mean",
}


def add_ceiling(
    found: Mapping[str, Mapping],
    cases: Sequence[Case],
    twins: Sequence[tuple[Case, Completion]],
) -> dict[str, dict]:
    """Put the ceiling into a protocol's scores, and the gap closed into every method's.

    Args:
        found: scores.report of the cases.
        cases: the protocol's.
        twins: cases whose truth is borrowed, with the exact mask as a completion on their canvas.

    Returns:
        the scores with the method "ceiling", and the metrics of GAPS in each method and class.
    """
    questions = [case for case, _ in twins]
    exact = Runner(
        lambda _: (completion for _, completion in twins),
        {CEILING: Method("the exact mask, on twins", lambda context: answers.modal)},
    )
    ceiling = scores.report(scores.measure([exact], questions), questions, None)[CEILING]
    base = _base(cases)
    out = {}
    for name, block in found.items():
        by_class = {
            label: {**values, **gap_closed(values, base["by_class"][label], top)}
            for label, values in block["by_class"].items()
            for top in [ceiling["by_class"].get(label, {})]
        }
        out[name] = {**block, **gap_closed(block, base, ceiling), "by_class": by_class}
    return {**out, CEILING: ceiling}


def gap_closed(
    method: Mapping[str, float], base: Mapping[str, float], ceiling: Mapping[str, float]
) -> dict[str, float]:
    """The share of the way from base to ceiling that a method goes; 1 is the ceiling.

    What is not defined is left out: a score is missing, or the ceiling is not above the base.
    """
    gaps = {}
    for name, metric in GAPS.items():
        if all(metric in block for block in (method, base, ceiling)):
            room = ceiling[metric] - base[metric]
            if room > 0:
                gaps[name] = (method[metric] - base[metric]) / room
    return gaps


def _base(cases: Sequence[Case]) -> dict:
    runner = Runner(answers.modal, {BASE: Method("", lambda context: answers.modal)})
    return scores.report(scores.measure([runner], cases), cases, None)[BASE]
