"""How a step is timed, and the references beside which every time stands."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import torch

KITTI = (375, 1242)  # height, width of a KITTI photo


def median(action: Callable[[], object], runs: int) -> float:
    """Median seconds of `runs` calls after one that isn't counted."""

    def once() -> float:
        start = time.perf_counter()
        action()
        return time.perf_counter() - start

    once()
    return middle(once() for _ in range(runs))


def middle(times: Iterable[float]) -> float:
    """Their median."""
    return statistics.median(times)


def matmul() -> object:
    """The network's reference: 2 * 1024^3 floating-point operations."""
    a = torch.ones(1024, 1024)
    return a @ a


def opencv_inpaint() -> object:
    """The edits' reference: Telea on a hole of 200 x 100 in a KITTI-sized photo."""
    photo = np.full((*KITTI, 3), 128, np.uint8)
    hole = np.zeros(KITTI, np.uint8)
    hole[150:250, 500:700] = 255
    return cv2.inpaint(photo, hole, 5, cv2.INPAINT_TELEA)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one core meanwhile."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
