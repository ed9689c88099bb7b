"""Whole masks and pairs of visible and whole masks for training, from streets without scenery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from amodal.render.layout import Item, items, unpainted
from amodal.render.layout.models import KINDS
from amodal.render.raster import outline, rasterise
from amodal.render.scene import Light, Street

if TYPE_CHECKING:
    from amodal.data.shapes import Shape

MIN_AREA = 200
MIN_SIDE = 12
LIMIT = 128  # pixels a side
STREETS = 100_000  # of one seed; streets of other seeds follow
PER_STREET = 4  # masks of a class: more would all be seen by one camera
# A place where one of these stands is used for so many of them in turn: they are rare.
USES = {"tram": 4, "bus": 4, "truck": 3, "van": 2, "car": 2, "cyclist": 2}


@dataclass(frozen=True, eq=False)
class Pair:
    """An object that something hides in part.

    Args:
        modal: the visible part, (h, w) bool.
        whole: all of it, (h, w) bool, tight, in the same window.
        category: its class.
        track: kind and number of its mesh; equal ones look alike.
    """

    modal: np.ndarray
    whole: np.ndarray
    category: str
    track: tuple[int, int]


def shapes(count: int, seed: int = 0) -> list[Shape]:
    """Whole masks of all classes, as many of each, seen as in streets.

    Args:
        count: of masks; they have at most LIMIT pixels a side.
        seed: the same masks for the same seed and count.
    """
    from amodal.data.shapes import Shape, reduce  # brings torch along

    found: list[Shape] = []
    have = dict.fromkeys((kind.category for kind in KINDS.values()), 0)
    quota = -(-count // len(have))
    for number in range(STREETS):
        wanted = {name: min(PER_STREET, quota - some) for name, some in have.items()}
        if not any(wanted.values()):
            break
        for category, mesh, mask in _wholes(seed * STREETS + number, wanted):
            found.append(Shape(reduce(mask, LIMIT), category, mesh))
            have[category] += 1
    order = np.random.default_rng(seed).permutation(len(found))
    return [found[index] for index in order[:count]]


def _wholes(
    street_seed: int, wanted: dict[str, int]
) -> Iterator[tuple[str, tuple[int, int], np.ndarray]]:
    """Class, track and whole mask of so many of a street's objects of each class."""
    camera, placed = items(street_seed)
    rng = np.random.default_rng([street_seed, 99])
    left = dict(wanted)
    for index in rng.permutation(len(placed)):
        item = placed[index]
        category = KINDS[item.kind].category
        for use in range(USES.get(item.kind, 1)):
            if not left[category]:
                break
            number = int(rng.integers(KINDS[item.kind].count)) if use else item.number
            drawn = outline(unpainted(1, item, number), camera)
            if drawn is not None and drawn.complete and _is_large(drawn.mask):
                left[category] -= 1
                yield category, track(item, number), drawn.mask


def pairs(count: int, seed: int = 0) -> list[Pair]:
    """Objects of which between 5 and 95 % of what lies in the photo is hidden, classes as drawn."""
    found: list[Pair] = []
    for number in range(STREETS):
        camera, placed = items(seed * STREETS + number)
        things = tuple(unpainted(id, item) for id, item in enumerate(placed, start=1))
        street = Street(number, camera, Light(1.0, 0.0), things, ())
        for seen in rasterise(street):
            usable = seen.complete and _is_large(seen.amodal) and seen.modal.sum() >= MIN_AREA / 4
            if usable and 0.05 <= seen.occlusion_rate <= 0.95:
                mesh = track(placed[seen.id - 1])
                found.append(Pair(seen.modal, seen.amodal, seen.category, mesh))
        if len(found) >= count:
            break
    return found[:count]


def track(item: Item, number: int | None = None) -> tuple[int, int]:
    """Kind and number of the mesh of an object, or of another of its kind."""
    return list(KINDS).index(item.kind), item.number if number is None else number


def _is_large(mask: np.ndarray) -> bool:
    return bool(mask.sum() >= MIN_AREA and min(mask.shape) >= MIN_SIDE)
