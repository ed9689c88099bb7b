"""The study's events and what its part of the page shows. Holds no per-user state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import gradio as gr
import numpy as np

from amodal.errors import AmodalError
from amodal.pipeline import Pipeline
from amodal.scene import Completions
from amodal.study import PAPER, Hidden, Kind, Question, Study, Vote, draw, hidden_objects, wilson
from demo import text
from demo.examples import Example
from demo.handlers import PROGRESS
from demo.pictures import Backdrop, window_around
from demo.told import told

COLOUR = 1  # of both shapes: the number of the object that has it on the stage
Tile = tuple[np.ndarray, str]


class StudyView(NamedTuple):
    """One value for each panel of the study, in the order of the events' outputs."""

    study: Study | None
    study_progress: str
    study_ask: object
    study_pictures: list[Tile] | None
    study_result: object
    study_tally: str
    study_start: object
    study_csv: object


class StudyHandlers:
    """The events, over a pipeline and examples that all users share and none changes.

    Args:
        pipeline: its completer is the model under study.
        examples: those with a known truth are asked about.
        seed: of questions, order and sides; None: others at each start.
    """

    def __init__(
        self, pipeline: Pipeline, examples: Sequence[Example], seed: int | None = None
    ) -> None:
        self.pipeline = pipeline
        self.examples = tuple(examples)
        self.seed = seed

    @told
    def start(self, study: Study | None, progress: gr.Progress = PROGRESS) -> StudyView:
        """Ask new questions; earlier votes are forgotten."""
        return show_study(draw(self._objects(progress), np.random.default_rng(self.seed)))

    @told
    def left(self, study: Study | None) -> StudyView:
        """A looks more natural."""
        return show_study(started(study).vote(Vote.LEFT))

    @told
    def right(self, study: Study | None) -> StudyView:
        """B looks more natural."""
        return show_study(started(study).vote(Vote.RIGHT))

    @told
    def neither(self, study: Study | None) -> StudyView:
        """No preference."""
        return show_study(started(study).vote(Vote.NEITHER))

    @told
    def save(self, study: Study | None) -> str:
        """The votes as the text of a CSV file. The browser makes the file: none is written here."""
        if not started(study).votes:
            raise AmodalError(text.STUDY_NO_VOTES)
        return study.csv()

    def _objects(self, progress: gr.Progress) -> list[Hidden]:
        found = []
        for done, example in enumerate(self.examples):
            progress((done, len(self.examples)), desc=text.PROGRESS_STUDY)
            truth = example.open().truth
            if truth is not None:
                found += hidden_objects(example.name, truth, self.pipeline.completer)
        return found


def started(study: Study | None) -> Study:
    """The study. Raises AmodalError when there is none."""
    if study is None:
        raise AmodalError(text.STUDY_NOT_STARTED)
    return study


def show_study(study: Study) -> StudyView:
    """What is shown of a study: nothing of it says which shape of the question is the model's."""
    asked, number, count = study.current, len(study.votes) + 1, len(study.questions)
    name = "" if asked is None else asked.hidden.instance.category
    return StudyView(
        study=study,
        study_progress=text.study_progress(number, count, name) if asked else text.STUDY_DONE,
        study_ask=gr.update(visible=asked is not None),
        study_pictures=tiles(asked) if asked else None,
        study_result=gr.update(visible=True),
        study_tally=tally_table(study),
        study_start=gr.update(value=text.STUDY_AGAIN, variant="secondary"),
        study_csv=gr.update(visible=True, interactive=bool(study.votes)),
    )


def tiles(asked: Question) -> list[Tile]:
    """The photo around the object, and both shapes, drawn alike in the same window."""
    hidden, (left, right) = asked.hidden, asked.shapes
    both = Completions(left, (right,), np.zeros((1, 1), np.float32), 0, 0)
    window = window_around(hidden.instance, both)
    backdrop = Backdrop(hidden.photo, hidden.instance, window, COLOUR)
    pictures = backdrop.seen(), backdrop.shape(left), backdrop.shape(right)
    return list(zip(pictures, text.STUDY_PICTURES, strict=True))


def tally_table(study: Study) -> str:
    """Shares of the votes on each kind with their intervals, beside the paper's, as Markdown."""
    tallies = {kind: study.tally(kind) for kind in Kind}
    heads = [text.study_kind(kind, sum(tally)) for kind, tally in tallies.items()]
    rows = [("", *heads, text.STUDY_PAPER), ["---"] * (len(heads) + 2)]
    for position, label in enumerate(text.STUDY_ROWS):
        shares = [_share(tally[position], sum(tally)) for tally in tallies.values()]
        rows.append((label, *shares, f"{PAPER[position]:.1%}"))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _share(count: int, total: int) -> str:
    return text.study_share(count / total, *wilson(count, total)) if total else "–"
