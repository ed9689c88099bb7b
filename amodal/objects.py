"""Objects that come after the scene was made, and who is seen where in an edited scene."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from amodal.depth import guess_depth_order
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
    id = f"object-{_free_number(scene)}"
    layers = (*scene.layers, Layer(id, instance, completion))
    scene = replace(scene, layers=layers, depth=(*scene.depth, id))
    return _unpainted(scene).with_completion(id, completion), id


def add_objects(
    scene: LayeredScene, instances: Sequence[Instance], completions: Sequence[Completion]
) -> LayeredScene:
    """Put more objects between the others, where their shapes say that they stand.

    The others stay as edited, and keep their order.

    Args:
        scene: to add to.
        instances: their masks are as large as the photo.
        completions: one whole shape for each; visible pixels are added to it.
    """
    first = _free_number(scene)
    new = [
        Layer(f"object-{number}", instance, completion)
        for number, (instance, completion) in enumerate(
            zip(instances, completions, strict=True), start=first
        )
    ]
    all_layers = {layer.id: layer for layer in (*scene.layers, *new)}
    known = list(all_layers.values())
    order = guess_depth_order(
        [layer.instance for layer in known], [layer.completion for layer in known]
    )
    guessed = [known[index].id for index in order]
    stacked = _with_new([layer.id for layer in scene.layers], guessed)
    layers = tuple(all_layers[id] for id in stacked)
    scene = _unpainted(replace(scene, layers=layers, depth=_with_new(scene.depth, guessed)))
    for layer in new:
        scene = scene.with_completion(layer.id, layer.completion)
    return scene


def remove_objects(scene: LayeredScene, ids: Collection[str]) -> LayeredScene:
    """Forget objects: what they show is background again. No edit: `delete` takes one away."""
    layers = tuple(layer for layer in scene.layers if layer.id not in ids)
    return _unpainted(
        replace(scene, layers=layers, depth=tuple(id for id in scene.depth if id not in ids))
    )


def _free_number(scene: LayeredScene) -> int:
    return 1 + max((int(id.rsplit("-", 1)[1]) for id in scene.depth), default=0)


def _with_new(order: Sequence[str], guessed: Sequence[str]) -> tuple[str, ...]:
    """The old order with the new ids of `guessed`, each behind the first old one that is guessed
    to be in front of it."""
    ordered = list(order)
    for position, id in enumerate(guessed):
        if id not in order:
            nearer = set(guessed[position + 1 :])
            places = (place for place, other in enumerate(ordered) if other in nearer)
            ordered.insert(next(places, len(ordered)), id)
    return tuple(ordered)


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
