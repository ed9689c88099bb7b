"""Rendered streets as a data set: whole masks of all classes, streets as frames of masks, pairs.

From streets without scenery, by the rasteriser; nothing is read from disk. The streets of a seed
are functions of it. Objects to test on have meshes that no object to learn from has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from amodal.data.kitti_mots import Label, TrackMask
from amodal.data.shapes import MIN_AREA, Shape, reduce, tight
from amodal.geometry import tight_box
from amodal.render.layout import Item, items, unpainted
from amodal.render.layout.models import KINDS
from amodal.render.raster import Seen, outline, rasterise
from amodal.render.scene import Light, Street
from amodal.scene import paste_window

MIN_SIDE = 12  # pixels
LIMIT = 128  # pixels a side of a whole mask
STREETS = 100_000  # of one seed; streets of other seeds follow
PER_STREET = 4  # whole masks of a class: more would all be seen by one camera
VARIETY = 6  # meshes of a kind to learn from, for each one that the streets know
# A place where one of these stands is used for so many of them in turn: they are rare.
USES = {"tram": 4, "bus": 4, "truck": 3, "van": 2, "car": 2, "cyclist": 2}
OCCLUDED = 0.01  # hidden share from which on an object counts as occluded


def shapes(count: int, seed: int = 0) -> list[Shape]:
    """Whole masks of all classes, as many of each, seen as in streets.

    Args:
        count: of masks; they have at most LIMIT pixels a side.
        seed: the same masks for the same seed and count.
    """
    found: list[Shape] = []
    have = dict.fromkeys((kind.category for kind in KINDS.values()), 0)
    quota = -(-count // len(have))
    for number in range(seed * STREETS, (seed + 1) * STREETS):
        wanted = {name: min(PER_STREET, quota - some) for name, some in have.items()}
        if not any(wanted.values()):
            break
        for shape in _wholes(number, wanted):
            found.append(shape)
            have[shape.category] += 1
    order = np.random.default_rng(seed).permutation(len(found))
    return [found[index] for index in order[:count]]


def _wholes(street_seed: int, wanted: dict[str, int]) -> Iterator[Shape]:
    """Whole masks of so many of a street's objects of each class, of any mesh of their kind."""
    camera, placed = items(street_seed)
    rng = np.random.default_rng([street_seed, 99])
    left = dict(wanted)
    for index in rng.permutation(len(placed)):
        item = placed[index]
        category = KINDS[item.kind].category
        for _ in range(USES.get(item.kind, 1)):
            if not left[category]:
                break
            number = int(rng.integers(VARIETY * KINDS[item.kind].count))
            drawn = outline(unpainted(1, item, number), camera)
            if drawn is not None and drawn.complete and _is_large(drawn.mask):
                left[category] -= 1
                mask = reduce(drawn.mask, LIMIT)
                yield Shape(mask, category, _mesh(item.kind, number), rendered=True)


def frames(count: int, seed: int = 0) -> list[TrackMask]:
    """The visible masks of so many streets, each a sequence of one frame, with labels."""
    streets = islice(_streets(seed), count)
    return [
        _track_mask(item, number)
        for number, (seen, _) in enumerate(streets)
        for item in seen
        if item.modal.any()
    ]


def _track_mask(item: Seen, street: int) -> TrackMask:
    x0, y0, _, _ = tight_box(item.modal)
    label = Label(
        truncated=int(item.truncation > OCCLUDED),
        occluded=int(item.occlusion_rate > OCCLUDED),
        box=tight_box(item.inside).shifted(item.x0, item.y0),
        depth=item.depth,
    )
    corner = item.x0 + int(x0), item.y0 + int(y0)
    return TrackMask(
        street, 0, item.id, item.category, tight(item.modal), *corner, item.size, label
    )


@dataclass(frozen=True, eq=False)
class Pair:
    """An object that others hide in part.

    Args:
        seen: the object in its street.
        others: what hides some of it, (h, w) bool in the window of its masks.
        mesh: kind and number; equal ones look alike.
    """

    seen: Seen
    others: np.ndarray
    mesh: tuple[int, int]


def unseen_pairs(quota: int, seed: int = 0) -> list[Pair]:
    """Objects wholly inside the photo of which others hide between 5 and 95 %, to test on.

    Args:
        quota: of each class.
        seed: of the streets. Other meshes stand in them than in those to learn from.
    """
    left = {kind.category: quota for kind in KINDS.values()}
    found = []
    for seen, placed in _streets(seed, unseen=True):
        for item in seen:
            usable = item.complete and item.truncation == 0 and _is_large(item.amodal)
            usable = usable and item.modal.sum() >= MIN_AREA / 4
            if usable and 0.05 <= item.occlusion_rate <= 0.95 and left[item.category]:
                left[item.category] -= 1
                own = placed[item.id - 1]
                found.append(Pair(item, _others(item, seen), _mesh(own.kind, own.number)))
        if not any(left.values()):
            break
    return found


def _streets(seed: int, unseen: bool = False) -> Iterator[tuple[tuple[Seen, ...], list[Item]]]:
    """What each street of a seed shows, nearest first, and the items by id."""
    for number in range(seed * STREETS, (seed + 1) * STREETS):
        camera, placed = items(number, unseen=unseen)
        things = tuple(unpainted(id, item) for id, item in enumerate(placed, start=1))
        yield rasterise(Street(number, camera, Light(1.0, 0.0), things, ())), placed


def _others(item: Seen, seen: Sequence[Seen]) -> np.ndarray:
    """The visible pixels of what hides some of an object, (h, w) bool in its window."""
    height, width = item.amodal.shape
    others = np.zeros((height, width), bool)
    for other in seen:
        if other.id in item.hidden_by:
            others |= paste_window(
                other.modal, other.x0 - item.x0, other.y0 - item.y0, height, width
            )
    return others


def _mesh(kind: str, number: int) -> tuple[int, int]:
    return list(KINDS).index(kind), number


def _is_large(mask: np.ndarray) -> bool:
    return bool(mask.sum() >= MIN_AREA and min(mask.shape) >= MIN_SIDE)
