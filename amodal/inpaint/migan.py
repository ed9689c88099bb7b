"""MI-GAN (Sargsyan et al., ICCV 2023), run by onnxruntime on the CPU."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from amodal.inpaint.crops import fill_by_crops

SIZE = 512  # the network's input; the graph brings any picture to it


class MiGAN:
    """The exported pipeline `migan_pipeline_v2.onnx`.

    The graph takes `image` (1, 3, h, w) uint8 RGB and `mask` (1, 1, h, w) uint8 with 255 = known
    and 0 = hole, crops around the hole to at least 512 x 512, and blends a soft rim that reaches
    one pixel outside the hole. It gets squares of exactly 512 x 512 from us, so that its own crop
    takes all of them, and only the hole's pixels of its answer are used.

    Args:
        path: the ONNX file.
        threads: cores for one picture; None takes the machine's, at most four.
    """

    name = "MI-GAN"

    def __init__(self, path: Path | str, threads: int | None = None) -> None:
        import onnxruntime  # slow to import and not needed for the other inpainters

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(os.cpu_count() or 1, 4)
        options.inter_op_num_threads = 1
        # Waiting threads give their core back: the machine has other things to do.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def fill(self, image: np.ndarray, hole: np.ndarray) -> np.ndarray:
        """See Inpainter.fill."""
        return fill_by_crops(image, hole, self._paint, SIZE)

    def _paint(self, crop: np.ndarray, hole: np.ndarray) -> np.ndarray:
        height, width = hole.shape
        above, before = (SIZE - height) // 2, (SIZE - width) // 2
        margins = ((above, SIZE - height - above), (before, SIZE - width - before))
        # Mirroring keeps proportions; the graph would stretch a crop that isn't square.
        pixels = np.pad(crop, (*margins, (0, 0)), mode="symmetric").transpose(2, 0, 1)
        known = np.pad(np.where(hole, 0, 255).astype(np.uint8), margins, mode="symmetric")
        (painted,) = self._session.run(
            ["result"], {"image": np.ascontiguousarray(pixels)[None], "mask": known[None, None]}
        )
        square = painted[0].transpose(1, 2, 0)
        return square[above : above + height, before : before + width]
