"""Answers to cases: ours in batches, and the two baselines that need nothing but the mask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import torch

from amodal.completer import Completer
from amodal.evaluation.case import Case, instance_of, padding
from amodal.geometry import Box, hull
from amodal.paste import gather, paste
from amodal.scene import Completion, Completions, Instance

BATCH = 64


def modal(cases: Sequence[Case]) -> Iterator[Completion]:
    """Nothing is hidden."""
    for case in cases:
        left, top, _, _ = padding(case)
        yield Completion(case.modal, left, top)


def convex_hull(cases: Sequence[Case]) -> Iterator[Completion]:
    """The convex hull of the visible pixels."""
    for case in cases:
        left, top, _, _ = padding(case)
        yield Completion(hull(case.modal) | case.modal, left, top)


def seen(cases: Iterable[Case]) -> Iterator[Instance]:
    """The instances of cases."""
    return (instance_of(case)[0] for case in cases)


def seen_with_true_box(cases: Iterable[Case]) -> Iterator[Instance]:
    """The instances of cases, each with the truth's full extent as its box (paper: "GT box")."""
    for case in cases:
        instance, (dx, dy) = instance_of(case)
        x0, y0, x1, y1 = case.full_extent
        yield replace(instance, box=Box(x0 + dx, y0 + dy, x1 + dx, y1 + dy))


def complete(
    completer: Completer, instances: Iterable[Instance], samples: int, seed: int
) -> Iterator[Completion | Completions]:
    """Complete instances in batches; each keeps only a batch in memory.

    Args:
        samples: K; 0 gives the mode alone, as a Completion.
        seed: of all the draws together, so an answer depends on the instances before it.
    """
    generator = torch.Generator().manual_seed(seed)
    for chunk in _batches(instances):
        queries = [completer.query(instance) for instance in chunk]
        canonical, theta = completer.decode(queries, samples, generator=generator)
        for i, (instance, query) in enumerate(zip(chunk, queries, strict=True)):
            mode, *drawn = (
                paste(
                    instance,
                    query.crop,
                    canonical[i, k],
                    theta[i, k],
                    completer.info.threshold,
                    None,
                )
                for k in range(samples + 1)
            )
            yield gather(mode, tuple(drawn)) if drawn else mode


def _batches(instances: Iterable[Instance]) -> Iterator[list[Instance]]:
    chunk = []
    for instance in instances:
        chunk.append(instance)
        if len(chunk) == BATCH:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
