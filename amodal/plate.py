"""The plate: the background where objects were, one patch an object.

Patches are painted from the nearest object to the farthest, so that a patch continues those in
front of it without a seam. A patch depends on the photo and on the patches under it, which its key
names: whatever edits led to a scene, equal scenes get equal pixels.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from amodal.geometry import tight_box
from amodal.inpaint.crops import crop_around
from amodal.inpaint.protocol import Inpainter
from amodal.layers import LayeredScene
from amodal.looks import Patch, PatchKey
from amodal.visibility import BACKGROUND, dilate, vacated

TOUCH = 8  # an object closer than this to a hole, in pixels, is kept out of the inpainter's sight
MIXED = 3  # pixels along such an object that may hold its colours
VIEW = 512  # smallest view around a hole, in pixels


@dataclass(frozen=True, eq=False)
class PlateStep:
    """A patch to paint.

    Args:
        key: whose patch, and over whose patches.
        hole: the pixels to replace, (H, W) bool.
        unseen: pixels of touching objects that the inpainter must not learn from, (H, W) bool.
    """

    key: PatchKey
    hole: np.ndarray
    unseen: np.ndarray


def plan_plate(
    scene: LayeredScene, owner: np.ndarray, away: Collection[str]
) -> tuple[PlateStep, ...]:
    """The patches for the objects that have left their place, in the order of painting.

    Args:
        owner: (H, W) int16, as from visibility.owners().
        away: ids.
    """
    steps: list[PlateStep] = []
    for position in range(len(scene.depth) - 1, -1, -1):
        id = scene.depth[position]
        if id not in away:
            continue
        hole = vacated(owner, position, scene.margins)
        near = dilate(hole, TOUCH, TOUCH)
        under: set[str] = set()
        painted = np.zeros_like(hole)
        for step in steps:
            if (step.hole & near).any():
                under |= {step.key[0], *step.key[1]}
                painted |= step.hole
        touching = np.unique(owner[near & (owner != BACKGROUND) & ~painted])
        unseen = np.isin(owner, touching[touching != position])
        unseen = dilate(unseen, MIXED, MIXED) & ~painted
        steps.append(PlateStep((id, frozenset(under)), hole, unseen))
    return tuple(steps)


def paint_patch(
    photo: np.ndarray, under: Iterable[Patch], step: PlateStep, inpainter: Inpainter
) -> Patch:
    """Fill one hole of the plate.

    Args:
        photo: (H, W, 3) uint8 RGB.
        under: the patches that the step's key names, in the order of painting.
        step: what to paint.
        inpainter: sees a generous view around the hole, at full resolution.

    Raises:
        AmodalError: the hole covers the whole photo.
    """
    if not step.hole.any():
        return Patch(np.zeros((0, 0, 3), np.uint8), np.zeros((0, 0), bool), 0, 0)
    unknown = step.hole | step.unseen
    if unknown.all():
        unknown = step.hole  # better a neighbour's colours than none
    plate = photo.copy()
    for patch in under:
        paste_patch(plate, patch)
    view = crop_around(step.hole, unknown, VIEW)
    plate[view] = inpainter.fill(plate[view], unknown[view])
    box = tight_box(step.hole)
    window = (slice(int(box.y0), int(box.y1)), slice(int(box.x0), int(box.x1)))
    return Patch(plate[window].copy(), step.hole[window].copy(), int(box.x0), int(box.y0))


def paste_patch(canvas: np.ndarray, patch: Patch) -> None:
    """Put a patch's hole pixels into the canvas (H, W, 3) uint8, in place."""
    height, width = patch.hole.shape
    view = canvas[patch.y0 : patch.y0 + height, patch.x0 : patch.x0 + width]
    view[patch.hole] = patch.pixels[patch.hole]
