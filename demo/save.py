"""A session's masks as a file."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from amodal.data.coco import write_completions
from amodal.layers import Layer
from amodal.scene import Completion, Completions
from demo.session import Session


def masks_bytes(session: Session) -> bytes:
    """Every object's visible mask, its chosen whole shape, and the samples that were drawn."""
    layers = session.layers
    completions = [_completions_of(session, layer) for layer in layers]
    document = write_completions(
        [layer.instance for layer in layers],
        completions,
        f"{session.title}.png",
        {"description": session.title, **session.settings._asdict()},
    )
    return json.dumps(document).encode()


def _completions_of(session: Session, layer: Layer) -> Completions:
    """The chosen shape stands where the mode does; without an answer there are no samples."""
    chosen: Completion = layer.completion
    answer = session.answers.get(layer.id)
    if answer is not None:
        return replace(answer.completions, mode=chosen)
    return alone(chosen)


def alone(shape: Completion) -> Completions:
    """A shape without samples beside it."""
    return Completions(shape, (), shape.mask.astype(np.float32), shape.x0, shape.y0)
