"""The data sets to train on, by name: their whole masks, and the objects of each photo.

Whole masks are visible masks of objects of which nothing is hidden. KINS' and COCOA's amodal masks
serve for that one question, whether something is hidden, and are never learned from (the paper:
"we only exploit instance masks in training"); Cityscapes tells it by the order of its polygons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from amodal.data import cityscapes, cocoa, kins, kitti_mots
from amodal.data.annotated import WHOLE_HIDDEN, Annotated, AnnotatedPhoto, Skipped
from amodal.data.categories import MERGED
from amodal.data.kitti_mots import Label, TrackMask
from amodal.data.shapes import Shape, reduce, tight, whole_shapes
from amodal.errors import AmodalError
from amodal.geometry import Box, tight_box

Photos = Iterator[AnnotatedPhoto]

KINS_NOTE = "Trained on KINS masks of KITTI (CC BY-NC-SA 3.0) photos: non-commercial use only."
COCO_NOTE = "Trained on masks of COCO's photos; the annotations state no licence."
CITYSCAPES_NOTE = "Trained on Cityscapes, under its own terms of use."


@dataclass(frozen=True, eq=False)
class Masks:
    """What a network is trained on.

    Args:
        shapes: whole masks, for stages 1 and 2.
        items: the objects of every photo, for stage 3 (training.partial). A photo is a sequence of
            one frame. Objects without a class and stuff have the category "": they only hide.
        skipped: what the reader left out.
    """

    shapes: list[Shape]
    items: list[TrackMask]
    skipped: Skipped = field(default_factory=Skipped)


@dataclass(frozen=True)
class Source:
    """A data set that can be trained on.

    Args:
        title: its name for people.
        licence: SPDX identifier of weights trained on it, or "other".
        note: what the identifier does not tell.
        photos: root, counter of what is left out -> photos of the training part; None: KITTI MOTS,
            which has tracks and a reader of its own.
        merge: classes that count as another.
    """

    title: str
    licence: str
    note: str
    photos: Callable[[Path, Skipped], Photos] | None = None
    merge: Mapping[str, str] = field(default_factory=dict)


_CITYSCAPES = Source(
    "Cityscapes",
    "other",
    CITYSCAPES_NOTE,
    lambda root, skipped: cityscapes.photos(root, "train", skipped),
)

SOURCES: Mapping[str, Source] = {
    "kitti-mots": Source(
        "KITTI MOTS",
        "CC-BY-NC-SA-3.0",
        "Trained on KITTI MOTS masks (CC BY-NC-SA 3.0): non-commercial use only.",
    ),
    "kins": Source(
        "KINS",
        "CC-BY-NC-SA-3.0",
        KINS_NOTE,
        lambda root, skipped: kins.photos(root, "train", skipped),
    ),
    "kins-2020": Source(
        "KINS, release of 2020",
        "CC-BY-NC-SA-3.0",
        KINS_NOTE,
        lambda root, skipped: kins.photos(root, "train", skipped, "2020"),
    ),
    "cocoa": Source(
        "COCOA",
        "other",
        COCO_NOTE,
        lambda root, skipped: cocoa.photos(root, "train", skipped),
    ),
    "cocoa-cls": Source(
        "COCOA-cls",
        "other",
        COCO_NOTE,
        lambda root, skipped: cocoa.photos(root, "train", skipped, "cocoa-cls"),
    ),
    "cityscapes": _CITYSCAPES,
    # The paper's cross-domain experiment (table 5); test it on KINS, protocol annotated-merged.
    "cityscapes-merged": Source(
        "Cityscapes, classes merged",
        _CITYSCAPES.licence,
        _CITYSCAPES.note,
        _CITYSCAPES.photos,
        MERGED,
    ),
}


def read(name: str, root: Path, hold_out: Sequence[int] = ()) -> Masks:
    """Read the training part of a data set.

    Args:
        name: one of SOURCES.
        root: its folder.
        hold_out: KITTI MOTS' training sequences to leave out.

    Raises:
        AmodalError: nothing can be read, nothing is left to train on, or `hold_out` is given for a
            data set that has no sequences.
    """
    source = SOURCES[name]
    if source.photos is None:
        kept = [s for s in kitti_mots.TRAINING_SEQUENCES if s not in hold_out]
        items = kitti_mots.read(root, kept)
        return Masks(whole_shapes(items), items)
    if hold_out:
        raise AmodalError(f"--hold-out is for KITTI MOTS: {source.title} has no sequences.")
    skipped = Skipped()
    masks = gather(source.photos(root, skipped), source.merge, skipped)
    if not masks.shapes:
        raise AmodalError(
            f"{source.title} at {root} has no whole object of a known class to train on; {skipped}"
        )
    return masks


def gather(photos: Photos, merge: Mapping[str, str], skipped: Skipped) -> Masks:
    """Collect what is trained on from annotated photos."""
    shapes, items = [], []
    for number, photo in enumerate(photos):
        shapes += shapes_of(photo, number, merge)
        items += track_masks(photo, number, merge)
    return Masks(shapes, items, skipped)


def shapes_of(
    photo: AnnotatedPhoto, number: int, merge: Mapping[str, str], limit: int = 128
) -> list[Shape]:
    """The whole masks of one photo, of known classes, at most `limit` pixels a side."""
    return [
        Shape(reduce(tight(item.modal), limit), category, (number, index))
        for index, item in enumerate(photo.objects)
        for category in [merge.get(item.category, item.category)]
        if category != "unknown" and item.is_whole(photo.photo.extent)
    ]


def track_masks(photo: AnnotatedPhoto, number: int, merge: Mapping[str, str]) -> list[TrackMask]:
    """The photo as a frame of KITTI MOTS; the frame ends where the annotated part does."""
    categories = [merge.get(item.category, item.category) for item in photo.objects]
    categories = ["" if category == "unknown" else category for category in categories]
    everything = zip(
        (*photo.objects, *photo.stuff), categories + [""] * len(photo.stuff), strict=True
    )
    return [
        _track_mask(item, category, (number, index), photo.photo.extent)
        for index, (item, category) in enumerate(everything)
    ]


def _track_mask(item: Annotated, category: str, key: tuple[int, int], extent: Box) -> TrackMask:
    x0, y0, x1, y1 = tight_box(item.modal)
    left, top = item.x0 + x0 - int(extent.x0), item.y0 + y0 - int(extent.y0)
    label = Label(
        truncated=0,
        occluded=int(item.hidden > WHOLE_HIDDEN),
        box=Box(left, top, left + x1 - x0, top + y1 - y0),
        # Equal depths: every other object may be in front.
        depth=0.0 if item.depth is None else float(item.depth),
    )
    size = int(extent.height), int(extent.width)
    modal = item.modal[y0:y1, x0:x1]
    return TrackMask(key[0], 0, key[1], category, modal, left, top, size, label)
