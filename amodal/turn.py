"""Showing a car of a scene in another pose."""

from __future__ import annotations

from amodal.decompose import Decomposer, Progress
from amodal.errors import AmodalError
from amodal.layers import LayeredScene
from amodal.looks import Turned
from amodal.pose.turner import Turner

TURNS = ("car",)  # classes that the network has learned


def can_turn(category: str) -> bool:
    """Whether objects of a class can be turned."""
    return category in TURNS


def turn(
    scene: LayeredScene,
    id: str,
    degrees: float,
    decomposer: Decomposer,
    turner: Turner,
    progress: Progress | None = None,
) -> LayeredScene:
    """Turn a car on the spot to the left, from its pose in the photo.

    The pose in the photo is guessed from its chosen shape and its colours. Other placements
    (moves, size) stay.

    Args:
        scene: never changed.
        id: of the car.
        degrees: rounded to the gallery's turns; 0, and full turns, show it as in the photo.
        decomposer: invents the car's hidden colours.
        turner: knows the poses.
        progress: of the colours.

    Raises:
        AmodalError: the object is no car, or too small.
    """
    category = scene.layer(id).instance.category
    if not can_turn(category):
        raise AmodalError(f"Only cars can be turned so far, and this is a {category}.")
    steps = round(degrees * turner.gallery.steps / 360)
    if steps % turner.gallery.steps == 0:
        return scene.with_turned(id, None)
    scene = decomposer.colour(scene, [id], progress)
    look = scene.layer(id).appearance
    now = turner.pose_of(look)
    new = now._replace(step=(now.step + steps) % turner.gallery.steps)
    return scene.with_turned(id, Turned(turner.turn(look, now, new), degrees))
