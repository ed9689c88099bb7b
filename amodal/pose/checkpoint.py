"""The file `pose.safetensors`."""

from __future__ import annotations

from amodal.network_file import Info, NetworkFile
from amodal.pose.network import PoseConfig, PoseNet

FILE = "pose.safetensors"
PoseInfo = Info[PoseConfig]

_KIND = NetworkFile("amodal-pose/1", "the pose network", PoseConfig, PoseNet)
save, load, begin = _KIND.save, _KIND.load, _KIND.begin
