"""The best inpainter that this machine can have now."""

from __future__ import annotations

from collections.abc import Callable

from amodal.hub import BUNDLED, Notice, WeightsUnavailable, fetch
from amodal.inpaint.checkpoint import FILE
from amodal.inpaint.migan import MiGAN
from amodal.inpaint.partial import PartialConvolutions
from amodal.inpaint.protocol import Inpainter
from amodal.packages import explain


def load_inpainter(
    progress: Callable[[int, int], None] | None = None, device: str = "auto"
) -> tuple[Inpainter, Notice | None]:
    """MI-GAN from the Hub (or its cache); our own network with the reason when it can't be had.

    Args:
        progress: called with (bytes done, bytes in all) while downloading.
        device: "auto", "cpu", "cuda" or "mps", for our own network; MI-GAN always uses the CPU.

    Returns:
        The inpainter, and what to tell the user: None for MI-GAN, else why it is missing.

    Raises:
        AmodalError: MI-GAN can't be had, and the bundled file is missing or damaged.
    """
    try:
        return MiGAN(fetch("mi-gan", progress=progress)), None
    except WeightsUnavailable as error:
        return stand_in(error.reason, error.remedy, device)
    except ImportError as error:  # of onnxruntime
        return stand_in(*explain(error), device)


def stand_in(reason: str, remedy: str, device: str = "auto") -> tuple[Inpainter, Notice]:
    """Our own network, and what to tell the user about MI-GAN.

    Raises:
        AmodalError: the bundled file is missing or damaged.
    """
    what = "Filling with our own small network (softer textures) instead of MI-GAN"
    return PartialConvolutions(BUNDLED / FILE, device), Notice(what, reason, remedy)
