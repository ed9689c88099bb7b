"""One street of the edit benchmark: every edit, every way of filling, every source of shapes.

Scores are rows of plain numbers, which edit_tables.py pools:

* an edit's: how far the editor's picture is from the true one inside the changed region
  (likeness.changed_region of photo and truth), which share of the pixels outside of it is
  byte-identical to the photo, whether the editor kept its own promise (`untouched`), seconds;
* a hidden object's: how far its invented colours are from the true ones, where both have any.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from amodal.appearance import complete_appearance
from amodal.completer import Completer
from amodal.decompose import Decomposer
from amodal.evaluation.edit_cases import SHAPES
from amodal.evaluation.pictures import ssim
from amodal.evaluation.pictures_distance import PictureDistance
from amodal.geometry import tight_box
from amodal.inpaint import Inpainter, OpenCV
from amodal.layers import Layer, LayeredScene
from amodal.likeness import changed_region, psnr, psnr_of, same
from amodal.looks import Patch
from amodal.placement import place
from amodal.plate import plan_plate
from amodal.scene import paste_window
from amodal.truth import TrueEdit, TrueObject, Truth
from amodal.truth_scores import colours_at, own_hidden
from amodal.visibility import gone, owners, shown

NOTHING, TRUE = "nothing done", "true colours"  # rows beside the ways of filling
MOST_VISIBLE = 0.95  # share of an object's inside-photo mask: with more, nothing worth asking hides
LEAST_HIDDEN = 100  # pixels

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Bench:
    """What is measured, and with what.

    Args:
        fills: ways of filling by name.
        shapes: names of SHAPES.
        completer: for the shapes that need one.
        distance: the perceptual one; None leaves it out.
    """

    fills: Mapping[str, Inpainter]
    shapes: tuple[str, ...]
    completer: Completer
    distance: PictureDistance | None


def score_street(name: str, truth: Truth, bench: Bench) -> tuple[list[Row], list[Row]]:
    """Everything about one street.

    Returns:
        The rows of its edits, and those of its hidden objects.
    """
    scenes = {
        shapes: LayeredScene.from_photo(
            truth.photo, truth.instances, SHAPES[shapes](truth, bench.completer)
        )
        for shapes in bench.shapes
    }
    edits = [row for edit in truth.edits for row in score_edit(truth, edit, scenes, bench)]
    objects = [row for item in truth.objects for row in score_object(truth, item, scenes, bench)]
    return [{"street": name, **row} for row in edits], [{"street": name, **row} for row in objects]


def score_edit(
    truth: Truth, edit: TrueEdit, scenes: Mapping[str, LayeredScene], bench: Bench
) -> Iterator[Row]:
    """The rows of an edit; none if it changes nothing that can be seen."""
    region = changed_region(truth.photo, edit.picture)
    if not region.any():
        return
    about = {"edit": edit.name, "kind": edit.kind, "pixels": int(region.sum())}

    def compared(picture: np.ndarray) -> Row:
        found = {
            "psnr": psnr(picture, edit.picture, region),
            "ssim": ssim(picture, edit.picture, region),
            "outside": float(same(picture, truth.photo)[~region].mean()) if (~region).any() else 1,
        }
        if bench.distance is not None:
            found["distance"] = bench.distance(picture, edit.picture, region)
        return found

    yield about | {"fill": NOTHING, "shapes": ""} | compared(truth.photo)
    if "truth" in scenes and colours_known(truth):
        decomposer = Decomposer(OpenCV())  # has nothing left to invent
        scene = with_true_colours(truth.edited(scenes["truth"], edit), truth)
        picture, _ = decomposer.render(scene)
        yield about | {"fill": TRUE, "shapes": "truth"} | compared(picture)
    for fill, inpainter in bench.fills.items():
        decomposer = Decomposer(inpainter)
        for shapes, scene in scenes.items():
            scene = truth.edited(scene, edit)
            start = time.perf_counter()
            picture, _ = decomposer.render(scene)
            seconds = time.perf_counter() - start
            row = about | {"fill": fill, "shapes": shapes} | compared(picture)
            yield row | promise(scene, picture) | {"seconds": seconds}


def promise(scene: LayeredScene, picture: np.ndarray) -> Row:
    """How many pixels the editor says it does not touch, and how many of those it has changed."""
    promised = untouched(scene)
    broken = promised & ~same(picture, scene.photo)
    return {"promised": int(promised.sum()), "broken": int(broken.sum())}


def untouched(scene: LayeredScene) -> np.ndarray:
    """The pixels that an edit has no reason to change, (H, W) bool.

    They lie neither in a vacated hole, nor under the old mask of a changed object or the new one
    (however soft its edge: thin parts of a shrunk object are soft all over), nor where an object in
    its place shows invented colours.
    """
    size = scene.photo.shape[:2]
    owner = owners(scene)
    steps = plan_plate(scene, owner, scene.away)
    holes = {step.key[0]: step.hole for step in steps}
    touched = gone(holes, size)
    for layer in scene.layers:
        if layer.in_place:
            touched |= shown(scene, layer, owner, holes)[1]
            continue
        touched |= layer.completion.on_photo(*size)
        if layer.placement.visible:
            touched |= _reached(layer, size)
    return ~touched


def _reached(layer: Layer, size: tuple[int, int]) -> np.ndarray:
    """Where a moved object shows at all, however faintly, (H, W) bool."""
    whole = layer.completion
    mask = whole.mask.astype(np.float32)
    affine = layer.placement.affine(layer.foot)
    window, x0, y0 = place(mask, whole.x0, whole.y0, affine, *size)
    return paste_window(window > 0, x0, y0, *size)


def with_true_colours(scene: LayeredScene, truth: Truth) -> LayeredScene:
    """The scene with the truth in place of what an inpainter would invent for it.

    Objects whose true colours are not known (almost nothing of them is hidden) stay as they are.
    What then still differs from the true picture is the editor's way of working: objects are moved
    as flat pictures in the light of their old place, shadows are not cast anew.
    """
    steps = plan_plate(scene, owners(scene), scene.away)
    patches = {step.key: _patch(truth.plate, step.hole) for step in steps if step.hole.any()}
    looks = {layer.id: truth.object_of(layer).appearance for layer in scene.layers}
    layers = tuple(replace(layer, appearance=looks[layer.id]) for layer in scene.layers)
    return replace(scene, layers=layers, patches=patches)


def colours_known(truth: Truth) -> bool:
    """Whether every object has true colours of which enough is hidden to need some."""
    size = truth.photo.shape[:2]
    without = (item for item in truth.objects if item.appearance is None)
    return all(hidden_part(item, size) is None for item in without)


def hidden_part(item: TrueObject, size: tuple[int, int]) -> np.ndarray | None:
    """What is hidden of an object inside a photo of this size, (H, W) bool; None if too little."""
    inside = item.whole.on_photo(*size)
    hidden = inside & ~item.instance.modal
    least = max(LEAST_HIDDEN, (1 - MOST_VISIBLE) * inside.sum())
    return hidden if hidden.sum() >= least else None


def known_hidden(item: TrueObject, size: tuple[int, int]) -> np.ndarray:
    """The hidden part's pixels whose true colours are the object's own, (H, W) bool; none if too
    little is hidden."""
    hidden = hidden_part(item, size)
    return np.zeros(size, bool) if hidden is None else hidden & own_hidden(item, size)


def _patch(plate: np.ndarray, hole: np.ndarray) -> Patch:
    x0, y0, x1, y1 = (int(edge) for edge in tight_box(hole))
    return Patch(plate[y0:y1, x0:x1], hole[y0:y1, x0:x1], x0, y0)


def score_object(
    truth: Truth, item: TrueObject, scenes: Mapping[str, LayeredScene], bench: Bench
) -> Iterator[Row]:
    """The rows of an object's hidden colours; none if too little of it is hidden.

    "coloured" is the share of its truly hidden pixels that the shape covers. Colours are compared
    there; where it covers none, the row has no "psnr" and no "mae" (levels of 255).
    """
    size, look = truth.photo.shape[:2], item.appearance
    hidden = known_hidden(item, size)
    if not hidden.any():
        return
    id = truth.layer_id(item.number)
    about = {"object": item.number, "category": item.instance.category, "pixels": int(hidden.sum())}
    owner = {shapes: owners(scene) for shapes, scene in scenes.items()}
    for fill, inpainter in bench.fills.items():
        for shapes, scene in scenes.items():
            layer = scene.layer(id)
            both = hidden & layer.completion.on_photo(*size)
            row = about | {"fill": fill, "shapes": shapes}
            row["coloured"] = float(both.sum() / hidden.sum())
            if both.any():
                found = complete_appearance(
                    truth.photo, layer, owner[shapes], scene.depth.index(id), inpainter
                )
                colours, expected = colours_at(found, both), colours_at(look, both)
                row["psnr"] = psnr_of(colours, expected)
                row["mae"] = float(np.abs(colours.astype(np.int16) - expected).mean())
            yield row
