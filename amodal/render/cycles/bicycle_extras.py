"""What hangs on bicycles: mudguards, racks, lamps, baskets, crates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amodal.render import materials as m
from amodal.render.cycles.wheels import arch, both, curve, headlamp, strut
from amodal.render.mesh import Material, Mesh
from amodal.render.people.limbs import oval
from amodal.render.primitives import box, loft

if TYPE_CHECKING:
    from amodal.render.cycles.bicycles import Bicycle


def extra_parts(bike: Bicycle) -> list[Mesh]:
    """The parts that `bike.extras` names."""
    parts, radius = [], bike.radius + 0.022
    if "mudguards" in bike.extras:
        wide = bike.tyre + 0.010
        guard = m.GLOSS_BLACK if bike.kind != "city" else bike.paint
        parts.append(arch(tuple(bike.rear), radius, 0.15, 3.35, wide, guard))
        parts.append(arch(tuple(bike.front), radius, 0.95, 3.5, wide, guard))
    if "rack" in bike.extras:
        parts += _rack(bike)
    if "lamp" in bike.extras:
        y, z = bike.fork(bike.crown + 0.04) + np.array([0.075, 0.03])
        parts.append(headlamp((0, y, z), 0.032, 0.05))
        parts.append(
            box(
                (0.05, 0.02, 0.035),
                (0, bike.rear[0] - radius + 0.02, bike.radius + 0.14),
                m.TAIL_LAMP,
            )
        )
    if "basket" in bike.extras:
        y, z = bike.fork(bike.head + bike.stem)
        parts += _basket((0, y + 0.23, z - 0.13), (0.36, 0.26, 0.24), m.BLACK_PLASTIC)
    if "crate" in bike.extras:
        y, z = bike.rear + np.array([0, bike.radius + 0.05])
        parts += _basket((0, y - 0.02, z + 0.13), (0.34, 0.38, 0.24), m.GREY_PLASTIC)
    return parts


def _rack(bike: Bicycle) -> list[Mesh]:
    y, z = bike.rear + np.array([0, bike.radius + 0.045])
    loop = (
        (0.0, y + 0.19, z),
        (0.055, y + 0.17, z),
        (0.06, y, z),
        (0.06, y - 0.18, z),
        (0.0, y - 0.21, z),
    )
    parts = [both(curve(loop, 0.0055, m.BLACK_PLASTIC, 6, 12))]
    stay = strut((0.06, y - 0.06, z), (0.07, *bike.rear), 0.005, m.BLACK_PLASTIC, 5)
    return [*parts, both(stay), box((0.03, 0.36, 0.006), (0, y, z), m.BLACK_PLASTIC)]


def _basket(centre: tuple, size: tuple, material: Material) -> list[Mesh]:
    """An open box of thin walls, narrower below."""
    rings = []
    for level, share in ((-0.5, 0.82), (0.5, 1.0), (0.5, 0.95), (-0.42, 0.80)):
        ring = share * oval(16, 8.0) * np.array(size[:2]) / 2
        rings.append(np.column_stack([ring, np.full(16, level * size[2])]) + centre)
    return [loft(np.array(rings), material, smooth=False)]
