"""Inpainters: what could be behind a hole. One protocol, several implementations."""

from amodal.inpaint.load import load_inpainter
from amodal.inpaint.migan import MiGAN
from amodal.inpaint.opencv import OpenCV
from amodal.inpaint.protocol import Inpainter

__all__ = ["Inpainter", "MiGAN", "OpenCV", "load_inpainter"]
