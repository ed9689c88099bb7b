"""The events of the list of layers: select, hide and show, lock, reorder."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr

from amodal.layers import LayeredScene
from demo.events import PROGRESS, Events
from demo.layer_list import Change
from demo.pointing import editable_of, layer_of, scene_of
from demo.session import Session
from demo.told import told
from demo.values import Malformed
from demo.view import View


class Layers(Events):
    """What the list asks for. To hide an object is to delete it: the list can show it again."""

    @told
    def arrange(
        self, session: Session, event: gr.EventData, progress: gr.Progress = PROGRESS
    ) -> View:
        """Whatever the user did in the list. To hide, show and reorder are steps for undo."""
        scene = scene_of(session)
        change = Change.read(event._data)
        for id in change.ids:
            layer_of(scene, id)
        if change.kind == "pick":
            return self.show(self._picked(session, change.ids), session)
        if change.kind in ("lock", "unlock"):
            return self.show(_with_locks(session, change), session)
        for id in change.ids:
            editable_of(session, id)
        after = _arranged(scene, change)
        if _arrangement(after) == _arrangement(scene):
            return self.show(session, session)
        return self.edited(session, after, progress)

    def _picked(self, session: Session, ids: tuple[str, ...]) -> Session:
        return self.actions.pick(session, *ids) if ids else replace(session, picked=None)


def _with_locks(session: Session, change: Change) -> Session:
    ids = frozenset(change.ids)
    locked = session.locked | ids if change.kind == "lock" else session.locked - ids
    return replace(session, locked=locked)


def _arranged(scene: LayeredScene, change: Change) -> LayeredScene:
    """Hide, show or reorder."""
    if change.kind == "order":
        (id,) = change.ids
        nearest_first = [layer.id for layer in reversed(scene.layers) if layer.id != id]
        if change.place > len(nearest_first):
            raise Malformed("place", change.place, f"0 to {len(nearest_first)}")
        nearest_first.insert(change.place, id)
        return scene.with_order(nearest_first[::-1])
    for id in change.ids:
        scene = scene.delete(id) if change.kind == "hide" else scene.restore(id)
    return scene


def _arrangement(scene: LayeredScene) -> list[tuple[str, bool]]:
    return [(layer.id, layer.placement.visible) for layer in scene.layers]
