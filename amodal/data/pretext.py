"""The pretext of stage 2: hide a part of a whole mask as streets and predictors do.

Convention: a *canvas* is the whole's tight box grown by half its size (rounded down) on each side.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from amodal.data.layouts import Layout
from amodal.data.occlusion import random_placement
from amodal.data.roughen import roughen
from amodal.data.shapes import Shape
from amodal.scene import paste_window

NO_BORDERS = np.zeros(4, bool)
TRIES = 20


@dataclass(frozen=True)
class PretextConfig:
    """How often what hides an object. The first five shares are alternatives and sum to 1.

    Args:
        objects: one to three other objects' masks.
        layout: the cover of a real occluded object of the same class.
        border: the photo's border, half of the time with an object.
        bars: poles, trunks and walls.
        nothing: the object is wholly visible: nothing must be added where nothing is hidden.
        leaves: share of pairs with holes as leaves or railings make them, in addition.
        rough: share of pairs whose visible mask is as a predictor would draw it.
        visible: least and most visible share of the object where something hides it.
        rendered: share of the objects that are rendered, where there are real ones too.
    """

    objects: float = 0.3
    layout: float = 0.5
    border: float = 0.1
    bars: float = 0.06
    nothing: float = 0.04
    leaves: float = 0.03
    rough: float = 0.2
    visible: tuple[float, float] = (0.2, 0.98)
    rendered: float = 0.5


class Hidden(NamedTuple):
    """A whole mask and what is left of it.

    Args:
        whole: the truth on its canvas, bool.
        modal: what is seen of it, on the canvas, bool.
        others: the occluders on the canvas, bool.
        borders: which of the photo's borders cut it: left, top, right, bottom, (4,) bool.
    """

    whole: np.ndarray
    modal: np.ndarray
    others: np.ndarray
    borders: np.ndarray


class Pretext:
    """Draws occlusions of whole masks. Keeps nothing between draws."""

    def __init__(
        self, shapes: Sequence[Shape], layouts: Sequence[Layout], config: PretextConfig
    ) -> None:
        self.shapes = shapes
        self.config = config
        self.chances = np.cumsum(
            [config.objects, config.layout, config.border, config.bars, config.nothing]
        )
        if abs(self.chances[-1] - 1) > 1e-6:
            raise ValueError(f"shares: got a sum of {self.chances[-1]:.3f}, expected 1")
        self.cumulative = by_source(shapes, config.rendered)
        self.layouts: dict[str, list[Layout]] = defaultdict(list)
        for layout in layouts:
            self.layouts[layout.category].append(layout)
        self.layout_chances = {
            name: by_track([layout.track for layout in found])
            for name, found in self.layouts.items()
        }

    def draw(self, rng: np.random.Generator) -> int:
        """Draw the index of a shape."""
        return pick(self.cumulative, rng)

    def hide(self, whole: np.ndarray, category: str, rng: np.random.Generator) -> Hidden | None:
        """Hide a part of a tight mask (h, w) bool; None where no try left enough of it."""
        height, width = whole.shape
        canvas = np.pad(whole, ((height // 2,) * 2, (width // 2,) * 2))
        kind = int(np.searchsorted(self.chances, rng.random()))
        least, most = self.config.visible
        area = whole.sum()
        for _ in range(TRIES):
            others, borders = self._cover(whole, category, kind, rng)
            modal = canvas & ~others
            if rng.random() < self.config.leaves:
                modal &= ~leaves(canvas.shape, rng)
            if kind == 4 or least <= modal.sum() / area <= most:
                break
        else:
            return None
        if rng.random() < self.config.rough:
            modal = roughen(modal, float(rng.uniform(0, 1)), rng)
            if modal.sum() < 0.5 * least * area:
                return None
        if borders.any():
            others = others & ~beyond(canvas.shape, modal, borders)
        return Hidden(canvas, modal, others, borders) if modal.any() else None

    def _cover(
        self, whole: np.ndarray, category: str, kind: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """What hides the object, on the canvas, and the borders that do."""
        height, width = whole.shape
        others = np.zeros((height + 2 * (height // 2), width + 2 * (width // 2)), bool)
        borders = NO_BORDERS
        if kind == 1 and self.layouts.get(category):
            layout = self._layout(category, np.log(width / height), rng)
            return layout.over(height, width, bool(rng.random() < 0.5)), NO_BORDERS
        if kind == 2:
            cut, borders = border_cut(height, width, rng)
            others |= cut
        if kind == 3:
            others |= bars(others.shape, rng)
        count = {2: rng.integers(2), 3: rng.integers(2), 4: 0}.get(kind, rng.choice(COUNTS))
        for _ in range(count):
            occluder = self.shapes[self.draw(rng)].mask
            place = random_placement(whole, occluder, rng)
            if place.mirrored:
                occluder = occluder[:, ::-1]
            size = place.width, place.height
            scaled = cv2.resize(occluder.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
            x, y = place.x + width // 2, place.y + height // 2
            others |= paste_window(scaled.astype(bool), x, y, *others.shape)
        return others, borders

    def _layout(self, category: str, aspect: float, rng: np.random.Generator) -> Layout:
        """A layout of the class, of a similar aspect if a few draws find one."""
        found = self.layouts[category]
        chances = self.layout_chances[category]
        drawn = [found[pick(chances, rng)] for _ in range(4)]
        return min(drawn, key=lambda layout: abs(layout.aspect - aspect))


COUNTS = (1, 1, 1, 1, 1, 1, 2, 2, 2, 3)  # occluders of a pair hidden by objects


def by_source(shapes: Sequence[Shape], rendered: float) -> np.ndarray:
    """Cumulative chances of shapes, (N,): so large a share of all draws are rendered ones.

    Where all shapes are rendered, or none is, the share does not count.
    """
    is_rendered = np.array([shape.rendered for shape in shapes])
    chances = np.zeros(len(shapes))
    for source, share in ((is_rendered, rendered), (~is_rendered, 1 - rendered)):
        found = np.flatnonzero(source)
        if len(found):
            chances[found] = share * track_chances([shapes[index].track for index in found])
    return np.cumsum(chances / chances.sum())


def by_track(tracks: Sequence[tuple[int, ...]]) -> np.ndarray:
    """Cumulative chances of frames of these tracks, (N,)."""
    return np.cumsum(track_chances(tracks))


def track_chances(tracks: Sequence[tuple[int, ...]]) -> np.ndarray:
    """Frames of one track look alike: it counts by the root of its length; (N,), sum 1."""
    lengths = Counter(tracks)
    weights = np.array([lengths[track] ** -0.5 for track in tracks])
    return weights / weights.sum()


def pick(cumulative: np.ndarray, rng: np.random.Generator) -> int:
    """An index drawn by cumulative chances."""
    return min(int(np.searchsorted(cumulative, rng.random())), len(cumulative) - 1)


def border_cut(height: int, width: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What lies beyond a photo's border through an object of (height, width): canvas, borders."""
    side = int(rng.choice(4, p=[0.35, 0.1, 0.35, 0.2]))  # left, top, right, bottom
    share = rng.uniform(0.05, 0.65)
    top, left = height // 2, width // 2
    cut = np.zeros((height + 2 * top, width + 2 * left), bool)
    if side == 0:
        cut[:, : left + int(share * width)] = True
    elif side == 1:
        cut[: top + int(share * height)] = True
    elif side == 2:
        cut[:, left + width - int(share * width) :] = True
    else:
        cut[top + height - int(share * height) :] = True
    return cut, np.arange(4) == side


