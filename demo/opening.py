"""The events that open a document, or put other objects on its photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import gradio as gr

from amodal.data.coco import MAX_INSTANCES, read_instances
from amodal.data.mask_png import read_masks
from amodal.errors import AmodalError
from amodal.photo import load_photo
from amodal.pipeline import Pipeline
from amodal.project import title_of
from amodal.project_read import read_project
from amodal.scene import Instance
from amodal.versions import versions
from demo import text
from demo.events import PROGRESS, Events
from demo.examples import Example
from demo.link import find_object, read_link
from demo.notes import made_otherwise, session_of
from demo.once import Once
from demo.pointing import scene_of
from demo.session import Lesson, Session
from demo.told import told
from demo.values import listed, whole
from demo.values import path as file_path
from demo.view import View


class Opening(Events):
    """Examples, photos, projects, masks."""

    def __init__(self, pipeline: Pipeline, examples: Sequence[Example] = ()) -> None:
        super().__init__(pipeline, examples)
        self._examples = Once(self._read)

    @told
    def open_first(self, session: Session, request: gr.Request | None = None) -> View:
        """A page that was just opened: show what its address asks for, or else the first example,
        if there is one, with an object selected: the first thing seen is a completed one."""
        if session.step is not None or not self.examples:
            return self.show(session, session)
        link = read_link(dict(request.query_params) if request else {}, self.examples)
        example = link.example or self.examples[0]
        after = self._opened(replace(session, settings=link.settings), example)
        wanted = link.object or ("" if link.example else example.first)
        id = find_object(after.layers, wanted)
        lost = (text.LINK_OBJECT,) if link.object and id is None else ()
        for notice in (*link.notices, *lost):
            gr.Warning(notice)
        return self.show(self.actions.pick(after, id) if id else after, session)

    @told
    def open_example(self, session: Session, event: gr.SelectData) -> View:
        """A click on a thumbnail: open that example."""
        index = whole(event.index, "Example", 0, len(self.examples) - 1)
        return self.show(self._opened(session, self.examples[index]), session)

    @told
    def open_photo(self, session: Session, path: str) -> View:
        """An uploaded picture replaces the photo."""
        photo = load_photo(file_path(path))
        opened = self.actions.open(title_of(path), photo)
        return self.show(self.actions.follow(session, opened), session)

    @told
    def open_project(self, session: Session, path: str, progress: gr.Progress = PROGRESS) -> View:
        """A saved project replaces the photo and all that was done to it."""
        project = read_project(file_path(path))
        after = session_of(project, session)
        if made_otherwise(project, versions(self.pipeline.completer)):
            gr.Warning(text.OTHER_WEIGHTS)
        return self.show(self.actions.render(after, progress), session)

    @told
    def import_masks(self, session: Session, paths: Sequence[str]) -> View:
        """A COCO-style JSON, or PNG masks, replace the objects; undo brings them back."""
        size = scene_of(session).photo.shape[:2]
        files = [Path(file_path(path)) for path in listed(paths, "Masks", MAX_INSTANCES)]
        instances = _read_masks(files, *size)
        return self.show(self.actions.with_instances(session, instances), session)

    def _opened(self, session: Session, example: Example) -> Session:
        """An example in a tab. All tabs that open it share what is made of it once."""
        return self.actions.follow(session, self._examples(example))

    def _read(self, example: Example) -> Session:
        photo, instances, truth = example.open()
        lesson = Lesson(truth, example.teaches) if truth else None
        return replace(
            self.actions.open(example.title, photo, instances, lesson), example=example.name
        )


def _read_masks(files: Sequence[Path], height: int, width: int) -> tuple[Instance, ...]:
    if not any(file.suffix.lower() == ".json" for file in files):
        return read_masks(files, height, width)
    if len(files) > 1:
        raise AmodalError(text.ONE_JSON)
    return read_instances(files[0], height, width)
