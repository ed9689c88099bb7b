"""Protocol "annotated": the truth is what people drew of the whole object (KINS, COCOA).

Every object of which something is seen is a case, occluded or not, as in the paper and in
De-occlusion; reports show the occluded ones on their own. Truth and prediction count inside the
photo only. The mask given is the true visible one.

Protocol "simulated" on these data sets and Cityscapes: whole objects of the test part, hidden by
another one (data.occlusion), drawn with a fixed seed: the same data gives the same cases.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, overload

import numpy as np

from amodal.data import cityscapes, cocoa, kins
from amodal.data.annotated import WHOLE_HIDDEN, Annotated, AnnotatedPhoto, Skipped
from amodal.data.kitti_mots import TrackMask
from amodal.data.occlusion import simulate
from amodal.data.sources import track_masks
from amodal.errors import AmodalError
from amodal.evaluation.case import Case, CaseSet
from amodal.evaluation.simulated import case_of
from amodal.geometry import Box
from amodal.scene import paste_window

OCCLUDED, VISIBLE = "occluded", "fully visible"
SIMULATED_COUNT = 2000
SIMULATED_SEED = 2020
MAX_TRIES = 20  # pairs drawn for a case, on average

Reader = Callable[[Path, Skipped], Iterator[AnnotatedPhoto]]

# What is reported on, by data set.
TEST: Mapping[str, Reader] = {
    "kins": lambda root, skipped: kins.photos(root, "test", skipped),
    "kins-2020": lambda root, skipped: kins.photos(root, "test", skipped, "2020"),
    "cocoa": lambda root, skipped: cocoa.photos(root, "validation", skipped),
    "cocoa-cls": lambda root, skipped: cocoa.photos(root, "validation", skipped, "cocoa-cls"),
    "cityscapes": lambda root, skipped: cityscapes.photos(root, "val", skipped),
}
VALIDATION: Mapping[str, Reader] = {
    "kins": lambda root, skipped: kins.photos(root, "validation", skipped),
    "kins-2020": lambda root, skipped: kins.photos(root, "validation", skipped, "2020"),
}


class PackedCases(Sequence[Case]):
    """Cases with eight pixels a byte, unpacked when they are asked for: KINS has 10^5."""

    def __init__(self, cases: Iterator[Case]) -> None:
        self._packed = [_pack(case) for case in cases]

    def __len__(self) -> int:
        return len(self._packed)

    @overload
    def __getitem__(self, index: int) -> Case: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Case, ...]: ...

    def __getitem__(self, index: int | slice) -> Case | tuple[Case, ...]:
        if isinstance(index, slice):
            return tuple(_unpack(*packed) for packed in self._packed[index])
        return _unpack(*self._packed[index])


_MASKS = ("whole", "modal", "others")


def _pack(case: Case) -> tuple[np.ndarray, tuple[int, int], dict[str, Any]]:
    """(bits of the masks, their shape, the other fields by name)."""
    bits = np.packbits(np.stack([getattr(case, name) for name in _MASKS]))
    rest = {field.name: getattr(case, field.name) for field in fields(Case)}
    return bits, case.modal.shape, {name: rest[name] for name in rest if name not in _MASKS}


def _unpack(bits: np.ndarray, shape: tuple[int, int], rest: dict[str, Any]) -> Case:
    count = len(_MASKS) * shape[0] * shape[1]
    masks = np.unpackbits(bits, count=count).astype(bool).reshape(len(_MASKS), *shape)
    return Case(**dict(zip(_MASKS, masks, strict=True)), **rest)


def annotated_cases(
    root: Path, data: str, merge: Mapping[str, str] | None = None, validation: bool = False
) -> CaseSet:
    """All objects of the test part that have an amodal mask.

    Args:
        root: folder of the data set.
        data: "kins", "kins-2020", "cocoa" or "cocoa-cls".
        merge: classes that count as another.
        validation: the part for choosing hyper-parameters instead (KINS: the first 750 photos).

    Raises:
        AmodalError: the data can't be read.
    """
    skipped = Skipped()
    photos = (VALIDATION if validation else TEST)[data](root, skipped)
    known_only = data.startswith("cocoa")  # most of what COCOA shows is no street object
    cases = PackedCases(
        case for photo in photos for case in _cases(photo, merge or {}, known_only, skipped)
    )
    _tell(skipped)
    return CaseSet(cases, skipped.counts)


def simulated_cases(root: Path, data: str, count: int = SIMULATED_COUNT) -> CaseSet:
    """Whole objects of the test part, each hidden by another whole one.

    Raises:
        AmodalError: the data can't be read, or has too few whole objects.
    """
    skipped = Skipped()
    wholes = [
        mask
        for number, photo in enumerate(TEST[data](root, skipped))
        for mask, item in zip(track_masks(photo, number, {}), photo.objects, strict=False)
        if mask.category and item.is_whole(photo.photo.extent)
    ]
    _tell(skipped)
    if len(wholes) < 2:
        raise AmodalError(
            f"{data} at {root} has {len(wholes)} whole objects of known classes in its test part, "
            f"expected two or more to hide one by another; {skipped}"
        )
    return CaseSet(PackedCases(_simulated(wholes, count)), skipped.counts)


def _tell(skipped: Skipped) -> None:
    """Say what was left out; the report has the counts, this has the examples."""
    if skipped.counts:
        print(skipped, file=sys.stderr)


def _cases(
    photo: AnnotatedPhoto, merge: Mapping[str, str], known_only: bool, skipped: Skipped
) -> Iterator[Case]:
    for item in photo.objects:
        category = merge.get(item.category, item.category)
        if item.amodal is None:
            skipped.add("it has no amodal mask", f"object {item.id}")
        elif known_only and category == "unknown":
            skipped.add("it is of none of our classes", f"object {item.id}", item.name)
        else:
            yield _case(item, photo, category)


def _case(item: Annotated, photo: AnnotatedPhoto, category: str) -> Case:
    """One object in a window of twice its box, as far as the photo goes."""
    extent, box = photo.photo.extent, item.box
    x0 = int(max(box.x0 - box.width // 2, extent.x0))
    y0 = int(max(box.y0 - box.height // 2, extent.y0))
    x1 = int(min(box.x1 + box.width // 2, extent.x1))
    y1 = int(min(box.y1 + box.height // 2, extent.y1))
    window, shape = Box(x0, y0, x1, y1), (y1 - y0, x1 - x0)
    others = np.zeros(shape, bool)
    for other in photo.objects:
        if other is not item and other.box.iou(window) > 0:
            others |= paste_window(other.modal, other.x0 - x0, other.y0 - y0, *shape)
    modal = paste_window(item.modal, item.x0 - x0, item.y0 - y0, *shape)
    whole = paste_window(item.amodal, item.x0 - x0, item.y0 - y0, *shape)
    return Case(
        whole,
        modal,
        category,
        (photo.photo.id,),
        others & ~modal,
        Box(extent.x0 - x0, extent.y0 - y0, extent.x1 - x0, extent.y1 - y0),
        part=OCCLUDED if item.hidden > WHOLE_HIDDEN else VISIBLE,
    )


def _simulated(wholes: Sequence[TrackMask], count: int) -> Iterator[Case]:
    rng = np.random.default_rng(SIMULATED_SEED)
    made = 0
    for _ in range(MAX_TRIES * count):
        whole, occluder = (wholes[i] for i in rng.choice(len(wholes), 2, replace=False))
        result = simulate(whole.mask, occluder.mask, rng)
        if result is not None:
            yield case_of(whole, occluder, result[1])
            made += 1
        if made == count:
            return
    raise AmodalError(
        f"Only {made} of {count} occlusions could be simulated with {len(wholes)} whole objects: "
        "the data has too few that can hide one another."
    )
