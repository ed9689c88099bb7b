"""Which pixels must be invented for an edit, and inventing them, object by object."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

import numpy as np

from amodal.appearance import complete_appearance
from amodal.composite import composite
from amodal.inpaint.protocol import Inpainter
from amodal.layers import LayeredScene
from amodal.looks import Patch, PatchKey
from amodal.plate import PlateStep, paint_patch, paste_patch, plan_plate
from amodal.visibility import erode, owners, shown

Progress = Callable[[int, int], None]
"""(steps done, steps in all)."""

SOFT = 3  # width of a layer's soft edge in pixels, through which what is below can be seen


class Decomposer:
    """Fills what an edit uncovers, and paints the result. Remembers nothing of any scene.

    Args:
        inpainter: invents pixels.
    """

    def __init__(self, inpainter: Inpainter) -> None:
        self.inpainter = inpainter

    def render(
        self, scene: LayeredScene, progress: Progress | None = None
    ) -> tuple[np.ndarray, LayeredScene]:
        """Paint a scene as it stands now, inventing only what is seen.

        Args:
            scene: never changed.
            progress: called with (steps done, steps in all) around each invented part.

        Returns:
            The picture, (H, W, 3) uint8 RGB, and the scene with the parts that were invented for
            it, so that the next render is quick.

        Raises:
            AmodalError: the removed objects cover the whole photo.
        """
        owner = owners(scene)
        steps = plan_plate(scene, owner, scene.away)
        colourless = [
            id for id in uncovered(scene, owner, {step.key[0]: step.hole for step in steps})
        ]
        scene = self._invent(scene, owner, steps, colourless, progress)
        patches = {step.key[0]: scene.patches[step.key] for step in steps}
        return composite(scene, patches), scene

    def take_apart(
        self, scene: LayeredScene, progress: Progress | None = None
    ) -> tuple[np.ndarray, LayeredScene]:
        """Invent everything: the plate without any object, and every object whole.

        Returns:
            The plate, (H, W, 3) uint8 RGB, and the scene, in which every layer has an appearance.

        Raises:
            AmodalError: the objects cover the whole photo.
        """
        owner = owners(scene)
        steps = plan_plate(scene, owner, scene.depth)
        scene = self._invent(scene, owner, steps, scene.depth, progress)
        plate = scene.photo.copy()
        for step in steps:
            paste_patch(plate, scene.patches[step.key])
        return plate, scene

    def colour(
        self, scene: LayeredScene, ids: Collection[str], progress: Progress | None = None
    ) -> LayeredScene:
        """The scene, in which these layers have an appearance."""
        return self._invent(scene, owners(scene), (), ids, progress)

    def _invent(
        self,
        scene: LayeredScene,
        owner: np.ndarray,
        steps: Collection[PlateStep],
        ids: Collection[str],
        progress: Progress | None,
    ) -> LayeredScene:
        """The scene with these patches and these layers' appearances; computes the missing ones."""
        new_steps = [step for step in steps if step.key not in scene.patches]
        new_ids = [id for id in ids if scene.layer(id).appearance is None]
        tick = counter(progress, len(new_steps) + len(new_ids))
        patches: dict[PatchKey, Patch] = dict(scene.patches)
        for step in new_steps:
            under = [patches[other.key] for other in steps if other.key[0] in step.key[1]]
            patches[step.key] = paint_patch(scene.photo, under, step, self.inpainter)
            next(tick)
        layers = {layer.id: layer for layer in scene.layers}
        for id in new_ids:
            look = complete_appearance(
                scene.photo, layers[id], owner, scene.depth.index(id), self.inpainter
            )
            layers[id] = replace(layers[id], appearance=look)
            next(tick)
        return replace(scene, layers=tuple(layers.values()), patches=patches)


def uncovered(
    scene: LayeredScene, owner: np.ndarray, holes: dict[str, np.ndarray]
) -> Iterator[str]:
    """Ids of the layers whose invented colours are needed to paint the scene, front to back."""
    covered = np.zeros(owner.shape, bool)
    for layer in reversed(scene.layers):
        if layer.id in holes:
            if layer.placement.visible:
                yield layer.id
            continue
        kept, invented = shown(scene, layer, owner, holes)
        if (invented & ~covered).any():
            yield layer.id
        covered |= erode(kept | invented, SOFT, SOFT)


def counter(progress: Progress | None, total: int) -> Iterator[None]:
    """Reports 0 of total at once, then one more each time it is advanced."""
    if progress is not None and total:
        progress(0, total)
    return _count(progress, total)


def _count(progress: Progress | None, total: int) -> Iterator[None]:
    for done in range(1, total + 1):
        if progress is not None:
            progress(done, total)
        yield
