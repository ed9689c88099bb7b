"""Masks of a street's objects without a renderer: whole, visible, and what hides them.

Convention: windows of masks are tight; their corner (x0, y0) is a pixel of the photo and may lie
outside of it, by one photo on each side at most. Scenery that is nearer hides objects too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from amodal.render.scene import Camera, Street, Thing
from amodal.render.spans import Spans, bounds, filled, narrowed, nearest, projected, spans

SCENERY = 0  # stands in `hidden_by` for all that is no object
AHEAD = 0.05  # metres by which scenery must be nearer: wheels sink into no road


@dataclass(frozen=True, eq=False)
class Outline:
    """The whole of one object in the picture.

    Args:
        thing: whose it is.
        mask: the amodal mask, (h, w) bool, tight.
        x0, y0: its corner in the photo.
        depth: of its nearest point before the camera, metres along the camera's axis.
        complete: False where the object reaches behind the camera or beyond the largest window, so
            that the mask is not all of it.
    """

    thing: Thing
    mask: np.ndarray
    x0: int
    y0: int
    depth: float
    complete: bool
    corners: np.ndarray
    runs: Spans


@dataclass(frozen=True, eq=False)
class Seen:
    """One object of a photo.

    Args:
        id, category: of the thing.
        amodal: the whole mask, (h, w) bool, tight.
        modal: its visible part inside the photo, (h, w) bool in the same window; may be empty.
        x0, y0: the window's corner in the photo.
        depth: of its nearest point, metres along the camera's axis.
        complete: whether `amodal` is all of it (see Outline).
        hidden_by: ids of what covers some of it, SCENERY for scenery, rising.
        size: (height, width) of the photo.
    """

    id: int
    category: str
    amodal: np.ndarray
    modal: np.ndarray
    x0: int
    y0: int
    depth: float
    complete: bool
    hidden_by: tuple[int, ...]
    size: tuple[int, int]

    @property
    def inside(self) -> np.ndarray:
        """The whole mask's part inside the photo, (h, w) bool in the window."""
        kept = np.zeros_like(self.amodal)
        kept[self.window] = self.amodal[self.window]
        return kept

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the window that lie inside the photo."""
        return _in_photo(self.x0, self.y0, self.amodal.shape, self.size)

    @property
    def occlusion_rate(self) -> float:
        """Hidden share of the pixels inside the photo, 0..1."""
        return 1 - float(self.modal.sum() / self.inside.sum())

    @property
    def truncation(self) -> float:
        """Share of the whole mask that lies beyond the photo, 0..1."""
        return 1 - float(self.inside.sum() / self.amodal.sum())


def rasterise(street: Street) -> tuple[Seen, ...]:
    """The objects of which the photo would show something if they stood alone, nearest first."""
    outlines = [outline(thing, street.camera) for thing in street.things]
    outlines = [item for item in outlines if item is not None]
    outlines.sort(key=lambda item: (item.depth, item.thing.id))
    near = _nearness(street, outlines)
    size = street.camera.height, street.camera.width
    hidden = _hidden(outlines, near, size)
    return tuple(
        _seen(item, hides, cover, size)
        for item, (hides, cover) in zip(outlines, hidden, strict=True)
    )


def outline(thing: Thing, camera: Camera) -> Outline | None:
    """The whole mask of an object as if it stood alone; None: the photo shows nothing of it."""
    width, height = camera.width, camera.height
    corners, ahead = projected(thing.placed, camera)
    if not len(corners):
        return None
    runs = spans(corners, -width, -height, 2 * width, 2 * height)
    within = runs.inside(0, 0, width, height)
    if not len(within.row):
        return None
    mask, x0, y0 = filled(runs)
    beyond = x0 <= -width or y0 <= -height
    beyond |= x0 + mask.shape[1] >= 2 * width or y0 + mask.shape[0] >= 2 * height
    depth = 1 / float(corners[..., 2].max())
    return Outline(thing, mask, x0, y0, depth, ahead and not beyond, corners, within)


@dataclass(frozen=True, eq=False)
class _Nearness:
    """Nearness of all that is contested: of each outline inside its window, and of scenery."""

    things: list[np.ndarray]
    scenery: np.ndarray


def _nearness(street: Street, outlines: Sequence[Outline]) -> _Nearness:
    """Depth is needed only where several masks lie over each other."""
    size = street.camera.height, street.camera.width
    cover = np.zeros(size, np.uint8)
    for item in outlines:
        photo, window = _both(item, size)
        cover[photo] += item.mask[window]
    scenery = np.zeros(size)
    if street.scenery and outlines:
        farthest = min(float(item.corners[..., 2].min()) for item in outlines)
        _add_scenery(street, cover > 0, farthest, scenery)
    contested = (cover > 1) | (scenery > 0)
    return _Nearness([_thing_nearness(item, contested, size) for item in outlines], scenery)


def _add_scenery(street: Street, wanted: np.ndarray, farthest: float, out: np.ndarray) -> None:
    """Raise `out` (H, W) to the scenery's nearness at wanted pixels, where above `farthest`."""
    rows, columns = (np.flatnonzero(wanted.any(axis=axis)) for axis in (1, 0))
    left, top = int(columns[0]), int(rows[0])
    right, bottom = int(columns[-1]) + 1, int(rows[-1]) + 1
    box, camera = (left, top, right, bottom), street.camera
    parts = [narrowed(mesh, camera, box, 1 / farthest) for mesh in street.scenery]
    corners = np.concatenate([projected(part, camera)[0] for part in parts])
    corners = corners[_touching(corners, wanted[top:bottom, left:right], left, top)]
    if len(corners):
        nearest(corners, spans(corners, *box), out, 0, 0, wanted)


