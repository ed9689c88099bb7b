"""Objects that come after the scene was made, and who is seen where in an edited scene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from amodal.layers import Layer, LayeredScene
from amodal.scene import Completion, Instance
from amodal.visibility import BACKGROUND, owners, shown


def add_object(
    scene: LayeredScene, instance: Instance, completion: Completion
) -> tuple[LayeredScene, str]:
    """Put one more object in front of a scene; its other objects stay as edited.

    Args:
        instance: its mask is as large as the photo.
        completion: its whole shape; visible pixels are added to it.

    Returns:
        The scene and the new layer's id.
    """
    number = 1 + max((int(id.rsplit("-", 1)[1]) for id in scene.depth), default=0)
    id = f"object-{number}"
    layers = (*scene.layers, Layer(id, instance, completion))
    scene = replace(scene, layers=layers, depth=(*scene.depth, id))
    return _unpainted(scene).with_completion(id, completion), id


def correct_object(
    scene: LayeredScene, id: str, instance: Instance, completion: Completion
) -> LayeredScene:
    """Give an object another visible mask, class or box; all edits stay."""
    layer = replace(scene.layer(id), instance=instance)
    layers = tuple(layer if old.id == id else old for old in scene.layers)
    return _unpainted(replace(scene, layers=layers)).with_completion(id, completion)


def _unpainted(scene: LayeredScene) -> LayeredScene:
    """Forget all invented pixels: they depend on the objects' masks."""
    layers = tuple(replace(layer, appearance=None) for layer in scene.layers)
    return replace(scene, layers=layers, patches={})


def topmost(scene: LayeredScene) -> np.ndarray:
    """Who is seen where, as the scene is edited now.

    Returns:
        (H, W) int16: position in `scene.depth`, or BACKGROUND.
    """
    height, width = scene.photo.shape[:2]
    owner = owners(scene)
    holes = {id: owner == scene.depth.index(id) for id in scene.away}
    top = np.full((height, width), BACKGROUND, np.int16)
    for layer in scene.layers:
        if not layer.placement.visible:
            continue
        if layer.in_place:
            kept, invented = shown(scene, layer, owner, holes)
            where = kept | invented
        else:
            where = layer.silhouette(height, width)
        top[where] = scene.depth.index(layer.id)
    return top


def is_edited(scene: LayeredScene) -> bool:
    """Whether an object is deleted, moved or reordered."""
    order = tuple(layer.id for layer in scene.layers)
    return order != scene.depth or bool(scene.away)
