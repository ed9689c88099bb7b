"""A small library of meshes: number k of a kind is the same in every run; paint is drawn anew."""

from __future__ import annotations

import colorsys
import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from amodal.render import materials as m
from amodal.render.cycles import bicycle, cyclist, motorcycle, motorcyclist
from amodal.render.mesh import Material, Mesh
from amodal.render.people import person
from amodal.render.vehicles import bus, car, tram, truck, van


@dataclass(frozen=True)
class Kind:
    """What a street is filled with.

    Args:
        category: the project's class; a motorcycle keeps its class when it is ridden.
        make: draws a mesh.
        count: of different meshes in the library.
    """

    category: str
    make: Callable[[np.random.Generator], Mesh]
    count: int


KINDS = {
    "car": Kind("car", car, 48),
    "van": Kind("van", van, 24),
    "truck": Kind("truck", truck, 24),
    "bus": Kind("bus", bus, 16),
    "tram": Kind("tram", tram, 12),
    "person": Kind("person", person, 128),
    "cyclist": Kind("cyclist", cyclist, 48),
    "bicycle": Kind("bicycle", bicycle, 48),
    "motorcycle": Kind("motorcycle", motorcycle, 24),
    "motorcyclist": Kind("motorcycle", motorcyclist, 24),
}


UNSEEN = 1_000_000  # from this number on, meshes are for tests: no street to learn from has them


@functools.cache
def model(kind: str, number: int) -> Mesh:
    """Mesh `number` of a kind, built once a run."""
    return KINDS[kind].make(np.random.default_rng([list(KINDS).index(kind), number]))


@functools.cache
def extent(kind: str, number: int) -> tuple[float, float, float, float]:
    """What a model covers on the ground, in its own frame: x0, y0, x1, y1 in metres."""
    vertices = model(kind, number).vertices
    (x0, y0), (x1, y1) = vertices[:, :2].min(axis=0), vertices[:, :2].max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def painted(kind: str, number: int, rng: np.random.Generator) -> Mesh:
    """The model with new colours of paint, cloth and skin; its shape is shared, not copied."""
    mesh = model(kind, number)
    return replace(mesh, materials=_repainted(kind, mesh.materials, rng))


def _repainted(
    kind: str, palette: tuple[Material, ...], rng: np.random.Generator
) -> tuple[Material, ...]:
    """New colours for what varies between objects of one shape."""
    coats = list(_coats(kind, rng))
    skin, turn, light = m.skin(rng), rng.random(), rng.uniform(0.6, 1.5)
    changed = []
    for index, material in enumerate(palette):
        if material.name == "paint" and coats:
            changed.append(coats.pop(0))
        elif material.name == "skin":
            changed.append(skin)
        elif material.name in ("cloth", "bag", "shoe"):
            changed.append(_shifted(material, turn + 0.37 * index, light))
        else:
            changed.append(material)
    return tuple(changed)


def _coats(kind: str, rng: np.random.Generator) -> tuple[Material, ...]:
    """Paints for a kind in the order in which its palette names them."""
    if kind == "car":
        return (m.car_paint(rng),)
    if kind in ("van", "truck"):
        return (m.lorry_paint(rng) if rng.random() < 0.6 else m.car_paint(rng),)
    if kind in ("bus", "tram"):
        return m.livery(rng)
    return tuple(m.car_paint(rng) for _ in range(2))


def _shifted(material: Material, turn: float, light: float) -> Material:
    """Another hue and brightness; greys stay grey."""
    hue, saturation, value = colorsys.rgb_to_hsv(*material.colour)
    colour = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, min(value * light, 0.8))
    return replace(material, colour=colour)
