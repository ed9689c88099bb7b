"""The events that make files for the user."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
import numpy as np

from amodal.animation import ENCODERS, Frame, before_after, cloud
from amodal.errors import AmodalError
from amodal.export import layers_zip, png_bytes
from amodal.openraster import openraster
from amodal.project import write_project
from amodal.versions import versions
from demo import text
from demo.browser_files import file_for_browser
from demo.events import PROGRESS, Events
from demo.link import link_of
from demo.notes import project_of
from demo.pictures import hue, rgb
from demo.pointing import picked_of, scene_of
from demo.save import masks_bytes
from demo.session import Session, number_of
from demo.told import told
from demo.values import one_of


class Saving(Events):
    """Each gives the path of a file in Gradio's cache."""

    @told
    def save_picture(self, session: Session) -> str:
        """The picture as it is now, at full size, as a PNG file."""
        scene_of(session)
        return file_for_browser(png_bytes(session.sight.picture), f"{session.title}.png")

    @told
    def save_masks(self, session: Session) -> str:
        """Visible and whole masks of all objects, as a COCO-style JSON file."""
        if not scene_of(session).layers:
            raise AmodalError(text.NO_OBJECTS)
        return file_for_browser(masks_bytes(session), f"{session.title} masks.json")

    @told
    def save_layers(self, session: Session, progress: gr.Progress = PROGRESS) -> str:
        """The background and every object whole, as a ZIP file."""
        plate, scene = self.actions.take_apart(scene_of(session), progress)
        return file_for_browser(layers_zip(plate, scene), f"{session.title} layers.zip")

    @told
    def save_project(self, session: Session) -> str:
        """The document, to go on with later, as a ZIP file."""
        scene_of(session)
        data = write_project(project_of(session, versions(self.pipeline.completer)))
        return file_for_browser(data, f"{session.title} project.zip")

    @told
    def save_openraster(self, session: Session, progress: gr.Progress = PROGRESS) -> str:
        """The background and every object as layers for painting programs."""
        plate, scene = self.actions.take_apart(scene_of(session), progress)
        data = openraster(plate, scene, session.title)
        return file_for_browser(data, f"{session.title}.ora")

    @told
    def save_cloud(self, session: Session, form: str, progress: gr.Progress = PROGRESS) -> str:
        """The selected object's samples one after another, as an animation."""
        id = picked_of(session)
        asked = self.actions.asked(session)
        colour = tuple(int(level) for level in rgb(hue(number_of(id))))
        frames = cloud(
            session.scene.photo, session.layer.instance, asked.answer.completions, colour
        )
        return _film(frames, form, f"{session.title} shapes", progress)

    @told
    def save_before_after(
        self, session: Session, form: str, progress: gr.Progress = PROGRESS
    ) -> str:
        """The photo, the edited picture, and the photo again, as an animation."""
        photo, picture = scene_of(session).photo, session.sight.picture
        if np.array_equal(photo, picture):
            raise AmodalError(text.NOTHING_EDITED)
        frames = before_after(photo, picture)
        return _film(frames, form, f"{session.title} before and after", progress)

    @told
    def copy_link(self, session: Session) -> tuple[object, str]:
        """Show the link; this is its query, the browser knows the page's address."""
        return gr.update(visible=True), link_of(session)


def _film(frames: Sequence[Frame], form: str, name: str, progress: gr.Progress) -> str:
    encode = ENCODERS[one_of(form, "Format", ENCODERS)]

    def tell(done: int, count: int) -> None:
        progress((done, count), desc=text.PROGRESS_FILM)

    return file_for_browser(encode(frames, tell=tell), f"{name}.{form.lower()}")
