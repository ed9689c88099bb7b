"""A trained rival answers cases: windows in, completions on the case's canvas out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from amodal.baselines.checkpoint import UNetInfo, load_unet
from amodal.baselines.unet import UNet
from amodal.baselines.windows import boxes, crop_in_window, neighbours
from amodal.completer import Query
from amodal.cues import cues, touched_borders
from amodal.device import pick_device
from amodal.errors import AmodalError
from amodal.evaluation.case import Case, instance_of, on_canvas
from amodal.geometry import squeeze, theta_to_box, tight_box, unsqueeze, warp
from amodal.paste import paste
from amodal.scene import Completion, Completions, Instance, paste_window
from amodal.training.pairs import WINDOW, grown

BATCH = 64


@dataclass(frozen=True, eq=False)
class Answer:
    """What the network says of one instance, before the threshold.

    Args:
        instance: on the case's canvas.
        query: its crop.
        probability: of belonging to the whole, (R, R) float32 in the window's frame.
        theta: (4,) of the window.
    """

    instance: Instance
    query: Query
    probability: np.ndarray
    theta: np.ndarray

    def at(self, threshold: float) -> Completion:
        """The mask of all pixels from the threshold on, and the visible ones."""
        return paste(self.instance, self.query.crop, self.probability, self.theta, threshold, None)


class Rival:
    """A trained U-Net that answers cases. Holds the network, no state between calls."""

    def __init__(self, network: UNet, info: UNetInfo, device: torch.device) -> None:
        network = network.eval().requires_grad_(False)
        self.network = network.to(device, memory_format=torch.channels_last)
        self.info = info
        self.device = device

    @classmethod
    def load(cls, folder: Path, method: str, device: str = "auto") -> Rival:
        """Load `unet_METHOD.safetensors` from a folder.

        Raises:
            AmodalError: the file is missing, damaged or of another kind.
        """
        network, info = load_unet(folder, method)
        return cls(network, info, pick_device(device))

    def complete(self, cases: Sequence[Case]) -> Iterator[Completions]:
        """Answer cases: one completion each, no samples; the probability is the network's.

        Raises:
            AmodalError: the rival must see the other objects and a case has none.
        """
        for answer in self.answers(cases):
            mode = answer.at(self.info.threshold)
            box = theta_to_box(answer.theta, answer.query.crop)
            probability, x0, y0 = unsqueeze(answer.probability, box)
            visible = paste_window(answer.instance.modal, -x0, -y0, *probability.shape)
            yield Completions(mode, (), np.where(visible, np.float32(1), probability), x0, y0)

    def answers(self, cases: Sequence[Case]) -> Iterator[Answer]:
        """Run the network on cases, in batches."""
        theta = boxes(1, self.info.network.window)[0].numpy()
        for start in range(0, len(cases), BATCH):
            chunk = cases[start : start + BATCH]
            instances = [instance_of(case)[0] for case in chunk]
            queries = [self.query(instance) for instance in instances]
            erasers = [self.eraser(case, query) for case, query in zip(chunk, queries, strict=True)]
            found = self.decode(queries, erasers)
            for instance, query, probability in zip(instances, queries, found, strict=True):
                yield Answer(instance, query, probability, theta)

    def query(self, instance: Instance) -> Query:
        """Bring an instance into crop frame, as the completer does."""
        modal_box = tight_box(instance.modal)
        crop = modal_box if instance.box is None else instance.box.union(modal_box)
        borders = touched_borders(modal_box, *instance.modal.shape)
        name = instance.category if instance.category in self.info.trained_classes else "unknown"
        return Query(
            crop,
            squeeze(instance.modal, crop, self.info.network.crop),
            self.info.network.classes.index(name),
            cues(crop, borders, instance.box is not None),
        )

    def eraser(self, case: Case, query: Query) -> np.ndarray | None:
        """What may hide the object, in the window (0, 0, WINDOW, WINDOW), (S, S) float32.

        None for the rival that does not look at it.
        """
        if self.info.network.method == "regression":
            return None
        if case.others is None:
            raise AmodalError(
                "The partial-completion U-Net must be told the other objects, and this protocol "
                "has none: leave unet_partial out."
            )
        touching = on_canvas(case, neighbours(case.modal, case.others))
        return squeeze(touching, grown(query.crop), self.info.network.crop)

    @torch.inference_mode()
    def decode(self, queries: Sequence[Query], erasers: Sequence[np.ndarray | None]) -> np.ndarray:
        """Probabilities in the windows of B queries, (B, R, R) float32."""
        config = self.info.network
        mask = torch.from_numpy(np.stack([query.mask for query in queries]))[:, None]
        seen = crop_in_window(mask, config)
        if config.method == "partial":
            others = torch.from_numpy(np.stack(erasers))[:, None]
            count = len(others)
            window = boxes(count, config.window)
            eraser = warp(others, boxes(count, WINDOW), window, config.side)
            seen = torch.cat([seen, eraser], dim=1)
        class_id = torch.tensor([query.class_id for query in queries])
        cue = torch.from_numpy(np.stack([query.cues for query in queries]))
        logits = self.network(
            seen.to(self.device, memory_format=torch.channels_last),
            class_id.to(self.device),
            cue.to(self.device),
        )
        return logits[:, 0].float().sigmoid().cpu().numpy()
