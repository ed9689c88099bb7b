"""A turner with an untrained network, which several test files use."""

from __future__ import annotations

from pathlib import Path

import torch

from amodal.pose.checkpoint import FILE, PoseInfo, save
from amodal.pose.gallery import Gallery
from amodal.pose.network import PoseConfig, PoseNet
from amodal.pose.turner import Turner

SMALL = PoseConfig(side=32, code=6, widths=(16, 16, 8, 8), hidden=8)


def write_network(folder: Path) -> Path:
    """The file of a small untrained network, the same each time."""
    torch.manual_seed(0)
    save(folder / FILE, PoseInfo(SMALL), PoseNet(SMALL))
    return folder / FILE


def small_turner(folder: Path, poses: Gallery) -> Turner:
    """A turner over that network."""
    return Turner(write_network(folder), poses, "cpu")
