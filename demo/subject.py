"""Which object the page "How it works" explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from amodal.errors import AmodalError
from amodal.scene import Completion, Instance
from demo import text
from demo.examples import Example
from demo.session import Session, number_of


@dataclass(frozen=True, eq=False)
class Subject:
    """The object that is explained.

    Args:
        photo: (H, W, 3) uint8 RGB.
        instance: what the photo shows of it.
        others: the photo's other objects; they may hide it.
        number: for its colour.
        truth: its true whole shape; None where nobody knows it.
        example: whether it comes from the first example, because none was selected.
        clued: whether the user said something about its shape, which isn't used here.
    """

    photo: np.ndarray
    instance: Instance
    others: tuple[Instance, ...]
    number: int
    truth: Completion | None = None
    example: bool = False
    clued: bool = False

    @property
    def hidden(self) -> np.ndarray:
        """Pixels that may hide it, (H, W) bool."""
        out = np.zeros_like(self.instance.modal)
        for other in self.others:
            out |= other.modal
        return out

    def is_shown(self, session: Session) -> bool:
        """Whether a session still has it selected; nothing selected leaves it as it is."""
        layer = session.layer
        if layer is None:
            return True
        return layer.instance is self.instance and self.clued != session.evidence.empty


def subject_of(session: Session, examples: Sequence[Example]) -> Subject:
    """The selected object, else the first object of the first example.

    Raises:
        AmodalError: there is neither.
    """
    layer = session.layer
    if layer is not None:
        others = tuple(other.instance for other in session.layers if other.id != layer.id)
        known = session.lesson.truth.object_of(layer) if session.lesson else None
        return Subject(
            session.scene.photo,
            layer.instance,
            others,
            number_of(layer.id),
            known.whole if known else None,
            clued=not session.evidence.empty,
        )
    if not examples:
        raise AmodalError(text.NEED_SUBJECT)
    photo, instances, _ = examples[0].open()
    names = [instance.name for instance in instances]
    number = names.index(examples[0].first) if examples[0].first in names else 0
    others = tuple(other for other in instances if other is not instances[number])
    return Subject(photo, instances[number], others, number, example=True)
