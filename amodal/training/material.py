"""What a data set gives to a training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from amodal.data.layouts import Layout
from amodal.data.shapes import Shape
from amodal.training.partial import Partial


@dataclass(frozen=True, eq=False)
class Material:
    """Masks to learn from.

    Args:
        shapes: whole masks, for stages 1 and 2 and stage 3's rehearsal.
        partials: real partial masks, for stage 3.
        layouts: real occlusions to lay over whole masks; none: other objects alone do it.
    """

    shapes: Sequence[Shape]
    partials: Sequence[Partial]
    layouts: Sequence[Layout] = field(default=())

    @property
    def categories(self) -> tuple[str, ...]:
        """The classes that have whole masks, in alphabetical order."""
        return tuple(sorted({shape.category for shape in self.shapes}))
