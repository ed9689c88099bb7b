"""Small scenes for the tests of layers and pixels: coloured blocks on a road, and random ones."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from amodal.layers import Layer, LayeredScene
from amodal.looks import Appearance, Turned
from amodal.scene import Completion, Instance

GREEN, RED, BLUE = (30, 160, 60), (200, 30, 30), (40, 60, 200)


def rectangle(height: int, width: int, x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
    return mask


def speckle(photo: np.ndarray) -> np.ndarray:
    """A little noise, so that no two pixels are equal by chance."""
    noise = np.random.default_rng(7).integers(-6, 7, photo.shape)
    return np.clip(photo.astype(int) + noise, 0, 255).astype(np.uint8)


def street() -> LayeredScene:
    """A green car behind a red one, and a blue one far away, on grey. object-1, -2, -3.

    80 x 160 photo. Green: x 30..90, y 20..60, of which the red one hides x 60..90. Red: x 60..110,
    y 24..70. Blue: x 130..150, y 20..50.
    """
    size = (80, 160)
    green, red = rectangle(*size, 30, 20, 90, 60), rectangle(*size, 60, 24, 110, 70)
    blue = rectangle(*size, 130, 20, 150, 50)
    photo = np.full((*size, 3), 128, np.uint8)
    photo[green], photo[red], photo[blue] = GREEN, RED, BLUE
    instances = [
        Instance(green & ~red, "car", "green"),
        Instance(red, "car", "red"),
        Instance(blue, "van", "blue"),
    ]
    completions = [Completion(mask, 0, 0) for mask in (green, red, blue)]
    return LayeredScene.from_photo(speckle(photo), instances, completions)


@st.composite
def random_scenes(draw: st.DrawFn) -> LayeredScene:
    """Up to four rectangles that hide each other; completions overshoot and may leave the photo."""
    height, width = draw(st.integers(12, 40)), draw(st.integers(12, 40))
    taken = np.zeros((height, width), bool)
    instances, completions = [], []
    for _ in range(draw(st.integers(1, 4))):
        x0, y0 = draw(st.integers(-8, width - 4)), draw(st.integers(-8, height - 4))
        x1, y1 = x0 + draw(st.integers(4, 20)), y0 + draw(st.integers(4, 20))
        modal = rectangle(height, width, x0, y0, x1, y1) & ~taken
        if not modal.any():
            continue
        taken |= modal
        grow = draw(st.integers(0, 2))
        whole = np.ones((y1 - y0 + grow, x1 - x0 + grow), bool)
        instances.append(Instance(modal, "car", f"car {len(instances) + 1}"))
        completions.append(Completion(whole, x0, y0))
    noise = np.random.default_rng(draw(st.integers(0, 99)))
    photo = noise.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if not instances:
        instances = [Instance(rectangle(height, width, 2, 2, 8, 8))]
        completions = [Completion(instances[0].modal, 0, 0)]
    return LayeredScene.from_photo(photo, instances, completions)


@st.composite
def edits(draw: st.DrawFn, scene: LayeredScene) -> LayeredScene:
    """The scene after up to three random edits."""
    for _ in range(draw(st.integers(0, 3))):
        id = draw(st.sampled_from(scene.depth))
        kind = draw(st.sampled_from(["move", "scale", "flip", "delete", "forward", "back"]))
        if kind == "move":
            shift = st.integers(-30, 30) | st.floats(-30, 30)
            scene = scene.move(id, draw(shift), draw(shift))
        elif kind == "scale":
            scene = scene.scale(id, draw(st.floats(0.5, 1.9)))
        elif kind == "flip":
            scene = scene.flip(id)
        elif kind == "delete":
            scene = scene.delete(id)
        else:
            scene = scene.bring_forward(id) if kind == "forward" else scene.send_back(id)
    return scene


def turned_look(layer: Layer) -> Turned:
    """An object's other pose as noise, all values of alpha among it."""
    whole = layer.completion
    noise = np.random.default_rng(whole.area).integers(0, 256, (*whole.mask.shape, 4), np.uint8)
    return Turned(Appearance(noise, whole.x0 + 1, whole.y0), 45.0)
