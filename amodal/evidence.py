"""Evidence: what a user knows about a hidden shape, and its likelihood under a decoded one.

p(evidence | z) is read off the decoder's Bernoulli probabilities, placed by theta. What is drawn is
cut at the threshold t, so a probability is first shifted to be 1/2 at t: evidence is about the
shape as drawn.

    point    one Bernoulli observation, its position uncertain by a few per cent of the object; one
             inside also says that the shape's extent reaches so far
    box      a Gaussian on each of the four sides of the placed shape's extent
    absent   mean log(1 - p) over the region, times the patches of the object that it covers:
             neighbouring pixels say the same thing, so they don't count one by one
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from amodal.errors import AmodalError
from amodal.geometry import Box, at_points, tight_box
from amodal.scene import Completion, Instance, paste_window

# Position error of a click: shares of probability on rings, radii in sizes of the visible part.
RINGS = ((0.0, 0.60), (0.01, 0.25), (0.03, 0.10), (0.10, 0.03), (0.30, 0.02))
DIRECTIONS = 8
WRONG_CLICKS = 0.05  # share of clicks that say the opposite of what is true
REACH = 0.2  # in sizes of the visible part: e times less likely for each that a shape falls short
BOX_ERROR = 0.04  # standard deviation of a drawn side, in sizes of the box
BOX_SLACK = 0.05  # a box may cut off this share of its size from the visible part
PATCHES = 64  # independent parts of an object, for regions
MAX_REGION_POINTS = 1024
REGION_EDGE = 0.06  # of a region, that tells nothing, in sizes of the visible part

Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known about one object's whole shape. Image frame.

    Args:
        inside: points (x, y) that are part of the object; may lie beyond the photo.
        outside: points that are not; may lie beyond the photo.
        box: its full extent, or None; may leave the photo.
        absent: (H, W) bool, where nothing of it is, or None.
    """

    inside: tuple[Point, ...] = ()
    outside: tuple[Point, ...] = ()
    box: Box | None = None
    absent: np.ndarray | None = None

    @property
    def empty(self) -> bool:
        """Whether it says nothing."""
        nothing = self.absent is None or not self.absent.any()
        return not self.inside and not self.outside and self.box is None and nothing

    def check(self, instance: Instance) -> None:
        """Refuse evidence that contradicts itself or what the photo shows of the object.

        Raises:
            AmodalError: a value isn't finite; a point is said to be inside and outside; a point or
                region that isn't the object covers visible pixels of it; the box doesn't hold them.
            ValueError: the region isn't bool or not as large as the photo.
        """
        _check_points(self.inside, self.outside)
        for x, y in self.outside:
            if _covers(instance.modal, x, y):
                raise AmodalError(
                    f"The point ({x:g}, {y:g}) is said not to be part of the object, but lies on "
                    "its visible part: erase it from the mask instead."
                )
        if self.box is not None:
            _check_box(self.box, tight_box(instance.modal))
        if self.absent is not None:
            _check_region(self.absent, self.inside, instance.modal)

    def agrees(self, completion: Completion) -> bool:
        """Whether a completion holds every inside point and no outside point or absent pixel.

        A single stray pixel does not make a region disagree: up to one patch may overlap. A box
        agrees when each side lies within two standard deviations.
        """
        x0, y0 = completion.x0, completion.y0
        if not all(_covers(completion.mask, x - x0, y - y0) for x, y in self.inside):
            return False
        if any(_covers(completion.mask, x - x0, y - y0) for x, y in self.outside):
            return False
        if self.absent is not None:
            absent = paste_window(self.absent, -x0, -y0, *completion.mask.shape)
            if (absent & completion.mask).sum() > completion.area / PATCHES:
                return False
        return self.box is None or _sides_agree(self.box, completion)


NO_EVIDENCE = Evidence()


