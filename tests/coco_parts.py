"""A small photo's annotations in the COCO format, for tests."""

from __future__ import annotations

import numpy as np
from hypothesis.extra import numpy as hnp

from amodal.data.coco import read_instances
from amodal.scene import Instance

HEIGHT, WIDTH = 12, 16
SQUARE = [[2, 3, 8, 3, 8, 7, 2, 7]]
SQUARE_MASK = np.zeros((HEIGHT, WIDTH), bool)
"""What the polygon SQUARE covers."""
SQUARE_MASK[3:7, 2:8] = True
SQUARE_MASK.setflags(write=False)

any_mask = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))


def read(segmentation, **more) -> tuple[Instance, ...]:
    return read_instances([{"segmentation": segmentation, **more}], HEIGHT, WIDTH)


def plain_rle(mask: np.ndarray) -> dict:
    """Uncompressed RLE, by the definition: run lengths down the columns, zeros first."""
    counts, current = [0], False
    for pixel in mask.flatten(order="F"):
        if pixel != current:
            counts.append(0)
            current = pixel
        counts[-1] += 1
    return {"size": list(mask.shape), "counts": counts}
