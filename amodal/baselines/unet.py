"""The rivals' network: a U-Net that draws the whole mask in a window around what is visible.

Shape letters: B objects, S side of a squeezed crop, R = config.side, side of the window's grid,
C = config.planes input planes, F features.

Convention: the window is theta = (0, 0, W, W) in crop frame, with W = config.window: W times as
wide and as high as the tight modal box, around its middle, squeezed to R x R. What of the whole
lies beyond it is lost. Of 2,178 pairs that amodal.train draws from the KITTI MOTS training
sequences, the whole fits into the window with W = 1.5 / 2 / 2.5 / 3 in 72 / 85 / 91 / 94 of 100; in
units of the modal box, which small remains dominate, 26 / 16 / 10 / 6 per cent of the invisible
area lie beyond. Of the invisible pixels of the protocol "simulated" (held-out sequences 4, 9 and
17, 300 cases) 1.1 per cent lie beyond W = 2.5. A larger window draws every object smaller: at
W = 2.5 and R = 128 the modal box has 51 pixels a side; Amodal-VAE draws the whole object, which is
larger, in 64.

One network serves both rivals, which differ in what they see and how their error counts
(windows.py): "regression" sees the modal mask, "partial" the modal mask and the eraser.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from amodal.model import CUES
from amodal.scene import CLASSES

PLANES = {"regression": 1, "partial": 2}
METHODS = tuple(PLANES)


@dataclass(frozen=True)
class UNetConfig:
    """Sizes of the network: 5.2 M parameters, Amodal-VAE's encoder, decoder and transformer 4.6 M.

    Args:
        method: "regression" or "partial".
        window: W.
        side: R; a multiple of 2 ** len(channels).
        crop: S, side of the squeezed masks that come in.
        channels: of the strided convolutions, from the window inwards; the way back mirrors them.
        features: F, width of the fully connected layer in the middle, which sees all of the window.
        classes: names, index 0 is "unknown".
    """

    method: str = "regression"
    window: float = 2.5
    side: int = 128
    crop: int = 64
    channels: tuple[int, ...] = (16, 32, 64, 128, 256)
    features: int = 384
    classes: tuple[str, ...] = CLASSES

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"method: got {self.method!r}, expected one of {METHODS}")
        if self.side % 2 ** len(self.channels):
            raise ValueError(
                f"side: got {self.side}, expected a multiple of {2 ** len(self.channels)}"
            )

    @property
    def planes(self) -> int:
        """Input planes."""
        return PLANES[self.method]

    @property
    def grid(self) -> int:
        """Side of the innermost feature map."""
        return self.side // 2 ** len(self.channels)


class UNet(nn.Module):
    """Window in, logits of the whole mask in the same window out."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        self.down = nn.ModuleList(
            _layer(nn.Conv2d, before, after) for before, after in pairwise((config.planes, *widths))
        )
        inner = widths[-1] * config.grid**2
        self.squeeze = nn.Linear(inner, config.features)
        self.classes = nn.Embedding(len(config.classes), config.features)
        self.cues = nn.Linear(CUES, config.features)
        self.expand = nn.Linear(config.features, inner)
        # Each layer on the way back also sees the way in at its own resolution.
        self.up = nn.ModuleList(
            _layer(nn.ConvTranspose2d, 2 * before, after)
            for before, after in pairwise(widths[::-1])
        )
        self.last = nn.ConvTranspose2d(2 * widths[0], 1, 4, stride=2, padding=1)

    def forward(self, seen: Tensor, class_id: Tensor, cues: Tensor) -> Tensor:
        """Complete windows.

        Args:
            seen: (B, C, R, R) in 0..1.
            class_id: (B,) int64, index into config.classes.
            cues: (B, CUES).

        Returns:
            logits (B, 1, R, R) of the whole mask.
        """
        passed, x = [], seen
        for layer in self.down:
            x = layer(x)
            passed.append(x)
        features = self.squeeze(x.flatten(1)) + self.classes(class_id) + self.cues(cues)  # (B, F)
        x = self.expand(features.relu()).relu().unflatten(1, x.shape[1:])
        for layer in self.up:
            x = layer(torch.cat([x, passed.pop()], dim=1))
        return self.last(torch.cat([x, passed.pop()], dim=1))


def _layer(kind: type[nn.Module], before: int, after: int) -> nn.Sequential:
    """A strided convolution: 3 x 3 ones at full resolution would be too slow for two cores."""
    return nn.Sequential(
        kind(before, after, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
    )
