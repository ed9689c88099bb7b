"""All objects of a photo at once: Mask R-CNN, trained on COCO."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torchvision.models.detection import (
    MaskRCNN,
    MaskRCNN_ResNet50_FPN_V2_Weights,
    maskrcnn_resnet50_fpn_v2,
)

from amodal.data.categories import category_of
from amodal.device import device_of, pick_device
from amodal.hub import BUNDLED, WeightsUnavailable, fetch, read_tensors
from amodal.segment import check_photo
from amodal.segment.detection import Detection, resolve

NAME = "mask-rcnn"  # in the manifest
COCO = tuple(MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1.meta["categories"])
MASK = 0.5  # probability from which a pixel belongs to the object
CLICK_INSTEAD = "The objects can be clicked one by one meanwhile."


class Detector:
    """Finds objects by a Mask R-CNN. Keeps nothing between calls.

    Args:
        network: trained, in eval mode. What it finds below its own `box_score_thresh` (0.05 in
            torchvision) is not reported.
        names: what each of its labels means; label 0 is the background.
        device: "auto", "cpu", "cuda" or "mps".
    """

    def __init__(self, network: MaskRCNN, names: Sequence[str], device: str = "auto") -> None:
        self._network = network.to(pick_device(device))
        self._names = tuple(names)

    def to(self, device: str) -> Detector:
        """Move the network, for all who use this detector; returns itself."""
        self._network.to(device)
        return self

    def detect(self, photo: np.ndarray) -> tuple[Detection, ...]:
        """The objects of a photo, (H, W, 3) uint8 RGB, surest first; their masks don't overlap.

        A name that none of our classes has becomes "unknown". Some seconds on two cores.
        """
        check_photo(photo)
        height, width = photo.shape[:2]
        found = []
        for box, label, score, mask in zip(*self._run(photo), strict=True):
            window = in_window(mask, box, height, width)
            if window is not None:
                name = self._names[label]
                found.append(Detection(*window, category_of(name), name, float(score)))
        return resolve(found, height, width)

    @torch.inference_mode()
    def _run(self, photo: np.ndarray) -> tuple[np.ndarray, ...]:
        """Boxes (N, 4) in image pixels, labels (N,), scores (N,), soft masks (N, 28, 28)."""
        height, width = photo.shape[:2]
        small = self._shrunk(photo)
        device = device_of(self._network)
        picture = torch.tensor(small, device=device).permute(2, 0, 1).float() / 255  # (3, h, w)
        # The network's own forward, without its last step: that makes N masks of float32 as large
        # as the photo, 16 GB for the largest one.
        images, _ = self._network.transform([picture])
        features = self._network.backbone(images.tensors)
        proposals, _ = self._network.rpn(images, features)
        (found,), _ = self._network.roi_heads(features, proposals, images.image_sizes)
        seen_height, seen_width = images.image_sizes[0]
        boxes = _numpy(found["boxes"]) * np.tile([width / seen_width, height / seen_height], 2)
        masks = _numpy(found["masks"])[:, 0]
        return boxes, _numpy(found["labels"]), _numpy(found["scores"]), masks

    def _shrunk(self, photo: np.ndarray) -> np.ndarray:
        """A large photo as small as the network looks at it: it would skip pixels."""
        shortest, longest = self._network.transform.min_size[-1], self._network.transform.max_size
        factor = min(shortest / min(photo.shape[:2]), longest / max(photo.shape[:2]))
        if factor >= 1:
            return photo
        size = [max(round(factor * side), 1) for side in photo.shape[1::-1]]
        return cv2.resize(photo, size, interpolation=cv2.INTER_AREA)


def in_window(
    mask: np.ndarray, box: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, int, int] | None:
    """A soft mask, stretched over its box, as pixels.

    Args:
        mask: (m, m) float32, probabilities.
        box: (x0, y0, x1, y1) in pixel edges.
        height, width: of the photo.

    Returns:
        The pixels of the photo in the box's window, (h, w) bool, and the window's x0 and y0; None
        when the window is empty.
    """
    x0, y0, x1, y1 = (float(edge) for edge in box)
    left, top = max(int(np.floor(x0)), 0), max(int(np.floor(y0)), 0)
    right, bottom = min(int(np.ceil(x1)), width), min(int(np.ceil(y1)), height)
    if not (left < right and top < bottom and x0 < x1 and y0 < y1):
        return None
    # Where each pixel's centre lies in the mask, whose own centres are at half-integers.
    across, down = mask.shape[1] / (x1 - x0), mask.shape[0] / (y1 - y0)
    to_mask = np.array(
        [
            [across, 0, (left + 0.5 - x0) * across - 0.5],
            [0, down, (top + 0.5 - y0) * down - 0.5],
        ]
    )
    soft = cv2.warpAffine(
        mask.astype(np.float32),
        to_mask,
        (right - left, bottom - top),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,  # as torchvision: a mask fades out at its box
    )
    return soft >= MASK, left, top


def load_detector(
    progress: Callable[[int, int], None] | None = None,
    device: str = "auto",
    manifest: Path = BUNDLED / "manifest.json",
) -> tuple[Detector, None]:
    """Mask R-CNN with COCO's weights, which are downloaded at first use.

    Args:
        progress: called with (bytes done, bytes in all) while downloading.
        device: "auto", "cpu", "cuda" or "mps".
        manifest: the file with the pins.

    Returns:
        The detector, and no notice: there is no fall-back.

    Raises:
        WeightsUnavailable: the weights can't be had, or are not this network's.
    """
    try:
        path = fetch(NAME, progress=progress, manifest=manifest)
        network = maskrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None)
        load_strictly(network, path)
    except WeightsUnavailable as error:
        remedy = f"{CLICK_INSTEAD} {error.remedy}"
        raise WeightsUnavailable("Mask R-CNN", error.reason, remedy) from error
    return Detector(network.eval(), COCO, device), None


def load_strictly(network: MaskRCNN, path: Path) -> None:
    """Load a state dict from `path`: tensors only (no pickled code), every key and no other.

    Raises:
        WeightsUnavailable: the file is something else.
    """
    try:
        network.load_state_dict(read_tensors(path), strict=True)
    except RuntimeError as error:
        reason = f"{path.name} belongs to another network: {' '.join(str(error).split())[:300]}"
        raise WeightsUnavailable(f"{path}", reason, "Delete it and try again.") from error


def _numpy(tensor: Tensor) -> np.ndarray:
    return tensor.cpu().numpy()
