"""Poses to choose from: maps of parts of cars of several body styles, seen from all around.

Made by `python -m amodal.render.gallery`; the file is small and comes with the weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from amodal import tensor_file
from amodal.errors import AmodalError
from amodal.pose.framing import framing
from amodal.pose.layout import PARTS

FORMAT = "amodal-poses/1"
FILE = "poses.safetensors"
COMPARED = 48  # pixels a side at which silhouettes are compared


class Pose(NamedTuple):
    """An entry of the gallery.

    Args:
        style: number of the body style.
        step: of the turn, 0 showing the car's back; the turn is to the left.
    """

    style: int
    step: int


class Gallery:
    """All poses.

    Args:
        styles: K names of body styles, such as "estate".
        layouts: (K, T, S, S) uint8, numbers of PARTS. All turns of a style have one scale.

    Raises:
        ValueError: shapes or numbers that don't agree.
    """

    def __init__(self, styles: tuple[str, ...], layouts: np.ndarray) -> None:
        if layouts.ndim != 4 or len(layouts) != len(styles) or layouts.dtype != np.uint8:
            raise ValueError(
                f"layouts: got {layouts.dtype} {layouts.shape}, expected uint8 "
                f"({len(styles)}, T, S, S)"
            )
        if layouts.max() >= len(PARTS) or not (layouts > 0).any((2, 3)).all():
            raise ValueError("layouts: got an empty one or unknown parts")
        self.styles = styles
        self.layouts = layouts
        self._small = np.stack([[_small(each > 0) for each in turns] for turns in layouts])

    @property
    def steps(self) -> int:
        """T, the turns of a style; they go around once."""
        return self.layouts.shape[1]

    def layout(self, pose: Pose) -> np.ndarray:
        """The parts of a pose, (S, S) uint8; steps go on around the car."""
        return self.layouts[pose.style, pose.step % self.steps]

    def alike(self, mask: np.ndarray, less: float = 0.0, most: int = 1) -> list[tuple[Pose, float]]:
        """The poses whose silhouettes are most like a car's whole mask, the best first.

        Args:
            mask: (h, w) bool.
            less: by how much a pose's IoU may be below the best one's.
            most: how many poses at most.

        Returns:
            Poses with the IoU of their silhouettes.
        """
        own = _small(mask)
        both, either = (self._small & own).sum((2, 3)), (self._small | own).sum((2, 3))
        ious = both / either
        best = np.argsort(-ious, axis=None, kind="stable")[:most]
        found = [np.unravel_index(index, ious.shape) for index in best]
        return [
            (Pose(int(style), int(step)), float(ious[style, step]))
            for style, step in found
            if ious[style, step] >= ious.max() - less
        ]

    def save(self, path: Path) -> None:
        """Write the file."""
        holder = nn.Module()
        holder.register_buffer("layouts", torch.from_numpy(self.layouts))
        tensor_file.write(path, FORMAT, {"gallery": holder}, {"styles": list(self.styles)})

    @classmethod
    def load(cls, path: Path) -> Gallery:
        """Read the file.

        Raises:
            AmodalError: it is missing, damaged, or no gallery.
        """
        header, tensors = tensor_file.read(path, FORMAT, f"No gallery of poses at {path}.")
        if "gallery.layouts" not in tensors:
            raise AmodalError(f"{path} holds no layouts: make it anew by amodal.render.gallery.")
        layouts = tensors["gallery.layouts"].numpy()
        return tensor_file.parsed(path, lambda: cls(tuple(header["styles"]), layouts))


def _small(mask: np.ndarray) -> np.ndarray:
    """A silhouette in its square, (COMPARED, COMPARED) bool."""
    values = 255 * mask.astype(np.uint8)
    return framing(mask, COMPARED).squared(values) > 127
