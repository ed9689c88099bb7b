"""The events of the page "How it works", and what it shows. Holds no per-user state."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import gradio as gr
import numpy as np

from amodal.errors import AmodalError
from amodal.explain import Directions, Walk, along, between, directions, prior_samples, walk
from amodal.geometry import Box
from amodal.occluder import behind, occlude, stand
from amodal.pipeline import Pipeline
from amodal.scene import Instance
from amodal.stages import Stages
from amodal.terms import Elbo, whole_terms
from demo import charts, occluder, text
from demo.examples import Example
from demo.explain_pictures import Views, canonical, strip
from demo.figures import shown
from demo.session import Session
from demo.subject import Subject, subject_of
from demo.told import told
from demo.values import number, whole

LAST = 3  # the stage that the editor uses
WAYS = 4  # sliders
STRIP = 8  # samples of the prior
FAR = 100.0  # on a slider, standard deviations


@dataclass(frozen=True, eq=False)
class Explained:
    """One tab's state of the page.

    Args:
        subject: the object.
        stage: of the model, 1 to 3.
        walk: its way through that model.
        ways: the sliders' directions.
        ground: the whole shape that can be hidden by the bar; the same for all stages.
        bar: where the bar is.
        seed: of the samples of the prior.
    """

    subject: Subject
    stage: int
    walk: Walk
    ways: Directions
    ground: Instance
    bar: Box
    seed: int = 0


class ExplainView(NamedTuple):
    """One value for each panel, in the order of the events' outputs."""

    explained: Explained
    explain_title: object
    explain_stage_about: object
    explain_seen: object
    explain_codes: object
    explain_canonical: object
    explain_placed: object
    explain_theta: object
    explain_pasted: object
    explain_pasted_about: object
    explain_way_1: object
    explain_way_2: object
    explain_way_3: object
    explain_way_4: object
    explain_along: object
    explain_occluder: object
    explain_alone: object
    explain_pair: object
    explain_other: object
    explain_share: object
    explain_between: object
    explain_prior: object
    explain_terms: object
    explain_curves: object


