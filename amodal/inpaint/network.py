"""Inpainting by partial convolutions (Liu et al., ECCV 2018): a U-Net that never sees the hole.

Shape letters: B pictures, C channels, H x W pixels. `known` (B, 1, H, W) is 1 where features are
known and 0 where they are not; all channels of a tensor share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Masked = tuple[Tensor, Tensor]
"""Features (B, C, H, W) and where they are known, (B, 1, H, W) of 1 and 0."""


@dataclass(frozen=True)
class InpaintConfig:
    """Sizes of the network.

    Args:
        widths: channels after each halving of the resolution; their number is the depth.
        kernels: of these layers, odd.
    """

    widths: tuple[int, ...] = (32, 64, 128, 192, 256, 256)
    kernels: tuple[int, ...] = (7, 5, 3, 3, 3, 3)

    def __post_init__(self) -> None:
        if not self.widths or len(self.widths) != len(self.kernels):
            raise ValueError(
                f"kernels: got {len(self.kernels)}, expected one for each of the "
                f"{len(self.widths)} widths, at least one"
            )

    @property
    def stride(self) -> int:
        """Pixels a side of a cell at the coarsest resolution; sizes must be multiples of it."""
        return 2 ** len(self.widths)


class PartialConv(nn.Module):
    """A convolution of what is known (Liu et al., eqs. 1 and 2).

    The sum over the known features is scaled up as if all were known. The output is known where
    the kernel has met something known. Beyond the picture's border nothing is known.

    Args:
        inputs: channels of each source; sources are joined along the channels.
        outputs: channels.
        kernel: odd side.
        stride: 1 or 2.
        norm: whether batch normalisation follows.
    """

    def __init__(
        self, inputs: Sequence[int], outputs: int, kernel: int, stride: int = 1, norm: bool = True
    ) -> None:
        super().__init__()
        self.inputs = tuple(inputs)
        self.kernel, self.stride = kernel, stride
        self.conv = nn.Conv2d(sum(inputs), outputs, kernel, stride, kernel // 2, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs, 1, 1))
        self.norm = nn.BatchNorm2d(outputs) if norm else nn.Identity()

    def forward(self, *sources: Masked) -> Masked:
        values = torch.cat([x * known.to(x.dtype) for x, known in sources], dim=1)
        share = sum(
            channels * self._share(known)
            for channels, (_, known) in zip(self.inputs, sources, strict=True)
        ) / sum(self.inputs)
        known = (share > 0).to(share.dtype)
        scale = known / share.clamp(min=1e-6)
        y = self.conv(values)
        y = y * scale.to(y.dtype) + self.bias.to(y.dtype)
        return self.norm(y) * known.to(y.dtype), known

    def _share(self, known: Tensor) -> Tensor:
        """The known share of the values under the kernel, (B, 1, H, W) float32."""
        return F.avg_pool2d(known.float(), self.kernel, self.stride, self.kernel // 2)


class PartialConvNet(nn.Module):
    """Colours for a hole from what surrounds it.

    Beside the original: the layers add detail to a smooth filling, so that they need not learn how
    colours go on; and cells that are unknown even at the coarsest resolution get the mean of the
    known ones, so that holes of any size are filled.

    Args:
        config: sizes.
    """

    def __init__(self, config: InpaintConfig = InpaintConfig()) -> None:
        super().__init__()
        self.config = config
        above = (3, *config.widths[:-1])
        self.down = nn.ModuleList(
            PartialConv((before,), width, kernel, stride=2, norm=level > 0)
            for level, (before, width, kernel) in enumerate(
                zip(above, config.widths, config.kernels, strict=True)
            )
        )
        self.middle = PartialConv((config.widths[-1],), config.widths[-1], 3)
        wide = (*reversed(config.widths), config.widths[0])
        self.up = nn.ModuleList(
            PartialConv((below, skip), below_next, 3)
            for below, skip, below_next in zip(wide[:-2], wide[1:-1], wide[1:-1], strict=True)
        )
        self.last = PartialConv((config.widths[0], 3), 3, 3, norm=False)

    def forward(self, picture: Tensor, known: Tensor) -> Tensor:
        """Invent the unknown pixels.

        Args:
            picture: (B, 3, H, W) in 0..1, H and W multiples of config.stride; ignored in the hole.
            known: (B, 1, H, W), 0 in the hole, 1 elsewhere.

        Returns:
            (B, 3, H, W), about 0..1, also where pixels are known.
        """
        return smooth_fill(picture, known) + self.detail(picture, known)

    def detail(self, picture: Tensor, known: Tensor) -> Tensor:
        """What the layers add to the smooth filling, (B, 3, H, W); arguments as for forward."""
        # Around 0, so that "unknown", which enters as 0, is grey and not black.
        top = (picture - 0.5, known)
        skips = [top]
        for level in self.down:
            x, here = level(skips[-1])  # (B, widths[level], H / 2**level, W / 2**level)
            skips.append((F.relu(x), here))
        x, here = self.middle(spread(*skips.pop()))
        x = F.relu(x)
        for level in self.up:
            x, here = level(doubled(x, here), skips.pop())
            x = F.leaky_relu(x, 0.2)
        x, _ = self.last(doubled(x, here), skips.pop())
        return x


def doubled(x: Tensor, known: Tensor) -> Masked:
    """Nearest-neighbour up-sampling, of features and of where they are known."""
    return F.interpolate(x, scale_factor=2.0), F.interpolate(known, scale_factor=2.0)


def smooth_fill(picture: Tensor, known: Tensor) -> Tensor:
    """Fill unknown pixels from coarser and coarser means of the known ones.

    Args:
        picture: (B, C, H, W).
        known: (B, 1, H, W) of 1 and 0.

    Returns:
        (B, C, H, W) float32, the picture where it is known; 0 where nothing at all is known.
    """
    x, known = picture.float(), known.float()
    if min(x.shape[2:]) < 2:
        return spread(x, known)[0]
    share = F.avg_pool2d(known, 2, ceil_mode=True, count_include_pad=False)
    sums = F.avg_pool2d(x * known, 2, ceil_mode=True, count_include_pad=False)
    coarse = smooth_fill(sums / share.clamp(min=1e-6), (share > 0).float())
    finer = F.interpolate(coarse, x.shape[2:], mode="bilinear", align_corners=False)
    return known * x + (1 - known) * finer


def spread(x: Tensor, known: Tensor) -> Masked:
    """Give unknown cells the mean of the known ones; then all are known."""
    weight = known.to(x.dtype)
    mean = (x * weight).sum((2, 3), keepdim=True) / weight.sum((2, 3), keepdim=True).clamp(min=1)
    return x * weight + mean * (1 - weight), torch.ones_like(known)
