"""Reader of KITTI MOTS: real instance masks of streets, joined with the KITTI tracking labels.

Licence of masks and labels: CC BY-NC-SA 3.0. Voigtlaender et al., CVPR 2019; Geiger et al., CVPR
2012. `ROOT/instances_txt/SSSS.txt` has a mask a line: frame, track, class, height, width, RLE;
`ROOT/label_02/SSSS.txt` a label a line. A mask's track is class * 1000 + the label's track.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pycocotools import mask as rle

from amodal.errors import AmodalError
from amodal.geometry import Box

CATEGORY_OF_CLASS = {1: "car", 2: "person"}
IGNORE_CLASS = 10

VALIDATION_SEQUENCES = (2, 6, 7, 8, 10, 13, 14, 16, 18)
TRAINING_SEQUENCES = tuple(s for s in range(21) if s not in VALIDATION_SEQUENCES)


@dataclass(frozen=True)
class Label:
    """What the tracking label says of an object.

    Args:
        truncated: 0 inside the photo, 1 or 2 cut by its border.
        occluded: 0 fully visible, 1 partly, 2 largely occluded, 3 unknown.
        box: full extent inside the photo, image frame.
        depth: distance along the camera's axis, metres.
        angle: from which side the object is seen (alpha), radians.
    """

    truncated: int
    occluded: int
    box: Box
    depth: float
    angle: float = 0.0


@dataclass(frozen=True, eq=False)
class TrackMask:
    """One object in one frame: the visible mask, cut to its tight box.

    Args:
        sequence, frame, track: identify it.
        category: "car" or "person"; "" for an ignore region.
        mask: (h, w) bool, tight.
        x0, y0: where the cut starts, image frame.
        photo_size: (height, width) of the frame.
        label: None where no tracking label joins.
    """

    sequence: int
    frame: int
    track: int
    category: str
    mask: np.ndarray
    x0: int
    y0: int
    photo_size: tuple[int, int]
    label: Label | None

    @property
    def key(self) -> tuple[int, int, int]:
        return self.sequence, self.frame, self.track

    @property
    def box(self) -> Box:
        height, width = self.mask.shape
        return Box(self.x0, self.y0, self.x0 + width, self.y0 + height)

    @property
    def borders(self) -> np.ndarray:
        """Whether the mask touches the photo's left, top, right, bottom border, (4,) bool."""
        height, width = self.photo_size
        x0, y0, x1, y1 = self.box
        return np.array([x0 <= 0, y0 <= 0, x1 >= width, y1 >= height])

    @property
    def is_whole(self) -> bool:
        """Fully visible and inside the photo, as the label and the mask itself tell."""
        label = self.label
        return (
            label is not None
            and label.occluded == 0
            and label.truncated == 0
            and not self.borders.any()
        )


def read(root: Path, sequences: Iterable[int] = TRAINING_SEQUENCES) -> list[TrackMask]:
    """Read all masks of the sequences, ignore regions included.

    Raises:
        AmodalError: a file is missing or a line is not of the format.
    """
    masks = []
    for sequence in sequences:
        labels = read_labels(root / "label_02" / f"{sequence:04d}.txt")
        path = root / "instances_txt" / f"{sequence:04d}.txt"
        for number, line in enumerate(_lines(path), start=1):
            try:
                item = _parse_mask(line, sequence, labels)
            except (ValueError, IndexError) as error:
                raise AmodalError(
                    f"{path.name}, line {number}: not a KITTI MOTS mask ({error}). "
                    "Expected: frame track class height width rle."
                ) from error
            if item is not None:
                masks.append(item)
    return masks


def read_labels(path: Path) -> dict[tuple[int, int], Label]:
    """Read one sequence of tracking labels, by (frame, track). "DontCare" lines are left out."""
    labels = {}
    for number, line in enumerate(_lines(path), start=1):
        fields = line.split()
        try:
            frame, track = int(fields[0]), int(fields[1])
            values = [float(field) for field in fields[3:17]]
            label = Label(int(values[0]), int(values[1]), Box(*values[3:7]), values[12], values[2])
        except (ValueError, IndexError, TypeError) as error:
            raise AmodalError(
                f"{path.name}, line {number}: not a KITTI tracking label ({error})."
            ) from error
        if track >= 0:
            labels[frame, track] = label
    return labels


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError as error:
        raise AmodalError(
            f"Can't read {path}: expected the KITTI MOTS folder with instances_txt/ and label_02/ "
            "at --root."
        ) from error


def _parse_mask(line: str, sequence: int, labels: dict[tuple[int, int], Label]) -> TrackMask | None:
    frame, track, class_id, height, width, counts = line.split(" ", 5)
    coded = {"size": [int(height), int(width)], "counts": counts.strip().encode()}
    x, y, w, h = (int(value) for value in rle.toBbox(coded))
    if w == 0 or h == 0:
        return None
    mask = rle.decode(coded)[y : y + h, x : x + w].astype(bool)
    if int(class_id) == IGNORE_CLASS:
        category, label = "", None
    else:
        category = CATEGORY_OF_CLASS[int(class_id)]
        label = labels.get((int(frame), int(track) % 1000))
    return TrackMask(
        sequence, int(frame), int(track), category, mask, x, y, (int(height), int(width)), label
    )
