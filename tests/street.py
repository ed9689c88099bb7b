"""A small street in KITTI MOTS' own files: cars that drive, one of which passes behind another.

The driving car (track 4) is whole in frames 0 to 4 and behind the parked one (track 5) in frames 6
and 8; a third (track 6) is always whole. Nothing is noisy, so borrowed truths can be exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from pycocotools import mask as rle

from amodal.geometry import Box

SIZE = (120, 320)  # height, width of the photo
HIDDEN, PARKED, OTHER = 4, 5, 6  # tracks
OUTLINE = (  # of a car, in shares of its width and height
    *((0, 0.5), (0.2, 0.45), (0.35, 0), (0.8, 0), (0.99, 0.45), (0.99, 0.8)),
    *((0.85, 0.97), (0.7, 0.8), (0.3, 0.8), (0.15, 0.97), (0, 0.8)),
)


@dataclass(frozen=True, eq=False)
class Seen:
    """One object in one frame, as the files tell it."""

    frame: int
    track: int
    mask: np.ndarray
    box: Box
    occluded: int = 0
    truncated: int = 0
    angle: float = -1.5
    depth: float = 20.0


def car(x: int, y: int, width: int = 64, height: int = 40) -> np.ndarray:
    """A car's outline in the photo, its tight box at (x, y): (H, W) bool."""
    points = np.floor(np.array(OUTLINE) * (width, height)).astype(np.int32) + np.array((x, y))
    canvas = np.zeros(SIZE, np.uint8)
    cv2.fillPoly(canvas, [points.astype(np.int32)], 1)
    return canvas.astype(bool)


def extent(mask: np.ndarray) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)


def driving(frame: int) -> np.ndarray:
    """The whole of the driving car, which nobody is shown in frames 6 and 8."""
    return car(20 + 8 * frame, 40)


def street() -> list[Seen]:
    """All that is seen, frame by frame."""
    parked = car(104, 52, 72, 48)
    scene = []
    for frame in (0, 1, 2, 3, 4, 6, 8):
        whole, other = driving(frame), car(230, 30, 60, 36 + frame // 4)
        hidden = (whole & parked).any()
        visible = whole & ~parked
        if not hidden or frame >= 6:  # in between the car is left out: neither whole nor asked for
            scene.append(Seen(frame, HIDDEN, visible, extent(whole), occluded=int(hidden)))
        scene.append(Seen(frame, PARKED, parked, extent(parked), depth=10.0))
        scene.append(Seen(frame, OTHER, other, extent(other), depth=30.0))
    return scene


def change(scene: Iterable[Seen], track: int, frames: Iterable[int], **changes: object):
    """The scene with something else told of a track in some frames."""
    frames = set(frames)
    return [
        replace(seen, **changes) if seen.track == track and seen.frame in frames else seen
        for seen in scene
    ]


def write_street(root: Path, scene: Iterable[Seen], sequence: int = 0) -> Path:
    """Write masks and labels of a sequence; cars only."""
    masks, labels = [], []
    for seen in scene:
        counts = rle.encode(np.asfortranarray(seen.mask.astype(np.uint8)))["counts"].decode()
        masks.append(f"{seen.frame} {1000 + seen.track} 1 {SIZE[0]} {SIZE[1]} {counts}")
        corners = " ".join(str(float(value)) for value in seen.box)
        labels.append(
            f"{seen.frame} {seen.track} Car {seen.truncated} {seen.occluded} {seen.angle} {corners}"
            f" 1.5 1.6 4.0 1.0 1.5 {seen.depth} -1.2"
        )
    for folder, lines in (("instances_txt", masks), ("label_02", labels)):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / f"{sequence:04d}.txt").write_text("\n".join(lines) + "\n")
    return root