class ExplainHandlers:
    """The events, over models and examples that all users share and none changes."""

    def __init__(self, pipeline: Pipeline, examples: Sequence[Example] = ()) -> None:
        self.stages = Stages(pipeline.completer)
        self.examples = tuple(examples)

    @told
    def open(self, session: Session, explained: Explained | None, stage: int) -> ExplainView:
        """The page is opened: explain the selected object, unless that is what it shows."""
        if explained is not None and explained.subject.is_shown(session):
            return ExplainView(explained, *[gr.skip()] * (len(ExplainView._fields) - 1))
        stage = whole(stage, "Stage", 1, LAST)
        subject = subject_of(session, self.examples)
        last = walk(self.stages.get(LAST), subject.instance, subject.hidden)
        ground = stand(subject.truth or last.completion, subject.instance.category)
        found = last if stage == LAST else None
        return self._page(subject, stage, found, ground, occluder.first_box(ground))

    @told
    def choose_stage(self, explained: Explained | None, stage: int) -> ExplainView:
        """The same object through another stage's model."""
        now, stage = started(explained), whole(stage, "Stage", 1, LAST)
        return self._page(now.subject, stage, None, now.ground, now.bar, now.seed)

    @told
    def slide(self, explained: Explained | None, *amounts: float | None) -> list[dict]:
        """The shape beside the mean."""
        if any(amount is None for amount in amounts):
            raise AmodalError(text.NEED_PLACE)
        now = started(explained)
        return self._along(now, [number(amount, "Direction", -FAR, FAR) for amount in amounts])

    @told
    def reset(self, explained: Explained | None) -> tuple:
        """All sliders to 0, and the mean's shape."""
        return *[0] * WAYS, self._along(started(explained), [0] * WAYS)

    @told
    def mix(
        self, explained: Explained | None, other: int | None, share: float | None
    ) -> list[dict]:
        """A shape between two objects."""
        now = started(explained)
        if other is None or not now.subject.others:
            raise AmodalError(text.NEED_OTHER)
        if share is None:
            raise AmodalError(text.NEED_PLACE)
        other = whole(other, "Object", 0, len(now.subject.others) - 1)
        return self._between(now, other, number(share, "Share", 0, 1))

    @told
    def draw(self, explained: Explained | None) -> tuple[Explained, list[dict]]:
        """Other samples of the prior."""
        now = replace(started(explained), seed=started(explained).seed + 1)
        return now, self._prior(now)

    @told
    def hide(self, explained: Explained | None, event: gr.EventData) -> tuple[Explained, dict]:
        """The bar was moved."""
        now = replace(started(explained), bar=occluder.read_box(event._data))
        return now, self._occluded(now, fresh=False)

    # Parts

    def _page(
        self,
        subject: Subject,
        stage: int,
        found: Walk | None,
        ground: Instance,
        bar: Box,
        seed: int = 0,
    ) -> ExplainView:
        completer = self.stages.get(stage)
        found = found or walk(completer, subject.instance, subject.hidden)
        ways = directions(completer, found, WAYS)
        now = Explained(subject, stage, found, ways, ground, bar, seed)
        views = Views(subject.photo, subject.instance, found.completion, subject.number)
        alone = not subject.others
        sliders = [
            gr.update(value=0, label=text.direction(number, share))
            for number, share in enumerate(ways.shares, 1)
        ]
        size = found.latent
        return ExplainView(
            now,
            _title(subject),
            text.TRAINING_STAGES_ABOUT[stage],
            shown(views.seen(found)),
            charts.whiskers(found.code[:size], found.std[:size], found.kl),
            shown([canonical(found.canonical)]),
            shown(views.placed(found)),
            text.theta(tuple(found.theta)),
            shown(views.pasted(found.completion, text.PASTED_CAPTION)),
            text.pasted(
                completer.info.threshold, found.completion.area, found.completion.visible_iou
            ),
            *sliders,
            self._along(now, [0] * WAYS),
            self._occluded(now, fresh=True),
            gr.update(visible=alone),
            gr.update(visible=not alone),
            gr.update(choices=_names(subject.others), value=None if alone else 0),
            0.5,
            gr.skip() if alone else self._between(now, 0, 0.5),
            self._prior(now),
            self._terms(now),
            self._curves(),
        )

    def _along(self, now: Explained, amounts: Sequence[float]) -> list[dict]:
        subject, completer = now.subject, self.stages.get(now.stage)
        shape, whole = along(completer, subject.instance, now.walk, now.ways, np.array(amounts))
        views = Views(subject.photo, subject.instance, now.walk.completion, subject.number)
        return shown([canonical(shape, text.ALONG_SHAPE), *views.pasted(whole, text.ALONG_PLACED)])

    def _between(self, now: Explained, other: int, share: float) -> list[dict]:
        completer, second = self.stages.get(now.stage), now.subject.others[other]
        queries = now.walk.query, completer.query(second)
        names = _name(now.subject.instance), f"{text.BETWEEN_SHARE} = {share:.2f}", _name(second)
        return shown(
            [
                canonical(between(completer, *queries, at), name)
                for at, name in zip((0, share, 1), names, strict=True)
            ]
        )

    def _prior(self, now: Explained) -> list[dict]:
        return shown(strip(prior_samples(self.stages.get(now.stage), STRIP, now.seed)))

    def _occluded(self, now: Explained, *, fresh: bool) -> dict:
        left = now.ground.modal & ~behind(now.ground, now.bar)
        answer = occlude(self.stages.get(now.stage), now.ground, now.bar) if left.any() else None
        return occluder.payload(now.ground, now.bar, answer, fresh=fresh)

    def _terms(self, now: Explained) -> str:
        elbo = now.walk.elbo
        seen = charts.terms(_elbo_rows(elbo), text.EQ_5)
        if now.subject.truth is None:
            return f'{seen}<p class="plot-key">{text.NO_TRUTH}</p>'
        completer, full = self.stages.get(now.stage), self.stages.get(1)
        known = whole_terms(completer, full, now.walk.query, now.subject.truth)
        rows = [(text.LIKELIHOOD, known.likelihood), (text.MATCHING, known.code)]
        first = charts.terms(_elbo_rows(known.first), text.EQ_1)
        return seen + charts.terms(rows, text.EQ_23) + first

    def _curves(self) -> str:
        path = self.stages.folder and self.stages.folder / "curves.json"
        if not path or not path.is_file():
            return f'<p class="plot-key">{text.NO_CURVES}</p>'
        recorded = json.loads(path.read_text(encoding="utf-8"))
        series = [
            (label, recorded[stage][term])
            for stage, names in text.CURVE_NAMES.items()
            for term, label in names.items()
            if len(recorded.get(stage, {}).get(term, ())) > 1
        ]
        return charts.curves(series) if series else f'<p class="plot-key">{text.NO_CURVES}</p>'


def started(explained: Explained | None) -> Explained:
    """What is explained. Raises AmodalError when nothing is."""
    if explained is None:
        raise AmodalError(text.NEED_SUBJECT)
    return explained


def _title(subject: Subject) -> str:
    title = text.explained(_name(subject.instance), subject.example)
    return f"{title} {text.CLUES_LEFT_OUT}" if subject.clued else title


def _name(instance: Instance) -> str:
    return instance.name or text.UNNAMED


def _names(others: Sequence[Instance]) -> list[tuple[str, int]]:
    return [(_name(other), index) for index, other in enumerate(others)]


def _elbo_rows(elbo: Elbo) -> list[tuple[str, float]]:
    return [
        (text.LIKELIHOOD, elbo.likelihood),
        (text.MINUS_KL, -elbo.kl),
        (text.BOUND, elbo.bound),
    ]
