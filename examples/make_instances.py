"""Makes examples/*/instances.json: prompts.json through the project's own segmenter and brush.

    python -m examples.make_instances [NAME ...]

Objects are listed from back to front; where two masks overlap, the one in front keeps the pixels.
Every mask was looked at, enlarged, and corrected there until it was right.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from amodal.data.coco import write_instances
from amodal.geometry import Box
from amodal.photo import load_photo
from amodal.scene import Instance, paste_window
from amodal.segment import Embedding, Segmenter
from amodal.segment.brush import clean_up, erase, paint, stroke
from amodal.segment.load import load_segmenter

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Brush:
    """A brush stroke in the photo's pixels; without a radius a closed outline that is filled."""

    points: list[list[float]]
    radius: float | None = None

    def cover(self, size: tuple[int, int]) -> np.ndarray:
        """What it covers of a photo of `size` = (H, W), bool."""
        if self.radius is not None:
            return stroke(*size, self.points, self.radius)
        outline = stroke(*size, [*self.points, self.points[0]], radius=0.8)
        return clean_up(outline, speck=0, pinhole=np.inf)


@dataclass(frozen=True)
class Prompt:
    """How one mask was made: clicks on and off the object, a box, then the brush.

    `zoom` is the part of the photo, in whole pixels, that the segmenter is shown: small objects
    get a finer mask.
    """

    category: str
    name: str
    on: Sequence[list[float]] = ()
    off: Sequence[list[float]] = ()
    box: list[float] | None = None
    zoom: list[int] | None = None
    add: Sequence[dict] = ()
    cut: Sequence[dict] = ()


def main() -> None:
    """Write instances.json of the examples named on the command line, or of all."""
    segmenter, notice = load_segmenter()
    if notice:
        sys.exit(str(notice))  # GrabCut would make other masks
    scenes = json.loads((FOLDER / "prompts.json").read_text())
    for name in sys.argv[1:] or scenes:
        photo = next((FOLDER / name).glob("photo.*"))
        prompts = [Prompt(**entry) for entry in scenes[name]]
        instances = make_instances(segmenter, load_photo(photo), prompts)
        document = write_instances(instances, photo.name)
        (FOLDER / name / "instances.json").write_text(json.dumps(document, indent=1) + "\n")
        print(f"{name}: {len(instances)} instances")


def make_instances(
    segmenter: Segmenter, photo: np.ndarray, prompts: Sequence[Prompt]
) -> list[Instance]:
    """The masks of a photo, (H, W, 3) uint8 RGB, from back to front and disjoint."""
    masks = draw(segmenter, photo, prompts)
    taken = np.zeros(photo.shape[:2], bool)
    instances = []
    for prompt, mask in zip(reversed(prompts), reversed(masks), strict=True):
        modal = clean_up(mask & ~taken) & ~taken
        taken |= modal
        instances.append(Instance(modal, prompt.category, prompt.name))
    return instances[::-1]


def draw(segmenter: Segmenter, photo: np.ndarray, prompts: Sequence[Prompt]) -> list[np.ndarray]:
    """A mask (H, W) bool for each prompt; they may overlap."""
    size = photo.shape[:2]
    embeddings: dict[Box, Embedding] = {}
    masks = []
    for prompt in prompts:
        view = Box(*(prompt.zoom or (0, 0, size[1], size[0])))
        mask = np.zeros(size, bool)
        if prompt.on or prompt.box:
            if view not in embeddings:
                part = photo[view.y0 : view.y1, view.x0 : view.x1]
                embeddings[view] = segmenter.encode(part)
            guess = segment(segmenter, embeddings[view], view, prompt)
            mask = paste_window(guess, view.x0, view.y0, *size)
        for brush in prompt.add:
            mask = paint(mask, Brush(**brush).cover(size))
        for brush in prompt.cut:
            mask = erase(mask, Brush(**brush).cover(size))
        masks.append(mask)
    return masks


def segment(segmenter: Segmenter, embedding: Embedding, view: Box, prompt: Prompt) -> np.ndarray:
    """The segmenter's best answer, (h, w) bool of the part of the photo inside `view`."""
    points = [(x - view.x0, y - view.y0) for x, y in (*prompt.on, *prompt.off)]
    labels = [True] * len(prompt.on) + [False] * len(prompt.off)
    box = prompt.box and Box(*np.subtract(prompt.box, (view.x0, view.y0) * 2))
    return segmenter.segment(embedding, points, labels, box)[0].mask


if __name__ == "__main__":
    main()