def _touching(corners: np.ndarray, wanted: np.ndarray, left: int, top: int) -> np.ndarray:
    """Which triangles (T,) have boxes that hold a wanted pixel (h, w), the first at left, top."""
    height, width = wanted.shape
    sums = np.zeros((height + 1, width + 1), np.int32)
    sums[1:, 1:] = wanted.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    (x0, y0), (x1, y1) = (bound.T for bound in bounds(corners[..., :2]))
    x0, x1 = (np.clip(x - left, 0, width) for x in (x0, x1))
    y0, y1 = (np.clip(y - top, 0, height) for y in (y0, y1))
    x0, y0 = (np.floor(low).astype(np.int64) for low in (x0, y0))
    x1, y1 = (np.ceil(high).astype(np.int64) for high in (x1, y1))
    return sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0] > 0


def _thing_nearness(item: Outline, contested: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(h, w) nearness over the part of an outline's window inside the photo; 0 elsewhere."""
    photo, window = _both(item, size)
    wanted = item.mask[window] & contested[photo]
    near = np.zeros(wanted.shape)
    if wanted.any():
        x0, y0 = photo[1].start, photo[0].start
        nearest(item.corners, item.runs, near, x0, y0, wanted)
    return near


def _hidden(
    outlines: Sequence[Outline], near: _Nearness, size: tuple[int, int]
) -> list[tuple[set[int], np.ndarray]]:
    """For each outline what hides it, and where: (h, w) bool of its window inside the photo."""
    found = []
    for item, own in zip(outlines, near.things, strict=True):
        photo, _ = _both(item, size)
        with np.errstate(divide="ignore"):
            limit = np.where(own > 0, 1 / np.maximum(1 / own - AHEAD, 1e-6), np.inf)
        cover = near.scenery[photo] > limit
        found.append(({SCENERY} if cover.any() else set(), cover))
    for first in range(len(outlines)):
        for second in range(first):
            _compare(outlines, near.things, found, first, second, size)
    return found


def _compare(outlines, near, found, first: int, second: int, size: tuple[int, int]) -> None:
    """Add what two objects hide of each other; where they touch, the one nearer in all wins."""
    rows_a, columns_a = _both(outlines[first], size)[0]
    rows_b, columns_b = _both(outlines[second], size)[0]
    top, bottom = max(rows_a.start, rows_b.start), min(rows_a.stop, rows_b.stop)
    left, right = max(columns_a.start, columns_b.start), min(columns_a.stop, columns_b.stop)
    if top >= bottom or left >= right:
        return

    def part(rows: slice, columns: slice) -> tuple[slice, slice]:
        return (
            slice(top - rows.start, bottom - rows.start),
            slice(left - columns.start, right - columns.start),
        )

    a, b = part(rows_a, columns_a), part(rows_b, columns_b)
    both = (near[first][a] > 0) & (near[second][b] > 0)
    if not both.any():
        return
    ahead = near[first][a] > near[second][b]  # `second` is the nearer one in all
    for item, where, other, cover in (
        (first, a, second, both & ~ahead),
        (second, b, first, both & ahead),
    ):
        if cover.any():
            found[item][0].add(outlines[other].thing.id)
            found[item][1][where] |= cover


def _seen(item: Outline, hides: set[int], cover: np.ndarray, size: tuple[int, int]) -> Seen:
    _, window = _both(item, size)
    modal = np.zeros_like(item.mask)
    modal[window] = item.mask[window] & ~cover
    thing, hidden_by = item.thing, tuple(sorted(hides))
    return Seen(
        thing.id,
        thing.category,
        item.mask,
        modal,
        item.x0,
        item.y0,
        item.depth,
        item.complete,
        hidden_by,
        size,
    )


def _both(item: Outline, size: tuple[int, int]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where an outline's part inside the photo lies in the photo, and in its window."""
    rows, columns = _in_photo(item.x0, item.y0, item.mask.shape, size)
    photo = (
        slice(rows.start + item.y0, rows.stop + item.y0),
        slice(columns.start + item.x0, columns.stop + item.x0),
    )
    return photo, (rows, columns)


def _in_photo(
    x0: int, y0: int, window: tuple[int, int], size: tuple[int, int]
) -> tuple[slice, slice]:
    """The rows and columns of a window that lie inside a photo."""
    return (
        slice(max(-y0, 0), min(window[0], size[0] - y0)),
        slice(max(-x0, 0), min(window[1], size[1] - x0)),
    )
