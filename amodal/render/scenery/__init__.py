"""Everything in a street that stays: ground, buildings, trees, what stands on pavements, horizon.

Metres, in the world's frame (see amodal/render/scene.py). Pavements are raised by `KERB_HEIGHT`;
what is drawn on them keeps to the strip `furniture.STRIP` behind the kerb.
"""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Mesh, merged
from amodal.render.plan import Plan
from amodal.render.scenery.country import country
from amodal.render.scenery.far import horizon, tram_wires
from amodal.render.scenery.furniture import furniture
from amodal.render.scenery.ground import KERB_HEIGHT, ground
from amodal.render.scenery.suburb import suburb
from amodal.render.scenery.town import town

__all__ = ["KERB_HEIGHT", "scenery"]

_HOUSES = {"town": town, "suburb": suburb, "country": country}


def scenery(rng: np.random.Generator, plan: Plan) -> tuple[Mesh, ...]:
    """Draw what stays in a street.

    Args:
        rng: equal states give equal scenery.
        plan: where road, pavements and junction lie.

    Returns:
        Meshes in the world: the ground, the houses, what stands on pavements, the horizon, and
        wires where there are tram rails.

    Raises:
        ValueError: `plan.houses` is not one of the three kinds.
    """
    if plan.houses not in _HOUSES:
        raise ValueError(f"houses must be one of {sorted(_HOUSES)}, got {plan.houses!r}")
    groups = [
        ground(rng, plan),
        _HOUSES[plan.houses](rng, plan),
        furniture(rng, plan),
        horizon(rng, plan),
    ]
    if plan.tracks:
        groups.append(tram_wires(rng, plan))
    return tuple(merged(group) for group in groups)
