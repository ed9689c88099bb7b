"""What a perceptual loss looks at: the first layers of MobileSAM's image encoder.

Liu et al. use VGG-16, whose weights have no clear licence for this use; MobileSAM's are Apache-2.0.
"""

from __future__ import annotations

from pathlib import Path

import torch.nn.functional as F
from torch import Tensor, nn

from amodal.segment.mobile_sam import build_sam, load_strictly

MEAN = (123.675, 116.28, 103.53)  # of SAM's input, levels of 255
STD = (58.395, 57.12, 57.375)


class EncoderFeatures(nn.Module):
    """Three maps of features of a picture; never trained.

    Args:
        path: `mobile_sam.pt`.

    Raises:
        AmodalError: the file isn't MobileSAM's state dict.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        sam = build_sam()
        load_strictly(sam, path)
        encoder = sam.image_encoder
        encoder.fuse()
        self.stem = encoder.patch_embed.seq
        self.blocks = encoder.layers[0].blocks
        self.downsample = encoder.layers[0].downsample
        for name, values in (("mean", MEAN), ("std", STD)):
            scale = encoder.neck[0].weight.new_tensor(values).view(3, 1, 1) / 255
            self.register_buffer(name, scale)
        self.requires_grad_(False).eval()

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features of pictures (B, 3, H, W) in 0..1.

        Returns:
            (B, 32, H / 2, W / 2), (B, 64, H / 4, W / 4), (B, 128, H / 8, W / 8).
        """
        x = (picture - self.mean) / self.std
        fine = F.gelu(self.stem[0](x))
        middle = self.stem[2](fine)
        coarse = self.downsample(self.blocks(middle))
        return fine, middle, coarse