def _check_points(inside: Sequence[Point], outside: Sequence[Point]) -> None:
    for point in (*inside, *outside):
        if len(point) != 2 or not np.isfinite(point).all():
            raise AmodalError(f"Point of the evidence: got {point}, expected two finite numbers.")
    both = {tuple(map(float, p)) for p in inside} & {tuple(map(float, p)) for p in outside}
    if both:
        x, y = min(both)
        raise AmodalError(
            f"The point ({x:g}, {y:g}) is said to be part of the object and not to be: keep one."
        )


def _check_box(box: Box, modal: Box) -> None:
    if not np.isfinite(box).all() or not box.width > 0 or not box.height > 0:
        raise AmodalError(f"Full-extent box: got {tuple(box)}, expected finite x0 < x1, y0 < y1.")
    x, y = BOX_SLACK * box.width + 1, BOX_SLACK * box.height + 1
    if not Box(box.x0 - x, box.y0 - y, box.x1 + x, box.y1 + y).contains(modal):
        raise AmodalError(
            "Full-extent box: it cuts off visible pixels of the object "
            f"(got {_rounded(box)}, the visible part is {_rounded(modal)}): draw it larger."
        )


def _check_region(absent: np.ndarray, inside: Sequence[Point], modal: np.ndarray) -> None:
    if absent.dtype != bool or absent.shape != modal.shape:
        raise ValueError(f"absent: got {absent.dtype} {absent.shape}, expected bool {modal.shape}")
    if (absent & modal).any():
        raise AmodalError(
            f"The region without the object covers {int((absent & modal).sum())} of its visible "
            "pixels: leave them out, or erase them from the mask."
        )
    for x, y in inside:
        if _covers(absent, x, y):
            raise AmodalError(
                f"The point ({x:g}, {y:g}) is said to be part of the object, but lies in the "
                "region without it: keep one of the two."
            )


def _rounded(box: Box) -> tuple[float, ...]:
    return tuple(round(edge, 1) for edge in box)


def _covers(mask: np.ndarray, x: float, y: float) -> bool:
    """Whether the pixel of a mask (h, w) that holds the point is set; outside it none is."""
    row, column = math.floor(y), math.floor(x)
    return 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1] and bool(mask[row, column])


def _sides_agree(box: Box, completion: Completion) -> bool:
    sides = np.subtract(completion.box, box)
    sizes = np.array([box.width, box.height] * 2)
    return bool((np.abs(sides) <= 2 * BOX_ERROR * sizes + 1).all())


@dataclass(frozen=True, eq=False)
class Clues:
    """Evidence in the network's terms: crop frame, one object.

    Args:
        points: (P, R, 2), each click with the places R that it may have meant.
        shares: (R,), how probable each of the places is; they sum to 1.
        inside: (P,) bool, what each click says.
        region: (Q, 2) points of the region without the object; Q may be 0.
        patches: how many independent observations the region counts as.
        sides: (4,) x0, y0, x1, y1 of the box, or None.
    """

    points: Tensor
    shares: Tensor
    inside: Tensor
    region: Tensor
    patches: float = 0.0
    sides: Tensor | None = None


def clues(evidence: Evidence, crop: Box, device: torch.device | None = None) -> Clues:
    """Bring evidence into crop frame.

    Args:
        crop: the box that was squeezed to the crop frame, image frame.
    """
    places, shares = _places(math.sqrt(crop.width * crop.height))
    points = np.array([*evidence.inside, *evidence.outside], np.float64).reshape(-1, 1, 2)
    region, count = _region_points(evidence.absent, crop)
    patches = max(count * PATCHES / (crop.width * crop.height), 1.0) if count else 0.0
    box = evidence.box
    sides = None if box is None else _to_crop(np.array([box[:2], box[2:]]), crop).reshape(4)

    def tensor(values: np.ndarray) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=device)

    return Clues(
        tensor(_to_crop(points + places, crop)),
        tensor(shares),
        torch.arange(len(points), device=device) < len(evidence.inside),
        tensor(_to_crop(region, crop)),
        patches,
        None if sides is None else tensor(sides),
    )


