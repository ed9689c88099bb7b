"""What a session can be saved as: bytes of a picture, of masks, of layers."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
from PIL import Image

from amodal.data.coco import write_completions
from amodal.layers import Layer, LayeredScene
from amodal.scene import Completion, Completions
from demo.session import Session


def picture_bytes(picture: np.ndarray) -> bytes:
    """A picture (H, W, 3) or (H, W, 4) uint8 as PNG."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, format="PNG")
    return out.getvalue()


def masks_bytes(session: Session) -> bytes:
    """Every object's visible mask, its chosen whole shape, and the samples that were drawn."""
    layers = session.layers
    completions = [_completions_of(session, layer) for layer in layers]
    document = write_completions(
        [layer.instance for layer in layers],
        completions,
        f"{session.title}.png",
        {"description": session.title, **session.settings._asdict()},
    )
    return json.dumps(document).encode()


def _completions_of(session: Session, layer: Layer) -> Completions:
    """The chosen shape stands where the mode does; without an answer there are no samples."""
    chosen: Completion = layer.completion
    answer = session.answers.get(layer.id)
    if answer is not None:
        return replace(answer.completions, mode=chosen)
    return Completions(chosen, (), chosen.mask.astype(np.float32), chosen.x0, chosen.y0)


def layers_bytes(plate: np.ndarray, scene: LayeredScene) -> bytes:
    """A ZIP: the background, every object whole on transparency, and a list of them.

    Args:
        plate: (H, W, 3) uint8 RGB, the photo without its objects.
        scene: every layer has an appearance.
    """
    out = io.BytesIO()
    entries = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("background.png", picture_bytes(plate))
        for depth, layer in enumerate(scene.layers):
            file = f"{depth + 1:02d} {layer.instance.name or layer.id}.png"
            archive.writestr(file, picture_bytes(layer.appearance.rgba))
            entries.append(_entry(file, layer))
        listing = {"size": list(plate.shape[1::-1]), "layers": entries}
        archive.writestr("layers.json", json.dumps(listing, indent=2))
    return out.getvalue()


def _entry(file: str, layer: Layer) -> dict:
    place = layer.placement
    return {
        "file": file,
        "class": layer.instance.category,
        "x": layer.appearance.x0,
        "y": layer.appearance.y0,
        "dx": place.dx,
        "dy": place.dy,
        "scale": place.scale,
        "flip": place.flip,
        "deleted": not place.visible,
    }
