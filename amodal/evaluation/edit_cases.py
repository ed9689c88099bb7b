"""What the edit benchmark runs over: streets, ways of filling, sources of whole shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from amodal.completer import Completer
from amodal.errors import AmodalError
from amodal.hub import fetch
from amodal.inpaint import Inpainter, MiGAN, OpenCV
from amodal.inpaint.checkpoint import FILE
from amodal.inpaint.partial import PartialConvolutions
from amodal.scene import Completion, Completions
from amodal.truth import Truth, has_truth

EXAMPLES = Path(__file__).parents[2] / "examples"

FILLS: Mapping[str, Callable[[Path], Inpainter]] = {
    "opencv": lambda folder: OpenCV(),
    "partial": lambda folder: PartialConvolutions(folder / FILE),
    "mi-gan": lambda folder: MiGAN(fetch("mi-gan")),
}
"""Ways of filling by name: a function of the folder with our own weights.

It loads one, or raises AmodalError if it can't be had.
"""

Shapes = Callable[[Truth, Completer], list[Completion]]


def true_shapes(truth: Truth, completer: Completer) -> list[Completion]:
    """The true amodal masks."""
    return [item.whole for item in truth.objects]


def completions(truth: Truth, completer: Completer) -> Iterator[Completions]:
    """What Amodal-VAE says of each object, with one sample; all others may hide it."""
    covered = np.sum([instance.modal for instance in truth.instances], axis=0)
    for instance in truth.instances:
        yield completer.complete(instance, covered - instance.modal > 0, samples=1)


def mode_shapes(truth: Truth, completer: Completer) -> list[Completion]:
    """Amodal-VAE's mode from visible mask and class."""
    return [found.mode for found in completions(truth, completer)]


def visible_shapes(truth: Truth, completer: Completer) -> list[Completion]:
    """The visible masks: what an editor has that completes nothing."""
    return [Completion(instance.modal, 0, 0) for instance in truth.instances]


SHAPES: Mapping[str, Shapes] = {
    "truth": true_shapes,
    "mode": mode_shapes,
    "visible": visible_shapes,
}
"""Where whole shapes come from: one completion for each of the truth's instances, in their order"""


def find_streets(folders: Iterable[Path]) -> list[Path]:
    """The streets with truth among folders and what lies directly in them, by name.

    Raises:
        AmodalError: a folder holds none.
    """
    found: dict[Path, None] = {}
    for folder in folders:
        here = [folder] if has_truth(folder) else sorted(filter(has_truth, _within(folder)))
        if not here:
            raise AmodalError(
                f"{folder} holds no rendered street: render one by `python -m amodal.render` with "
                "Blender, or name another folder with --scenes."
            )
        found |= dict.fromkeys(path.resolve() for path in here)
    return list(found)


def _within(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
