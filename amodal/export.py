"""A scene for other programs: its layers as a ZIP, made in memory."""

from __future__ import annotations

import io
import json
import re

import numpy as np
from PIL import Image

from amodal.archive import pack
from amodal.layers import Layer, LayeredScene


def layers_zip(plate: np.ndarray, scene: LayeredScene) -> bytes:
    """The plate, every object whole on transparency, its amodal mask, and where they stand.

    `layers.json` lists the layers back to front. A layer's files cover the window at (x0, y0) of
    the photo, which may leave it; `placement` says where an edit took the object: about the foot,
    scale and flip first, then the shift.

    Args:
        plate: (H, W, 3) uint8 RGB, as from Decomposer.take_apart().
        scene: likewise; every layer has an appearance.

    Returns:
        The bytes of a ZIP file; equal input gives equal bytes.

    Raises:
        ValueError: a layer has no appearance yet, or the plate isn't as large as the photo.
    """
    if plate.shape != scene.photo.shape:
        raise ValueError(f"plate: got {plate.shape}, expected the photo's {scene.photo.shape}")
    height, width = plate.shape[:2]
    files = {"plate.png": png_bytes(plate)}
    listing = {"width": width, "height": height, "plate": "plate.png", "layers": []}
    for number, layer in enumerate(scene.layers, start=1):
        entry = _entry(number, layer)
        if layer.appearance is None:
            raise ValueError(f"{layer.id} has no appearance: take the scene apart first")
        files[entry["colours"]] = png_bytes(layer.appearance.rgba)
        files[entry["amodal_mask"]] = png_bytes(layer.completion.mask.astype(np.uint8) * 255)
        listing["layers"].append(entry)
    files["layers.json"] = json.dumps(listing, indent=1, ensure_ascii=False).encode()
    return pack(files)


def png_bytes(pixels: np.ndarray) -> bytes:
    """A picture (H, W), (H, W, 3) or (H, W, 4) uint8, or a mask (H, W) bool, as PNG."""
    out = io.BytesIO()
    # Photographs don't get smaller by more, but three times slower.
    Image.fromarray(pixels).save(out, format="PNG", compress_level=1)
    return out.getvalue()


def _entry(number: int, layer: Layer) -> dict:
    place, (foot_x, foot_y) = layer.placement, layer.foot
    words = re.sub(r"[^\w -]", "_", layer.instance.name).strip()
    stem = f"{number:02d} {words or layer.id}"
    return {
        "id": layer.id,
        "name": layer.instance.name,
        "category": layer.instance.category,
        "colours": f"{stem}.png",
        "amodal_mask": f"{stem} mask.png",
        "x0": layer.completion.x0,
        "y0": layer.completion.y0,
        "foot": [foot_x, foot_y],
        "placement": {
            "dx": place.dx,
            "dy": place.dy,
            "scale": place.scale,
            "flip": place.flip,
            "visible": place.visible,
        },
    }
