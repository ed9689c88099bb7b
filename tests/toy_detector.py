"""A small Mask R-CNN that finds red cars, blue people and green traffic lights, all drawn by us.

python -m tests.toy_detector     trains tests/data/toy_detector.safetensors, 4 minutes on a core
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.rpn import AnchorGenerator
from torchvision.ops import MultiScaleRoIAlign

from amodal.geometry import tight_box
from amodal.segment.detect import Detector

FILE = Path(__file__).parent / "data" / "toy_detector.safetensors"
NAMES = ("__background__", "car", "person", "traffic light")
COLOURS = {1: (200, 30, 30), 2: (30, 40, 200), 3: (40, 180, 60)}
WIDTHS = {1: (30, 80), 2: (10, 28), 3: (20, 40)}
HEIGHTS = {1: (18, 45), 2: (35, 75), 3: (20, 40)}
C = 32  # channels of the features


class Backbone(nn.Module):
    """One map of features, an eighth as large as the picture."""

    out_channels = C

    def __init__(self) -> None:
        super().__init__()
        sizes = ((3, 16, 2), (16, C, 2), (C, C, 2), (C, C, 1))
        layers = [
            (nn.Conv2d(i, o, 3, stride, 1), nn.GroupNorm(4, o), nn.ReLU()) for i, o, stride in sizes
        ]
        self.body = nn.Sequential(*(layer for group in layers for layer in group))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return OrderedDict([("0", self.body(x))])


def toy_network() -> MaskRCNN:
    """Untrained, 0.1 M parameters; it looks at pictures of 96 to 160 pixels."""
    classes = len(NAMES)
    return MaskRCNN(
        Backbone(),
        min_size=96,
        max_size=160,
        rpn_anchor_generator=AnchorGenerator(((16, 32, 64),), ((0.5, 1.0, 2.0),)),
        rpn_pre_nms_top_n_train=200,
        rpn_post_nms_top_n_train=100,
        rpn_pre_nms_top_n_test=100,
        rpn_post_nms_top_n_test=50,
        box_roi_pool=MultiScaleRoIAlign(["0"], 5, 2),
        box_head=TwoMLPHead(C * 25, 64),
        box_predictor=FastRCNNPredictor(64, classes),
        mask_roi_pool=MultiScaleRoIAlign(["0"], 14, 2),
        mask_head=MaskRCNNHeads(C, (16, 16), 1),
        mask_predictor=MaskRCNNPredictor(16, 16, classes),
        box_batch_size_per_image=64,
        rpn_batch_size_per_image=64,
    )


def toy_detector() -> Detector:
    """With the trained network."""
    network = toy_network()
    network.load_state_dict(load_file(FILE))
    return Detector(network.eval(), NAMES, "cpu")


@contextmanager
def detecting_toys() -> Iterator[None]:
    """Whoever loads the detection network gets the small one."""
    detector = toy_detector()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "amodal.segment.detect.load_detector", lambda progress, device: (detector, None)
        )
        yield


def street(random: np.random.Generator) -> tuple[Tensor, dict[str, Tensor]]:
    """A street of the demo tests' kind, (3, 96, 160) float32 in 0..1, and its truth."""
    height, width = 96, 160
    y, x = np.mgrid[:height, :width]
    red, green = random.uniform(0.3, 1.0, 2)
    noise = 90 + random.normal(0, 6, (height, width))
    pixels = np.stack([x * red + random.integers(60), 255 - y * green, noise], axis=2)
    masks, labels = [], []
    for label in random.integers(1, 4, random.integers(1, 5)).tolist():
        w, h = random.integers(*WIDTHS[label]), random.integers(*HEIGHTS[label])
        x0, y0 = random.integers(width - w), random.integers(height - h)
        mask = (x >= x0) & (x < x0 + w) & (y >= y0) & (y < y0 + h)
        if label == 3:
            mask &= (2 * (x - x0) / w - 1) ** 2 + (2 * (y - y0) / h - 1) ** 2 <= 1
        pixels[mask] = COLOURS[label] + random.integers(-25, 25, 3)
        masks = [other & ~mask for other in masks] + [mask]
        labels.append(label)
    seen = [index for index, mask in enumerate(masks) if mask.sum() > 60]
    truth = {
        "boxes": torch.tensor([tight_box(masks[index]) for index in seen], dtype=torch.float32),
        "labels": torch.tensor([labels[index] for index in seen]),
        "masks": torch.from_numpy(np.array([masks[index] for index in seen])).byte(),
    }
    picture = torch.from_numpy(pixels.clip(0, 255).astype(np.uint8)).permute(2, 0, 1)
    return picture.float() / 255, truth


def main(steps: int = 1500, batch: int = 4) -> None:
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    network = toy_network().train()
    optimizer = torch.optim.AdamW(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, steps)
    for step in range(steps):
        pictures, truths = zip(*(street(random) for _ in range(batch)), strict=True)
        losses = network(list(pictures), list(truths))
        optimizer.zero_grad()
        sum(losses.values()).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5)
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(step, {name: round(loss.item(), 3) for name, loss in losses.items()}, flush=True)
    save_file({name: tensor.half() for name, tensor in network.state_dict().items()}, FILE)


if __name__ == "__main__":
    main()
