"""A street to draw: camera, light, objects and scenery. The rasteriser and Blender read the same.

Convention: the world's x points to the right, y forward along the street, z up, metres; the ground
is z = 0. Pictures have x to the right and y down; pixel centres lie at half-integers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from amodal.render.mesh import Mesh


@dataclass(frozen=True)
class Camera:
    """A pinhole camera without distortion.

    Args:
        width, height: of the picture, pixels.
        focal: focal length, pixels.
        position: of its centre, metres.
        yaw: turn to the left, radians; 0 looks along +y.
        pitch: turn upwards, radians.
    """

    width: int
    height: int
    focal: float
    position: tuple[float, float, float]
    yaw: float = 0.0
    pitch: float = 0.0

    @property
    def rotation(self) -> np.ndarray:
        """(3, 3): rows are the picture's right, down and forward axes in the world."""
        cy, sy = np.cos(self.yaw), np.sin(self.yaw)
        cp, sp = np.cos(self.pitch), np.sin(self.pitch)
        right = np.array([cy, sy, 0.0])
        forward = np.array([-sy * cp, cy * cp, sp])
        return np.stack([right, np.cross(forward, right), forward])

    def view(self, points: np.ndarray) -> np.ndarray:
        """World points (N, 3) -> right, down, forward of the camera, (N, 3)."""
        return (points - np.array(self.position)) @ self.rotation.T

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """World points (N, 3) in front of the camera -> pixels (N, 2) and depth (N,), metres."""
        seen = self.view(points)
        depth = seen[:, 2]
        centre = np.array([self.width / 2, self.height / 2])
        return self.focal * seen[:, :2] / depth[:, None] + centre, depth


@dataclass(frozen=True)
class Light:
    """Sun and sky.

    Args:
        elevation, azimuth: of the sun, radians; azimuth from +y to the left.
        overcast: 0 clear, 1 a grey sky without shadows.
    """

    elevation: float
    azimuth: float
    overcast: float = 0.0


@dataclass(frozen=True, eq=False)
class Thing:
    """An object that can be masked, moved and deleted.

    Args:
        id: from 1, unique in its street.
        category: one of the project's classes: car, van, truck, bus, tram, person, cyclist,
            bicycle, motorcycle.
        mesh: in its own frame (mesh.py).
        position: where its origin stands in the world, metres.
        turn: to the left about z, radians; 0 looks along +y.
        scale: of its size; 1 is its own.
    """

    id: int
    category: str
    mesh: Mesh
    position: tuple[float, float, float]
    turn: float = 0.0
    scale: float = 1.0

    @property
    def placed(self) -> Mesh:
        """The mesh in the world."""
        return self.mesh.moved(self.position, self.turn, self.scale)


@dataclass(frozen=True, eq=False)
class Street:
    """Everything that a picture shows.

    Args:
        seed: the street is a function of it.
        camera: who looks.
        light: what lights it.
        things: objects, in the order of their ids.
        scenery: what stays: ground, buildings, trees, poles, signs; meshes in the world.
    """

    seed: int
    camera: Camera
    light: Light
    things: tuple[Thing, ...]
    scenery: tuple[Mesh, ...]

    def without(self, *ids: int) -> Street:
        """The street without some objects; without all of them it is the plate."""
        return replace(self, things=tuple(t for t in self.things if t.id not in ids))

    def only(self, *ids: int) -> Street:
        """The street with these objects alone."""
        return replace(self, things=tuple(t for t in self.things if t.id in ids))

    def with_thing(self, thing: Thing) -> Street:
        """The street with an object of the same id in another place or size.

        Raises:
            KeyError: there is none of this id.
        """
        if thing.id not in {t.id for t in self.things}:
            raise KeyError(thing.id)
        return replace(self, things=tuple(thing if t.id == thing.id else t for t in self.things))
