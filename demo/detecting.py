"""The events of the detector: find all objects, then choose among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import gradio as gr

from amodal.classes import CLASSES
from amodal.errors import AmodalError
from demo import text
from demo.events import PROGRESS, Events
from demo.pointing import scene_of
from demo.session import Session
from demo.told import told
from demo.values import listed, number, one_of
from demo.view import View


class Detecting(Events):
    """What is wanted is chosen from what was found, without asking the network again."""

    @told
    def fetch_detector(self, session: Session, progress: gr.Progress = PROGRESS) -> None:
        """Load the network, before `detect` takes its turn: a download may take minutes."""
        scene_of(session)
        self.actions.fetch_detector(progress)

    @told
    def detect(self, session: Session, progress: gr.Progress = PROGRESS) -> View:
        """Outline all objects that the detector is sure of."""
        scene_of(session)
        found = session.found or self.actions.detect(session, progress)
        if not found.detections:
            gr.Info(text.NOTHING_DETECTED)
        return self.show(self.actions.outline(session, found, progress), session)

    @told
    def choose_detected(
        self,
        session: Session,
        score: float | None,
        categories: Sequence[str],
        progress: gr.Progress = PROGRESS,
    ) -> View:
        """Outline those that are at least so sure and of these classes."""
        if session.found is None:
            return self.show(session, session)
        if score is None:
            raise AmodalError(text.NEED_SCORE)
        score = number(score, "Score", 0, 1)
        here = {item.category for item in session.found.detections}
        wanted = [one_of(c, "Class", here) for c in listed(categories, "Classes", len(CLASSES))]
        found = replace(session.found, score=score, categories=tuple(wanted))
        return self.show(self.actions.outline(session, found, progress), session)