def beyond(shape: tuple[int, int], modal: np.ndarray, borders: np.ndarray) -> np.ndarray:
    """What lies beyond the photo where `modal` touches its border, (H, W) bool."""
    rows, columns = np.flatnonzero(modal.any(1)), np.flatnonzero(modal.any(0))
    outside = np.zeros(shape, bool)
    if borders[0]:
        outside[:, : columns[0]] = True
    if borders[1]:
        outside[: rows[0]] = True
    if borders[2]:
        outside[:, columns[-1] + 1 :] = True
    if borders[3]:
        outside[rows[-1] + 1 :] = True
    return outside


def bars(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Poles and trunks (narrow, upright, slightly tilted), or a wall: (H, W) bool."""
    height, width = shape
    canvas = np.zeros(shape, np.uint8)
    if rng.random() < 0.25:  # a wall, a box, a sign
        x, y = rng.integers(0, width), rng.integers(0, height)
        w, h = int(width * rng.uniform(0.1, 0.5)), int(height * rng.uniform(0.1, 0.6))
        cv2.rectangle(canvas, (int(x), int(y)), (int(x) + w, int(y) + h), 1, -1)
    for _ in range(int(rng.integers(1, 4))):
        x = rng.uniform(0.2, 0.8) * width
        lean = rng.normal(0, 0.03) * width
        thick = max(int(width * rng.uniform(0.01, 0.08)), 1)
        top = (int(x + lean), int(height * rng.choice([0.0, 0.0, rng.uniform(0, 0.5)])))
        cv2.line(canvas, top, (int(x - lean), height), 1, thick)
    return canvas.astype(bool)


def leaves(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Blotches of random size over a random part, as leaves and railings hide: (H, W) bool."""
    height, width = shape
    cells = int(rng.integers(8, 40))
    noise = rng.random((cells, cells), np.float32)
    noise = cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)
    blotches = noise > rng.uniform(0.5, 0.75)
    x, y = rng.uniform(0, 0.7) * width, rng.uniform(0, 0.7) * height
    w, h = rng.uniform(0.2, 0.6) * width, rng.uniform(0.2, 0.6) * height
    part = np.zeros(shape, bool)
    part[int(y) : int(y + h), int(x) : int(x + w)] = True
    return blotches & part
