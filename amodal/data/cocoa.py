"""Reader of COCOA: objects and stuff of COCO photos, drawn whole by people, front to back.

Zhu et al., CVPR 2017. `COCO_amodal_{train,val}2014.json` has an annotation a photo:
{"image_id", "id", "size", "regions", "depth_constraint", ...}. A region has

    segmentation    the whole: one flat polygon x, y, x, y, ...
    visible_mask    RLE; missing where nothing is hidden
    invisible_mask  RLE; missing where nothing is hidden (not needed here)
    name            free text; order: rank from the front, from 1 on; isStuff: 0 or 1

COCOA-cls (Follmann et al., WACV 2019), `..._with_classes.json`, has an annotation an object with
COCO's category_id, `segmentation` and `visible_mask` as RLE, and order and isStuff in
`amodal_region`.

Read from public code: XiaohangZhan/deocclusion datasets/reader.py (read_SAS, SASDataset) and
demos/demo_data/COCOA/1.json, Wakeupbuddy/amodalAPI PythonAPI/pycocotools/amodal.py; for COCOA-cls
trqminh/aistron datasets/prepare_cocoa.py and public loaders that decode both masks as RLE.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from amodal.data.annotated import Annotated, AnnotatedPhoto, Photo, Skipped
from amodal.data.annotation_file import (
    Listing,
    Unusable,
    check_inside,
    find_file,
    is_id,
    read_listing,
    read_mask,
)
from amodal.data.categories import category_of
from amodal.data.segmentation import short
from amodal.errors import AmodalError

FILES = MappingProxyType(
    {
        ("cocoa", "train"): "COCO_amodal_train2014.json",
        ("cocoa", "validation"): "COCO_amodal_val2014.json",
        ("cocoa-cls", "train"): "COCO_amodal_train2014_with_classes.json",
        ("cocoa-cls", "validation"): "COCO_amodal_val2014_with_classes.json",
    }
)
PHOTOS = MappingProxyType({"train": "train2014", "validation": "val2014"})

# Annotators' words for one object of our classes. Plurals are left out: they name groups.
_WORDS = MappingProxyType(
    {
        "man": "person",
        "woman": "person",
        "boy": "person",
        "girl": "person",
        "child": "person",
        "kid": "person",
        "baby": "person",
        "lady": "person",
        "guy": "person",
        "human": "person",
        "player": "person",
        "skier": "person",
        "surfer": "person",
        "skateboarder": "person",
        "taxi": "car",
        "cab": "car",
        "suv": "car",
        "trolley": "tram",
        "scooter": "motorcycle",
        "moped": "motorcycle",
    }
)


def photos(
    root: Path, split: str, skipped: Skipped, form: str = "cocoa"
) -> Iterator[AnnotatedPhoto]:
    """Read one photo after the other.

    Args:
        root: folder with annotations/ (or the JSON files themselves).
        split: "train" or "validation".
        skipped: counts what is left out.
        form: "cocoa", or "cocoa-cls" with COCO's classes.

    Raises:
        AmodalError: the file is missing or is not of this form.
    """
    name = FILES[form, split]
    what = f"{form} annotations, split {split}"
    listing = read_listing(find_file(root, name, "COCOA"), what, PHOTOS[split], skipped)
    _check_form(listing, form, name)
    for photo in listing.photos:
        found = []
        for annotation in listing.annotations.pop(photo.id, ()):
            for key, region in _regions(annotation, form, skipped):
                try:
                    found.append(_object(key, region, photo, listing, form))
                except Unusable as error:
                    skipped.add(error.reason, f"region {short(key)}", error.detail)
        objects = tuple(item for is_stuff, item in found if not is_stuff)
        yield AnnotatedPhoto(photo, objects, tuple(item for is_stuff, item in found if is_stuff))


def word_of(name: str) -> str:
    """Our class for an annotator's words; "unknown" for one that has none."""
    words = " ".join(name.lower().split())
    return category_of(_WORDS.get(words, words))


def _check_form(listing: Listing, form: str, name: str) -> None:
    key = "regions" if form == "cocoa" else "visible_mask"
    listed = [entry for entries in listing.annotations.values() for entry in entries]
    if listed and not any(key in entry for entry in listed):
        raise AmodalError(f"{name}: no annotation has `{key}`, expected {form}.")


def _regions(
    annotation: Mapping[str, Any], form: str, skipped: Skipped
) -> Iterator[tuple[int | str, Mapping[str, Any]]]:
    """The objects of one annotation, each with a name of its own."""
    key = annotation["id"]
    if form == "cocoa-cls":
        yield key, annotation
        return
    regions = annotation.get("regions")
    if not isinstance(regions, list):
        skipped.add("an annotation has no list `regions`", f"annotation {short(key)}")
        return
    for number, region in enumerate(regions, start=1):
        if isinstance(region, Mapping):
            yield f"{key}/{number}", region
        else:
            where = f"annotation {short(key)}, region {number}"
            skipped.add("a region is not an object", where, short(region))


def _object(
    key: int | str, region: Mapping[str, Any], photo: Photo, listing: Listing, form: str
) -> tuple[bool, Annotated]:
    """(whether it is stuff, the region)."""
    if form == "cocoa":
        facts = region
        name = region.get("name")
        if not isinstance(name, str):
            raise Unusable("it has no name", short(name))
        name = name.strip()
        category = word_of(name)
    else:
        facts = region.get("amodal_region")
        facts = facts if isinstance(facts, Mapping) else {}
        category_id = region.get("category_id")
        if not is_id(category_id) or category_id not in listing.names:
            raise Unusable("its class is not listed", f"category_id {short(category_id)}")
        name = listing.names[category_id]
        category = category_of(name)
    amodal = read_mask(region.get("segmentation"), photo.height, photo.width, "amodal")
    if region.get("visible_mask") is None:
        modal = amodal
    else:
        modal = read_mask(region["visible_mask"], photo.height, photo.width, "visible")
        check_inside(modal, amodal)
    depth = facts.get("order")
    if not isinstance(depth, int) or isinstance(depth, bool):
        depth = None
    is_stuff = facts.get("isStuff") not in (None, 0)
    return is_stuff, Annotated.from_masks(key, (category, name), modal, amodal, depth)
