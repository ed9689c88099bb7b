"""Perceptual distances of two pictures inside a region: LPIPS, or a stated substitute for it.

Pictures are (H, W, 3) uint8 RGB of one size, regions (H, W) bool with at least one pixel. Smaller
is more alike, 0 is equal.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from amodal.errors import AmodalError
from amodal.evaluation.pictures import share_in_cells
from amodal.hub import fetch

if TYPE_CHECKING:
    from amodal.segment.mobile_sam import MobileSAM

REMEMBERED = 2  # pictures whose features are kept: the truth is compared with many others
LPIPS_SHORTEST = 64  # pixels: AlexNet needs so many


class PictureDistance(Protocol):
    """How unlike two pictures look inside a region."""

    name: str

    def __call__(self, picture: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float: ...


class EncoderDistance:
    """Distance of the features that MobileSAM's image encoder sees in two pictures. Not LPIPS.

    The features (256 a cell of 16 x 16 pixels of the picture at 1024 pixels' length) are brought to
    length 1 in each cell; the distance is the squared difference, summed over the features and
    averaged over the cells, each weighted by its share of the region. So it lies between 0 and 4.
    It was never fitted to what people see; it says whether a network finds the same things there.
    """

    name = "encoder distance (MobileSAM), not LPIPS"

    def __init__(self, segmenter: MobileSAM) -> None:
        self._segmenter = segmenter
        self._known: OrderedDict[bytes, np.ndarray] = OrderedDict()

    def __call__(self, picture: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
        expected, got = self._features(truth), self._features(picture)
        weight = share_in_cells(region, *expected.shape[1:])
        apart = np.square(expected - got).sum(axis=0)
        return float((apart * weight).sum() / weight.sum())

    def _features(self, picture: np.ndarray) -> np.ndarray:
        """Of a whole picture, (256, h, w) float32, each cell of length 1."""
        key = hashlib.sha256(picture.tobytes()).digest()
        if key not in self._known:
            features = self._segmenter.encode(picture).features[0]
            height, width = picture.shape[:2]
            # The encoder's square is filled from its upper left corner; the rest holds no picture.
            side = features.shape[1] / max(height, width)
            features = features[:, : max(round(height * side), 1), : max(round(width * side), 1)]
            self._known[key] = features / (np.linalg.norm(features, axis=0) + 1e-9)
        self._known.move_to_end(key)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return self._known[key]


class Lpips:
    """LPIPS (Zhang et al., 2018), its map averaged over the region.

    Args:
        network: lpips.LPIPS(spatial=True).
    """

    name = "LPIPS (AlexNet)"

    def __init__(self, network: torch.nn.Module) -> None:
        self._network = network.eval()

    @torch.inference_mode()
    def __call__(self, picture: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
        if min(region.shape) < LPIPS_SHORTEST:
            raise AmodalError(
                f"LPIPS needs pictures of at least {LPIPS_SHORTEST} pixels, got {region.shape}: "
                "measure `--perceptual encoder`."
            )
        found = self._network(_signed(picture), _signed(truth))[0, 0].cpu().numpy()
        return float(found[region].mean())


def _signed(picture: np.ndarray) -> torch.Tensor:
    """(1, 3, H, W) float32 in -1..1."""
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None]
    return pixels.float() / 127.5 - 1


def load_encoder() -> EncoderDistance:
    """MobileSAM from the Hub or its cache.

    Raises:
        AmodalError: it can't be had.
    """
    from amodal.segment.mobile_sam import MobileSAM

    return EncoderDistance(MobileSAM(fetch("mobile-sam"), device="cpu"))


def load_lpips() -> Lpips:
    """The package `lpips`, with AlexNet from download.pytorch.org or torch's cache.

    Raises:
        AmodalError: either can't be had.
    """
    try:
        import lpips
    except ImportError as error:
        raise AmodalError(
            "LPIPS needs the package lpips: install it by `pip install -e '.[eval]'`, or measure "
            "`--perceptual encoder`."
        ) from error
    try:
        return Lpips(lpips.LPIPS(net="alex", spatial=True, verbose=False))
    except OSError as error:
        raise AmodalError(
            f"AlexNet's weights can't be downloaded from download.pytorch.org ({error}): put them "
            "into torch's cache, or measure `--perceptual encoder`."
        ) from error


DISTANCES: Mapping[str, Callable[[], PictureDistance | None]] = {
    "encoder": load_encoder,
    "lpips": load_lpips,
    "none": lambda: None,
}
"""Perceptual distances by name: a function that loads one, or raises AmodalError if it can't be
had; "none" measures none."""
