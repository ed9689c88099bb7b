"""What drawn shapes depend on, beside the photo, the masks and the seed."""

from __future__ import annotations

import torch

from amodal import __version__
from amodal.checkpoint import stage_path
from amodal.completer import Completer
from amodal.hub.integrity import sha256


def versions(completer: Completer) -> dict[str, str]:
    """The program's version, torch's, and the sha256 of the weights if they came from a file."""
    found = {"amodal-vae": __version__, "torch": torch.__version__}
    if completer.folder is not None:
        found["weights"] = sha256(stage_path(completer.folder, completer.info.stage))
    return found
