"""Street photographs as pictures in folders, divided by sequence into parts.

A file belongs to the part that a folder above it is named after: train, val or test; else to train.
CamVid's usual parts cut through its sequences, so its frames are divided by sequence here: Seq05VD
is for testing, the others are for training.
"""

from __future__ import annotations

import re
from pathlib import Path

from amodal.errors import AmodalError

PARTS = ("train", "val", "test")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_CAMVID = re.compile(r"(0001TP|0006R0|0016E5|Seq05VD)_")
_CAMVID_TEST = "Seq05VD"


def photo_paths(root: Path, part: str) -> list[Path]:
    """The photos of a part, in alphabetical order.

    Args:
        root: folder; its sub-folders are searched too.
        part: one of PARTS.

    Raises:
        AmodalError: there is no such folder, or no photo of this part in it.
    """
    if part not in PARTS:
        raise ValueError(f"part: got {part!r}, expected one of {', '.join(PARTS)}")
    if not root.is_dir():
        raise AmodalError(f"{root} is no folder: give the one with the photos.")
    files = (path for path in sorted(root.rglob("*")) if path.suffix.lower() in SUFFIXES)
    found = [path for path in files if part_of(path.relative_to(root)) == part]
    if not found:
        raise AmodalError(
            f"{root} holds no photo of the part {part!r}: expected files of "
            f"{', '.join(SUFFIXES)}, those to test on in a folder named test."
        )
    return found


def part_of(path: Path) -> str:
    """The part that a file belongs to; the path is seen from the root."""
    camvid = _CAMVID.match(path.name)
    if camvid:
        return "test" if camvid[1] == _CAMVID_TEST else "train"
    named = [folder for folder in path.parts[:-1] if folder in PARTS]
    return named[-1] if named else "train"
