"""Features of small pictures, and how far apart two sets of them are, by torch-fidelity."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from amodal.errors import AmodalError
from amodal.hub import fetch

BATCH = 32
SEED = 0
SAM_SIDE = 224  # pixels; pictures are enlarged to it


class Features(Protocol):
    """What a network sees in pictures."""

    name: str

    def __call__(self, pictures: Sequence[np.ndarray]) -> Tensor:
        """Of (S, S, 3) uint8 pictures: (N, D) float32."""
        ...


class Inception:
    """The 2048 pooled features of Inception-v3, those of FID.

    Args:
        path: torch-fidelity's weights; None downloads them (or takes torch's cache).

    Raises:
        AmodalError: package or weights can't be had.
    """

    name = "Inception-v3 (FID and KID)"

    def __init__(self, path: Path | None) -> None:
        library = _library()
        if path is not None:
            check_tensors_only(path)
        try:
            self._network = library.create_feature_extractor(
                "inception-v3-compat",
                ["2048"],
                cuda=False,
                verbose=False,
                feature_extractor_weights_path=str(path) if path else None,
            )
        except (OSError, RuntimeError) as error:
            why = " ".join(str(error).split())[:200]
            raise AmodalError(
                f"Inception-v3's weights can't be had ({why}): give the file "
                "weights-inception-2015-12-05-6726825d.pth of torch-fidelity's releases with "
                "--inception, or measure --features encoder."
            ) from error

    @torch.inference_mode()
    def __call__(self, pictures: Sequence[np.ndarray]) -> Tensor:
        return torch.cat([self._network(batch)[0] for batch in _batches(pictures)])


def check_tensors_only(path: Path) -> None:
    """Raise AmodalError unless a file holds tensors and no code: the library would run it."""
    try:
        torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
        why = " ".join(str(error).split())[:200]
        raise AmodalError(f"{path} holds no weights that can be read safely: {why}") from error


class Encoder:
    """The mean of MobileSAM's 256 image features. Not what FID looks at.

    Raises:
        AmodalError: its weights can't be had.
    """

    name = "MobileSAM's image encoder, not Inception: no FID"

    def __init__(self, path: Path | None = None) -> None:
        from amodal.segment.mobile_sam import build_sam, load_strictly

        sam = build_sam()
        load_strictly(sam, fetch("mobile-sam"))
        self._encoder = sam.image_encoder
        self._encoder.fuse()
        self._normalise = lambda x: (x - sam.pixel_mean) / sam.pixel_std

    @torch.inference_mode()
    def __call__(self, pictures: Sequence[np.ndarray]) -> Tensor:
        found = []
        for batch in _batches(pictures):
            large = nn.functional.interpolate(
                self._normalise(batch.float()), (SAM_SIDE, SAM_SIDE), mode="bilinear"
            )
            found.append(self._encoder(large).mean((2, 3)))  # (B, 256)
        return torch.cat(found)


FEATURES: Mapping[str, Callable[[Path | None], Features]] = {
    "inception": Inception,
    "encoder": Encoder,
}


def distances(found: Tensor, expected: Tensor) -> dict[str, float]:
    """How far apart two sets of features (N, D) and (M, D) are; 0 means equally distributed.

    Returns:
        "frechet": between Gaussians fitted to them (FID); larger for small sets, so compare only
        sets of one size. "kernel": maximum mean discrepancy (KID), without that bias; may be
        slightly negative.
    """
    _library()
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric

    frechet = fid_statistics_to_metric(
        fid_features_to_statistics(found.double()),
        fid_features_to_statistics(expected.double()),
        verbose=False,
    )
    kernel = kid_features_to_metric(
        found,
        expected,
        verbose=False,
        rng_seed=SEED,
        kid_subset_size=min(len(found), len(expected)),
    )
    return {
        "frechet": float(frechet["frechet_inception_distance"]),
        "kernel": float(kernel["kernel_inception_distance_mean"]),
    }


def _batches(pictures: Sequence[np.ndarray]) -> list[Tensor]:
    """(B, 3, S, S) uint8 each."""
    every = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    return list(every.split(BATCH))


def _library():
    try:
        from torch_fidelity import utils
    except ImportError as error:
        raise AmodalError(
            "FID needs torch-fidelity: install it by `pip install -e '.[eval]'`."
        ) from error
    return utils
