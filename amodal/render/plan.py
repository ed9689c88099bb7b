"""The ground plan of a street: where the road, the pavements and a junction lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Plan:
    """Metres; the street runs along +y, its middle line is x = 0, traffic keeps to the right.

    Args:
        lane: width of a driving lane.
        lanes: driving lanes in each direction.
        parking: whether cars park along the left and the right kerb.
        pavement: width of the pavements.
        junction: y of the middle of a crossing road as wide as this one, or None.
        tracks: whether tram rails lie in the inner lanes.
        length: how far the street goes on, from y = -20.
        houses: closed rows of buildings ("town"), single houses with gardens ("suburb"), or trees
            and fields ("country").
    """

    lane: float
    lanes: int
    parking: tuple[bool, bool]
    pavement: float
    junction: float | None
    tracks: bool
    length: float
    houses: str

    @property
    def driven(self) -> float:
        """Half width of what is driven on, from the middle line to the parking lane."""
        return self.lane * self.lanes

    def kerb(self, side: int) -> float:
        """x of the kerb on a side, -1 left or 1 right; always positive."""
        return self.driven + (PARKING if self.parking[(side + 1) // 2] else 0.0)

    def wall(self, side: int) -> float:
        """Distance of the house fronts from the middle line on a side, -1 left or 1 right."""
        return self.kerb(side) + self.pavement


PARKING = 2.1  # width of a parking lane
BEHIND = 20.0  # the street begins so far behind the camera


def draw_plan(rng: np.random.Generator) -> Plan:
    """Draw a ground plan."""
    houses = str(rng.choice(["town", "suburb", "country"], p=[0.6, 0.3, 0.1]))
    return Plan(
        lane=float(rng.uniform(2.9, 3.5)),
        lanes=2 if houses == "town" and rng.random() < 0.2 else 1,
        parking=(bool(rng.random() < 0.75), bool(rng.random() < 0.75)),
        pavement=float(rng.uniform(1.8, 4.0)),
        junction=float(rng.uniform(18, 60)) if rng.random() < 0.4 else None,
        tracks=bool(houses == "town" and rng.random() < 0.2),
        length=float(rng.uniform(120, 200)),
        houses=houses,
    )
