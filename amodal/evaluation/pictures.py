"""SSIM, and regions on coarser grids: what the edit benchmark measures beside amodal.likeness.

Pictures are (H, W, 3) uint8 RGB of one size, regions (H, W) bool with at least one pixel.
"""

from __future__ import annotations

import cv2
import numpy as np

from amodal.errors import AmodalError
from amodal.geometry import tight_box
from amodal.likeness import check_sizes

REACH = 8  # pixels beyond a region that SSIM's windows see, and some more


def ssim(picture: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
    """Structural similarity (Wang et al., 2004), -1..1: the mean over a region and all channels.

    The index at a pixel looks at the 7 x 7 pixels around it, so at some outside the region.

    Raises:
        AmodalError: scikit-image is not installed.
        ValueError: pictures smaller than 7 pixels.
    """
    check_sizes(picture, truth, region)
    try:
        from skimage.metrics import structural_similarity
    except ImportError as error:
        raise AmodalError(
            "SSIM needs scikit-image: install it by `pip install -e '.[eval]'`."
        ) from error
    box, (height, width) = tight_box(region), region.shape
    rows = slice(max(int(box.y0) - REACH, 0), min(int(box.y1) + REACH, height))
    columns = slice(max(int(box.x0) - REACH, 0), min(int(box.x1) + REACH, width))
    _, index = structural_similarity(
        picture[rows, columns], truth[rows, columns], data_range=255, channel_axis=2, full=True
    )
    return float(index[region[rows, columns]].mean())


def share_in_cells(region: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Which share of each cell of a grid over the picture a region covers, (rows, columns)."""
    return cv2.resize(region.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
