"""Masks with the colours beside them, for RGB-Amodal-VAE: whole ones and real partial ones.

Photos are read once, one at a time, and only what lies around the objects is kept: about 50 kB a
whole object and 50 kB a partial one (at 128 pixels a side).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from amodal.data import kitti_mots
from amodal.data.annotated import AnnotatedPhoto, Skipped
from amodal.data.kitti_mots import TrackMask
from amodal.data.shapes import Shape, is_clean_whole, reduce
from amodal.data.sources import SOURCES, track_masks
from amodal.errors import AmodalError
from amodal.geometry import Box
from amodal.photo import load_photo
from amodal.rgb import cut_photo
from amodal.training.partial import Partial, partial_masks

LIMIT = 96  # pixels a side of a whole mask


@dataclass(frozen=True, eq=False)
class PhotoShape(Shape):
    """A whole object and the photo around it.

    Args:
        photo: (h + 2 * (h // 2), w + 2 * (w // 2), 3) uint8: the canvas of data.pretext.
    """

    photo: np.ndarray


@dataclass(frozen=True, eq=False)
class PhotoPartial(Partial):
    """A real partial mask and its colours.

    Args:
        photo: (P, P, 3) uint8, the crop of `modal`.
    """

    photo: np.ndarray


@dataclass(frozen=True, eq=False)
class Frame:
    """A photo with the masks in it.

    Args:
        photo: (H, W, 3) uint8; masks are in its pixels.
        items: masks.
        whole: which of them can serve as whole ones.
    """

    photo: np.ndarray
    items: Sequence[TrackMask]
    whole: Sequence[bool]


def photo_shapes(frame: Frame, limit: int = LIMIT) -> list[PhotoShape]:
    """The whole masks of a photo with what is around them, at most `limit` pixels a side."""
    shapes = []
    for item, whole in zip(frame.items, frame.whole, strict=True):
        if not whole or not item.category:
            continue
        mask = reduce(item.mask, limit)
        height, width = mask.shape
        x, y = item.box.width / width, item.box.height / height  # photo pixels a mask pixel
        right, low = width // 2 * x, height // 2 * y
        box = item.box
        around = Box(box.x0 - right, box.y0 - low, box.x1 + right, box.y1 + low)
        canvas = cut_photo(
            frame.photo, around, height + 2 * (height // 2), width + 2 * (width // 2)
        )
        shapes.append(PhotoShape(mask, item.category, (item.sequence, item.track), _bytes(canvas)))
    return shapes


def photo_partials(frame: Frame, size: int, side: int) -> list[PhotoPartial]:
    """The real partial masks of a photo (training.partial) with their colours, (side, side)."""
    boxes = {(item.sequence, item.track): item.box for item in frame.items}
    partials = []
    for partial in partial_masks(frame.items, size):
        photo = _bytes(cut_photo(frame.photo, boxes[partial.track], side, side))
        values = {field.name: getattr(partial, field.name) for field in fields(Partial)}
        partials.append(PhotoPartial(**values, photo=photo))
    return partials


def _bytes(colours: np.ndarray) -> np.ndarray:
    return np.round(255 * colours).astype(np.uint8)


def frames(name: str, root: Path, skipped: Skipped) -> Iterator[Frame]:
    """The photos of a data set's training part.

    Args:
        name: one of data.sources.SOURCES. KITTI MOTS' photos are those of KITTI tracking, expected
            in ROOT/image_02/SSSS/FFFFFF.png.
        root: its folder.
        skipped: counts annotations that are left out, and photos that can't be read.

    Raises:
        AmodalError: the annotations can't be read.
    """
    source = SOURCES[name]
    found = (
        _of_kitti_mots(root)
        if source.photos is None
        else _of_photos(source.photos(root, skipped), source.merge)
    )
    for path, size, extent, items, whole in found:
        try:
            photo = load_photo(root / path)
        except AmodalError as error:
            skipped.add("its photo can't be read", str(path), error, count=len(items))
            continue
        if photo.shape[:2] != size:
            detail = f"got {photo.shape[:2]}, annotated are {size}"
            skipped.add("its photo has another size", str(path), detail, count=len(items))
            continue
        x0, y0, x1, y1 = (int(edge) for edge in extent)
        yield Frame(photo[y0:y1, x0:x1], items, whole)


# Path of the photo, its (height, width), the annotated part, masks, which of them are whole.
Found = Iterator[tuple[Path, tuple[int, int], Box, list[TrackMask], list[bool]]]


def _of_photos(photos: Iterator[AnnotatedPhoto], merge: Mapping[str, str]) -> Found:
    for number, photo in enumerate(photos):
        items = track_masks(photo, number, merge)
        extent = photo.photo.extent
        whole = [item.is_whole(extent) for item in photo.objects]
        whole += [False] * (len(items) - len(whole))
        size = photo.photo.height, photo.photo.width
        yield Path(photo.photo.path), size, extent, items, whole


def _of_kitti_mots(root: Path) -> Found:
    by_frame: dict[tuple[int, int], list[TrackMask]] = {}
    for item in kitti_mots.read(root):
        by_frame.setdefault((item.sequence, item.frame), []).append(item)
    for (sequence, frame), items in by_frame.items():
        height, width = items[0].photo_size
        path = Path("image_02") / f"{sequence:04d}" / f"{frame:06d}.png"
        whole = [bool(item.category) and is_clean_whole(item) for item in items]
        yield path, (height, width), Box(0, 0, width, height), items, whole
