"""The paper's baseline without a network: look the whole mask up (table 1, "nearest neighbor")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from amodal.completer import Completer
from amodal.data.occlusion import simulate
from amodal.data.shapes import Shape
from amodal.evaluation.case import Case, instance_of
from amodal.geometry import Box, box_to_theta, squeeze, tight_box
from amodal.paste import paste
from amodal.scene import Completion

SIZE = 64
KEY_SIZE = 32
THRESHOLD = 0.5


@dataclass(frozen=True, eq=False)
class NearestNeighbour:
    """The whole mask of the most similar simulated partial mask, laid where it was there.

    Similarity is the cosine between partial masks in crop frame, among those of the same class, or
    among all where the class has none.

    Args:
        keys: by class, unit vectors (N, R * R) float32 of partial masks at R x R.
        wholes: by class, the whole masks (N, S, S) uint8 in 0..255.
        thetas: by class, where they lie in crop frame, (N, 4).
    """

    keys: dict[str, np.ndarray]
    wholes: dict[str, np.ndarray]
    thetas: dict[str, np.ndarray]

    @classmethod
    def build(cls, shapes: Sequence[Shape], per_shape: int = 5, seed: int = 0) -> NearestNeighbour:
        """Simulate `per_shape` occlusions of every whole mask, as the paper does."""
        rng = np.random.default_rng(seed)
        rows: dict[str, list] = {}
        for shape in shapes:
            full = Box(0, 0, shape.mask.shape[1], shape.mask.shape[0])
            whole = np.round(255 * squeeze(shape.mask, full, SIZE)).astype(np.uint8)
            for _ in range(per_shape):
                occluder = shapes[int(rng.integers(len(shapes)))].mask
                result = simulate(shape.mask, occluder, rng)
                if result is not None:
                    crop = tight_box(result[0])
                    key = _unit(squeeze(result[0], crop, KEY_SIZE))
                    row = (key, whole, box_to_theta(full, crop))
                    rows.setdefault(shape.category, []).append(row)
        columns = {
            name: [np.stack(column) for column in zip(*found, strict=True)]
            for name, found in rows.items()
        }
        return cls(*({name: column[i] for name, column in columns.items()} for i in range(3)))

    def complete(self, case: Case, completer: Completer) -> Completion:
        """Look a case up. The completer says how an instance is cropped; its network is not run."""
        instance, _ = instance_of(case)
        query = completer.query(instance)
        key = _unit(squeeze(instance.modal, query.crop, KEY_SIZE))
        names = [case.category] if case.category in self.keys else list(self.keys)
        similarity = {name: self.keys[name] @ key for name in names}
        name = max(names, key=lambda name: similarity[name].max())
        best = int(similarity[name].argmax())
        whole = self.wholes[name][best].astype(np.float32) / 255
        return paste(instance, query.crop, whole, self.thetas[name][best], THRESHOLD, None)


def _unit(mask: np.ndarray) -> np.ndarray:
    flat = mask.ravel()
    return flat / np.linalg.norm(flat)
