"""Meshes of parametric objects, plain numpy: what the rasteriser and Blender both draw.

Convention: metres; x to the right, y forward, z up; an object stands on z = 0 with its middle at
the origin and looks along +y. Triangles are counter-clockwise seen from outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Material:
    """How a surface looks; the terms are those of Blender's Principled BSDF.

    Args:
        name: says what it is, such as "paint"; equal materials are shared.
        colour: linear RGB, each 0..1.
        roughness: 0 mirror, 1 chalk.
        metallic: 0..1.
        coat: weight of a clear coat, 0..1.
        transmission: 0 opaque, 1 clear glass.
        glow: strength of the light it gives off; 0: none.
        grain: spatial frequency of a faint variation of the colour, per metre; 0: plain.
    """

    name: str
    colour: tuple[float, float, float]
    roughness: float = 0.5
    metallic: float = 0.0
    coat: float = 0.0
    transmission: float = 0.0
    glow: float = 0.0
    grain: float = 0.0


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles with materials.

    Args:
        vertices: (V, 3) float32.
        triangles: (T, 3) int32, indices of vertices.
        materials: the palette.
        material: (T,) int32, indices of `materials`.
        smooth: (T,) bool, whether the surface is shaded as if it were curved.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    materials: tuple[Material, ...]
    material: np.ndarray
    smooth: np.ndarray

    def moved(
        self, offset: tuple[float, float, float] = (0, 0, 0), turn: float = 0.0, scale: float = 1.0
    ) -> Mesh:
        """Scaled about the origin, turned about z by `turn` radians (left is positive), moved."""
        vertices = scale * self.vertices
        if turn:
            c, s = np.cos(turn), np.sin(turn)
            rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]], np.float32)
            vertices = vertices @ rotation.T
        for axis, by in enumerate(np.array(offset, np.float32)):
            vertices[:, axis] += by  # far faster than to add (V, 3) and (3,)
        return self._with(vertices.astype(np.float32, copy=False))

    def transformed(self, matrix: np.ndarray) -> Mesh:
        """Multiplied by a (3, 4) matrix; one that mirrors turns the triangles over."""
        vertices = (self.vertices @ matrix[:, :3].T + matrix[:, 3]).astype(np.float32)
        mesh = self._with(vertices)
        return mesh if np.linalg.det(matrix[:, :3]) > 0 else mesh._flipped()

    def mirrored(self) -> Mesh:
        """Mirrored at the plane x = 0."""
        return self.transformed(np.diag([-1, 1, 1, 1])[:3].astype(np.float32))

    def part(self, wanted: np.ndarray) -> Mesh:
        """The triangles where `wanted` (T,) bool is true, with their vertices."""
        triangles = self.triangles[wanted]
        used = np.zeros(len(self.vertices), bool)
        used[triangles] = True
        index = np.cumsum(used, dtype=np.int32) - 1
        material, smooth = self.material[wanted], self.smooth[wanted]
        return Mesh(self.vertices[used], index[triangles], self.materials, material, smooth)

    @property
    def size(self) -> np.ndarray:
        """Extent along x, y, z, (3,)."""
        return np.ptp(self.vertices, axis=0)

    def _with(self, vertices: np.ndarray) -> Mesh:
        return Mesh(vertices, self.triangles, self.materials, self.material, self.smooth)

    def _flipped(self) -> Mesh:
        return Mesh(
            self.vertices, self.triangles[:, ::-1], self.materials, self.material, self.smooth
        )


def surface(
    vertices: np.ndarray, triangles: np.ndarray, material: Material, smooth: bool = True
) -> Mesh:
    """A mesh of one material."""
    count = len(triangles)
    return Mesh(
        np.asarray(vertices, np.float32),
        np.asarray(triangles, np.int32),
        (material,),
        np.zeros(count, np.int32),
        np.full(count, smooth),
    )


def merged(parts: Iterable[Mesh]) -> Mesh:
    """One mesh of several; equal materials become one."""
    parts = list(parts)
    palette: dict[Material, int] = {}
    numbers = [palette.setdefault(each, len(palette)) for part in parts for each in part.materials]
    counts = [len(part.triangles) for part in parts]
    vertices = _starts(counts, [len(part.vertices) for part in parts])
    material = np.concatenate([part.material for part in parts])
    if len(palette) > 1:
        material = material + _starts(counts, [len(part.materials) for part in parts])
        material = np.array(numbers, np.int32)[material]
    else:
        material = np.zeros_like(material)
    return Mesh(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.triangles for part in parts]) + vertices[:, None],
        tuple(palette),
        material,
        np.concatenate([part.smooth for part in parts]),
    )


def _starts(counts: Sequence[int], lengths: Sequence[int]) -> np.ndarray:
    """For each triangle of parts, of which they have `counts`, where its part begins in a list."""
    return np.repeat(np.cumsum([0, *lengths[:-1]], dtype=np.int32), counts)


def welded(mesh: Mesh, within: float = 1e-5) -> Mesh:
    """The mesh with vertices of one place made one, without the triangles that collapse."""
    keys = np.round(mesh.vertices.astype(np.float64) / within).astype(np.int64)
    order = np.lexsort(keys.T[::-1])
    keys = keys[order]
    new = np.ones(len(order), bool)
    new[1:] = (keys[1:] != keys[:-1]).any(axis=1)
    index = np.empty(len(order), np.int32)
    index[order] = np.cumsum(new) - 1
    triangles = index[mesh.triangles]
    a, b, c = triangles.T
    kept = (a != b) & (b != c) & (c != a)
    return Mesh(
        mesh.vertices[order[new]],
        triangles[kept],
        mesh.materials,
        mesh.material[kept],
        mesh.smooth[kept],
    )
