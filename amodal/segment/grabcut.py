"""GrabCut: masks from colours alone, where MobileSAM can't be had. Needs no weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from amodal.errors import AmodalError
from amodal.geometry import Box
from amodal.scene import paste_window
from amodal.segment import MaskGuess, Prompt, check_photo, check_prompt
from amodal.segment.brush import clean_up, stroke

WORKING_SIDE = 256  # GrabCut sees the window at most this large, in pixels
ITERATIONS = 5
CLICK_WINDOWS = (0.12, 0.25, 0.5)  # of the photo's longer side: how large a clicked object may be
CONTEXT = 0.25  # of the window's side, on each side: what the background looks like
CORE = 0.25  # of the box: the middle part that is taken to be the object for sure
DAB = 0.03  # of the window's side: radius of what a point marks for sure
SMALLEST = 0.02  # of the window's area: what is found beyond the marked pixels, at least


@dataclass(frozen=True, eq=False)
class GrabCutEmbedding:
    """GrabCut knows a photo by its pixels: (H, W, 3) uint8 RGB, read-only."""

    photo: np.ndarray


class GrabCut:
    """The Segmenter without weights. A box gives much better masks than a click."""

    name = "GrabCut"

    def encode(self, photo: np.ndarray) -> GrabCutEmbedding:
        """Keep a copy of the photo, (H, W, 3) uint8 RGB."""
        check_photo(photo)
        copy = photo.copy()
        copy.setflags(write=False)
        return GrabCutEmbedding(copy)

    def segment(
        self,
        embedding: GrabCutEmbedding,
        points: Sequence[tuple[float, float]] = (),
        labels: Sequence[bool] = (),
        box: Box | None = None,
    ) -> tuple[MaskGuess, ...]:
        """See Segmenter.segment. One guess for a box; a click has up to three, of growing size."""
        height, width = embedding.photo.shape[:2]
        prompt = check_prompt(height, width, points, labels, box)
        windows = [prompt.box] if prompt.box else click_windows(prompt, height, width)
        found = [cut_out(embedding.photo, prompt, window) for window in windows]
        guesses = [guess for guess in found if guess]
        if not guesses:
            raise AmodalError(
                "No object stands out there by its colour: draw a box close around it, or paint it "
                "with the brush."
            )
        return tuple(sorted(guesses, key=lambda guess: guess.score, reverse=True))


def click_windows(prompt: Prompt, height: int, width: int) -> list[Box]:
    """Squares of growing size around the points on the object, cut at the photo's borders."""
    inside = prompt.points[prompt.labels]
    low, high = inside.min(axis=0), inside.max(axis=0)
    windows = []
    for share in CLICK_WINDOWS:
        margin = share * max(height, width) / 2
        (x0, y0), (x1, y1) = low - margin, high + margin
        windows.append(Box(max(x0, 0.0), max(y0, 0.0), min(x1, width), min(y1, height)))
    return windows


