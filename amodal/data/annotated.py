"""Annotated photos: what the readers of KINS, COCOA and Cityscapes have in common.

A reader is a generator of AnnotatedPhoto: one photo is decoded at a time, so 10^5 instances need
the memory of their file. What can't be used is left out and counted in a Skipped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import cv2
import numpy as np

from amodal.geometry import Box, tight_box

WHOLE_HIDDEN = 0.01  # annotators' outlines differ by that much where nothing is hidden
MIN_WHOLE_AREA = 200
MIN_PIECE = 0.95

Id = int | str


@dataclass(frozen=True)
class Photo:
    """A photo as the annotation lists it.

    Args:
        id: as in the file.
        path: of the picture, relative to the data set's root.
        height, width: pixels.
        extent: the part that is annotated, image frame; beyond it nothing is known.
    """

    id: Id
    path: str
    height: int
    width: int
    extent: Box


@dataclass(frozen=True, eq=False)
class Annotated:
    """One object of a photo. Its masks share a window of the photo, (h, w) bool.

    Args:
        id: of the annotation.
        category: one of scene.CLASSES.
        name: what the file calls its class.
        modal: the visible part; never empty.
        amodal: the whole as somebody drew it; None where the data has none.
        x0, y0: the window's corner, image frame.
        hidden: share of the object that is hidden as the annotation tells, 0..1.
        depth: rank in the photo, smaller is nearer; None: not annotated.
    """

    id: Id
    category: str
    name: str
    modal: np.ndarray
    amodal: np.ndarray | None
    x0: int
    y0: int
    hidden: float
    depth: int | None = None

    @classmethod
    def from_masks(
        cls,
        key: Id,
        classes: tuple[str, str],
        modal: np.ndarray,
        amodal: np.ndarray,
        depth: int | None = None,
    ) -> Annotated:
        """An object from its masks (H, W) bool in image frame, cut to the box around both.

        Args:
            key: of the annotation.
            classes: ours, and what the file calls it.
            modal, amodal: neither is empty.
            depth: rank in the photo.
        """
        x0, y0, x1, y1 = tight_box(modal | amodal)
        hidden = float((amodal & ~modal).sum() / amodal.sum())
        modal, amodal = (mask[y0:y1, x0:x1].copy() for mask in (modal, amodal))
        return cls(key, *classes, modal, amodal, x0, y0, hidden, depth)

    @property
    def box(self) -> Box:
        """The window, image frame."""
        height, width = self.modal.shape
        return Box(self.x0, self.y0, self.x0 + width, self.y0 + height)

    @property
    def modal_box(self) -> Box:
        """The tight box of the visible part, image frame."""
        x0, y0, x1, y1 = tight_box(self.modal)
        return Box(x0 + self.x0, y0 + self.y0, x1 + self.x0, y1 + self.y0)

    def is_whole(self, extent: Box) -> bool:
        """Whether its visible mask can serve as a whole one: nothing of it is hidden or cut off by
        the photo's border, it is big enough and in one piece."""
        box, area = self.modal_box, int(self.modal.sum())
        touches = (
            box.x0 <= extent.x0 or box.y0 <= extent.y0 or box.x1 >= extent.x1 or box.y1 >= extent.y1
        )
        if self.hidden > WHOLE_HIDDEN or touches or area < MIN_WHOLE_AREA:
            return False
        _, _, stats, _ = cv2.connectedComponentsWithStats(self.modal.astype(np.uint8))
        return bool(stats[1:, cv2.CC_STAT_AREA].max() >= MIN_PIECE * area)


@dataclass(frozen=True, eq=False)
class AnnotatedPhoto:
    """A photo and what is annotated in it.

    Args:
        photo: the photo.
        objects: things that can be completed.
        stuff: regions that are not an object but may hide one, such as poles and trees.
    """

    photo: Photo
    objects: tuple[Annotated, ...]
    stuff: tuple[Annotated, ...] = ()


@dataclass
class Skipped:
    """What a reader left out, by reason, with the first example of each.

    Args:
        counts: reason -> how many annotations.
        first: reason -> where and what it was the first time.
    """

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, reason: str, where: str, detail: object = "", count: int = 1) -> None:
        """Count annotations that are left out for a reason."""
        self.counts[reason] += count
        self.first.setdefault(reason, f"{where}: {detail}" if detail else where)

    def __str__(self) -> str:
        if not self.counts:
            return "nothing was left out"
        return "\n".join(
            f"left out {count:,}: {reason} (first: {self.first[reason]})"
            for reason, count in self.counts.most_common()
        )
