"""How near one shape, one object's colours, or one edited picture comes to the truth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amodal.layers import Layer
from amodal.likeness import changed_region, psnr, psnr_of
from amodal.looks import Appearance
from amodal.scene import Completion, paste_window
from amodal.truth import TrueEdit, TrueObject

OPAQUE = 251  # alpha from which on a pixel has the object's own colour


def shape_iou(shape: Completion, true: TrueObject) -> tuple[float, float | None]:
    """Compare a whole shape with the true one.

    Returns:
        IoU of the whole masks and of their parts that the photo does not show, 0..1; the second is
        None where nothing is hidden in either.
    """
    whole, modal = true.whole, true.instance.modal
    x0, y0 = min(shape.x0, whole.x0), min(shape.y0, whole.y0)
    x1 = max(item.x0 + item.mask.shape[1] for item in (shape, whole))
    y1 = max(item.y0 + item.mask.shape[0] for item in (shape, whole))
    size = y1 - y0, x1 - x0
    ours, truth = (
        paste_window(item.mask, item.x0 - x0, item.y0 - y0, *size) for item in (shape, whole)
    )
    unseen = ~paste_window(modal, -x0, -y0, *size)
    return _iou(ours, truth), _iou(ours & unseen, truth & unseen)


def _iou(one: np.ndarray, other: np.ndarray) -> float | None:
    union = (one | other).sum()
    return float((one & other).sum() / union) if union else None


def own_hidden(true: TrueObject, size: tuple[int, int]) -> np.ndarray:
    """Hidden pixels of a photo of this size whose true colours are the object's own, (H, W) bool.

    Pixels at its rim are mixed with what lies behind; an object without true colours has none.
    """
    if true.appearance is None:
        return np.zeros(size, bool)
    look = true.appearance
    alpha = paste_window(look.rgba[..., 3], look.x0, look.y0, *size)
    return (alpha >= OPAQUE) & ~true.instance.modal


def colours_at(look: Appearance, where: np.ndarray) -> np.ndarray:
    """Colours at set pixels (H, W) of a photo, (N, 3) uint8; black beyond the object's window."""
    return paste_window(look.rgba, look.x0, look.y0, *where.shape)[where][:, :3]


def colour_psnr(layer: Layer, true: TrueObject) -> float | None:
    """PSNR in dB of an object's imagined colours, on its hidden pixels inside photo and shape.

    None where no pixel can be compared, or one of them has no colours.
    """
    if layer.appearance is None or true.appearance is None:
        return None
    size = layer.instance.modal.shape
    compared = own_hidden(true, size) & layer.completion.on_photo(*size)
    if not compared.any():
        return None
    return psnr_of(*(colours_at(look, compared) for look in (layer.appearance, true.appearance)))


class EditScore(NamedTuple):
    """One edited picture.

    Args:
        psnr: in the region that the true edit changes, dB.
        untouched: the photo's own, as if nothing had been done, dB.
        kept: share of the other pixels that are the photo's bytes, 0..1.
    """

    psnr: float
    untouched: float
    kept: float


def edit_score(picture: np.ndarray, photo: np.ndarray, edit: TrueEdit) -> EditScore:
    """Compare an edited picture (H, W, 3) uint8 with the street that was rendered again.

    An edit that changes next to nothing is compared in its whole box.
    """
    region = changed_region(photo, edit.picture)
    if not region.any():
        x0, y0, x1, y1 = edit.box
        region[y0:y1, x0:x1] = True
    same = (picture == photo).all(axis=2)
    return EditScore(
        psnr(picture, edit.picture, region),
        psnr(photo, edit.picture, region),
        float(same[~region].mean()),
    )
