"""Who stands in front of whom, guessed from the completed shapes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amodal.scene import Completion, Instance


def guess_depth_order(
    instances: Sequence[Instance], completions: Sequence[Completion]
) -> tuple[int, ...]:
    """Order objects from back to front.

    What hides a part of an object stands in front of it: B is in front of A as far as A's invisible
    region is covered by B's modal mask. Where that says nothing, the object whose lower edge is
    lower in the photo is nearer. Contradictions (a cycle) are cut where the evidence is weakest.

    Args:
        instances: n objects of one photo.
        completions: their whole shapes, in the same order.

    Returns:
        Positions in `instances`, back to front.
    """
    hidden_by = hidden_pixels(instances, completions)
    lead = hidden_by - hidden_by.T  # [a, b] > 0: b hides more of a than a of b, so b is in front
    bottoms = [c.y0 + _last_row(c.mask) for c in completions]
    left = list(range(len(instances)))
    order = []
    while left:
        # The next one back hides nothing that is left; in a cycle, the one that hides least.
        wrong = {b: int(np.maximum(lead[left, b], 0).sum()) for b in left}
        back = min(left, key=lambda index: (wrong[index], bottoms[index], index))
        order.append(back)
        left.remove(back)
    return tuple(order)


def hidden_pixels(instances: Sequence[Instance], completions: Sequence[Completion]) -> np.ndarray:
    """[a, b]: pixels of a's invisible region that b's modal mask covers, (n, n) int."""
    counts = np.zeros((len(instances), len(instances)), int)
    for a, (instance, completion) in enumerate(zip(instances, completions, strict=True)):
        height, width = instance.modal.shape
        h, w = completion.mask.shape
        x0, y0 = completion.x0, completion.y0
        # Only the completion's window: with many objects the whole photo would take seconds.
        window = np.s_[max(y0, 0) : max(y0 + h, 0), max(x0, 0) : max(x0 + w, 0)]
        whole = completion.mask[max(-y0, 0) : max(height - y0, 0), max(-x0, 0) : max(width - x0, 0)]
        invisible = whole & ~instance.modal[window]
        for b, other in enumerate(instances):
            if a != b:
                counts[a, b] = int((invisible & other.modal[window]).sum())
    return counts


def _last_row(mask: np.ndarray) -> int:
    rows = np.flatnonzero(mask.any(axis=1))
    return int(rows[-1]) + 1 if rows.size else 0
