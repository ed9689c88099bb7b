"""What every inpainter offers."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Inpainter(Protocol):
    """Invents the pixels of a hole. Stateless: equal input, equal bytes; safe to share."""

    name: str

    def fill(self, image: np.ndarray, hole: np.ndarray) -> np.ndarray:
        """Fill a hole from what surrounds it.

        Args:
            image: (H, W, 3) uint8 RGB; never changed. Its pixels in the hole are ignored.
            hole: (H, W) bool, the pixels to invent.

        Returns:
            (H, W, 3) uint8 RGB, a new array, byte-identical to `image` outside the hole.

        Raises:
            AmodalError: the hole covers the whole image, so that nothing is left to learn from.
            ValueError: an array of the wrong type or shape.
        """
        ...
