"""Reader of KINS: modal and amodal masks that people drew on KITTI's photos of streets.

Qi et al., CVPR 2019. Both releases are COCO-like JSON: {"images", "annotations", "categories"}.

    release         first                   second (2020)
    files           instances_train.json    update_train_2020.json
                    instances_val.json      update_test_2020.json
    visible part    inmodal_seg: RLE        i_segm: polygons
                    inmodal_bbox            i_bbox, i_area
    whole           segmentation: polygons  a_segm: polygons
                    bbox, area              a_bbox, a_area
    order           -                       oco_id cluster, ico_id rank in it; 0: no overlap

Read from public code: first release, XiaohangZhan/deocclusion datasets/reader.py
(KINSLVISDataset); second, the README.md of qqlu/Amodal-Instance-Segmentation-through-KINS-Dataset
and trqminh/aistron datasets/prepare_kins2020.py. The order is not used: the paper trains on
instance masks alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from amodal.data.annotated import Annotated, AnnotatedPhoto, Id, Photo, Skipped
from amodal.data.annotation_file import (
    Listing,
    Unusable,
    check_box,
    check_inside,
    find_file,
    is_id,
    read_listing,
    read_mask,
)
from amodal.data.categories import category_of
from amodal.data.segmentation import short
from amodal.errors import AmodalError

# 3, "rider", is in the list but has no instance (issue 15 of the KINS repository).
CATEGORIES = MappingProxyType(
    {
        1: "cyclist",
        2: "pedestrian",
        3: "rider",
        4: "car",
        5: "tram",
        6: "truck",
        7: "van",
        8: "misc",
    }
)
FILES = MappingProxyType(
    {
        ("2019", "train"): "instances_train.json",
        ("2019", "test"): "instances_val.json",
        ("2020", "train"): "update_train_2020.json",
        ("2020", "test"): "update_test_2020.json",
    }
)
PHOTOS = MappingProxyType({"train": "training/image_2", "test": "testing/image_2"})
VALIDATION_PHOTOS = 750  # the first of the test set (paper, section 5)

# (visible mask, its box, amodal mask, its box), by release
_KEYS = {
    "2019": ("inmodal_seg", "inmodal_bbox", "segmentation", "bbox"),
    "2020": ("i_segm", "i_bbox", "a_segm", "a_bbox"),
}


def photos(
    root: Path, split: str, skipped: Skipped, release: str = "2019"
) -> Iterator[AnnotatedPhoto]:
    """Read one photo after the other.

    Args:
        root: folder with the JSON files, or with annotations/ that holds them.
        split: "train"; "test", as De-occlusion evaluates; "validation", the first 750 photos of it.
        skipped: counts what is left out.
        release: "2019" or "2020".

    Raises:
        AmodalError: the file is missing or is not KINS of this release.
    """
    part = "test" if split == "validation" else split
    name = FILES[release, part]
    path = find_file(root, name, "KINS")
    what = f"KINS annotations, release {release}, split {part}"
    listing = read_listing(path, what, PHOTOS[part], skipped)
    _check_release(listing, release, name)
    names = {**CATEGORIES, **listing.names}
    chosen = listing.photos[:VALIDATION_PHOTOS] if split == "validation" else listing.photos
    for photo in chosen:
        objects = []
        for annotation in listing.annotations.pop(photo.id, ()):
            try:
                objects.append(_object(annotation, photo, names, _KEYS[release]))
            except Unusable as error:
                skipped.add(error.reason, f"annotation {short(annotation['id'])}", error.detail)
        yield AnnotatedPhoto(photo, tuple(objects))


def _check_release(listing: Listing, release: str, name: str) -> None:
    """Refuse a file of which no annotation has the release's keys."""
    visible, _, whole, _ = _KEYS[release]
    listed = [entry for entries in listing.annotations.values() for entry in entries]
    if listed and not any(visible in entry and whole in entry for entry in listed):
        raise AmodalError(
            f"{name}: no annotation has `{visible}` and `{whole}`, expected KINS of release "
            f"{release}: is it the other release, or plain COCO?"
        )


def _object(
    annotation: Mapping[str, Any], photo: Photo, names: Mapping[Id, str], keys: tuple[str, ...]
) -> Annotated:
    visible, visible_box, whole, whole_box = keys
    key = annotation.get("category_id")
    if not is_id(key) or key not in names:
        raise Unusable("its class is not listed", f"category_id {short(key)}")
    modal = read_mask(annotation.get(visible), photo.height, photo.width, "visible")
    amodal = read_mask(annotation.get(whole), photo.height, photo.width, "amodal")
    check_box(annotation, visible_box)
    check_box(annotation, whole_box)
    check_inside(modal, amodal)
    classes = category_of(names[key]), names[key]
    return Annotated.from_masks(annotation["id"], classes, modal, amodal)
