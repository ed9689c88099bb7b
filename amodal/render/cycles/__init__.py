"""Bicycles and motorcycles, parked or ridden, drawn at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from amodal.render import materials as m
from amodal.render.cycles import bicycles, motorcycles
from amodal.render.cycles.riders import mounted, saddle_for
from amodal.render.mesh import Mesh, merged
from amodal.render.people import any_body, on_ground
from amodal.render.people.clothes import outfit
from amodal.render.people.figure import figure
from amodal.render.people.skeleton import SIDES


def bicycle(rng: np.random.Generator) -> Mesh:
    """A bicycle upright on z = 0, its front to +y, its middle at the origin."""
    return on_ground(merged(bicycles.drawn(bicycles.any_bicycle(rng))[0]))


def cyclist(rng: np.random.Generator) -> Mesh:
    """A bicycle with its rider, pedalling."""
    body = any_body(rng, grown=True)
    bike = bicycles.any_bicycle(rng, saddle=saddle_for(body))
    parts, contacts = bicycles.drawn(bike)
    drop = {side: -0.18 - 0.22 * np.sin(bike.phase + (side == "left") * np.pi) for side in SIDES}
    _, placed = mounted(body, contacts, drop, rolled=0.2 if bike.kind == "road" else 1.2)
    clothes = outfit(rng, body.form, riding=True)
    helmet = rng.random() < (0.95 if bike.kind in ("road", "mountain") else 0.5)
    if helmet:
        shell = m.paint(clothes.headwear.colour)
        clothes = replace(clothes, hat="bicycle helmet", headwear=shell)
    hands = dict.fromkeys(SIDES, "fist")
    return on_ground(merged([*parts, *figure(body, placed, clothes, rng, hands)]))


def motorcycle(rng: np.random.Generator) -> Mesh:
    """A motorcycle or scooter upright on z = 0, its front to +y, its middle at the origin."""
    return on_ground(merged(motorcycles.drawn(motorcycles.any_motorcycle(rng))[0]))


def motorcyclist(rng: np.random.Generator) -> Mesh:
    """A motorcycle or scooter with its rider, who wears a helmet."""
    body = any_body(rng, grown=True)
    parts, contacts = motorcycles.drawn(motorcycles.any_motorcycle(rng))
    _, placed = mounted(body, contacts)
    clothes = outfit(rng, body.form, riding=True)
    helmet = m.paint(clothes.headwear.colour, roughness=0.2)
    clothes = replace(clothes, hat="motorcycle helmet", headwear=helmet)
    if rng.random() < 0.85:
        # Most wear a jacket, whatever the weather.
        clothes = replace(clothes, sleeve=1.95, leg=2.0, loose_top=0.012, collar="stand")
    hands = dict.fromkeys(SIDES, "fist")
    return on_ground(merged([*parts, *figure(body, placed, clothes, rng, hands)]))
