"""The image encoder of MobileSAM: TinyViT-5M with SAM's neck, for inference only.

TinyViT (Wu et al., ECCV 2022, MIT) as changed by MobileSAM (Zhang et al., 2023, Apache-2.0): the
last stage keeps the resolution of the third, so a 1024 x 1024 photo becomes 256 x 64 x 64. The
modules have the names of the checkpoint `mobile_sam.pt`, so that it loads with strict keys.

Shape letters: B photos, C channels, H x W tokens, S window side, N heads.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F
from segment_anything.modeling.common import LayerNorm2d
from torch import Tensor, nn

DIMS = (64, 128, 160, 320)
DEPTHS = (2, 2, 6, 2)
HEADS = (2, 4, 5, 10)  # of stages 1 to 3; stage 0 is convolutional
WINDOWS = (7, 7, 14, 7)
STRIDES = (2, 2, 1)  # between the stages


class ConvBN(nn.Sequential):
    """Convolution and batch norm; `fuse` folds the two into one convolution."""

    def __init__(self, inputs: int, outputs: int, size: int = 1, stride: int = 1, groups: int = 1):
        conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
        super().__init__(OrderedDict(c=conv, bn=nn.BatchNorm2d(outputs)))

    def fuse(self) -> None:
        self.c = nn.utils.fuse_conv_bn_eval(self.c, self.bn)
        self.bn = nn.Identity()


class MBConv(nn.Module):
    """Inverted residual: widen by 4, depthwise 3 x 3, narrow."""

    def __init__(self, dim: int):
        super().__init__()
        self.conv1 = ConvBN(dim, 4 * dim)
        self.conv2 = ConvBN(4 * dim, 4 * dim, 3, groups=4 * dim)
        self.conv3 = ConvBN(4 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W)
        y = F.gelu(self.conv1(x))
        y = F.gelu(self.conv2(y))
        return F.gelu(x + self.conv3(y))


class Downsample(nn.Module):
    """From one stage to the next: more channels, and fewer tokens if stride is 2."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1 = ConvBN(inputs, outputs)
        self.conv2 = ConvBN(outputs, outputs, 3, stride, groups=outputs)
        self.conv3 = ConvBN(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W)
        y = F.gelu(self.conv1(x))
        return self.conv3(F.gelu(self.conv2(y)))


class Attention(nn.Module):
    """Self-attention inside a window, with a learned bias for each |dy|, |dx| between tokens."""

    def __init__(self, dim: int, heads: int, window: int):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.attention_biases = nn.Parameter(torch.zeros(heads, window * window))
        row, column = torch.arange(window**2) // window, torch.arange(window**2) % window
        offset = (row[:, None] - row).abs() * window + (column[:, None] - column).abs()
        self.register_buffer("offset", offset, persistent=False)  # (S*S, S*S)

    def forward(self, x: Tensor) -> Tensor:  # (windows, S*S, C)
        count, tokens, dim = x.shape
        # The channels hold q, k and v of head 0, then of head 1, and so on.
        qkv = self.qkv(self.norm(x)).view(count, tokens, self.heads, 3, dim // self.heads)
        q, k, v = qkv.permute(3, 0, 2, 1, 4)  # (windows, N, S*S, C/N) each
        bias = self.attention_biases[:, self.offset]  # (N, S*S, S*S)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.proj(y.transpose(1, 2).reshape(count, tokens, dim))


class Mlp(nn.Module):
    def __init__(self, dim: int):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.fc2 = nn.Linear(4 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:  # (B, H, W, C)
        return self.fc2(F.gelu(self.fc1(self.norm(x))))


class Block(nn.Module):
    """Window attention, a local convolution, an MLP."""

    def __init__(self, dim: int, heads: int, window: int):
        super().__init__()
        self.window = window
        self.attn = Attention(dim, heads, window)
        self.local_conv = ConvBN(dim, dim, 3, groups=dim)
        self.mlp = Mlp(dim)

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W)
        x = x.permute(0, 2, 3, 1)
        x = x + self.attend(x)
        x = self.local_conv(x.permute(0, 3, 1, 2))
        x = x.permute(0, 2, 3, 1)
        return (x + self.mlp(x)).permute(0, 3, 1, 2)

    def attend(self, x: Tensor) -> Tensor:
        """Attention in each S x S window of x (B, H, W, C), padded with zeros to whole windows."""
        batch, height, width, dim = x.shape
        side = self.window
        x = F.pad(x, (0, 0, 0, -width % side, 0, -height % side))
        rows, columns = x.shape[1] // side, x.shape[2] // side
        x = x.view(batch, rows, side, columns, side, dim).transpose(2, 3)
        x = self.attn(x.reshape(-1, side * side, dim))
        x = x.view(batch, rows, columns, side, side, dim).transpose(2, 3)
        return x.reshape(batch, rows * side, columns * side, dim)[:, :height, :width]


class Stage(nn.Module):
    def __init__(self, index: int):
        super().__init__()
        dim = DIMS[index]
        self.blocks = nn.Sequential(
            *(
                MBConv(dim) if index == 0 else Block(dim, HEADS[index], WINDOWS[index])
                for _ in range(DEPTHS[index])
            )
        )
        last = index == len(DIMS) - 1
        self.downsample = (
            nn.Identity() if last else Downsample(dim, DIMS[index + 1], STRIDES[index])
        )

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W)
        return self.downsample(self.blocks(x))


class TinyViT(nn.Module):
    """Photos (B, 3, 1024, 1024), normalised, to features (B, 256, 64, 64) for SAM's decoder."""

    def __init__(self, img_size: int = 1024):
        super().__init__()
        self.img_size = img_size  # read by segment_anything.modeling.Sam
        stem = nn.Sequential(
            ConvBN(3, DIMS[0] // 2, 3, 2), nn.GELU(), ConvBN(DIMS[0] // 2, DIMS[0], 3, 2)
        )
        self.patch_embed = nn.Sequential(OrderedDict(seq=stem))
        self.layers = nn.Sequential(*(Stage(index) for index in range(len(DIMS))))
        # The classifier of the pre-training: in the checkpoint, never used.
        self.norm_head = nn.LayerNorm(DIMS[-1])
        self.head = nn.Linear(DIMS[-1], 1000)
        self.neck = nn.Sequential(
            nn.Conv2d(DIMS[-1], 256, 1, bias=False),
            LayerNorm2d(256),
            nn.Conv2d(256, 256, 3, padding=1, bias=False),
            LayerNorm2d(256),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.neck(self.layers(self.patch_embed(x)))

    def fuse(self) -> None:
        """Fold every batch norm into its convolution: same result, faster. Call in eval mode."""
        for module in self.modules():
            if isinstance(module, ConvBN):
                module.fuse()
