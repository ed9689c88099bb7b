"""A case: one question of a protocol, with its truth; and how it becomes a completer's instance.

Convention: three frames. A case's arrays share a *window* of the photo. `instance_of` puts the
window on a larger *canvas*, where completions live and may leave it; `offset` of a case is the
window's corner on its canvas. A canvas ends early where the photo ends, so that an instance which
touches a canvas border touches the photo's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from amodal.geometry import Box, tight_box
from amodal.scene import CLASSES, Completion, Instance

MARGIN = 200  # pixels between window and canvas, where the photo doesn't end before


@dataclass(frozen=True, eq=False)
class Case:
    """One question of a protocol. All arrays in one window of the photo, (h, w) bool.

    The window contains the tight box of whole and modal; nothing else is promised of its size.

    Args:
        whole: the truth; None where only its box is known.
        modal: the mask that a method is given: what is visible of the object.
        category: one of scene.CLASSES.
        group: the track or photo. Cases of one group are not independent: the bootstrap draws
            groups.
        others: pixels of other objects in the window (possible occluders); None where the protocol
            has none.
        photo: the photo's extent in the window's frame (x0 <= 0 …); None: no border is near.
        box: the true full extent in the window's frame, where it is known otherwise than by `whole`
            (a label's box).
        true_modal: what is truly visible, where `modal` is a predictor's imperfect mask; None:
            `modal` is true.
        part: name of a subset that reports show on its own, such as "level 1"; "" for none.
    """

    whole: np.ndarray | None
    modal: np.ndarray
    category: str
    group: tuple[int | str, ...]
    others: np.ndarray | None = None
    photo: Box | None = None
    box: Box | None = None
    true_modal: np.ndarray | None = None
    part: str = ""

    def __post_init__(self) -> None:
        for name in ("whole", "modal", "others", "true_modal"):
            mask = getattr(self, name)
            if mask is None and name != "modal":
                continue
            if mask.dtype != bool or mask.shape != self.modal.shape or mask.ndim != 2:
                raise ValueError(
                    f"{name}: got {mask.dtype} {mask.shape}, expected bool {self.modal.shape}"
                )
            if name in ("whole", "modal") and not mask.any():
                raise ValueError(f"{name}: got an empty mask, expected at least one pixel")
        if self.whole is None and self.box is None:
            raise ValueError("whole, box: got neither, expected a truth")
        if self.category not in CLASSES:
            raise ValueError(f"category: got {self.category!r}, expected one of {CLASSES}")
        height, width = self.modal.shape
        if self.photo is not None and not self.photo.contains(Box(0, 0, width, height)):
            raise ValueError(f"photo: got {self.photo}, expected it to contain the window")

    @property
    def visible(self) -> np.ndarray:
        """What is truly visible, (h, w) bool."""
        return self.modal if self.true_modal is None else self.true_modal

    @property
    def occlusion_rate(self) -> float | None:
        """Invisible area over whole area, 0..1; None where the whole is not known."""
        if self.whole is None:
            return None
        return 1 - float((self.whole & self.visible).sum() / self.whole.sum())

    @property
    def full_extent(self) -> Box:
        """The truth's box in the window's frame."""
        return self.box if self.whole is None else tight_box(self.whole)


@dataclass(frozen=True, eq=False)
class CaseSet:
    """The cases of a protocol, and what its reader left out.

    Args:
        cases: the questions.
        skipped: reason -> how many annotations were left out for it.
        twins: where the protocol's truths are not exact: questions whose truth is made in the same
            way, each with the exact mask as a completion on its canvas (ceiling.py).
    """

    cases: Sequence[Case]
    skipped: Mapping[str, int] = field(default_factory=dict)
    twins: Sequence[tuple[Case, Completion]] = ()


def padding(case: Case) -> tuple[int, int, int, int]:
    """How far the canvas reaches beyond the window: left, top, right, bottom, pixels."""
    if case.photo is None:
        return (MARGIN,) * 4
    height, width = case.modal.shape
    x0, y0, x1, y1 = (round(edge) for edge in case.photo)
    left, top, right, bottom = (min(MARGIN, room) for room in (-x0, -y0, x1 - width, y1 - height))
    return left, top, right, bottom


def on_canvas(case: Case, mask: np.ndarray) -> np.ndarray:
    """Put a mask (h, w) of the case's window on its canvas: (H, W), empty around the window."""
    left, top, right, bottom = padding(case)
    return np.pad(mask, ((top, bottom), (left, right)))


def instance_of(case: Case) -> tuple[Instance, tuple[int, int]]:
    """The case as a photo would show it.

    Returns:
        (instance, (dx, dy)): the modal mask on the canvas, and the window's corner there.
    """
    left, top, _, _ = padding(case)
    return Instance(on_canvas(case, case.modal), case.category), (left, top)
