"""A whole data set as one COCO file: its objects, some photos at a time.

The document stays in memory as json reads it; masks are decoded when their photo's turn comes. The
file as a whole is right or an AmodalError; an annotation is right or counted in a Skipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amodal.cuts import Cut
from amodal.data.annotated import Skipped
from amodal.data.annotation_file import Unusable, photo_size
from amodal.data.coco import VISIBLE_KEYS, load_document, read_box, read_category
from amodal.data.segmentation import cut_of, rle_size, short
from amodal.errors import AmodalError

CHUNK = 512  # annotations that are completed together, at least; whole photos


@dataclass(frozen=True, eq=False)
class Item:
    """An annotation that can be completed.

    Args:
        annotation: as the file has it.
        key: of the annotation's entry that holds the visible part.
        cut: the same, decoded.
    """

    annotation: Mapping[str, Any]
    key: str
    cut: Cut


@dataclass(frozen=True, eq=False)
class Chunk:
    """The objects of some photos.

    Args:
        photos: the objects of each photo.
        skipped: what was left out.
        unknown: how many objects have a class that is not ours, by its name.
    """

    photos: list[list[Item]] = field(default_factory=list)
    skipped: Skipped = field(default_factory=Skipped)
    unknown: Counter[str] = field(default_factory=Counter)


class DataSet:
    """Reads the annotations of a file photo by photo, in chunks that depend on the file alone."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            AmodalError: the file can't be read or is not of COCO's format.
        """
        self.document, self.folder = load_document(path)
        if not isinstance(self.document, Mapping):
            raise AmodalError(
                f"{path.name} holds {short(self.document)}, expected a COCO data set."
            )
        for key in ("images", "annotations"):
            if not isinstance(self.document.get(key), list):
                raise AmodalError(
                    f'{path.name} has no list `{key}`: expected COCO\'s {{"images", "annotations", '
                    '"categories"}.'
                )
        self.annotations = self.document["annotations"]
        self._photos: dict[str, Mapping[str, Any]] = {}
        for photo in self.document["images"]:
            if isinstance(photo, Mapping):
                self._photos.setdefault(str(photo.get("id")), photo)
        self._names = {
            str(entry.get("id")): str(entry.get("name"))
            for entry in self.document.get("categories") or ()
            if isinstance(entry, Mapping)
        }
        self.chunks = _chunks(self.annotations)

    def size_of(self, chunk: int) -> int:
        """How many annotations a chunk has."""
        return sum(map(len, self.chunks[chunk].values()))

    def read(self, chunk: int) -> Chunk:
        """Decode the visible parts of a chunk."""
        result = Chunk()
        for photo_id, indices in self.chunks[chunk].items():
            items = []
            for index in indices:
                try:
                    items.append(self._item(photo_id, self.annotations[index], result.unknown))
                except Unusable as error:
                    result.skipped.add(error.reason, f"annotation {index + 1}", error.detail)
            result.photos.append(items)
        return result

    def _item(self, photo_id: str, annotation: Any, unknown: Counter[str]) -> Item:
        if not isinstance(annotation, Mapping):
            raise Unusable("it is not an object", short(annotation))
        if annotation.get("iscrowd"):
            raise Unusable("it is a crowd")
        photo = self._photos.get(photo_id)
        if photo is None:
            raise Unusable("its photo is not listed", f"photo {short(annotation.get('image_id'))}")
        size = photo_size(photo.get("height"), photo.get("width"))
        key = next((key for key in VISIBLE_KEYS if annotation.get(key) is not None), None)
        if key is None:
            raise Unusable("it has no visible mask")
        mask, x0, y0 = self._visible(annotation[key], *size)
        cut = Cut(mask, x0, y0, size)
        try:
            category = read_category(annotation, self._names)
            extent = annotation.get("amodal_bbox")
            if extent is not None:
                extent = read_box(extent, cut.box, *size)
        except AmodalError as error:
            raise Unusable("its class or box can't be read", error) from error
        if category == "unknown":
            unknown[self._named(annotation)] += 1
        return Item(annotation, key, Cut(mask, x0, y0, size, category, extent))

    def _visible(self, code: Any, height: int, width: int) -> tuple[Any, int, int]:
        empty = Unusable("its visible mask is empty")
        if code in ([], ""):
            raise empty
        try:
            if isinstance(code, Mapping) and code.get("size") != [height, width]:
                rows, columns = rle_size(code)
                detail = f"{columns} x {rows}, not {width} x {height} pixels"
                raise Unusable("its visible mask does not fit its photo", detail)
            cut = cut_of(code, height, width, self.folder)
        except Unusable:
            raise
        except AmodalError as error:
            raise Unusable("its visible mask can't be read", error) from error
        if cut is None:
            raise empty
        return cut

    def _named(self, annotation: Mapping[str, Any]) -> str:
        """What the file calls the class."""
        for key in ("category", "category_name", "category_id"):
            if annotation.get(key) is not None:
                return self._names.get(str(annotation[key]), str(annotation[key]))
        return "none"


def _chunks(annotations: list[Any]) -> list[dict[str, list[int]]]:
    """Positions of the annotations by photo, photos as they first appear, CHUNK and more a part."""
    by_photo: dict[str, list[int]] = {}
    for index, annotation in enumerate(annotations):
        photo = annotation.get("image_id") if isinstance(annotation, Mapping) else None
        by_photo.setdefault(str(photo), []).append(index)
    chunks: list[dict[str, list[int]]] = []
    filled = CHUNK
    for photo, indices in by_photo.items():
        if filled >= CHUNK:
            chunks.append({})
            filled = 0
        chunks[-1][photo] = indices
        filled += len(indices)
    return chunks
