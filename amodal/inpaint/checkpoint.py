"""The file `inpaint.safetensors`."""

from __future__ import annotations

from amodal.inpaint.network import InpaintConfig, PartialConvNet
from amodal.network_file import Info, NetworkFile

FILE = "inpaint.safetensors"
InpaintInfo = Info[InpaintConfig]

_KIND = NetworkFile("amodal-inpaint/1", "the inpainting network", InpaintConfig, PartialConvNet)
save, load, begin = _KIND.save, _KIND.load, _KIND.begin
