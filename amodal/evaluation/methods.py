"""Ours and the baselines: every method answers cases with completions on the case's canvas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from amodal.completer import Completer, place
from amodal.data.occlusion import simulate
from amodal.data.shapes import Shape
from amodal.evaluation.case import Case, instance_of, padding
from amodal.evaluation.metrics import Counts, count
from amodal.geometry import Box, box_to_theta, squeeze, tight_box
from amodal.scene import Completion

BATCH = 64


def modal(case: Case) -> Completion:
    """Baseline: nothing is hidden."""
    left, top, _, _ = padding(case)
    return Completion(case.modal, left, top)


def convex_hull(case: Case) -> Completion:
    """Baseline: the convex hull of the visible pixels."""
    points = cv2.findNonZero(case.modal.astype(np.uint8))
    hull = np.zeros(case.modal.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    left, top, _, _ = padding(case)
    return Completion(hull.astype(bool) | case.modal, left, top)


@dataclass(frozen=True, eq=False)
class NearestNeighbour:
    """Baseline of the paper (table 1): the whole mask of the most similar simulated partial mask.

    Similarity is the cosine between partial masks in crop frame, among those of the same class.

    Args:
        keys: by class, unit vectors (N, R * R) float32 of partial masks at R x R.
        wholes: by class, the whole masks (N, S, S) uint8 in 0..255.
        thetas: by class, where they lie in crop frame, (N, 4).
    """

    keys: dict[str, np.ndarray]
    wholes: dict[str, np.ndarray]
    thetas: dict[str, np.ndarray]

    SIZE = 64
    KEY_SIZE = 32

    @classmethod
    def build(cls, shapes: Sequence[Shape], per_shape: int = 5, seed: int = 0) -> NearestNeighbour:
        """Simulate `per_shape` occlusions of every whole mask, as the paper does."""
        rng = np.random.default_rng(seed)
        rows: dict[str, list] = {}
        for shape in shapes:
            full = Box(0, 0, shape.mask.shape[1], shape.mask.shape[0])
            whole = np.round(255 * squeeze(shape.mask, full, cls.SIZE)).astype(np.uint8)
            for _ in range(per_shape):
                occluder = shapes[int(rng.integers(len(shapes)))].mask
                result = simulate(shape.mask, occluder, rng)
                if result is not None:
                    crop = tight_box(result[0])
                    key = _unit(squeeze(result[0], crop, cls.KEY_SIZE))
                    row = (key, whole, box_to_theta(full, crop))
                    rows.setdefault(shape.category, []).append(row)
        columns = {
            name: [np.stack(column) for column in zip(*found, strict=True)]
            for name, found in rows.items()
        }
        return cls(*({name: column[i] for name, column in columns.items()} for i in range(3)))

    def __call__(self, case: Case, completer: Completer) -> Completion:
        instance, _ = instance_of(case)
        query = completer.query(instance)
        similarity = self.keys[case.category] @ _unit(
            squeeze(instance.modal, query.crop, self.KEY_SIZE)
        )
        best = int(similarity.argmax())
        whole = self.wholes[case.category][best].astype(np.float32) / 255
        return place(instance, query, whole, self.thetas[case.category][best], 0.5, None)


def _unit(mask: np.ndarray) -> np.ndarray:
    flat = mask.ravel()
    return flat / np.linalg.norm(flat)


def score_baseline(answer: Callable[[Case], Completion], cases: Sequence[Case]) -> list[Counts]:
    """Counts of a method that needs nothing but the case."""
    return [count(answer(case), case) for case in cases]


def score_model(
    completer: Completer, cases: Sequence[Case], samples: int = 20, seed: int = 0
) -> tuple[list[Counts], list[Counts]]:
    """Counts of the mode, and of the best of the samples by the whole mask's IoU (table 4)."""
    generator = torch.Generator().manual_seed(seed)
    modes, bests = [], []
    for start in range(0, len(cases), BATCH):
        chunk = cases[start : start + BATCH]
        instances = [instance_of(case)[0] for case in chunk]
        queries = [completer.query(instance) for instance in instances]
        canonical, theta = completer.decode(queries, samples, generator=generator)
        for i, case in enumerate(chunk):
            counts = [
                count(
                    place(
                        instances[i],
                        queries[i],
                        canonical[i, k],
                        theta[i, k],
                        completer.info.threshold,
                        None,
                    ),
                    case,
                )
                for k in range(samples + 1)
            ]
            modes.append(counts[0])
            bests.append(max(counts[1:], key=lambda c: c.full_iou))
    return modes, bests
