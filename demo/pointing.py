"""What a gesture is about: an object, a box, a clue to a hidden shape. Knows no widget.

Errors are a user's: nothing is open, nothing is selected, or the gesture fits no tool.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from amodal.errors import AmodalError
from amodal.evidence import Evidence
from amodal.geometry import Box
from amodal.layers import Layer, LayeredScene
from amodal.scene import Instance
from amodal.visibility import BACKGROUND
from demo import text
from demo.gesture import Gesture
from demo.session import Session
from demo.values import Malformed


def object_at(session: Session, x: float, y: float, reach: float) -> str | None:
    """The id of the object seen at (x, y), or of the nearest one within `reach` pixels."""
    top = session.sight.top
    height, width = top.shape
    column, row = int(np.clip(x, 0, width - 1)), int(np.clip(y, 0, height - 1))
    if top[row, column] == BACKGROUND:
        reach = int(np.clip(reach, 0, 64))
        corner = np.array([max(row - reach, 0), max(column - reach, 0)])
        around = top[corner[0] : row + reach + 1, corner[1] : column + reach + 1]
        near = np.argwhere(around != BACKGROUND) + corner
        distance = ((near - (row, column)) ** 2).sum(axis=1)
        if not near.size or distance.min() > reach**2:
            return None
        row, column = near[distance.argmin()]
    return session.scene.depth[top[row, column]]


def scene_of(session: Session) -> LayeredScene:
    """The scene. Raises AmodalError when no photo is open."""
    if session.scene is None:
        raise AmodalError(text.NEED_PHOTO)
    return session.scene


def layer_of(scene: LayeredScene, id: str) -> Layer:
    """The layer of an id that a browser sent. Raises Malformed when there is none."""
    if id not in scene.depth:
        raise Malformed("Object", id, f"one of {len(scene.depth)} objects, as in object-1")
    return scene.layer(id)


def picked_of(session: Session) -> str:
    """The selected layer's id. Raises AmodalError when none is selected."""
    scene_of(session)
    if session.picked is None:
        raise AmodalError(text.NEED_OBJECT)
    return session.picked


def editable_of(session: Session, id: str | None = None) -> str:
    """The id of a layer that may be edited: this one, or the selected one.

    Every edit of a layer asks here first. Raises AmodalError when none is selected, or when the
    layer is locked.
    """
    id = picked_of(session) if id is None else id
    layer = layer_of(session.scene, id)
    if id in session.locked:
        raise AmodalError(text.locked(layer.instance.name))
    return id


def keeping_locked(session: Session, scene: LayeredScene) -> LayeredScene:
    """A scene in which several layers were edited at once.

    Raises AmodalError when a locked one stands elsewhere in it, or has others in front of it.
    """
    for id in sorted(session.locked):
        if _stands(scene, id) != _stands(session.scene, id):
            editable_of(session, id)
    return scene


def _stands(scene: LayeredScene, id: str) -> tuple[object, ...]:
    layer, order = scene.layer(id), [other.id for other in scene.layers]
    return layer.placement, layer.turned, frozenset(order[order.index(id) :])


def in_place(session: Session) -> Instance:
    """The selected instance, to be edited, as long as it stands where the photo shows it."""
    layer = scene_of(session).layer(editable_of(session))
    if not layer.in_place:
        raise AmodalError(text.NOT_IN_PLACE)
    return layer.instance


def with_clue(session: Session, gesture: Gesture) -> Evidence:
    """The selected object's evidence and what a gesture adds to it."""
    instance, evidence = in_place(session), session.evidence
    if gesture.kind == "drag":
        if not gesture.off:
            raise AmodalError(text.CLUE_BOX)
        absent = without(instance.modal, box_of(gesture), evidence.absent)
        return replace(evidence, absent=absent)
    (point,) = gesture.points
    if gesture.off:
        return replace(evidence, outside=(*evidence.outside, point))
    if instance.modal[int(point[1]) : int(point[1]) + 1, int(point[0]) : int(point[0]) + 1].any():
        raise AmodalError(text.CLUE_SEEN)
    return replace(evidence, inside=(*evidence.inside, point))


def without(modal: np.ndarray, box: Box, region: np.ndarray | None = None) -> np.ndarray:
    """The region without hidden parts of an object, grown by a box, (H, W) bool.

    A pixel is in a box when its centre is. What is visible of the object stays out of the region.
    """
    height, width = modal.shape
    x, y = np.arange(width) + 0.5, np.arange(height) + 0.5
    columns, rows = (box.x0 <= x) & (x < box.x1), (box.y0 <= y) & (y < box.y1)
    inside = (rows[:, None] & columns) & ~modal
    return inside if region is None else region | inside


def box_of(gesture: Gesture) -> Box:
    (x0, y0), (x1, y1) = gesture.points
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
