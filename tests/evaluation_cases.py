"""Cases for the tests of the evaluation."""

import numpy as np

from amodal.data.occlusion import simulate
from amodal.data.shapes import Shape, toy_shapes
from amodal.evaluation.case import MARGIN, Case
from amodal.scene import Completion, Completions


def toy_cases(count: int = 24) -> tuple[list[Shape], list[Case]]:
    """Toy shapes, and each of them hidden by another."""
    rng = np.random.default_rng(3)
    shapes = toy_shapes(count, seed=9)
    cases = []
    for index, shape in enumerate(shapes):
        modal, _ = simulate(shape.mask, shapes[int(rng.integers(count))].mask, rng)
        cases.append(Case(shape.mask, modal, shape.category, (index // 2,)))
    return shapes, cases


def at(mask: np.ndarray, x: int = 0, y: int = 0) -> Completion:
    """A completion whose corner is at (x, y) of the case's window."""
    return Completion(mask, x + MARGIN, y + MARGIN)


def completions_of(masks: list[np.ndarray]) -> Completions:
    """Samples in the frame of the case's window; the first is the mode."""
    samples = tuple(at(mask) for mask in masks)
    probability = np.mean(masks, axis=0, dtype=np.float32)
    return Completions(samples[0], samples, probability, MARGIN, MARGIN)
