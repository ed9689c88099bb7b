"""Pixels: a prepared scene → the picture. Pure; invents nothing.

Where the topmost thing is the same untouched layer (or the background) as in the photo, the pixel
is copied from the photo, byte by byte.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from amodal.layers import Layer, LayeredScene
from amodal.looks import Appearance, Patch
from amodal.placement import place
from amodal.plate import paste_patch
from amodal.scene import paste_window
from amodal.visibility import owners, patch_hole, shown


def composite(scene: LayeredScene, patches: Mapping[str, Patch]) -> np.ndarray:
    """Paint a scene, back to front.

    Args:
        scene: with the appearances that its edits need.
        patches: by id, for every object that left its place, in the order of painting.

    Returns:
        (H, W, 3) uint8 RGB, a new array.
    """
    shape = scene.photo.shape
    holes = {id: patch_hole(patch, shape) for id, patch in patches.items()}
    canvas = scene.photo.copy()
    for patch in patches.values():
        paste_patch(canvas, patch)
    if not holes and [layer.id for layer in scene.layers] == list(scene.depth):
        return canvas
    owner = owners(scene)
    for layer in scene.layers:
        if layer.id in holes:
            if layer.placement.visible:
                paint_moved(canvas, layer)
        else:
            kept, invented = shown(scene, layer, owner, holes)
            canvas[kept] = scene.photo[kept]
            if layer.appearance is not None:
                paint_here(canvas, layer.appearance, invented)
    return canvas


def paint_here(canvas: np.ndarray, appearance: Appearance, where: np.ndarray) -> None:
    """Blend an unmoved object's colours into the canvas, at the pixels of `where` only."""
    if not where.any():
        return
    rgba = paste_window(appearance.rgba, appearance.x0, appearance.y0, *where.shape)[where]
    alpha = rgba[:, 3:].astype(np.float32) / 255
    blend(canvas, where, rgba[:, :3] * alpha, alpha)


def paint_moved(canvas: np.ndarray, layer: Layer) -> None:
    """Blend an object into the canvas where its placement takes it."""
    if layer.look is None:
        raise ValueError(f"{layer.id} has no appearance: prepare the scene before painting it")
    window, x0, y0 = moved(layer.look, layer, *canvas.shape[:2])
    view = canvas[y0 : y0 + window.shape[0], x0 : x0 + window.shape[1]]
    where = window[..., 3] > 0.5
    blend(view, where, window[where][:, :3], window[where][:, 3:] / 255)


def moved(look: Appearance, layer: Layer, height: int, width: int) -> tuple[np.ndarray, int, int]:
    """A look of an object where its placement takes it, on a photo of (height, width).

    Returns:
        (window, x0, y0): (h, w, 4) float32, colours premultiplied by alpha, as from place().
    """
    rgba = look.rgba.astype(np.float32)
    rgba[..., :3] *= rgba[..., 3:] / 255
    return place(rgba, look.x0, look.y0, layer.placement.affine(layer.foot), height, width)


def blend(canvas: np.ndarray, where: np.ndarray, colour: np.ndarray, alpha: np.ndarray) -> None:
    """Premultiplied "over" at the pixels of `where`, in place."""
    mixed = colour + canvas[where] * (1 - alpha)
    canvas[where] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
