"""MobileSAM: a click or a box to a mask, with SAM's decoder on a small image encoder.

The prompt encoder and the mask decoder are those of the package segment-anything; its predictor
isn't used, because it keeps the current photo inside.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from segment_anything.modeling import MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
from segment_anything.utils.transforms import ResizeLongestSide
from torch import Tensor

from amodal.device import pick_device
from amodal.errors import AmodalError
from amodal.geometry import Box, mask_iou
from amodal.segment import MaskGuess, Prompt, check_photo, check_prompt
from amodal.segment.brush import clean_up
from amodal.segment.tiny_vit import TinyViT

SIDE = 1024  # the network's input is SIDE x SIDE; the longer side of the photo fills it
GRID = SIDE // 16  # the features are GRID x GRID
FEATURES = 256
WHOLE_OBJECT_MARGIN = 0.06  # of predicted IoU that the larger of two masks may lack
SAME = 0.95  # IoU from which two masks are one guess


@dataclass(frozen=True, eq=False)
class SamEmbedding:
    """What MobileSAM keeps of a photo.

    Args:
        features: (1, 256, 64, 64) float32, read-only, 4 MB.
        height, width: of the photo.
    """

    features: np.ndarray
    height: int
    width: int


class MobileSAM:
    """The Segmenter with learned weights.

    Args:
        path: `mobile_sam.pt`, the whole network's state dict; None leaves it untrained (for tests).
        device: "auto", "cpu", "cuda" or "mps".

    Raises:
        AmodalError: the file isn't MobileSAM's state dict.
    """

    name = "MobileSAM"

    def __init__(self, path: Path | None, device: str = "auto"):
        sam = build_sam()
        if path is not None:
            load_strictly(sam, path)
        sam.image_encoder.fuse()
        self._sam = sam.to(pick_device(device), memory_format=torch.channels_last)
        self._resize = ResizeLongestSide(SIDE)

    def to(self, device: str) -> MobileSAM:
        """Move the network, for all who use this segmenter; returns itself."""
        self._sam.to(device)
        return self

    @torch.inference_mode()
    def encode(self, photo: np.ndarray) -> SamEmbedding:
        """Run the image encoder on a photo, (H, W, 3) uint8 RGB. Over a second on two cores.

        Raises:
            AmodalError: the photo is too long and narrow to be shrunk to 1024 pixels.
        """
        check_photo(photo)
        height, width = photo.shape[:2]
        if min(self._resize.get_preprocess_shape(height, width, SIDE)) < 1:
            raise AmodalError(
                f"The photo is {width} x {height} pixels, too long and narrow: crop it first."
            )
        small = torch.from_numpy(self._resize.apply_image(photo)).to(self._sam.device)
        small = self._sam.preprocess(small.permute(2, 0, 1)[None])  # (1, 3, SIDE, SIDE)
        features = self._sam.image_encoder(small).contiguous().cpu().numpy()
        features.setflags(write=False)
        return SamEmbedding(features, *photo.shape[:2])

    def segment(
        self,
        embedding: SamEmbedding,
        points: Sequence[tuple[float, float]] = (),
        labels: Sequence[bool] = (),
        box: Box | None = None,
    ) -> tuple[MaskGuess, ...]:
        """See Segmenter.segment. Up to four guesses, about 0.1 s on two cores."""
        height, width = embedding.height, embedding.width
        prompt = check_prompt(height, width, points, labels, box)
        guesses = []
        for logits, score in zip(*self._decode(embedding, prompt), strict=True):
            # One at a time: four large photos of float32 would be a lot of memory.
            mask = clean_up(self._to_photo(logits, height, width))
            if mask.any():
                guesses.append(MaskGuess(mask, score))
        if not guesses:
            raise AmodalError("Nothing found there: click on the object's middle, or draw a box.")
        return distinct(guesses if box is not None else whole_object_first(guesses))

    @torch.inference_mode()
    def _decode(self, embedding: SamEmbedding, prompt: Prompt) -> tuple[list[Tensor], list[float]]:
        """Logits (256, 256) and predicted IoUs of the masks that fit the kind of prompt."""
        sam = self._sam
        size = embedding.height, embedding.width
        coordinates = boxes = None
        if len(prompt.points):
            xy = self._resize.apply_coords(prompt.points, size) - 0.5  # SAM adds it again
            coordinates = self._tensor(xy), self._tensor(prompt.labels)
        if prompt.box is not None:
            boxes = self._tensor(self._resize.apply_boxes(np.array([prompt.box]), size)[0] - 0.5)
        sparse, dense = sam.prompt_encoder(points=coordinates, boxes=boxes, masks=None)
        logits, scores = sam.mask_decoder.predict_masks(
            image_embeddings=self._tensor(embedding.features[0]),
            image_pe=sam.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
        )  # (1, 4, 256, 256), (1, 4)
        # Mask 0 is SAM's answer to a clear prompt, 1 to 3 are part, larger part, whole. A box is
        # clear; more points are not always (mask 0 then likes the part that they are on).
        order = scores[0, 1:].argsort(descending=True).add(1).tolist()
        if prompt.box is not None:
            order = [0, *order]
        return [logits[0, index] for index in order], [scores[0, index].item() for index in order]

    def _tensor(self, values: np.ndarray) -> Tensor:
        """A float32 copy on the device, with a batch axis."""
        return torch.tensor(values, dtype=torch.float32, device=self._sam.device)[None]

    def _to_photo(self, logits: Tensor, height: int, width: int) -> np.ndarray:
        """Logits (256, 256) to a mask (height, width) bool."""
        inner = self._resize.get_preprocess_shape(height, width, SIDE)
        large = self._sam.postprocess_masks(logits[None, None], inner, (height, width))
        return (large[0, 0] > self._sam.mask_threshold).cpu().numpy()


def build_sam() -> Sam:
    """MobileSAM without weights, in eval mode; takes photos in 0..255."""
    transformer = TwoWayTransformer(depth=2, embedding_dim=FEATURES, mlp_dim=2048, num_heads=8)
    return Sam(
        TinyViT(SIDE),
        PromptEncoder(FEATURES, (GRID, GRID), (SIDE, SIDE), mask_in_chans=16),
        MaskDecoder(transformer_dim=FEATURES, transformer=transformer),
    ).eval()


def load_strictly(sam: Sam, path: Path) -> None:
    """Load a state dict from `path`: tensors only (no pickled code), every key and no other."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        sam.load_state_dict(state, strict=True)
    except (EOFError, pickle.UnpicklingError, RuntimeError, TypeError) as error:
        why = " ".join(str(error).split())[:300]
        raise AmodalError(
            f"{path} is not MobileSAM's state dict, download mobile_sam.pt again: {why}"
        ) from error


def whole_object_first(guesses: list[MaskGuess]) -> list[MaskGuess]:
    """Put the largest mask first if it scores almost as well as the best.

    A click on a windscreen means the car: of part and whole SAM often scores the part a little
    higher.
    """
    good = guesses[0].score - WHOLE_OBJECT_MARGIN
    whole = max((guess for guess in guesses if guess.score >= good), key=lambda g: g.mask.sum())
    return [whole, *(guess for guess in guesses if guess is not whole)]


def distinct(guesses: list[MaskGuess]) -> tuple[MaskGuess, ...]:
    """Leave out every mask that is nearly the same as an earlier one."""
    kept: list[MaskGuess] = []
    for guess in guesses:
        if all(mask_iou(guess.mask, other.mask) < SAME for other in kept):
            kept.append(guess)
    return tuple(kept)
