"""How good a completion is, as numbers that can be added up over cases.

A judge of a case turns a completion into a row of columns. Every metric is the ratio of two
columns, each summed over the cases: a *pooled* IoU is summed intersections over summed unions, a
*mean* is summed IoUs over the number of cases. So resampling needs sums only (bootstrap.py).

The invisible region is what is truly not visible of the object: of the truth and of the prediction
alike, the pixels outside `Case.visible`. Outside the photo nothing counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from amodal.evaluation.case import Case, padding
from amodal.geometry import Box, tight_box
from amodal.scene import Completion, paste_window

BOUNDARY_RATIO = 0.02  # of the diagonal of the truth's box; Cheng et al. take the image's

Judge = Callable[[Completion], np.ndarray]  # on the case's canvas -> one row, (C,) float64


@dataclass(frozen=True)
class MetricSet:
    """What is measured where the truth is of one kind.

    Args:
        columns: names of a row's numbers.
        metrics: metric -> (numerator, denominator), names of columns.
        judge: case -> its judge.
        best: the column by which "best of K" is chosen with the truth in hand.
        only_boxes: whether the true mask is unknown.
    """

    columns: tuple[str, ...]
    metrics: Mapping[str, tuple[str, str]]
    judge: Callable[[Case], Judge]
    best: str
    only_boxes: bool = False

    def column(self, name: str) -> int:
        return self.columns.index(name)


def mask_judge(case: Case) -> Judge:
    """Compare completions with the true mask.

    Raises:
        ValueError: the case has no true mask.
    """
    if case.whole is None:
        raise ValueError("whole: got None, expected a case with a true mask")
    box = tight_box(case.whole | case.visible)
    cut = np.s_[box.y0 : box.y1, box.x0 : box.x1]
    whole, visible = case.whole[cut], case.visible[cut]
    hidden = whole & ~visible
    area, hidden_area = np.count_nonzero(whole), np.count_nonzero(hidden)
    depth = boundary_depth(case.full_extent)
    edge = boundary(whole, depth)
    edge_area = np.count_nonzero(edge)

    def judge(prediction: Completion) -> np.ndarray:
        mask, x0, y0 = in_window(prediction, case)
        at = x0 - box.x0, y0 - box.y0, *whole.shape
        inside = paste_window(mask, *at)
        predicted = np.count_nonzero(mask)
        both = np.count_nonzero(inside & whole)
        hidden_predicted = predicted - np.count_nonzero(inside & visible)
        hidden_both = np.count_nonzero(inside & hidden)
        hidden_union = hidden_predicted + hidden_area - hidden_both
        mask_edge = boundary(mask, depth)
        edge_both = np.count_nonzero(paste_window(mask_edge, *at) & edge)
        edge_union = np.count_nonzero(mask_edge) + edge_area - edge_both
        union = predicted + area - both
        return np.array(
            [
                both,
                union,
                both / union,
                1,
                hidden_both,
                hidden_union,
                hidden_both / hidden_union if hidden_area else 0,
                hidden_area > 0,
                hidden_area,
                hidden_predicted,
                edge_both / edge_union,
            ],
            np.float64,
        )

    return judge


MASKS = MetricSet(
    columns=(
        "full_intersection",
        "full_union",
        "full_iou",
        "cases",
        "invisible_intersection",
        "invisible_union",
        "invisible_iou",
        "hidden_cases",  # those with an invisible pixel; the mean invisible IoU is over them
        "invisible_true",
        "invisible_predicted",
        "boundary_iou",
    ),
    metrics={
        "full_miou_pooled": ("full_intersection", "full_union"),
        "invisible_miou_pooled": ("invisible_intersection", "invisible_union"),
        "full_miou_mean": ("full_iou", "cases"),
        "invisible_miou_mean": ("invisible_iou", "hidden_cases"),
        "invisible_recall": ("invisible_intersection", "invisible_true"),
        "invisible_precision": ("invisible_intersection", "invisible_predicted"),
        "boundary_miou_mean": ("boundary_iou", "cases"),
    },
    judge=mask_judge,
    best="full_iou",
)


def box_judge(case: Case) -> Judge:
    """Compare the tight boxes of completions, inside the photo, with the true full extent."""
    extent = case.full_extent

    def judge(prediction: Completion) -> np.ndarray:
        mask, x0, y0 = in_window(prediction, case)
        iou = 0.0
        if mask.any():
            iou = tight_box(mask).shifted(x0, y0).iou(extent)
        return np.array([iou, 1, iou >= 0.7], np.float64)

    return judge


BOXES = MetricSet(
    columns=("box_iou", "cases", "box_close"),
    metrics={"box_miou_mean": ("box_iou", "cases"), "box_iou_over_70": ("box_close", "cases")},
    judge=box_judge,
    best="box_iou",
    only_boxes=True,
)


def boundary_depth(extent: Box) -> int:
    """How many pixels deep the boundary of an object of this extent is."""
    diagonal = float(np.hypot(extent.width, extent.height))
    return max(round(BOUNDARY_RATIO * diagonal), 1)


def boundary(mask: np.ndarray, depth: int) -> np.ndarray:
    """The pixels of a mask within `depth` of its outside (Cheng et al., CVPR 2021), (h, w) bool.

    Distance is the larger of the two axes', as an erosion with a square has it; beyond the array
    lies outside.
    """
    if mask.size == 0:  # cv2 refuses
        return mask
    side = 2 * depth + 1
    kernel = np.ones((side, side), np.uint8)
    core = cv2.erode(mask.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return mask & (core == 0)


def in_window(prediction: Completion, case: Case) -> tuple[np.ndarray, int, int]:
    """A completion on the canvas in the frame of the case's window, cut to the photo.

    Returns:
        (mask, x0, y0): (h, w) bool and where its corner lies.
    """
    left, top, _, _ = padding(case)
    mask, x0, y0 = prediction.mask, prediction.x0 - left, prediction.y0 - top
    if case.photo is None:
        return mask, x0, y0
    first_x, first_y, last_x, last_y = (round(edge) for edge in case.photo)
    rows = slice(max(first_y - y0, 0), max(last_y - y0, 0))
    columns = slice(max(first_x - x0, 0), max(last_x - x0, 0))
    return mask[rows, columns], max(x0, first_x), max(y0, first_y)
