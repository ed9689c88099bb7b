"""A scene as an OpenRaster file, which GIMP and Krita open with its layers.

https://www.openraster.org/baseline/file-layout-spec.html
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from amodal.archive import pack
from amodal.composite import moved
from amodal.export import png_bytes
from amodal.layers import Layer, LayeredScene
from amodal.looks import Appearance

VERSION = "0.0.3"
PREVIEW = 256  # longest side of the thumbnail, pixels
BACKGROUND = "Background"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def openraster(plate: np.ndarray, scene: LayeredScene, title: str = "") -> bytes:
    """The plate, and above it every object whole, where the edits put it; deleted ones are hidden.

    An object that hasn't moved keeps the part beyond the photo's border; of another one there is
    what the picture shows. Pixels are painted as an OpenRaster viewer does it, so around objects
    there may be plate where the edited picture has the photo's own pixels, such as a shadow.

    Args:
        plate: (H, W, 3) uint8 RGB, as from Decomposer.take_apart().
        scene: likewise; every layer has an appearance.
        title: what the picture is called.

    Returns:
        The bytes of an .ora file; equal input gives equal bytes.

    Raises:
        ValueError: a layer has no appearance yet, or the plate isn't as large as the photo.
    """
    if plate.shape != scene.photo.shape:
        raise ValueError(f"plate: got {plate.shape}, expected the photo's {scene.photo.shape}")
    height, width = plate.shape[:2]
    merged = Image.fromarray(plate).convert("RGBA")
    stack = [_element("data/000.png", BACKGROUND, 0, 0, visible=True)]
    pictures = {"data/000.png": png_bytes(plate)}
    for number, layer in enumerate(scene.layers, start=1):
        look, visible = standing(layer, height, width), layer.placement.visible
        file = f"data/{number:03d}.png"
        pictures[file] = png_bytes(look.rgba)
        name = layer.instance.name or layer.id
        stack.append(_element(file, name, look.x0, look.y0, visible))
        if visible:
            _lay_over(merged, look)
    thumbnail = merged.copy()
    thumbnail.thumbnail((PREVIEW, PREVIEW))
    return pack(
        {
            "mimetype": b"image/openraster",  # the specification wants it first and uncompressed
            "stack.xml": _document(stack, width, height, title),
            **pictures,
            "mergedimage.png": png_bytes(np.asarray(merged)),
            "Thumbnails/thumbnail.png": png_bytes(np.asarray(thumbnail)),
        }
    )


def standing(layer: Layer, height: int, width: int) -> Appearance:
    """An object's colours where it stands now; one pixel of nothing when it left the photo.

    Args:
        layer: with an appearance.
        height, width: of the photo.
    """
    look = layer.look
    if look is None:
        raise ValueError(f"{layer.id} has no appearance: take the scene apart first")
    if replace(layer.placement, visible=True).in_place:
        return look
    window, x0, y0 = moved(look, layer, height, width)
    if not window.size:
        return Appearance(np.zeros((1, 1, 4), np.uint8), 0, 0)
    window[..., :3] *= 255 / np.maximum(window[..., 3:], 1)
    return Appearance(np.clip(np.rint(window), 0, 255).astype(np.uint8), x0, y0)


def _lay_over(merged: Image.Image, look: Appearance) -> None:
    """Blend a window into the picture, in place; what leaves the picture is left out."""
    width, height = merged.size
    left, top = max(-look.x0, 0), max(-look.y0, 0)
    right, bottom = width - look.x0, height - look.y0
    rgba = look.rgba[top : max(bottom, 0), left : max(right, 0)]
    if rgba.size:
        corner = max(look.x0, 0), max(look.y0, 0)
        merged.alpha_composite(Image.fromarray(np.ascontiguousarray(rgba)), corner)


def _element(file: str, name: str, x: int, y: int, visible: bool) -> ElementTree.Element:
    attributes = {
        "name": _NOT_XML.sub("_", name),
        "src": file,
        "x": str(x),
        "y": str(y),
        "opacity": "1.0",
        "visibility": "visible" if visible else "hidden",
        "composite-op": "svg:src-over",
    }
    return ElementTree.Element("layer", attributes)


def _document(stack: list[ElementTree.Element], width: int, height: int, title: str) -> bytes:
    """stack.xml. OpenRaster lists layers from front to back."""
    size = {"version": VERSION, "w": str(width), "h": str(height)}
    image = ElementTree.Element("image", {**size, "name": _NOT_XML.sub("_", title)})
    layers = ElementTree.SubElement(image, "stack")
    layers.extend(reversed(stack))
    out = io.BytesIO()
    ElementTree.ElementTree(image).write(out, encoding="UTF-8", xml_declaration=True)
    return out.getvalue()
