"""What the stage needs to show a drag by itself: a background and one cut-out an object.

Pixels that no edit has needed yet are guessed roughly (amodal.inpaint.rough); what is painted for
an edit takes their place.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image

from amodal.decompose import Decomposer
from amodal.inpaint.rough import Rough
from amodal.layers import Layer, LayeredScene
from amodal.looks import Appearance
from amodal.perspective import horizon
from amodal.visibility import owners, vacated
from demo.browser_files import SHOWN, BrowserFile, jpeg_file
from demo.pictures import outline


@dataclass(frozen=True, eq=False)
class Sprite:
    """A cut-out as a file.

    Args:
        look: what it shows; its corner and size are in image pixels.
        file: a WebP with alpha.
        hole: SVG path of what the object covers in the photo, its rim and shadow included.
    """

    look: Appearance
    file: BrowserFile
    hole: str


@dataclass(frozen=True, eq=False)
class Kit:
    """A plate and sprites of a scene.

    Args:
        scene: the scene, with rough pixels wherever it has none of its own.
        plate: the background, a JPEG.
        sprites: by layer id.
        horizon: row of the horizon, image pixels.
    """

    scene: LayeredScene
    plate: BrowserFile
    sprites: Mapping[str, Sprite]
    horizon: float

    def fits(self, scene: LayeredScene) -> bool:
        """Whether the kit shows what the scene would."""
        return (
            self.covers(scene)
            and all(map(_same, map(self.scene.layer, scene.depth), map(scene.layer, scene.depth)))
            and all(self.scene.patches.get(key) is patch for key, patch in scene.patches.items())
        )

    def covers(self, scene: LayeredScene) -> bool:
        """Whether it is of the same objects on the same photo, so that its guesses hold."""
        mine = self.scene
        return (
            mine.photo is scene.photo
            and mine.margins == scene.margins
            and mine.depth == scene.depth
            and all(mine.layer(id).instance is scene.layer(id).instance for id in scene.depth)
        )


def make_kit(scene: LayeredScene, before: Kit | None = None) -> Kit:
    """A kit for a scene; what an earlier one has guessed or encoded is used again."""
    known = before if before is not None and before.covers(scene) else None
    plate, guessed = Decomposer(Rough()).take_apart(_with_guesses(scene, known))
    owner = owners(scene)
    sprites = {}
    for position, id in enumerate(scene.depth):
        layer = guessed.layer(id)
        old = known.sprites[id] if known else None
        if old is not None and old.look is layer.look:
            sprites[id] = old
        else:
            hole = old.hole if old else outline(vacated(owner, position, scene.margins))
            sprites[id] = Sprite(layer.look, _webp_file(layer.look.rgba, scene.photo.shape), hole)
    row = horizon(scene.layers, *scene.photo.shape[:2])
    return Kit(guessed, jpeg_file(plate, "plate.jpg"), sprites, row)


def _with_guesses(scene: LayeredScene, known: Kit | None) -> LayeredScene:
    """The scene with the earlier guesses where it has no pixels of its own."""
    if known is None:
        return scene
    layers = []
    for layer in scene.layers:
        guess = known.scene.layer(layer.id)
        if layer.appearance is None and guess.completion is layer.completion:
            layer = replace(layer, appearance=guess.appearance)
        layers.append(layer)
    return replace(scene, layers=tuple(layers), patches={**known.scene.patches, **scene.patches})


def _same(guess: Layer, layer: Layer) -> bool:
    return (
        guess.completion is layer.completion
        and guess.turned is layer.turned
        and (layer.appearance is None or guess.appearance is layer.appearance)
    )


def _webp_file(rgba: np.ndarray, photo: tuple[int, ...]) -> BrowserFile:
    """A cut-out, shrunk as the photo is for the browser."""
    height, width = rgba.shape[:2]
    scale = min(SHOWN / max(photo[:2]), 1.0)
    if scale < 1:
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        rgba = cv2.resize(rgba, size, interpolation=cv2.INTER_AREA)
    out = io.BytesIO()
    Image.fromarray(rgba).save(out, "WEBP", quality=88, method=1)
    return BrowserFile(out.getvalue(), "sprite.webp")
