"""Objects alone, as pictures: cut out, on grey, of one size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import cv2
import numpy as np

from amodal.appearance import complete_appearance, soft_alpha
from amodal.completer import Completer
from amodal.evaluation.edit_cases import SHAPES, completions
from amodal.evaluation.edit_scores import hidden_part
from amodal.geometry import hull, tight_box
from amodal.inpaint import Inpainter
from amodal.layers import LayeredScene
from amodal.scene import Completion
from amodal.truth import Truth
from amodal.visibility import owners

SIDE = 128  # pixels of a picture
LONGEST = 116  # of the object in it
GREY = 128
ALONE = 0.01  # hidden share up to which an object counts as not occluded
SMALLEST = 24  # pixels: objects whose longer side is shorter are left out


def hull_shapes(truth: Truth, completer: Completer) -> list[Completion]:
    """The convex hull of each visible mask."""
    masks = [instance.modal for instance in truth.instances]
    return [Completion(hull(mask) | mask, 0, 0) for mask in masks]


def sample_shapes(truth: Truth, completer: Completer) -> list[Completion]:
    """Amodal-VAE's first sample."""
    return [found.samples[0] for found in completions(truth, completer)]


SOURCES: Mapping[str, Callable[[Truth, Completer], list[Completion]]] = {
    **SHAPES,
    "sample": sample_shapes,
    "hull": hull_shapes,
}
"""Where whole shapes come from."""


def unoccluded(truth: Truth) -> Iterator[np.ndarray]:
    """Pictures of the objects that the photo shows whole."""
    size = truth.photo.shape[:2]
    for item in truth.objects:
        inside = item.whole.on_photo(*size)
        modal = item.instance.modal
        seen = modal.sum() >= (1 - ALONE) * max(inside.sum(), item.whole.mask.sum())
        if seen and is_large(modal):
            yield on_grey(truth.photo, soft_alpha(modal))


def true_pictures(truth: Truth, numbers: set[int]) -> Iterator[np.ndarray]:
    """Pictures of these objects in their true shapes and colours, where these are known."""
    for item in truth.objects:
        if item.number in numbers and item.appearance is not None:
            look = item.appearance.rgba
            yield on_grey(look[..., :3], look[..., 3])


def completed(
    truth: Truth, shapes: list[Completion], inpainter: Inpainter, numbers: set[int]
) -> Iterator[np.ndarray]:
    """Pictures of these objects with invented colours in the given shapes."""
    scene = LayeredScene.from_photo(truth.photo, truth.instances, shapes)
    owner = owners(scene)
    for item in truth.objects:
        if item.number in numbers:
            layer = scene.layer(truth.layer_id(item.number))
            position = scene.depth.index(layer.id)
            look = complete_appearance(truth.photo, layer, owner, position, inpainter)
            yield on_grey(look.rgba[..., :3], look.rgba[..., 3])


def occluded(truth: Truth) -> set[int]:
    """Numbers of the objects of which enough is hidden to be completed."""
    size = truth.photo.shape[:2]
    return {
        item.number
        for item in truth.objects
        if hidden_part(item, size) is not None and is_large(item.instance.modal)
    }


def is_large(mask: np.ndarray) -> bool:
    """Whether a mask's longer side has SMALLEST pixels."""
    if not mask.any():
        return False
    box = tight_box(mask)
    return max(box.width, box.height) >= SMALLEST


def on_grey(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A cut-out in the middle of a grey square, its longer side LONGEST pixels.

    Args:
        colours: (h, w, 3) uint8 RGB.
        alpha: (h, w) uint8, somewhere above 0.

    Returns:
        (SIDE, SIDE, 3) uint8.
    """
    box = tight_box(alpha > 0)
    window = np.s_[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    share = alpha[window].astype(np.float32)[..., None] / 255
    flat = share * colours[window] + (1 - share) * GREY
    scale = LONGEST / max(flat.shape[:2])
    width, height = (max(round(length * scale), 1) for length in (box.width, box.height))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(flat, (width, height), interpolation=how)
    picture = np.full((SIDE, SIDE, 3), GREY, np.uint8)
    y, x = (SIDE - height) // 2, (SIDE - width) // 2
    picture[y : y + height, x : x + width] = np.clip(np.rint(small), 0, 255)
    return picture
