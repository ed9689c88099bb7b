"""The registry of methods: what answers the cases, and which of its answers counts.

To add one, write a builder: a function of the Context that loads what it needs and returns a
function of cases, which gives a Completion or Completions for each, in order, on the case's canvas
(case.py). Methods that share a builder share its answers: they differ in the pick only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from amodal.baselines.answers import Rival
from amodal.completer import Completer
from amodal.errors import AmodalError
from amodal.evaluation import answers, samples, with_evidence
from amodal.evaluation.case import Case
from amodal.evaluation.neighbour import NearestNeighbour
from amodal.evaluation.protocols import DataSet
from amodal.scene import Completion, Completions


@dataclass(frozen=True, eq=False)
class Context:
    """What a builder may use.

    Args:
        completer: ours, with the weights and the threshold in question.
        data: the data set.
        root: its folder.
        samples: K to draw; 0 where only modes are asked for.
        seed: of the draws.
        baselines: folder of the trained rivals (baselines.train), or None.
    """

    completer: Completer
    data: DataSet
    root: Path
    samples: int = 20
    seed: int = 0
    baselines: Path | None = None


Answer = Callable[[Sequence[Case]], Iterable[Completion | Completions]]


@dataclass(frozen=True)
class Method:
    """A line of the tables.

    Args:
        what: a line for people.
        build: loads the method.
        pick: which of an answer's completions counts.
        draws: whether the pick looks at samples.
        spread: whether diversity, posterior width and calibration are reported with it.
        needs_mask: whether it makes no sense where only the true box is known.
        default: whether it runs when no method is named.
    """

    what: str
    build: Callable[[Context], Answer]
    pick: samples.Pick = samples.mode
    draws: bool = False
    spread: bool = False
    needs_mask: bool = False
    default: bool = True


def _modal(context: Context) -> Answer:
    return answers.modal


def _convex_hull(context: Context) -> Answer:
    return answers.convex_hull


def _nearest_neighbour(context: Context) -> Answer:
    if context.data.training_shapes is None:
        raise AmodalError(
            "nearest_neighbour: this data set has no whole training masks to look up; "
            "leave the method out with --methods."
        )
    neighbour = NearestNeighbour.build(context.data.training_shapes(context.root))
    return lambda cases: (neighbour.complete(case, context.completer) for case in cases)


def _rival(method: str, context: Context) -> Answer:
    if context.baselines is None:
        raise AmodalError(
            f"unet_{method}: give --baselines, the folder that `python -m amodal.baselines.train "
            f"--method {method}` wrote."
        )
    return Rival.load(context.baselines, method, context.completer.device.type).complete


def _ours(context: Context) -> Answer:
    run = partial(answers.complete, context.completer, samples=context.samples, seed=context.seed)
    return lambda cases: run(instances=answers.seen(cases))


def _ours_with_true_box(context: Context) -> Answer:
    run = partial(answers.complete, context.completer, samples=0, seed=context.seed)
    return lambda cases: run(instances=answers.seen_with_true_box(cases))


def _evidence(
    answer: Callable[..., Iterable[Completion | Completions]], **options: object
) -> Callable[[Context], Answer]:
    def build(context: Context) -> Answer:
        return partial(
            answer, context.completer, samples=context.samples, seed=context.seed, **options
        )

    return build


ONE_CLICK = _evidence(with_evidence.clicked, clicks=1)
TWO_CLICKS = _evidence(with_evidence.clicked, clicks=2)
ONE_BOX = _evidence(with_evidence.boxed)
BACKGROUND = _evidence(with_evidence.with_background)

# By name: methods that know more than the visible mask; run when asked for by --methods.
EVIDENCE: Mapping[str, Method] = {
    f"{kind}_{name}": Method(f"{who}, {what}", build, pick, draws, False, True, False)
    for name, what, build in (
        ("one_click", "after one click of a user who knows the truth", ONE_CLICK),
        ("two_clicks", "after two such clicks", TWO_CLICKS),
        ("one_box", "given the truth's box", ONE_BOX),
        ("seen_background", "given all other objects' pixels", BACKGROUND),
    )
    for kind, who, pick, draws in (
        ("mode", "ours: the mode", samples.mode, False),
        ("best_of_20", "ours: the best of 20 samples", samples.best_by_truth, True),
    )
}
EVIDENCE = {
    **EVIDENCE,
    "mode_one_box_as_likelihood": Method(
        "ours: the mode, moved by the likelihood of the truth's box",
        _evidence(with_evidence.boxed, cue=False),
        needs_mask=True,
        default=False,
    ),
}

METHODS: Mapping[str, Method] = {
    "mode": Method("ours: the posterior's mode", _ours),
    "samples": Method(
        "ours: a random sample, on average", _ours, samples.average, draws=True, spread=True
    ),
    "consensus": Method(
        "ours: pixels that at least half of 20 samples cover", _ours, samples.consensus, draws=True
    ),
    "best_of_20_by_visible": Method(
        "ours: of 20 samples the one that covers the visible pixels best",
        _ours,
        samples.best_by_visible,
        draws=True,
    ),
    "best_of_20": Method(
        "ours: of 20 samples the best by the whole truth's IoU",
        _ours,
        samples.best_by_truth,
        draws=True,
    ),
    "best_of_20_by_invisible": Method(
        "ours: of 20 samples the best by the truth's invisible IoU",
        _ours,
        samples.best_by_invisible,
        draws=True,
        needs_mask=True,
    ),
    "mode_true_box": Method(
        "ours: the mode, given the truth's box", _ours_with_true_box, needs_mask=True
    ),
    "nearest_neighbour": Method(
        "the whole mask of the most similar simulated partial one", _nearest_neighbour
    ),
    "unet_regression": Method(
        "a U-Net that sees what ours sees and draws the whole mask in a window",
        partial(_rival, "regression"),
        default=False,
    ),
    "unet_partial": Method(
        "partial completion without order (De-occlusion's NOG): a U-Net that is also told where "
        "the neighbours are",
        partial(_rival, "partial"),
        default=False,
    ),
    "convex_hull": Method("the convex hull of the visible pixels", _convex_hull),
    "modal": Method("the visible pixels as they are", _modal),
    **EVIDENCE,
}


@dataclass(frozen=True, eq=False)
class Runner:
    """One builder's answers, and the methods that pick from them."""

    answer: Answer
    methods: Mapping[str, Method]


def build(names: Iterable[str], context: Context) -> list[Runner]:
    """Load the named methods, each builder once. No more samples are drawn than they look at.

    Raises:
        AmodalError: a method can't be loaded.
    """
    shared: dict[Callable, dict[str, Method]] = {}
    for name in names:
        shared.setdefault(METHODS[name].build, {})[name] = METHODS[name]
    return [
        Runner(builder(_thrifty(context, methods)), methods) for builder, methods in shared.items()
    ]


def _thrifty(context: Context, methods: Mapping[str, Method]) -> Context:
    if any(method.draws for method in methods.values()):
        return context
    return replace(context, samples=0)
