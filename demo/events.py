"""What all events of the page share: the pipeline, the actions, and how a session is shown."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from amodal.errors import AmodalError
from amodal.layers import LayeredScene
from amodal.pipeline import Pipeline
from demo import text
from demo.actions import Actions
from demo.examples import Example
from demo.session import Session
from demo.view import View, show

PROGRESS = gr.Progress()


class Events:
    """Events over a pipeline that all users share and none changes. Holds no per-user state.

    An event takes the session and what the widgets say, and returns a View. A user's mistake
    becomes a toast, and the session stays as it was.
    """

    def __init__(self, pipeline: Pipeline, examples: Sequence[Example] = ()) -> None:
        self.pipeline = pipeline
        self.actions = Actions(pipeline)
        self.examples = tuple(examples)

    def show(self, after: Session, before: Session, progress: gr.Progress | None = None) -> View:
        """The page for what became of a session.

        Raises:
            AmodalError: the page shows a photo, but the server has forgotten it.
        """
        if after.step is None and self.examples:
            raise AmodalError(text.NEED_PHOTO)
        after = self.actions.coloured(self.actions.asked(after), progress)
        return show(after, before, self.pipeline.notices)

    def edited(self, session: Session, scene: LayeredScene, progress: gr.Progress) -> View:
        """The page after an edit."""
        return self.show(self.actions.render(session.edited(scene), progress), session)
