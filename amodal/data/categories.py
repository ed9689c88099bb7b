"""What other data sets call our classes: COCO, KINS, Cityscapes, KITTI."""

from __future__ import annotations

from types import MappingProxyType

from amodal.scene import CLASSES

_OTHER_NAMES = {
    "pedestrian": "person",  # KINS, KITTI
    "person sitting": "person",  # KITTI
    "people": "person",
    # Cityscapes masks the rider without the bicycle, so what is to be completed is a person;
    # KINS and KITTI mask a cyclist with it.
    "rider": "person",
    "bike": "bicycle",
    "motorbike": "motorcycle",
    "train": "tram",  # COCO and Cityscapes know no tram
    "on rails": "tram",
    "streetcar": "tram",
    "minivan": "van",
    "lorry": "truck",
}

# For training on Cityscapes and testing on KINS. The paper merges bus with car and motorcycle with
# bicycle (section 5.1). The rest is ours: Cityscapes calls a van a car, and has nobody whose mask
# contains the bicycle, as KINS' cyclists do.
MERGED = MappingProxyType(
    {"bus": "car", "motorcycle": "bicycle", "van": "car", "cyclist": "unknown"}
)


def category_of(name: str) -> str:
    """Our class for a name of another data set; "unknown" for one that has none.

    Upper case, blanks around it, "-" and "_" make no difference.
    """
    name = " ".join(name.lower().replace("_", " ").replace("-", " ").split())
    name = _OTHER_NAMES.get(name, name)
    return name if name in CLASSES else "unknown"
