"""What data sets give to a training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from amodal.data import rendered
from amodal.data.layouts import Layout, layouts
from amodal.data.shapes import Shape
from amodal.data.sources import Masks
from amodal.training.partial import Partial, partial_masks

MASKS_A_STREET = 30  # so many rendered whole masks for each street that layouts are taken from


@dataclass(frozen=True, eq=False)
class Material:
    """Masks to learn from.

    Args:
        shapes: whole masks, for stages 1 and 2 and stage 3's rehearsal.
        partials: partial masks, for stage 3.
        layouts: occlusions to lay over whole masks; none: other objects alone do it.
    """

    shapes: Sequence[Shape]
    partials: Sequence[Partial]
    layouts: Sequence[Layout] = field(default=())

    @property
    def categories(self) -> tuple[str, ...]:
        """The classes that have whole masks, in alphabetical order."""
        return tuple(sorted({shape.category for shape in self.shapes}))


def rendered_masks(count: int) -> Masks:
    """So many rendered whole masks, and streets to take layouts from."""
    streets = -(-count // MASKS_A_STREET)
    return Masks(rendered.shapes(count), rendered.frames(streets))


def gather(parts: Sequence[Masks], size: int | None) -> Material:
    """The material of one or more data sets.

    The first one leads: it alone gives partial masks, and a class has the layouts of the first
    data set that knows some.

    Args:
        parts: the data sets' masks, the real ones first.
        size: of the network's masks; None: no partial masks.
    """
    found: list[Layout] = []
    for masks in parts:
        known = {layout.category for layout in found}
        found += [layout for layout in layouts(masks.items) if layout.category not in known]
    partials = partial_masks(parts[0].items, size) if size else []
    return Material([shape for masks in parts for shape in masks.shapes], partials, found)
