"""One object alone, seen from any side: its parts as a map of labels, by the rasteriser.

A view turns the object on the spot before a camera that looks at it, as a turntable does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from amodal.pose.layout import PARTS
from amodal.render.mesh import Material, Mesh
from amodal.render.scene import Camera
from amodal.render.spans import nearest, projected, spans

_PART_OF: Mapping[str, str] = {
    "paint": "paint",
    "glass": "glass",
    "tinted glass": "glass",
    "rubber": "tyre",
    "chrome": "metal",
    "alloy": "metal",
    "dark alloy": "metal",
    "steel": "metal",
    "headlamp": "lamp",
    "lit headlamp": "lamp",
    "clear lamp": "lamp",
    "amber lamp": "tail lamp",
    "tail lamp": "tail lamp",
    "lit tail lamp": "tail lamp",
    "white plate": "plate",
    "yellow plate": "plate",
}


@dataclass(frozen=True)
class View:
    """From where an object is seen.

    Args:
        turn: of the object to the left, radians; 0 shows its back, π its front.
        distance: of the camera from its middle, metres.
        height: of the camera above the ground, metres.
    """

    turn: float
    distance: float = 10.0
    height: float = 1.6


def camera_of(mesh: Mesh, view: View, side: int) -> Camera:
    """A camera that looks at the object's middle and shows all of it, whatever its turn.

    Args:
        mesh: in its own frame.
        view: from where.
        side: of the square picture, pixels.
    """
    size = np.ptp(mesh.vertices, axis=0).astype(float)
    middle = float(size[2]) / 2
    # A ball around the object fits between the picture's borders.
    radius = float(np.linalg.norm(size)) / 2
    away = float(np.hypot(view.distance, view.height - middle))
    if away <= 1.05 * radius:
        raise ValueError(f"distance: got {view.distance:g}, expected more than {radius:.1f} metres")
    focal = 0.48 * side * np.sqrt(away**2 - radius**2) / radius
    pitch = -float(np.arctan2(view.height - middle, view.distance))
    return Camera(side, side, float(focal), (0.0, -view.distance, view.height), pitch=pitch)


def part_of(material: Material) -> int:
    """The number in PARTS of what a material is used for; "trim" for all that has no other."""
    return PARTS.index(_PART_OF.get(material.name, "trim"))


def parts_map(mesh: Mesh, view: View, side: int) -> np.ndarray:
    """Which part is seen at each pixel, (side, side) uint8, numbers in PARTS."""
    camera = camera_of(mesh, view, side)
    turned = mesh.moved(turn=view.turn)
    labels = np.array([part_of(material) for material in mesh.materials])[mesh.material]
    best = np.zeros((side, side))
    found = np.zeros((side, side), np.uint8)
    everywhere = np.ones((side, side), bool)
    for part in np.unique(labels):
        only = Mesh(
            turned.vertices,
            turned.triangles[labels == part],
            turned.materials,
            turned.material[labels == part],
            turned.smooth[labels == part],
        )
        corners, _ = projected(only, camera)
        near = np.zeros((side, side))
        nearest(corners, spans(corners, 0, 0, side, side), near, 0, 0, everywhere)
        found[near > best] = part
        best = np.maximum(best, near)
    return found
