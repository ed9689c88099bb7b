"""The best segmenter that this machine can have now."""

from __future__ import annotations

from collections.abc import Callable

from amodal.hub import Notice, WeightsUnavailable, fetch
from amodal.packages import explain
from amodal.segment import Segmenter
from amodal.segment.grabcut import GrabCut


def load_segmenter(
    progress: Callable[[int, int], None] | None = None, device: str = "auto"
) -> tuple[Segmenter, Notice | None]:
    """MobileSAM from the Hub (or its cache); GrabCut with the reason when it can't be had.

    Args:
        progress: called with (bytes done, bytes in all) while downloading.
        device: "auto", "cpu", "cuda" or "mps".

    Returns:
        The segmenter, and what to tell the user: None for MobileSAM, else why it is missing.
    """
    try:
        # Needs segment-anything and torchvision, which may be missing or broken.
        from amodal.segment.mobile_sam import MobileSAM

        return MobileSAM(fetch("mobile-sam", progress=progress), device), None
    except WeightsUnavailable as error:
        return stand_in(error.reason, error.remedy)
    except ImportError as error:
        return stand_in(*explain(error))


def stand_in(reason: str, remedy: str, device: str = "auto") -> tuple[Segmenter, Notice]:
    """GrabCut, which computes on the CPU, and what to tell the user about MobileSAM."""
    what = "Objects are cut out by their colours (GrabCut) instead of MobileSAM"
    return GrabCut(), Notice(what, reason, remedy)
