"""Which edits of a street are rendered again as truth: those that uncover the most.

Positions in metres in the world, pictures in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from amodal.render.blender_scene import Box
from amodal.render.blender_sky import sun_direction
from amodal.render.layout.footprints import Ground, apart
from amodal.render.mesh import Mesh
from amodal.render.raster import Outline, Seen, outline, rasterise
from amodal.render.scene import Light, Street, Thing

_MARGIN = 14  # pixels around what changes: soft shadows, light that bounces
_LEAST = 150  # pixels: smaller objects are not worth an edit
_HALF_HIDDEN = 0.2, 0.8  # shares of an object in the photo, between which a deletion teaches most

# A mask (h, w) bool and the pixel (x, y) of the photo at its corner.
_Window = tuple[np.ndarray, int, int]


@dataclass(frozen=True)
class Edit:
    """One change of a street.

    Args:
        name: of its picture.
        kind: delete, sideways, depth or swap.
        removed: ids of objects taken away.
        things: objects in their new places, of ids that the street has.
        factor: by how much the first object grows in the picture; 1 unless it moves in depth.
    """

    name: str
    kind: str
    removed: tuple[int, ...] = ()
    things: tuple[Thing, ...] = ()
    factor: float = 1.0

    @property
    def ids(self) -> tuple[int, ...]:
        """Of all objects that it changes."""
        return (*self.removed, *(thing.id for thing in self.things))


def draw_edits(street: Street) -> list[Edit]:
    """One edit of each kind where the street has room for it; the same for equal streets."""
    rng = np.random.default_rng([street.seed, 8])
    found = [outline(thing, street.camera) for thing in street.things]
    found = [item for item in found if item is not None and item.mask.sum() >= _LEAST]
    hiders = sorted(found, key=lambda item: -_hides(item, found))
    hiders = [item.thing for item in hiders if _hides(item, found) > 0][:6]
    hiders = hiders or [item.thing for item in sorted(found, key=lambda i: -i.mask.sum())[:3]]
    if not hiders:
        return []
    room = Room(street)
    deleted = _revealing(street) or hiders[0].id
    edits = [Edit("delete", "delete", removed=(deleted,))]
    # Others than the one that is deleted come first, so that the edits show different objects.
    order = sorted(hiders, key=lambda thing: thing.id == deleted)
    more = _sideways(rng, room, order), _in_depth(rng, room, order), _swapped(room, found)
    return [*edits, *(edit for edit in more if edit is not None)]


def changed_box(street: Street, edit: Edit) -> Box | None:
    """Pixels that an edit can change: its objects and their shadows, before and after.

    What changes elsewhere, in mirror images and in light that bounces far, is left out.
    """
    camera = street.camera
    before = [thing for thing in street.things if thing.id in edit.ids]
    corners = []
    for thing in (*before, *edit.things):
        vertices = thing.placed.vertices.astype(np.float64)
        points = [vertices, _shadow(vertices, street.light), _dimmed(vertices)]
        points = np.concatenate(points)
        ahead = points[camera.view(points)[:, 2] > 0.3]
        if len(ahead):
            pixels = camera.project(ahead)[0]
            corners += [pixels.min(axis=0), pixels.max(axis=0)]
    if not corners:
        return None
    low = np.floor(np.min(corners, axis=0)) - _MARGIN
    high = np.ceil(np.max(corners, axis=0)) + _MARGIN
    size = (camera.width, camera.height)
    (x0, y0), (x1, y1) = (np.clip(edge, 0, size).astype(int) for edge in (low, high))
    return (int(x0), int(y0), int(x1), int(y1)) if x1 > x0 and y1 > y0 else None


def _shadow(vertices: np.ndarray, light: Light) -> np.ndarray:
    """Where the sun throws points on the ground, at most 25 m away."""
    sun = np.array(sun_direction(light))
    height = np.maximum(vertices[:, 2:], 0.0)
    reach = np.minimum(height / max(sun[2], 0.05), 25.0 if light.overcast < 0.8 else 1.0)
    thrown = vertices - reach * sun
    thrown[:, 2] = np.maximum(thrown[:, 2], 0.0)
    return thrown


def _dimmed(vertices: np.ndarray) -> np.ndarray:
    """The ground around points from which they cover much of the sky, as 8 corners."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    reach = min(0.8 * (high[2] - low[2]), 2.5)
    turn = np.arange(8) * np.pi / 4
    around = np.column_stack([np.cos(turn), np.sin(turn)]) * ((high - low)[:2] / np.sqrt(2) + reach)
    return np.column_stack([(low + high)[:2] / 2 + around, np.full(8, low[2])])


def _revealing(street: Street) -> int | None:
    """Id of the object whose visible pixels lie before most of half-hidden ones, or None."""
    seen = rasterise(street)
    low, high = _HALF_HIDDEN
    half = [item for item in seen if low <= item.occlusion_rate <= high]

    def uncovered(item: Seen) -> int:
        own = (item.modal, item.x0, item.y0)
        behind = (other for other in half if item.id in other.hidden_by)
        return sum(_shared(own, (other.inside, other.x0, other.y0)) for other in behind)

    best = max(seen, key=uncovered, default=None)
    return best.id if best is not None and uncovered(best) >= _LEAST else None


def _hides(item: Outline, others: Sequence[Outline]) -> int:
    """Pixels of objects farther away that lie behind an object."""
    return sum(_overlap(item, other) for other in others if other.depth > item.depth)


def _overlap(first: Outline, second: Outline) -> int:
    """Pixels that two whole masks share."""
    return _shared((first.mask, first.x0, first.y0), (second.mask, second.x0, second.y0))