def _places(size: float) -> tuple[np.ndarray, np.ndarray]:
    """Where a click may have meant, relative to it: (R, 2) pixels, and shares (R,)."""
    offsets, shares = [], []
    for number, (radius, share) in enumerate(RINGS):
        count = 1 if radius == 0 else DIRECTIONS
        turn = (np.arange(count) + number % 2 / 2) * 2 * np.pi / count
        offsets.append(radius * size * np.stack([np.cos(turn), np.sin(turn)], axis=1))
        shares.append(np.full(count, share / count))
    return np.concatenate(offsets), np.concatenate(shares)


def _region_points(absent: np.ndarray | None, crop: Box) -> tuple[np.ndarray, int]:
    """Pixel centres of the region within a crop's size around the crop, evenly thinned, and how
    many there were.

    Pixels near the region's own border are left out: the object may end there, its edge is soft.
    """
    if absent is None:
        return np.zeros((0, 2)), 0
    left, top = max(int(crop.x0 - crop.width), 0), max(int(crop.y0 - crop.height), 0)
    right, bottom = int(crop.x1 + crop.width) + 1, int(crop.y1 + crop.height) + 1
    near = absent[top : max(bottom, 0), left : max(right, 0)].astype(np.uint8)
    if not near.any():
        return np.zeros((0, 2)), 0
    depth = cv2.distanceTransform(near, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    soft = REGION_EDGE * math.sqrt(crop.width * crop.height)
    rows, columns = np.nonzero(depth > min(soft, 0.99 * depth.max()))
    centres = np.stack([columns + left + 0.5, rows + top + 0.5], axis=1)
    kept = np.linspace(0, len(centres), min(len(centres), MAX_REGION_POINTS), endpoint=False)
    return centres[kept.astype(int)], len(centres)


def _to_crop(points: np.ndarray, crop: Box) -> np.ndarray:
    """Image frame to crop frame, (..., 2)."""
    return 2 * (points - (crop.x0, crop.y0)) / (crop.width, crop.height) - 1


def log_likelihood(clues: Clues, canonical: Tensor, theta: Tensor, threshold: float) -> Tensor:
    """log p(evidence | z) of decoded shapes, (B,) nats, differentiable.

    Args:
        canonical: probabilities (B, 1, S, S).
        theta: (B, 4).
        threshold: t, where the drawn shape is cut.
    """
    total = torch.zeros_like(theta[:, 0])
    if len(clues.points):
        at = _drawn(at_points(canonical, theta, clues.points.flatten(0, 1)), threshold)
        at = at.unflatten(1, clues.points.shape[:2]) @ clues.shares  # (B, P)
        at = WRONG_CLICKS + (1 - 2 * WRONG_CLICKS) * at
        total = total + torch.where(clues.inside, at, 1 - at).log().sum(dim=1)
        total = total - _distance(clues.points[clues.inside, 0], theta) / REACH
    if len(clues.region):
        at = _drawn(at_points(canonical, theta, clues.region), threshold)
        absent = (1 - (1 - WRONG_CLICKS) * at).log().mean(dim=1)
        total = total + clues.patches * absent
    if clues.sides is not None:
        extent = torch.cat([theta[:, :2] - theta[:, 2:], theta[:, :2] + theta[:, 2:]], dim=1)
        sizes = (clues.sides[2:] - clues.sides[:2]).repeat(2)
        total = total - 0.5 * (((extent - clues.sides) / (BOX_ERROR * sizes)) ** 2).sum(dim=1)
    return total


def _distance(points: Tensor, theta: Tensor) -> Tensor:
    """How far points (P, 2) lie beyond placed shapes' boxes (B, 4), summed, in crop sizes, (B,)."""
    beyond = (points - theta[:, None, :2]).abs() - theta[:, None, 2:]  # (B, P, 2), half sizes
    return beyond.clamp(min=0).sum(dim=(1, 2)) / 2


def _drawn(probability: Tensor, threshold: float) -> Tensor:
    """Shift probabilities so that the threshold becomes 1/2."""
    present = probability * (1 - threshold)
    return present / (present + (1 - probability) * threshold)
