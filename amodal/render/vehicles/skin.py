"""A body's skin that windows, lamps and seams are cut into, so that they lie flush on it.

A region is a convex set, given by planes (K, 4): the points p with plane[:3] @ p + plane[3] >= 0
for all of them. `prism` makes one from an outline drawn in a side, front or top view.
"""

from __future__ import annotations

import numpy as np

from amodal.render.mesh import Material, Mesh
from amodal.render.primitives import welded

# Drawings of a vehicle, as the two axes that they show.
SIDE, FRONT, TOP = (1, 2), (0, 2), (0, 1)

_FLAT = 1e-9  # square metres: triangles below it are dropped


class Skin:
    """Triangles that are cut along regions and repainted or removed.

    Args:
        mesh: where it starts from.
    """

    def __init__(self, mesh: Mesh) -> None:
        self._corners = mesh.vertices[mesh.triangles].astype(np.float64)  # (T, 3, 3)
        self._palette = list(mesh.materials)
        self._material = mesh.material.copy()

    def paint(
        self, planes: np.ndarray, material: Material, towards: tuple[float, float, float]
    ) -> None:
        """Gives a material to what lies in the region and faces `towards`, a direction."""
        if material not in self._palette:
            self._palette.append(material)
        facing = _normals(self._corners) @ np.asarray(towards, np.float64) > 0.15
        inside = self._cut(planes, facing)
        self._material[inside] = self._palette.index(material)

    def remove(self, planes: np.ndarray) -> None:
        """Cuts a hole where the region is."""
        inside = self._cut(planes, np.ones(len(self._corners), bool))
        self._corners, self._material = self._corners[~inside], self._material[~inside]

    def mesh(self) -> Mesh:
        """The skin so far, shaded as curved."""
        count = len(self._corners)
        loose = Mesh(
            self._corners.reshape(-1, 3).astype(np.float32),
            np.arange(3 * count, dtype=np.int32).reshape(-1, 3),
            tuple(self._palette),
            self._material.astype(np.int32),
            np.ones(count, bool),
        )
        return welded(loose, 2e-4)

    def _cut(self, planes: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Cuts the wanted triangles along the planes; (T,) bool: now inside, and wanted."""
        clear = (self._corners @ planes[:, :3].T + planes[:, 3]).max(axis=1) <= 1e-7
        touched = np.flatnonzero(wanted & ~clear.any(axis=1))
        inside, root, outside = self._corners[touched], touched, []
        for plane in planes:
            sign, pieces, parent = _sides(inside, plane)
            outside.append((pieces[sign < 0], root[parent[sign < 0]]))
            inside, root = pieces[sign > 0], root[parent[sign > 0]]
        # A triangle that was cut though none of it is inside stays whole.
        cut = np.zeros(len(self._corners), bool)
        cut[root] = True
        scraps = [(corners[cut[origin]], origin[cut[origin]]) for corners, origin in outside]
        kept = np.flatnonzero(~cut)
        origin = np.concatenate([kept, *(o for _, o in scraps), root])
        self._corners = np.concatenate([self._corners[kept], *(c for c, _ in scraps), inside])
        self._material = self._material[origin]
        return np.arange(len(origin)) >= len(origin) - len(root)


def prism(outline: np.ndarray, view: tuple[int, int]) -> np.ndarray:
    """The planes of a convex outline (N, 2), either way round, endless across the view."""
    outline = np.asarray(outline, np.float64)
    ahead = np.roll(outline, -1, axis=0) - outline
    length = np.hypot(*ahead.T)
    kept = length > 1e-6
    outline, ahead = outline[kept], ahead[kept] / length[kept, None]
    middle = outline.mean(axis=0)
    normal = np.stack([-ahead[:, 1], ahead[:, 0]], axis=-1)
    offset = -(normal * outline).sum(axis=-1)
    sign = np.sign(normal @ middle + offset)[:, None]
    planes = np.zeros((len(outline), 4))
    planes[:, view] = normal * sign
    planes[:, 3] = offset * sign[:, 0]
    return planes


def beyond(axis: int, value: float, less: bool = False) -> np.ndarray:
    """The half-space, (1, 4), where a coordinate is above `value`, or `less` than it."""
    plane = np.zeros((1, 4))
    plane[0, axis] = -1.0 if less else 1.0
    plane[0, 3] = value if less else -value
    return plane


def inset(outline: np.ndarray, by: float, corner: float = 0.0) -> np.ndarray:
    """A convex outline (N, 2) moved inwards by metres, its corners cut off by `corner` metres."""
    planes = prism(outline, (0, 1))[:, [0, 1, 3]]
    shape = np.asarray(outline, np.float64)
    for normal_x, normal_y, offset in planes:
        shape = cropped(shape, np.array([normal_x, normal_y]), offset - by)
    return _cut_corners(shape, corner) if corner > 0 else shape


def cropped(shape: np.ndarray, normal: np.ndarray, offset: float) -> np.ndarray:
    """The part of a convex outline where normal @ p + offset >= 0."""
    distance = shape @ normal + offset
    points = []
    for here, there, d0, d1 in zip(
        shape, np.roll(shape, -1, 0), distance, np.roll(distance, -1), strict=True
    ):
        if d0 >= 0:
            points.append(here)
        if (d0 >= 0) != (d1 >= 0):
            points.append(here + (there - here) * d0 / (d0 - d1))
    return np.array(points).reshape(-1, 2)


def _cut_corners(shape: np.ndarray, by: float) -> np.ndarray:
    """Each corner replaced by two points; flat corners stay as they are."""
    points = []
    for before, here, after in zip(np.roll(shape, 1, 0), shape, np.roll(shape, -1, 0), strict=True):
        back, ahead = before - here, after - here
        lengths = max(np.hypot(*back), 1e-9), max(np.hypot(*ahead), 1e-9)
        back, ahead = back / lengths[0], ahead / lengths[1]
        if back @ ahead < -0.9:
            points.append(here)
            continue
        points += [here + back * min(by, 0.4 * lengths[0])]
        points += [here + ahead * min(by, 0.4 * lengths[1])]
    return np.array(points)


def _sides(corners: np.ndarray, plane: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Triangles cut along a plane: which side (U,), corners (U, 3, 3), parents (U,)."""
    distance = corners @ plane[:3] + plane[3]
    distance[np.abs(distance) < 1e-7] = 0.0
    above, below = (distance > 0).any(axis=1), (distance < 0).any(axis=1)
    whole, crossing = ~(above & below), np.flatnonzero(above & below)
    pieces, sign, parent = _halves(corners[crossing], distance[crossing])
    sign = np.concatenate([np.where(above[whole], 1, -1), sign])
    parent = np.concatenate([np.flatnonzero(whole), crossing[parent]])
    return sign, np.concatenate([corners[whole], pieces]), parent


def _halves(corners: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pieces (U, 3, 3) of triangles that a plane crosses, their signs and their parents."""
    count = len(corners)
    positive = distance > 0
    lone_sign = positive.sum(axis=1) == 1
    lone = np.argmax(positive == lone_sign[:, None], axis=1)
    order = (lone[:, None] + np.arange(3)) % 3
    a, b, c = np.moveaxis(np.take_along_axis(corners, order[..., None], axis=1), 1, 0)
    da, db, dc = np.take_along_axis(distance, order, axis=1).T[..., None]
    p = a + (b - a) * (da / (da - db))
    q = a + (c - a) * (da / (da - dc))
    pieces = np.concatenate(
        [np.stack([a, p, q], 1), np.stack([p, b, c], 1), np.stack([p, c, q], 1)]
    )
    sign = np.where(lone_sign, 1, -1)
    sign = np.concatenate([sign, -sign, -sign])
    parent = np.tile(np.arange(count), 3)
    kept = np.linalg.norm(_scaled_normals(pieces), axis=1) > 2 * _FLAT
    return pieces[kept], sign[kept], parent[kept]


def _scaled_normals(corners: np.ndarray) -> np.ndarray:
    """Normals (T, 3) as long as twice the area."""
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def _normals(corners: np.ndarray) -> np.ndarray:
    normals = _scaled_normals(corners)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