def _shared(first: _Window, second: _Window) -> int:
    """Pixels that are set in two windows of one picture."""
    ends = [(x + mask.shape[1], y + mask.shape[0]) for mask, x, y in (first, second)]
    x0, y0 = max(first[1], second[1]), max(first[2], second[2])
    x1, y1 = min(ends[0][0], ends[1][0]), min(ends[0][1], ends[1][1])
    if x1 <= x0 or y1 <= y0:
        return 0
    cut = [mask[y0 - y : y1 - y, x0 - x : x1 - x] for mask, x, y in (first, second)]
    return int((cut[0] & cut[1]).sum())


def _sideways(rng: np.random.Generator, room: Room, order: Sequence[Thing]) -> Edit | None:
    """Along the picture's x axis, by about the object's width as it is seen."""
    right = room.street.camera.rotation[0] * (1, 1, 0)
    for thing in order:
        across = thing.placed.vertices.astype(np.float64) @ right
        width = float(np.ptp(across))
        for share in rng.permutation([-1.0, -0.7, -0.45, 0.45, 0.7, 1.0]):
            position = np.array(thing.position) + share * width * right
            moved = room.stood(replace(thing, position=tuple(float(v) for v in position)))
            if moved is not None:
                return Edit("sideways", "sideways", things=(moved,))
    return None


def _in_depth(rng: np.random.Generator, room: Room, order: Sequence[Thing]) -> Edit | None:
    """Along the line of sight, on the same ground: nearer is larger, as in the real street."""
    camera = room.street.camera
    eye = np.array([*camera.position[:2], 0.0])
    for thing in order:
        for factor in rng.permutation([0.55, 0.7, 0.8, 1.25, 1.45]):
            way = np.array(thing.position) - eye
            position = eye + way / factor
            position[2] = thing.position[2]
            moved = room.stood(replace(thing, position=tuple(float(v) for v in position)))
            if moved is not None:
                depths = camera.view(np.array([thing.position, moved.position]))[:, 2]
                return Edit("depth", "depth", things=(moved,), factor=float(depths[0] / depths[1]))
    return None


def _swapped(room: Room, found: Sequence[Outline]) -> Edit | None:
    """Two objects of one class, of which one hides some of the other, in each other's places."""
    pairs = [
        (_overlap(a, b), a.thing, b.thing)
        for k, a in enumerate(found)
        for b in found[k + 1 :]
        if a.thing.category == b.thing.category
    ]
    for overlap, a, b in sorted(pairs, key=lambda pair: -pair[0]):
        if not overlap:
            break
        swapped = (
            replace(a, position=b.position, turn=b.turn),
            replace(b, position=a.position, turn=a.turn),
        )
        stood = [room.stood(thing, (a.id, b.id)) for thing in swapped]
        if None not in stood and apart(footprint(stood[0]), footprint(stood[1]), 0.1):
            return Edit("swap", "swap", things=tuple(stood))
    return None


class Room:
    """Where in a street objects can stand."""

    def __init__(self, street: Street):
        self.street = street
        self._obstacles = Ground(street.scenery)
        self._level = [_level(mesh) for mesh in street.scenery]

    def stood(self, thing: Thing, ignored: Sequence[int] = ()) -> Thing | None:
        """The object on the ground where it is, or None if it does not fit there.

        Args:
            thing: in its new place; its height is not looked at.
            ignored: ids of objects that do not stand in its way.
        """
        own = footprint(thing)
        others = (o for o in self.street.things if o.id != thing.id and o.id not in ignored)
        if not all(apart(own, footprint(other), 0.1) for other in others):
            return None
        if not self._obstacles.is_free(own, 0.1):
            return None
        heights = [self._height(point) for point in (*own, own.mean(axis=0))]
        if np.ptp(heights) > 0.03:
            return None  # it would stand with one foot on a kerb
        stood = replace(thing, position=(*thing.position[:2], float(max(heights))))
        seen = outline(stood, self.street.camera)
        return None if seen is None or not seen.complete or seen.depth < 2.0 else stood

    def _height(self, point: np.ndarray) -> float:
        """z of the ground below a point (x, y); 0 where there is none."""
        return max((_height_at(corners, point) for corners in self._level), default=0.0)


def _level(mesh: Mesh) -> np.ndarray:
    """Corners (N, 3, 3) of the triangles that one could stand on near the ground."""
    corners = mesh.vertices.astype(np.float64)[mesh.triangles]
    low, high = corners[..., 2].min(axis=1), corners[..., 2].max(axis=1)
    return corners[(low > -0.02) & (high < 0.2) & (high - low < 0.01)]


def _height_at(corners: np.ndarray, point: np.ndarray) -> float:
    a, b, c = (corners[:, k, :2] - point for k in range(3))
    sides = [p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0] for p, q in ((a, b), (b, c), (c, a))]
    inside = np.all([side >= 0 for side in sides], axis=0)
    inside |= np.all([side <= 0 for side in sides], axis=0)
    # Markings and rails lie a few millimetres above the road; wheels do not climb them.
    heights = corners[inside, :, 2].mean(axis=1)
    return float(np.where(heights < 0.02, 0.0, heights).max(initial=0.0))


def footprint(thing: Thing) -> np.ndarray:
    """Corners (4, 2) of an object's extent on the ground, in the world."""
    low, high = thing.mesh.vertices.min(0) * thing.scale, thing.mesh.vertices.max(0) * thing.scale
    corners = np.array([(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])])
    c, s = np.cos(thing.turn), np.sin(thing.turn)
    return corners @ np.array([[c, s], [-s, c]]) + np.array(thing.position[:2])
