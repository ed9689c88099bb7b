"""Which thing is seen at which pixel: masks only, no colours.

The photo knows best. While an object stands in its place, its completed part shows only where the
photo showed something in front of it that has gone or been reordered behind it; over background it
stays hidden, since there something unnamed may be in front of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from amodal.geometry import hull, tight_box
from amodal.layers import Layer, LayeredScene
from amodal.looks import Patch
from amodal.margins import Margins
from amodal.scene import paste_window

BACKGROUND = -1
BLEED = 0.04  # width of the seam along another object that isn't trusted, ÷ sqrt(visible area)


def owners(scene: LayeredScene) -> np.ndarray:
    """Whom the photo shows: (H, W) int16, the position in `scene.depth`, or BACKGROUND."""
    owner = np.full(scene.photo.shape[:2], BACKGROUND, np.int16)
    for position, id in enumerate(scene.depth):
        owner[scene.layer(id).instance.modal] = position
    return owner


def vacated(owner: np.ndarray, position: int, margins: Margins) -> np.ndarray:
    """The pixels that can't be kept when an object leaves its place, (H, W) bool.

    Its own pixels; a rim of background and of objects behind it, whose pixels there may be mixed
    with its own (never of objects in front of it); and its contact shadow, between its feet or
    wheels and in a strip below, since an inpainter that sees a shadow invents what casts it.
    Depends on the photo only, not on where other objects are now.

    Args:
        owner: as from owners().
        position: the object's.
        margins: widths of the rim and of the strip.
    """
    own = owner == position
    if not own.any():
        return own
    box = tight_box(own)
    rim = max(3, round(margins.rim * float(np.sqrt(own.sum()))))
    strip = max(rim, round(margins.shadow * box.height))
    height, width = owner.shape
    margin = max(rim, strip) + 1
    rows = slice(max(int(box.y0) - margin, 0), min(int(box.y1) + margin, height))
    columns = slice(max(int(box.x0) - margin, 0), min(int(box.x1) + margin, width))
    part, around = own[rows, columns], owner[rows, columns]
    outline = dilate(part, rim, rim)
    ground = outline | dilate(footprint(part), rim, strip)
    behind = (around != BACKGROUND) & (around < position)
    hole = np.zeros_like(own)
    hole[rows, columns] = part | (outline & behind) | (ground & (around == BACKGROUND))
    return hole


def footprint(mask: np.ndarray) -> np.ndarray:
    """Where an object meets the ground: the hull of the lower third of its mask, (h, w) bool."""
    box = tight_box(mask)
    lower = mask.copy()
    lower[: int(box.y1 - box.height / 3)] = False
    return hull(lower)


def shown(
    scene: LayeredScene, layer: Layer, owner: np.ndarray, holes: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """What may be seen of an object that stands in its place, unless a layer above covers it.

    Args:
        owner: as from owners().
        holes: by id, the vacated pixels of the objects that have left their place.

    Returns:
        (kept, invented): pixels to copy from the photo, pixels that need the object's completed
        appearance; both (H, W) bool, without overlap.
    """
    position = scene.depth.index(layer.id)
    own = owner == position
    kept = own & ~gone(holes, own.shape)
    margin = seam(own)
    amodal = layer.completion.on_photo(*own.shape)
    invented = np.zeros_like(own)
    below = {other.id for other in scene.layers[: scene.layers.index(layer)]}
    for nearer, id in enumerate(scene.depth[position + 1 :], start=position + 1):
        if id in holes:
            invented |= amodal & ((owner == nearer) | (holes[id] & (owner == BACKGROUND)))
        elif id in below:
            uncovered = amodal & (owner == nearer)
            outline = dilate(uncovered, margin, margin)
            # Masks may leave a gap between neighbours, in which the photo shows an edge of both.
            invented |= uncovered | (outline & amodal & (owner == BACKGROUND))
            kept &= ~outline
    return kept, (invented | own) & ~kept


def seam(own: np.ndarray) -> int:
    """Pixels along another object that may hold its colours: masks are never exact there.

    Args:
        own: visible pixels of the object whose colours are wanted, (H, W) bool.
    """
    return max(3, round(BLEED * float(np.sqrt(own.sum()))))


def gone(holes: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """All pixels of the photo that can't be kept, (H, W) bool."""
    out = np.zeros(shape[:2], bool)
    for hole in holes.values():
        out |= hole
    return out


def patch_hole(patch: Patch, shape: tuple[int, ...]) -> np.ndarray:
    """A patch's hole on the whole photo, (H, W) bool."""
    return paste_window(patch.hole, patch.x0, patch.y0, *shape[:2])


def dilate(mask: np.ndarray, x: int, y: int) -> np.ndarray:
    """Grow a mask by x pixels sideways and y up and down, with round corners; (h, w) bool.

    By distances and around the mask only: the time doesn't grow with x and y.
    """
    out = np.zeros_like(mask)
    if not mask.any():
        return out
    box, (height, width) = tight_box(mask), mask.shape
    rows = slice(max(int(box.y0) - y, 0), min(int(box.y1) + y, height))
    columns = slice(max(int(box.x0) - x, 0), min(int(box.x1) + x, width))
    radius = min(x, y)
    away = cv2.distanceTransform(
        (~mask[rows, columns]).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    bar = np.ones((2 * (y - radius) + 1, 2 * (x - radius) + 1), np.uint8)
    out[rows, columns] = cv2.dilate((away <= radius).astype(np.uint8), bar).astype(bool)
    return out


def erode(mask: np.ndarray, x: int, y: int) -> np.ndarray:
    """Shrink a mask likewise; beyond the border counts as inside.

    Looks at the mask's box and one pixel around: what is further away takes nothing else.
    """
    out = np.zeros_like(mask)
    if not mask.any():
        return out
    box = tight_box(mask)
    rows = slice(max(int(box.y0) - 1, 0), int(box.y1) + 1)
    columns = slice(max(int(box.x0) - 1, 0), int(box.x1) + 1)
    out[rows, columns] = ~dilate(~mask[rows, columns], x, y)
    return out
