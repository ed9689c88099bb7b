"""Twins: questions like those of "temporal" whose exact answer is known.

A twin of a case is a fully visible object of the same class and of similar box, from another track,
hidden by the case's own occluders: their pixels, carried from label box to label box. A truth is
borrowed for it just as for the case, by the same rules, from sources that are no nearer in time or
in viewing angle than the case's nearest. What the borrowed truth has in common with the object's
real mask tells how good borrowed truths are: nobody can be expected to agree better with them. Of
TRIES twins the one whose agreement with the visible part is closest to the case's is taken, since
the masks of really hidden objects agree less well.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from amodal.data.kitti_mots import TrackMask
from amodal.evaluation.borrowed import RULES, Borrowed, aspect, borrow, early_fault, turn
from amodal.evaluation.recording import Recording, Row
from amodal.evaluation.surroundings import Surroundings
from amodal.evaluation.transfer import carry, paint

TRIES = 3
DRAWS = 60
ASPECT = 0.3  # largest difference of the label boxes' logarithmic aspects
CONTACT = 0.1  # largest share of the outline at which a twin may itself be hidden
MIN_VISIBLE = 0.1  # share that must stay visible


def whole_objects(recording: Recording, category: str) -> list[TrackMask]:
    """The masks of a class that can be twins."""
    return [
        item
        for track in recording.wholes.tracks.values()
        for item in track
        if item.category == category and item.mask.sum() >= RULES[category].area
    ]


def hide(
    twin: TrackMask, seen: Surroundings, item: TrackMask, around: Surroundings
) -> Surroundings:
    """What would be seen of a whole object behind the occluders of another.

    Args:
        twin: the whole object.
        seen: what is seen around it.
        item: the hidden object.
        around: what is seen around that.
    """
    occluders = paint(
        around.hiding, carry(around.window, item.label.box, twin.label.box), seen.window
    )
    return replace(seen, visible=seen.visible & ~occluders, hiding=occluders)


def draw_twin(
    recording: Recording,
    item: TrackMask,
    borrowed: Borrowed,
    pool: list[TrackMask],
    rng: np.random.Generator,
) -> Row | None:
    """Find the twin of a case; None where DRAWS draws from the pool give none."""
    rules, around = RULES[item.category], recording.around(item)
    gap = min(abs(source.frame - item.frame) for source, _ in borrowed.voters)
    least_turn = min(turn(source, item) for source, _ in borrowed.voters)
    found: list[tuple[float, Row]] = []
    for index in rng.permutation(len(pool))[:DRAWS]:
        twin = pool[index]
        if (twin.sequence, twin.track) == (item.sequence, item.track):
            continue
        if abs(aspect(twin.label.box) - aspect(item.label.box)) > ASPECT:
            continue
        if recording.wholes.contact(twin) > CONTACT:
            continue
        sources = recording.wholes.sources(twin, rules, gap, least_turn)
        seen = recording.around(twin)
        hidden = hide(twin, seen, item, around)
        if not sources or hidden.visible.sum() < MIN_VISIBLE * seen.visible.sum():
            continue
        if early_fault(hidden, rules) is not None:
            continue
        answer = borrow(twin.label.box, hidden, sources, rules.voters)
        if answer.fault(rules) is None:
            difference = abs(answer.agreement - borrowed.agreement)
            found.append((difference, Row.of(twin, answer.voters)))
            if len(found) == TRIES:
                break
    return min(found, key=lambda pair: pair[0])[1] if found else None
