"""The completer after each of the three training stages, for those who want to compare them."""

from __future__ import annotations

import threading
from pathlib import Path

import torch
from torch import Tensor, nn

from amodal.checkpoint import load_full_encoder, load_stage
from amodal.completer import Completer
from amodal.device import pick_device
from amodal.errors import AmodalError
from amodal.model import AmodalVAE
from amodal.room import load_roomy
from amodal.tensor_file import load_into

STAGES = (1, 2, 3)


class Stages:
    """The completers of all stages. Each is loaded once, when it is first asked for.

    Args:
        completer: one that is loaded already. The others lie in its folder.
    """

    def __init__(self, completer: Completer) -> None:
        self.folder = completer.folder
        self.device = completer.device.type
        self._loaded = {completer.info.stage: completer}
        self._lock = threading.Lock()

    def get(self, stage: int) -> Completer:
        """The completer after a stage, 1 to 3.

        Raises:
            AmodalError: its weights are missing or damaged.
        """
        if stage not in STAGES:
            raise ValueError(f"stage: got {stage}, expected one of {STAGES}")
        with self._lock:
            if stage not in self._loaded:
                self._loaded[stage], _ = load_roomy(
                    lambda to: (self._load(stage, to), None), self.device
                )
            return self._loaded[stage]

    def _load(self, stage: int, device: str) -> Completer:
        if self.folder is None:
            raise AmodalError(f"Stage {stage}: the folder of its weights isn't known.")
        if stage == 1:
            return whole_mask_completer(self.folder, pick_device(device))
        return Completer.load(self.folder, stage=stage, device=device)


def whole_mask_completer(folder: Path, device: torch.device) -> Completer:
    """Stage 1's q(z | y, c) and decoder as a completer.

    It has learned from whole masks alone: it takes the visible part for a whole shape, and without
    a transformer the decoded shape stays in the box of the visible part.

    Raises:
        AmodalError: the weights are missing or damaged.
    """
    encoder, info = load_full_encoder(folder)
    _, tensors = load_stage(folder, 1)
    model = AmodalVAE(info.model)
    model.encoder = encoder
    load_into(model.decoder, tensors, "decoder")
    model.transformer = NoTransformer()
    return Completer(model, info, device, folder)


class NoTransformer(nn.Module):
    """Theta of the identity, whatever the shape: stage 1 trains no transformer."""

    def forward(self, canonical: Tensor, z: Tensor, features: Tensor, known: Tensor) -> Tensor:
        """(B, 4) tx, ty, sx, sy = 0, 0, 1, 1; arguments as SpatialTransformer's."""
        identity = z.new_tensor([0.0, 0.0, 1.0, 1.0])
        return identity.expand(len(z), 4)
