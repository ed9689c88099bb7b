"""Scan conversion of many triangles at once: rows of pixels, without a loop over triangles.

Convention: a pixel is covered where its centre is, so triangles that share an edge cover each
pixel once and things thinner than a pixel do not grow. Columns and rows are those of the photo and
may lie outside of it. Nearness is 1 / depth, which is linear in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amodal.render.mesh import Mesh
from amodal.render.scene import Camera

NEAR = 0.05  # metres: triangles are cut there


@dataclass(frozen=True, eq=False)
class Spans:
    """Runs of pixels in a row, one a triangle and row.

    Args:
        row: (N,) int64.
        start, end: (N,) int64, half-open columns.
        triangle: (N,) int64, index of the triangle, rising.
    """

    row: np.ndarray
    start: np.ndarray
    end: np.ndarray
    triangle: np.ndarray

    def kept(self, wanted: np.ndarray) -> Spans:
        """Those where `wanted` (N,) bool is true."""
        return Spans(self.row[wanted], self.start[wanted], self.end[wanted], self.triangle[wanted])

    def inside(self, left: int, top: int, right: int, bottom: int) -> Spans:
        """Cut to a half-open box of pixels."""
        start, end = np.maximum(self.start, left), np.minimum(self.end, right)
        cut = Spans(self.row, start, end, self.triangle)
        return cut.kept((start < end) & (self.row >= top) & (self.row < bottom))


def projected(mesh: Mesh, camera: Camera) -> tuple[np.ndarray, bool]:
    """Triangles as the camera sees them.

    Returns:
        (T, 3, 3) corners of x, y in pixels and nearness in 1 / metres; and whether all of the mesh
        lies before the near plane.
    """
    seen = camera.view(mesh.vertices.astype(np.float64))
    depth = seen[:, 2]
    if (depth > NEAR).all():
        return _pixels(seen, camera)[mesh.triangles], True
    corners = seen[mesh.triangles]
    ahead = (corners[..., 2] > NEAR).sum(axis=1)
    pieces = [corners[ahead == 3], *_cut_near(corners[(ahead == 1) | (ahead == 2)])]
    return _pixels(np.concatenate(pieces), camera), False


def narrowed(mesh: Mesh, camera: Camera, box: tuple[int, int, int, int], depth: float) -> Mesh:
    """The part of a mesh that may show in a box of pixels and nearer than a depth.

    Args:
        mesh: in the world.
        camera: who looks.
        box: left, top, right, bottom.
        depth: along the camera's axis, metres.
    """
    left, right = (x - camera.width / 2 for x in box[::2])
    top, bottom = (y - camera.height / 2 for y in box[1::2])
    f = camera.focal
    # A point (right, down, forward, 1) of the camera's frame is outside where one of these is not
    # above 0; a triangle is outside of what all its corners are outside of.
    sides = [(f, 0, -left, 0), (-f, 0, right, 0), (0, f, -top, 0), (0, -f, bottom, 0)]
    sides = np.array([*sides, (0, 0, 1, -NEAR), (0, 0, -1, depth)])
    normals = sides[:, :3] @ camera.rotation
    limits = normals @ camera.position - sides[:, 3]
    fails = np.zeros(len(mesh.vertices), np.uint8)
    for number, side in enumerate(normals @ mesh.vertices.T.astype(np.float64)):
        fails |= (side <= limits[number]) * np.uint8(1 << number)
    a, b, c = fails[mesh.triangles.T]
    return mesh.part((a & b & c) == 0)


def _pixels(seen: np.ndarray, camera: Camera) -> np.ndarray:
    """Points (..., 3) of the camera's frame as x, y in pixels and nearness."""
    nearness = 1 / seen[..., 2]
    x = camera.focal * seen[..., 0] * nearness + camera.width / 2
    y = camera.focal * seen[..., 1] * nearness + camera.height / 2
    return np.stack([x, y, nearness], axis=-1)


def _cut_near(corners: np.ndarray) -> list[np.ndarray]:
    """What lies before the near plane of triangles (T, 3, 3) that cross it, as triangles."""
    ahead = corners[..., 2] > NEAR
    single = ahead.sum(axis=1) == 1
    # Turned so that the corner that is alone on its side of the plane comes first.
    first = np.argmax(ahead == single[:, None], axis=1)
    order = (first[:, None] + np.arange(3)) % 3
    a, b, c = np.moveaxis(np.take_along_axis(corners, order[..., None], axis=1), 1, 0)
    ab, ac = _crossing(a, b), _crossing(a, c)
    tips = np.stack([a, ab, ac], axis=1)[single]
    rests = [np.stack([ab, b, c], axis=1)[~single], np.stack([ab, c, ac], axis=1)[~single]]
    return [tips, *rests]


def _crossing(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Where lines from a to b, (T, 3) each, meet the near plane."""
    share = (NEAR - a[:, 2]) / (b[:, 2] - a[:, 2])
    point = a + share[:, None] * (b - a)
    point[:, 2] = NEAR
    return point


def bounds(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest values of the corners of triangles (T, 3, C), (T, C) each."""
    # Far faster than min and max over an axis as short as this.
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    return np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)


