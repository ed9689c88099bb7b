"""The colours of a whole object: its visible pixels, and what an inpainter makes of the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from amodal.inpaint.crops import nearest_known
from amodal.inpaint.protocol import Inpainter
from amodal.layers import Layer
from amodal.looks import Appearance
from amodal.scene import paste_window
from amodal.visibility import BACKGROUND, dilate, erode, seam

REACH = 0.4  # how far from the visible pixels invented detail is believed, ÷ sqrt(visible area)


@dataclass(frozen=True, eq=False)
class CutOut:
    """What is known of an object, in a window of (h, w) around its amodal mask.

    Args:
        photo: (h, w, 3) uint8, black beyond the photo.
        amodal: (h, w) bool.
        pure: (h, w) bool, pixels that hold the object's colours and no others.
        near: (h, w, 3) uint8, the colour of the nearest pure pixel everywhere.
        distance: (h, w) float32, how far that one is.
        unit: sqrt of the visible area, pixels.
    """

    photo: np.ndarray
    amodal: np.ndarray
    pure: np.ndarray
    near: np.ndarray
    distance: np.ndarray
    unit: float


Way = Callable[[CutOut, Inpainter], np.ndarray]
"""Colours (h, w, 3) float32 for all of a cut-out; those of pure pixels don't matter."""


def by_own_pixels(cut: CutOut, inpainter: Inpainter) -> np.ndarray:
    """The inpainter sees the object's own pixels and nothing else. Far from them its detail fades
    into the object's own mean colours, for there it would be a fantasy."""
    believed = np.exp(-np.square(cut.distance / (REACH * cut.unit)))[..., None]
    detail = inpainter.fill(cut.near, ~cut.pure)
    return believed * detail + (1 - believed) * own_mean(cut.photo, cut.pure, cut.unit)


def complete_appearance(
    photo: np.ndarray,
    layer: Layer,
    owner: np.ndarray,
    position: int,
    inpainter: Inpainter,
    way: Way = by_own_pixels,
) -> Appearance:
    """Colour an object's amodal mask from its own visible pixels alone.

    What hides it and what lies around it are holes, so none of it can bleed in. A seam along other
    objects counts as hidden too, since masks are never exact there.

    Args:
        photo: (H, W, 3) uint8 RGB.
        layer: the object.
        owner: (H, W) int16, whom the photo shows, as from visibility.owners().
        position: the object's number in `owner`.
        inpainter: called only if more than an outline is hidden.
        way: how hidden pixels get colours; amodal.evaluation.appearance compares some.

    Returns:
        The appearance in the window of the completion.
    """
    if not (owner == position).any():  # wholly inside another's mask: its own mask tells more
        owner = np.where(layer.instance.modal, np.int16(position), owner)
    amodal, x0, y0 = layer.completion.mask, layer.completion.x0, layer.completion.y0
    margin = max(8, max(amodal.shape) // 4)
    height, width = (side + 2 * margin for side in amodal.shape)
    corner = (margin - x0, margin - y0, height, width)
    colours = paste_window(photo, *corner)
    seen = paste_window(owner == position, *corner)
    pure = trusted(seen, owner, position, corner)
    near, distance = nearest_known(colours, ~pure)
    rgb = near.astype(np.float32)
    inner = (slice(margin, -margin), slice(margin, -margin))
    if (amodal & (distance[inner] > seam(seen) + 2)).any():
        wide = np.pad(amodal, margin)
        rgb = way(
            CutOut(colours, wide, pure, near, distance, float(np.sqrt(seen.sum()))), inpainter
        )
        rgb[pure] = colours[pure]
    shaded = np.clip(np.rint(rgb[inner]), 0, 255).astype(np.uint8)
    return Appearance(np.dstack([shaded, soft_alpha(amodal)]), x0, y0)


def trusted(
    seen: np.ndarray, owner: np.ndarray, position: int, corner: tuple[int, int, int, int]
) -> np.ndarray:
    """The visible pixels that hold the object's colours and no others, (h, w) bool.

    Args:
        seen: the object's visible pixels in the window.
        owner: (H, W) int16, whom the photo shows.
        position: the object's number in `owner`.
        corner: x0, y0, height, width that paste the photo into the window.
    """
    others = paste_window((owner != position) & (owner != BACKGROUND), *corner)
    # At the photo's border the object goes on: no other colour is mixed in there.
    photo = paste_window(np.ones(owner.shape, bool), *corner)
    for width in (seam(seen), 1):
        pure = erode(seen | ~photo, 1, 1) & seen & ~dilate(others, width, width)
        if pure.sum() > 0.3 * seen.sum():
            return pure
    return seen  # a thin object is all outline


def own_mean(colours: np.ndarray, known: np.ndarray, unit: float) -> np.ndarray:
    """The mean colour of the known pixels around each pixel, (h, w, 3) float32.

    So smooth that it is computed small.
    """
    height, width = known.shape
    shrink = max(unit / 64, 1.0)
    small = (max(round(width / shrink), 1), max(round(height / shrink), 1))
    weight = known.astype(np.float32)
    sums = cv2.resize(colours * weight[..., None], small, interpolation=cv2.INTER_AREA)
    weight = cv2.resize(weight, small, interpolation=cv2.INTER_AREA)
    sigma = 0.25 * unit / shrink + 1
    around, total = cv2.GaussianBlur(weight, (0, 0), sigma), cv2.GaussianBlur(sums, (0, 0), sigma)
    # A little of the mean over the whole object, which is all that is left far away.
    little = 1e-3
    whole = colours[known].mean(axis=0, dtype=np.float64).astype(np.float32)
    mean = (total + little * whole) / (around + little)[..., None]
    return cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR)


def soft_alpha(mask: np.ndarray) -> np.ndarray:
    """Alpha of a cut-out, (h, w) uint8: 0 outside, soft along the edge, at least 64 inside.

    A window ends where its object ends, so its border counts as outside.
    """
    blurred = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0, borderType=cv2.BORDER_CONSTANT)
    alpha = np.clip((blurred - 0.4) / 0.5, 0.25, 1)
    return np.where(mask, np.rint(255 * alpha), 0).astype(np.uint8)
