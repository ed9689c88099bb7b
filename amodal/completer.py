"""The completer: visible masks in, whole masks out. The one place where numpy meets tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from amodal.checkpoint import StageInfo, load_model
from amodal.cues import cues, touched_borders
from amodal.device import pick_device
from amodal.errors import AmodalError
from amodal.evidence import NO_EVIDENCE, Evidence, clues, log_likelihood
from amodal.geometry import Box, squeeze, theta_to_box, tight_box, unsqueeze
from amodal.guidance import guide
from amodal.model import AmodalVAE
from amodal.scene import Completion, Completions, Instance, paste_window
from amodal.slivers import without_slivers

MAX_SAMPLES = 32


@dataclass(frozen=True, eq=False)
class Query:
    """An instance in the network's terms.

    Args:
        crop: the squeezed box, image frame.
        mask: the visible mask in crop frame, (S, S) float32.
        class_id: index into the model's classes; 0 is unknown.
        cues: (CUES,) float32.
    """

    crop: Box
    mask: np.ndarray
    class_id: int
    cues: np.ndarray


class Completer:
    """Completes instances. Holds the network, no state between calls."""

    def __init__(self, model: AmodalVAE, info: StageInfo, device: torch.device) -> None:
        # channels_last halves the time of the deconvolutions on a CPU
        model = model.eval().requires_grad_(False)
        self.model = model.to(device, memory_format=torch.channels_last)
        self.info = info
        self.device = device

    @classmethod
    def load(cls, folder: Path, *, stage: int = 3, device: str = "auto") -> Completer:
        """Load the weights of a folder (checkpoint.py).

        Raises:
            AmodalError: files are missing, damaged or do not belong together.
        """
        model, info = load_model(folder, stage)
        return cls(model, info, pick_device(device))

    def complete(
        self,
        instance: Instance,
        hidden: np.ndarray | None = None,
        *,
        samples: int = 20,
        seed: int = 0,
        temperature: float = 1.0,
        evidence: Evidence = NO_EVIDENCE,
        box_as_cue: bool = True,
    ) -> Completions:
        """Imagine the whole object: the posterior's mode and `samples` draws.

        Args:
            instance: its visible mask, class and, if the user gave one, full-extent box.
            hidden: (H, W) bool, pixels that may hide the object (other instances). They tell
                nothing about it, so they don't count in visible_iou.
            samples: K, 1 to 32.
            seed: of the draws; equal seeds give equal bytes on one machine.
            temperature: scales the posterior's width; 0 draws the mode each time.
            evidence: what else is known; its box takes the place of the instance's. Mode and draws
                move towards it (guidance.py); `support` tells how many of them got there.
            box_as_cue: tell the network of the evidence's box, which it was trained with; False
                uses the box's likelihood, which helps much less (docs/results.md).

        Raises:
            AmodalError: the mask is empty, a box is degenerate, or the evidence contradicts itself
                or the visible part.
        """
        if not 1 <= samples <= MAX_SAMPLES:
            raise AmodalError(f"Samples: got {samples}, expected 1 to {MAX_SAMPLES}.")
        if not 0 <= temperature <= 4:
            raise AmodalError(f"Temperature: got {temperature}, expected 0 to 4.")
        evidence.check(instance)
        rest = evidence
        if evidence.box is not None and box_as_cue:
            instance, rest = replace(instance, box=evidence.box), replace(evidence, box=None)
        query = self.query(instance)
        generator = torch.Generator().manual_seed(seed)
        if not rest.empty:
            canonical, theta = self.decode_guided(query, rest, samples, temperature, generator)
        else:
            canonical, theta = self.decode([query], samples, temperature, generator)
        known = None if hidden is None else ~hidden | instance.modal
        whole = [
            place(instance, query, canonical[0, k], theta[0, k], self.info.threshold, known)
            for k in range(samples + 1)
        ]
        support = float(np.mean([evidence.agrees(sample) for sample in whole[1:]]))
        return gather(whole[0], tuple(whole[1:]), support)

    def query(self, instance: Instance) -> Query:
        """Bring an instance into crop frame."""
        modal_box = tight_box(instance.modal)
        crop = modal_box
        if instance.box is not None:
            if not instance.box.width > 0 or not instance.box.height > 0:
                raise AmodalError(
                    f"Full-extent box: got {tuple(instance.box)}, expected x0 < x1 and y0 < y1."
                )
            # The user draws roughly; what is visible belongs to the object for certain.
            crop = instance.box.union(modal_box)
        borders = touched_borders(modal_box, *instance.modal.shape)
        name = instance.category if instance.category in self.info.trained_classes else "unknown"
        return Query(
            crop,
            squeeze(instance.modal, crop, self.model.config.size),
            self.model.config.classes.index(name),
            cues(crop, borders, instance.box is not None),
        )

    @torch.inference_mode()
    def decode(
        self,
        queries: Sequence[Query],
        samples: int,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Run the network on B queries.

        Returns:
            canonical probabilities (B, 1 + K, S, S) float32 and theta (B, 1 + K, 4) float32;
            entry 0 is the mode.
        """
        mask, class_id, cue = self._tensors(queries)
        canonical, theta, _ = self.model(
            mask, class_id, cue, samples=samples, temperature=temperature, generator=generator
        )
        return canonical.cpu().numpy(), theta.cpu().numpy()

    def decode_guided(
        self,
        query: Query,
        evidence: Evidence,
        samples: int,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Run the network on one query, its codes moved towards the evidence.

        Returns:
            as `decode`, with B = 1. The draws are those that `decode` would start from.
        """
        mask, class_id, cue = self._tensors([query])
        said = clues(evidence, query.crop, self.device)
        with torch.no_grad():
            posterior, features = self.model.encoder(mask, class_id, cue)
            draws = posterior.sample(samples, generator=generator, temperature=temperature)[0]
        draws = torch.cat([posterior.mode, draws])  # (1 + K, D)
        known = cue[:, 5].bool()

        def decoded(z: Tensor) -> tuple[Tensor, Tensor]:
            logits, theta = self.model.decode(z[None], features, known)
            return logits[0, :, None].sigmoid(), theta[0]

        def fit(z: Tensor) -> Tensor:
            return log_likelihood(said, *decoded(z), self.info.threshold)

        with torch.no_grad():
            canonical, theta = decoded(guide(posterior, draws, fit))
        return canonical[None, :, 0].cpu().numpy(), theta[None].cpu().numpy()

    @torch.inference_mode()
    def suggest_class(self, modal: np.ndarray) -> tuple[tuple[str, float], ...]:
        """What the object may be, told from its visible mask alone.

        Args:
            modal: (H, W) bool.

        Returns:
            (class, probability) of the trained classes, best first; they sum to 1.
        """
        mask, _, cue = self._tensors([self.query(Instance(modal))])
        logits = self.model.classify(mask, cue)[0].cpu()
        names = self.info.trained_classes
        chosen = logits[[self.model.config.classes.index(name) for name in names]]
        shares = torch.softmax(chosen, dim=0).tolist()
        return tuple(sorted(zip(names, shares, strict=True), key=lambda pair: -pair[1]))

    def _tensors(self, queries: Sequence[Query]) -> tuple[Tensor, Tensor, Tensor]:
        mask = torch.from_numpy(np.stack([query.mask for query in queries]))[:, None]
        class_id = torch.tensor([query.class_id for query in queries])
        cue = torch.from_numpy(np.stack([query.cues for query in queries]))
        return mask.to(self.device), class_id.to(self.device), cue.to(self.device)


def place(
    instance: Instance,
    query: Query,
    canonical: np.ndarray,
    theta: np.ndarray,
    threshold: float,
    known: np.ndarray | None,
) -> Completion:
    """Paste one decoded shape into the image plane and join it with the visible pixels.

    Args:
        canonical: probabilities (S, S).
        theta: (4,).
        threshold: t.
        known: (H, W) bool, pixels where something else than the object is seen, or the object
            itself; they count in visible_iou. None: the object's own pixels only.
    """
    height, width = instance.modal.shape
    # No further than one photo beyond each border, which bounds the memory.
    box = theta_to_box(theta, query.crop).clip(Box(-width, -height, 2 * width, 2 * height))
    window, x0, y0 = unsqueeze(canonical, box)
    decoded = window >= threshold
    modal_box = tight_box(instance.modal)
    left, top = min(x0, int(modal_box.x0)), min(y0, int(modal_box.y0))
    right = max(x0 + decoded.shape[1], int(modal_box.x1))
    bottom = max(y0 + decoded.shape[0], int(modal_box.y1))
    size = bottom - top, right - left
    mask = paste_window(decoded, x0 - left, y0 - top, *size)
    modal = paste_window(instance.modal, -left, -top, *size)  # empty beyond the photo
    counted = modal if known is None else paste_window(known, -left, -top, *size)
    return join(mask, modal, counted, left, top)


def join(
    decoded: np.ndarray, modal: np.ndarray, counted: np.ndarray, x0: int, y0: int
) -> Completion:
    """A decoded shape and the visible pixels as one completion.

    What is thin of the added pixels is left out (slivers.py).

    Args:
        decoded, modal: (h, w) bool, the same window of the image plane.
        counted: (h, w) bool, the pixels that count in visible_iou.
        x0, y0: the window's top-left corner in image pixels.
    """
    union = modal | (decoded & counted)
    visible_iou = float((decoded & modal).sum() / union.sum())
    added = without_slivers(decoded & ~modal, int(modal.sum()))
    return Completion(modal | added, x0, y0, visible_iou)


def gather(mode: Completion, samples: tuple[Completion, ...], support: float = 1.0) -> Completions:
    """Add the samples' mean over their common window."""
    everything = (mode, *samples)
    left = min(item.x0 for item in everything)
    top = min(item.y0 for item in everything)
    right = max(item.x0 + item.mask.shape[1] for item in everything)
    bottom = max(item.y0 + item.mask.shape[0] for item in everything)
    total = np.zeros((bottom - top, right - left), np.float32)
    for item in samples:
        h, w = item.mask.shape
        y, x = item.y0 - top, item.x0 - left
        total[y : y + h, x : x + w] += item.mask
    return Completions(mode, samples, total / len(samples), left, top, support)
