"""Reader of Cityscapes' fine annotations: what is visible of each object, and who is in front.

Cordts et al., CVPR 2016. `ROOT/gtFine/SPLIT/CITY/` has, for each photo,

    *_gtFine_instanceIds.png  a pixel of an object is label id * 1000 + its number in the photo;
                              of anything else, or of a group of objects, the label id alone
    *_gtFine_polygons.json    {"imgHeight", "imgWidth", "objects": [{"label", "polygon"}, ...]},
                              drawn one over the other, so that what comes later is in front

People drew from back to front and each boundary once: the outline of what is behind runs on under
what is in front. So where later polygons cover an object's own one, it is occluded. (The outline
under the occluder is no truth: there are no amodal masks.)

Read from public code: mcordts/cityscapesScripts cityscapesscripts/helpers/labels.py (ids, which
classes have instances), preparation/json2instanceImg.py (drawing and numbering),
helpers/annotation.py (the JSON), README.md (names of files).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from amodal.data.annotated import Annotated, AnnotatedPhoto, Photo, Skipped
from amodal.data.annotation_file import Unusable, load_json, photo_size
from amodal.data.categories import category_of
from amodal.data.segmentation import check_reach, is_number, short
from amodal.errors import AmodalError
from amodal.geometry import Box, tight_box

# Label ids of the classes whose objects are told apart and are things.
LABELS = MappingProxyType(
    {
        "person": 24,
        "rider": 25,
        "car": 26,
        "truck": 27,
        "bus": 28,
        "caravan": 29,
        "trailer": 30,
        "train": 31,
        "motorcycle": 32,
        "bicycle": 33,
    }
)
NOT_DRAWN = "license plate"  # its id is negative: it lies on its car and hides nothing
OUTSIDE = (2, 3)  # "rectification border" and "out of roi": the rim without annotation
SPLITS = ("train", "val")
MAX_POLYGONS = 10_000

_SUFFIX = "_gtFine_polygons.json"


class _Polygon(NamedTuple):
    """One drawn outline: its class, the id of its object (None: not an object), its corners."""

    label: str
    instance: int | None
    corners: list[tuple[float, float]]


def photos(root: Path, split: str, skipped: Skipped) -> Iterator[AnnotatedPhoto]:
    """Read one photo after the other.

    Args:
        root: folder with gtFine/.
        split: "train" or "val" (the masks of "test" are not published).
        skipped: counts what is left out.

    Raises:
        AmodalError: there is nothing of the format at all.
    """
    folder = root / "gtFine" / split
    paths = sorted(folder.glob(f"*/*{_SUFFIX}"))
    if not paths:
        raise AmodalError(
            f"There is no CITY/*{_SUFFIX} in {folder}: give the folder that holds Cityscapes' "
            "gtFine/."
        )
    error: AmodalError | None = None
    read = 0
    for path in paths:
        try:
            photo = _photo(path, split, skipped)
        except AmodalError as reason:
            error = error or reason
            skipped.add("a photo's annotation can't be read", path.name, reason)
        else:
            read += 1
            yield photo
    if not read:
        raise AmodalError(f"None of {len(paths)} photos can be read: {error}")


def _photo(path: Path, split: str, skipped: Skipped) -> AnnotatedPhoto:
    document = load_json(path, "Cityscapes polygons")
    height, width = photo_size(document.get("imgHeight"), document.get("imgWidth"))
    polygons = _polygons(document, height, width, path, skipped)
    ids = _read_ids(path, height, width)
    inside = ~np.isin(np.where(ids < 1000, ids, ids // 1000), OUTSIDE)
    if not inside.any():
        raise AmodalError(f"{path.name}: all of the photo is outside the region of interest.")
    stem = path.name.removesuffix(_SUFFIX)
    city = path.parent.name
    file = f"leftImg8bit/{split}/{city}/{stem}_leftImg8bit.png"
    photo = Photo(stem, file, height, width, tight_box(inside))
    drawn = _draw(polygons, height, width)
    objects, stuff = [], []
    for rank, polygon in enumerate(polygons):
        try:
            item = _region(polygon, rank, ids, drawn, stem)
        except Unusable as reason:
            skipped.add(reason.reason, f"{stem}, polygon {rank + 1}", reason.detail)
        else:
            if item is not None:
                (stuff if polygon.instance is None else objects).append(item)
    _count_strangers(ids, polygons, stem, skipped)
    return AnnotatedPhoto(photo, tuple(objects), tuple(stuff))


def _polygons(
    document: Mapping[str, Any], height: int, width: int, path: Path, skipped: Skipped
) -> list[_Polygon]:
    """The outlines in the order of drawing, numbered as json2instanceImg.py does."""
    listed = document.get("objects")
    if not isinstance(listed, list) or len(listed) > MAX_POLYGONS:
        raise AmodalError(f"{path.name} has no list `objects`, expected Cityscapes polygons.")
    numbers: Counter[str] = Counter()
    polygons = []
    for position, entry in enumerate(listed, start=1):
        where = f"{path.name}, object {position}"
        label = entry.get("label") if isinstance(entry, Mapping) else None
        if not isinstance(label, str):
            skipped.add("a polygon has no label", where, short(entry))
            continue
        if entry.get("deleted") or label == NOT_DRAWN:
            continue
        instance = None
        if label in LABELS:
            instance = LABELS[label] * 1000 + numbers[label]
            numbers[label] += 1
        try:
            corners = _corners(entry.get("polygon"), height, width)
        except AmodalError as reason:
            skipped.add("a polygon can't be drawn", where, reason)
        else:
            polygons.append(_Polygon(label, instance, corners))
    return polygons


def _corners(polygon: Any, height: int, width: int) -> list[tuple[float, float]]:
    points = [list(point) for point in polygon] if _is_points(polygon) else []
    if len(points) < 2:
        raise AmodalError(f"`polygon` is {short(polygon)}, expected [[x, y], ...]")
    flat = [value for point in points for value in point]
    check_reach(flat, height, width, "it")
    return [(x, y) for x, y in points]


def _is_points(polygon: Any) -> bool:
    return isinstance(polygon, list) and all(
        not isinstance(point, int | float | str | Mapping | None)
        and len(point) == 2
        and all(map(is_number, point))
        for point in polygon
    )


def _read_ids(path: Path, height: int, width: int) -> np.ndarray:
    """The instance ids (height, width) int32 beside the polygons.

    Raises:
        AmodalError: the picture is missing, damaged or of another kind.
    """
    path = path.with_name(path.name.removesuffix("polygons.json") + "instanceIds.png")
    try:
        with Image.open(path, formats=("PNG",)) as image:
            if image.size != (width, height) or image.mode not in ("I", "I;16", "I;16B", "L"):
                raise AmodalError(
                    f"{path.name} is {image.mode}, {image.width} x {image.height}, expected ids, "
                    f"{width} x {height}"
                )
            return np.asarray(image).astype(np.int32)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise AmodalError(f"{path.name} can't be read as a PNG ({error})") from error


def _draw(polygons: list[_Polygon], height: int, width: int) -> np.ndarray:
    """Who is in front at each pixel: (height, width) int32 position in `polygons`, or -1."""
    canvas = Image.new("I", (width, height), -1)
    pen = ImageDraw.Draw(canvas)
    for rank, polygon in enumerate(polygons):
        pen.polygon(polygon.corners, fill=rank)
    return np.asarray(canvas)


def _region(
    polygon: _Polygon, rank: int, ids: np.ndarray, drawn: np.ndarray, stem: str
) -> Annotated | None:
    """What is seen of one polygon; None for stuff of which nothing is seen.

    Raises:
        Unusable: nothing is seen of an object.
    """
    x0, y0, x1, y1 = _reach(polygon, *ids.shape)
    window = np.s_[y0:y1, x0:x1]
    is_stuff = polygon.instance is None
    modal = drawn[window] == rank if is_stuff else ids[window] == polygon.instance
    if not modal.any():
        if is_stuff:
            return None
        raise Unusable("its visible mask is empty", polygon.label)
    box = tight_box(modal)
    return Annotated(
        id=f"{stem}/{rank if is_stuff else polygon.instance}",
        category="unknown" if is_stuff else category_of(polygon.label),
        name=polygon.label,
        modal=modal[box.y0 : box.y1, box.x0 : box.x1].copy(),
        amodal=None,
        x0=x0 + box.x0,
        y0=y0 + box.y0,
        hidden=0.0 if is_stuff else _hidden(polygon, drawn[window] > rank, x0, y0),
        depth=-rank,  # later is nearer
    )


def _hidden(polygon: _Polygon, nearer: np.ndarray, x0: int, y0: int) -> float:
    """The share of a polygon that `nearer` (h, w) bool covers, in the window at (x0, y0)."""
    own = Image.new("1", (nearer.shape[1], nearer.shape[0]))
    ImageDraw.Draw(own).polygon([(x - x0, y - y0) for x, y in polygon.corners], fill=1)
    own = np.asarray(own)
    return float((own & nearer).sum() / max(own.sum(), 1))


def _reach(polygon: _Polygon, height: int, width: int) -> Box:
    """The pixels around a polygon, inside the photo; not empty."""
    corners = np.array(polygon.corners)
    low = np.clip(np.floor(corners.min(axis=0)) - 1, 0, (width - 1, height - 1)).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)) + 2, low + 1, (width, height)).astype(int)
    return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def _count_strangers(
    ids: np.ndarray, polygons: list[_Polygon], stem: str, skipped: Skipped
) -> None:
    """Count objects of the picture that no polygon tells of."""
    known = {polygon.instance for polygon in polygons}
    for instance in np.unique(ids[ids >= 1000]).tolist():
        if instance // 1000 in LABELS.values() and instance not in known:
            skipped.add("an object of the picture has no polygon", f"{stem}, id {instance}")