def spans(corners: np.ndarray, left: int, top: int, right: int, bottom: int) -> Spans:
    """The runs of pixels of triangles.

    Args:
        corners: (T, 3, 2 or more), x and y in pixels first.
        left, top, right, bottom: half-open box of pixels to stay in.
    """
    # With the triangles along the last axis, which is long, all that follows is far faster.
    a, b, c = points = np.ascontiguousarray(corners[..., :2].transpose(1, 2, 0))
    low, high = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
    some = np.ceil(low - 0.5) < np.ceil(high - 0.5)  # a pixel's centre lies in between
    some &= (high > [[left], [top]]) & (low < [[right], [bottom]])
    kept = (some[0] & some[1]).nonzero()[0]
    points = _by_row(*points[:, :, kept])
    rows = np.ceil(np.clip(points[:, 1], top - 1, bottom + 1) - 0.5).astype(np.int64)
    begin, stop = np.maximum(rows[0], top), np.minimum(rows[2], bottom)
    counts = np.maximum(stop - begin, 0)
    which = np.repeat(np.arange(len(kept)), counts)
    row = np.arange(len(which)) + (begin - np.cumsum(counts) + counts)[which]
    start, end = _columns(points, rows[1], which, row)
    start = np.ceil(np.clip(start, left, right) - 0.5).astype(np.int64)
    end = np.ceil(np.clip(end, left, right) - 0.5).astype(np.int64)
    start = np.maximum(start, left)
    filled = start < end
    return Spans(row[filled], start[filled], end[filled], kept[which[filled]])


def _by_row(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Corners (3, 2, T) of triangles from three corners (2, T) of x, y, sorted by y."""
    a, b = _in_order(a, b)
    b, c = _in_order(b, c)
    a, b = _in_order(a, b)
    return np.stack([a, b, c])


def _in_order(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    wrong = first[1] > second[1]
    return np.where(wrong, second, first), np.where(wrong, first, second)


def _columns(
    points: np.ndarray, middle: np.ndarray, which: np.ndarray, row: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Left and right end (N,) of rows of triangles (3, 2, T) sorted by y.

    An edge gives the same number whichever triangle asks, so that neighbours leave no gap.
    """
    start, end = points[[0, 0, 1]], points[[2, 1, 2]]  # of the long edge, the upper, the lower one
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (end[:, 0] - start[:, 0]) / (end[:, 1] - start[:, 1])
    (x, y), slope = start.swapaxes(0, 1).reshape(2, -1), slope.reshape(-1)
    centre = row + 0.5
    count = len(middle)
    short = which + np.where(row < middle[which], count, 2 * count)
    long, short = (x[edge] + (centre - y[edge]) * slope[edge] for edge in (which, short))
    return np.minimum(long, short), np.maximum(long, short)


def filled(runs: Spans) -> tuple[np.ndarray, int, int]:
    """The tight mask (h, w) bool that at least one run covers, and its corner x0, y0."""
    x0, y0 = int(runs.start.min()), int(runs.row.min())
    width, height = int(runs.end.max()) - x0, int(runs.row.max()) + 1 - y0
    stride = width + 1
    base = (runs.row - y0) * stride - x0
    size = height * stride
    steps = np.bincount(base + runs.start, minlength=size)
    steps -= np.bincount(base + runs.end, minlength=size)
    # Every row ends at zero, so the sum may run on through the rows.
    return steps.cumsum().reshape(height, stride)[:, :-1] > 0, x0, y0


def nearest(
    corners: np.ndarray, runs: Spans, out: np.ndarray, x0: int, y0: int, wanted: np.ndarray
) -> None:
    """Raise `out` to the nearness of triangles where they are nearer.

    Args:
        corners: (T, 3, 3) of x, y, nearness.
        runs: of these triangles, inside the window.
        out: (h, w) float64, nearness; changed in place. Its corner is the pixel (x0, y0).
        wanted: (h, w) bool; other pixels stay as they are.
    """
    runs = _with_wanted(runs, wanted, x0, y0)
    lengths = runs.end - runs.start
    which = np.repeat(np.arange(len(lengths)), lengths)
    row_start = (runs.row - y0) * out.shape[1] - x0
    place = np.arange(len(which)) + (row_start + runs.start - np.cumsum(lengths) + lengths)[which]
    kept = wanted.reshape(-1)[place]
    which, place = which[kept], place[kept]
    column = place - row_start[which]
    # The runs of a triangle follow one another.
    first = np.diff(runs.triangle, prepend=-1) != 0
    a, b, c, low, high = _planes(corners[runs.triangle[first]])[:, np.cumsum(first) - 1]
    row_part = b * (runs.row + 0.5) + c + 0.5 * a
    value = row_part[which] + a[which] * column
    value = np.clip(value, low[which], high[which])
    np.maximum.at(out.reshape(-1), place, value)


def _with_wanted(runs: Spans, wanted: np.ndarray, x0: int, y0: int) -> Spans:
    """The runs that hold a wanted pixel."""
    sums = np.zeros((wanted.shape[0], wanted.shape[1] + 1), np.int64)
    np.cumsum(wanted, axis=1, out=sums[:, 1:])
    row = runs.row - y0
    return runs.kept(sums[row, runs.end - x0] > sums[row, runs.start - x0])


def _planes(corners: np.ndarray) -> np.ndarray:
    """a, b, c of the nearness a x + b y + c of triangles, and its least and greatest, (5, T)."""
    x, y, z = np.ascontiguousarray(corners.transpose(2, 1, 0))
    dx, dy, dz = (value[1:] - value[0] for value in (x, y, z))
    area = dx[0] * dy[1] - dx[1] * dy[0]
    area = np.where(area == 0, np.inf, area)
    a = (dz[0] * dy[1] - dz[1] * dy[0]) / area
    b = (dx[0] * dz[1] - dx[1] * dz[0]) / area
    c = z[0] - a * x[0] - b * y[0]
    return np.stack([a, b, c, z.min(axis=0), z.max(axis=0)])
