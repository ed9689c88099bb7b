"""An appearance encoder and a SPADE generator (Park et al., CVPR 2019), after the paper's 5.2.

The code tells what a car looks like, the layout tells where its parts are; so another layout shows
the same car in another pose. Written from the paper of SPADE; nothing is taken from its code.

Shape letters: B cars, C channels, P parts, S picture side, D code length, H x W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from amodal.posterior import Posterior

COARSEST = 4  # pixels a side, where encoder ends and generator begins


@dataclass(frozen=True)
class PoseConfig:
    """Sizes of the network.

    Args:
        side: S, COARSEST times a power of two.
        parts: P.
        code: D.
        widths: channels of the generator from coarse to fine; one more than there are doublings.
        hidden: channels between a layout and what it modulates.
    """

    side: int = 128
    parts: int = 9
    code: int = 128
    widths: tuple[int, ...] = (256, 256, 160, 96, 64, 32)
    hidden: int = 32

    def __post_init__(self) -> None:
        if self.side != COARSEST * 2 ** (len(self.widths) - 1):
            raise ValueError(
                f"widths: got {len(self.widths)}, expected one more than doublings from "
                f"{COARSEST} to {self.side}"
            )


class AppearanceEncoder(nn.Module):
    """What a car looks like, whatever its pose: a Gaussian over codes."""

    def __init__(self, config: PoseConfig) -> None:
        super().__init__()
        widths = (4, *reversed(config.widths[1:]))  # as many halvings as the generator doubles
        # No normalisation: it would take away how bright and how colourful a car is.
        self.layers = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2))
                for before, after in pairwise(widths)
            )
        )
        self.head = nn.Linear(widths[-1] * COARSEST**2, 2 * config.code)
        with torch.no_grad():  # a narrow start: noise as wide as the prior would drown the code
            self.head.bias[config.code :] = -4.0

    def forward(self, car: Tensor) -> Posterior:
        """Cars (B, 4, S, S): RGB in 0..1 times alpha, and alpha."""
        features = self.layers(car - 0.5)  # (B, C, 4, 4)
        mean, log_variance = self.head(features.flatten(1)).chunk(2, dim=1)
        return Posterior(mean, log_variance)


class Spade(nn.Module):
    """Normalise, then scale and shift each pixel as layout and code say (SPADE, eqs. 1 to 3).

    The code stands beside the layout, since normalising would wash out what the coarsest features
    know of it.
    """

    def __init__(self, channels: int, condition: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.shared = nn.Conv2d(condition, hidden, 3, padding=1)
        self.modulate = nn.Conv2d(hidden, 2 * channels, 3, padding=1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        here = F.interpolate(condition, x.shape[2:], mode="area")
        gamma, beta = self.modulate(F.relu(self.shared(here))).chunk(2, dim=1)
        return self.norm(x) * (1 + gamma) + beta


class SpadeBlock(nn.Module):
    """Residual block of two modulated convolutions."""

    def __init__(self, before: int, after: int, condition: int, hidden: int) -> None:
        super().__init__()
        middle = min(before, after)
        self.spade1, self.conv1 = Spade(before, condition, hidden), _conv(before, middle)
        self.spade2, self.conv2 = Spade(middle, condition, hidden), _conv(middle, after)
        self.skip = nn.Conv2d(before, after, 1, bias=False)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        y = self.conv1(F.leaky_relu(self.spade1(x, condition), 0.2))
        y = self.conv2(F.leaky_relu(self.spade2(y, condition), 0.2))
        return self.skip(x) + y


def _conv(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=1)


class PoseNet(nn.Module):
    """Encoder and generator.

    Args:
        config: sizes.
    """

    def __init__(self, config: PoseConfig = PoseConfig()) -> None:
        super().__init__()
        self.config = config
        self.encoder = AppearanceEncoder(config)
        first, condition = config.widths[0], config.parts + config.hidden
        self.palette = nn.Linear(config.code, 3 * config.parts)
        self.style = nn.Linear(config.code, config.hidden)
        self.start = nn.Linear(config.code, first * COARSEST**2)
        self.blocks = nn.ModuleList(
            SpadeBlock(before, after, condition, config.hidden)
            for before, after in pairwise(config.widths)
        )
        # At full resolution the layout is joined directly: a block there would cost half the time.
        self.finest = _conv(config.widths[-1] + config.parts, config.widths[-1])
        self.last = _conv(config.widths[-1], 3)

    def generate(self, code: Tensor, layout: Tensor) -> Tensor:
        """Colours of cars.

        Args:
            code: (B, D).
            layout: (B, P, S, S) of 0 and 1, which part is where.

        Returns:
            (B, 3, S, S) in 0..1; counts where the layout has a part.
        """
        style = self.style(code)[:, :, None, None].expand(-1, -1, *layout.shape[2:])
        condition = torch.cat([layout, style], dim=1)
        x = self.start(code).view(len(code), -1, COARSEST, COARSEST)
        for block in self.blocks:
            x = F.interpolate(block(x, condition), scale_factor=2.0)
        x = self.finest(torch.cat([F.leaky_relu(x, 0.2), layout], dim=1))
        # A colour for each part, as logits, to which the layers add light and detail.
        palette = self.palette(code).view(len(code), 3, -1)
        flat = torch.einsum("bcp,bphw->bchw", palette, layout)
        return torch.sigmoid(flat + self.last(F.leaky_relu(x, 0.2)))

    def forward(self, car: Tensor, layout: Tensor) -> Tensor:
        """The cars (B, 4, S, S) in the poses of the layouts, by the codes' means."""
        return self.generate(self.encoder(car).mean, layout)