class View(NamedTuple):
    """A part of the photo at working size: (h, w, 3) uint8, its corner and its pixels per pixel."""

    pixels: np.ndarray
    corner: np.ndarray  # (x, y) in the photo
    zoom: np.ndarray  # along x, y
    height: int  # in the photo
    width: int

    def from_photo(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 2) in the photo's pixels to points in this view's."""
        return (points - self.corner) * self.zoom


def view_around(photo: np.ndarray, window: Box) -> View:
    """Cut out `window` with some context, shrunk to at most WORKING_SIDE."""
    height, width = photo.shape[:2]
    side_x, side_y = CONTEXT * window.width, CONTEXT * window.height
    left, top = int(max(window.x0 - side_x, 0)), int(max(window.y0 - side_y, 0))
    right = int(np.ceil(min(window.x1 + side_x, width)))
    bottom = int(np.ceil(min(window.y1 + side_y, height)))
    crop = photo[top:bottom, left:right]
    scale = min(1.0, WORKING_SIDE / max(crop.shape[:2]))
    size = max(round(crop.shape[1] * scale), 1), max(round(crop.shape[0] * scale), 1)
    pixels = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    zoom = np.array(size) / crop.shape[1::-1]
    return View(pixels, np.array([left, top]), zoom, *crop.shape[:2])


def cut_out(photo: np.ndarray, prompt: Prompt, window: Box) -> MaskGuess | None:
    """The object of the prompt inside `window`, or None if its colours don't stand out there."""
    view = view_around(photo, window)
    points = view.from_photo(prompt.points)
    inside = Box(*view.from_photo(np.array(window).reshape(2, 2)).ravel())
    trimap = draw_trimap(view, inside, points, prompt)
    marked = np.isin(trimap, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if marked.all() or not marked.any():
        return None  # too small to have both an inside and an outside
    cv2.setRNGSeed(0)  # GrabCut starts from k-means: equal prompts give equal masks
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(view.pixels, trimap, None, *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)

    found = np.isin(trimap, (cv2.GC_FGD, cv2.GC_PR_FGD))
    found = clean_up(keep_touched(found, points[prompt.labels]), speck=0.05, pinhole=0.01)
    grown = found & (trimap == cv2.GC_PR_FGD)  # beyond what was marked for sure
    if grown.sum() < max(SMALLEST * inside.width * inside.height, 1):
        return None
    large = cv2.resize(found.astype(np.float32), (view.width, view.height)) >= 0.5
    mask = paste_window(large, *view.corner, *photo.shape[:2])
    return MaskGuess(mask, 1.0 - share_on_rim(found, inside)) if mask.any() else None


def draw_trimap(view: View, inside: Box, points: np.ndarray, prompt: Prompt) -> np.ndarray:
    """What is known before looking at colours, (h, w) uint8 of cv2.GC_*."""
    height, width = view.pixels.shape[:2]
    trimap = np.full((height, width), cv2.GC_BGD, np.uint8)
    x0, y0, x1, y1 = (round(edge) for edge in inside)
    trimap[y0:y1, x0:x1] = cv2.GC_PR_FGD
    if not (trimap == cv2.GC_BGD).any():  # a box around the whole photo: its rim is background
        trimap[[0, -1]] = cv2.GC_BGD
        trimap[:, [0, -1]] = cv2.GC_BGD
    if not prompt.labels.any():  # only a box: its middle is taken to be the object
        x, y = (inside.x0 + inside.x1) / 2, (inside.y0 + inside.y1) / 2
        core = ellipse(height, width, (x, y), CORE * inside.width / 2, CORE * inside.height / 2)
        trimap[core] = cv2.GC_FGD
    radius = max(DAB * max(inside.width, inside.height), 1.0)
    for point, label in zip(points, prompt.labels, strict=True):
        trimap[stroke(height, width, [tuple(point)], radius)] = cv2.GC_FGD if label else cv2.GC_BGD
    return trimap


def ellipse(
    height: int, width: int, centre: tuple[float, float], radius_x: float, radius_y: float
) -> np.ndarray:
    """The pixels whose centres lie in an upright ellipse, (height, width) bool."""
    x = (np.arange(width) + 0.5 - centre[0]) / max(radius_x, 0.5)
    y = (np.arange(height)[:, None] + 0.5 - centre[1]) / max(radius_y, 0.5)
    return x**2 + y**2 <= 1


def keep_touched(mask: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Only the pieces under the points (N, 2) on the object; all pieces if there are no points."""
    if not len(points):
        return mask
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    columns, rows = points.astype(int).T
    rows, columns = rows.clip(0, mask.shape[0] - 1), columns.clip(0, mask.shape[1] - 1)
    return mask & np.isin(labels, labels[rows, columns])


def share_on_rim(mask: np.ndarray, inside: Box) -> float:
    """How much of the mask's outline the window cut straight, 0..1: a lot means it is too small."""
    outline = mask & ~cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    core = np.zeros_like(mask)
    x0, y0, x1, y1 = (round(edge) for edge in inside)
    core[y0 + 1 : y1 - 1, x0 + 1 : x1 - 1] = True
    return float((outline & ~core).sum() / outline.sum())
