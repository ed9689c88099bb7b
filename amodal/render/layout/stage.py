"""A street while it is being filled."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from amodal.render.layout.footprints import Ground, Item
from amodal.render.layout.models import KINDS, UNSEEN
from amodal.render.layout.views import covered, shows
from amodal.render.plan import BEHIND, Plan
from amodal.render.scene import Camera

REACH = 75.0  # metres: how far ahead the street is filled

# Metres that others keep away, at least.
MARGINS = {"person": 0.06, "bicycle": 0.06, "cyclist": 0.25, "motorcycle": 0.12}
MARGIN = 0.3

# What is tall and near hides the street: so much of the picture's width one of them may take, and
# all together.
TALL = {"van", "truck", "bus", "tram"}
NEAR = 22.0  # metres
WIDEST, WIDEST_TOGETHER = 0.36, 0.5
COLUMNS = 64


@dataclass
class Stage:
    """What is known of a street and what stands in it.

    Args:
        rng: the only source of chance.
        plan: of the ground.
        camera: who looks.
        ground: what is taken.
        items: all that stands somewhere, in the picture or not.
        blocked: (COLUMNS,) bool, parts of the picture's width that hide what is behind.
        unseen: whether the objects are those that no other street knows.
    """

    rng: np.random.Generator
    plan: Plan
    camera: Camera
    ground: Ground
    items: list[Item] = field(default_factory=list)
    blocked: np.ndarray = field(default_factory=lambda: np.zeros(COLUMNS, bool))
    unseen: bool = False

    def draw(self, kind: str, turn: float = 0.0, scale: float = 1.0) -> Item:
        """An object of a kind that stands nowhere yet."""
        number = int(self.rng.integers(KINDS[kind].count)) + UNSEEN * self.unseen
        return Item(kind, number, 0.0, 0.0, turn=float(turn), scale=scale)

    def put(self, item: Item, margin: float | None = None) -> bool:
        """Put an object where it fits; False and nothing done where it does not."""
        margin = MARGINS.get(item.kind, MARGIN) if margin is None else margin
        footprint = item.footprint
        if not self._leaves_a_view(item.kind, footprint):
            return False
        if not self.ground.is_free(footprint, margin):
            return False
        if item.kind in TALL:
            taken, depth = covered(self.camera, footprint, COLUMNS)
            self.blocked |= taken & (depth < NEAR)
        self.ground.add(footprint, margin)
        self.items.append(item)
        return True

    def _leaves_a_view(self, kind: str, footprint: np.ndarray) -> bool:
        taken, depth = covered(self.camera, footprint, COLUMNS)
        if kind not in TALL:
            return bool(taken.mean() < 2 * WIDEST)
        together = (taken | self.blocked).mean() if depth < NEAR else 0.0
        return bool(taken.mean() < WIDEST and together < WIDEST_TOGETHER)

    def seen(self) -> list[Item]:
        """The objects that the camera may see."""
        return [item for item in self.items if shows(self.camera, item.footprint)]

    def in_view(self, x: float, y: float) -> bool:
        """Whether the camera looks at a point on the ground."""
        return shows(self.camera, np.array([(x, y)]).repeat(4, axis=0))

    def is_near_view(self, x: float, y: float, within: float = 14.0) -> bool:
        """Whether something so large about a point may be seen; else it need not be there."""
        reach = within * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) + (x, y)
        return shows(self.camera, reach)

    def anywhere(self, x: float, low: float = -BEHIND, high: float = REACH) -> float | None:
        """A y between low and high at which a line along the street is seen; near ones often."""
        start = max(low, self.camera.position[1] - 5)
        for _ in range(30):
            y = start + (high - start) * self.rng.random() ** 1.7
            if self.in_view(x, y):
                return float(y)
        return None

    def is_crossing(self, y: float, margin: float = 0.0) -> bool:
        """Whether a crossing road lies at y, or nearer than `margin`."""
        junction = self.plan.junction
        return junction is not None and abs(y - junction) < self.plan.driven + margin
