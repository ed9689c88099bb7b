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
from amodal.device import device_of, pick_device
from amodal.errors import AmodalError
from amodal.evidence import NO_EVIDENCE, Evidence, clues, log_likelihood
from amodal.geometry import Box, squeeze, tight_box
from amodal.guidance import CANDIDATES, guide, likely
from amodal.likelihood import Visible, log_prior, log_visible, visible
from amodal.model import AmodalVAE
from amodal.paste import gather, paste
from amodal.posterior import Posterior
from amodal.scene import Completion, Completions, Instance

MAX_SAMPLES = 32
HIGHEST_TEMPERATURE = 4


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


@dataclass(frozen=True, eq=False)
class Decoded:
    """The mode and K draws of one object; entry 0 is the mode.

    Args:
        canonical: probabilities (1 + K, S, S) float32.
        theta: (1 + K, 4) float32.
        log_posterior: (1 + K,) float32, log p(y_hat, evidence | z) + log p(z) in nats.
    """

    canonical: np.ndarray
    theta: np.ndarray
    log_posterior: np.ndarray


class Completer:
    """Completes instances. Holds the network, no state between calls.

    Args:
        folder: whence it was loaded; None when it comes from elsewhere.
    """

    def __init__(
        self,
        model: AmodalVAE,
        info: StageInfo,
        device: torch.device,
        folder: Path | None = None,
    ) -> None:
        # channels_last halves the time of the deconvolutions on a CPU
        model = model.eval().requires_grad_(False)
        self.model = model.to(device, memory_format=torch.channels_last)
        self.info = info
        self.folder = folder

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return device_of(self.model)

    @classmethod
    def load(cls, folder: Path, *, stage: int = 3, device: str = "auto") -> Completer:
        """Load the weights of a folder (checkpoint.py).

        Raises:
            AmodalError: files are missing, damaged or do not belong together.
        """
        model, info = load_model(folder, stage)
        return cls(model, info, pick_device(device), folder)

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
        if not 0 <= temperature <= HIGHEST_TEMPERATURE:
            raise AmodalError(
                f"Temperature: got {temperature}, expected 0 to {HIGHEST_TEMPERATURE}."
            )
        evidence.check(instance)
        rest = evidence
        if evidence.box is not None and box_as_cue:
            instance, rest = replace(instance, box=evidence.box), replace(evidence, box=None)
        query = self.query(instance)
        generator = torch.Generator().manual_seed(seed)
        known = None if hidden is None else ~hidden | instance.modal
        modal, size = instance.modal, self.model.config.size
        shown = visible(modal, modal if known is None else known, query.crop, size)
        drawn = self.draw(query, shown, rest, samples, temperature, generator)
        whole = [
            replace(
                paste(instance, query.crop, canonical, theta, self.info.threshold, known),
                log_posterior=float(score),
            )
            for canonical, theta, score in zip(
                drawn.canonical, drawn.theta, drawn.log_posterior, strict=True
            )
        ]
        support = float(np.mean([evidence.agrees(sample) for sample in whole[1:]]))
        return gather(whole[0], tuple(whole[1:]), support)

    def modes(
        self, instances: Sequence[Instance], hidden: np.ndarray | None = None
    ) -> list[Completion]:
        """The posterior's mode of each instance, all in one go. See `complete`."""
        if not instances:
            return []
        queries = [self.query(instance) for instance in instances]
        canonical, theta = self.decode(queries, samples=0)  # (B, 1, S, S), (B, 1, 4)
        return [
            paste(
                instance,
                query.crop,
                canonical[b, 0],
                theta[b, 0],
                self.info.threshold,
                None if hidden is None else ~hidden | instance.modal,
            )
            for b, (instance, query) in enumerate(zip(instances, queries, strict=True))
        ]

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

    @torch.inference_mode()
    def encode(self, queries: Sequence[Query]) -> Posterior:
        """The posteriors of B queries over codes (B, D + P)."""
        posterior, _ = self.model.encoder(*self._tensors(queries))
        return posterior

    @torch.inference_mode()
    def decode_codes(self, query: Query, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Decode K codes (K, D + P) as shapes of one query.

        Returns:
            canonical probabilities (K, S, S) float32 and theta (K, 4) float32.
        """
        mask, class_id, cue = self._tensors([query])
        _, features = self.model.encoder(mask, class_id, cue)
        codes = torch.from_numpy(np.asarray(z, np.float32)).to(self.device)[None]
        logits, theta = self.model.decode(codes, features, cue[:, 5].bool())
        return logits[0].sigmoid().cpu().numpy(), theta[0].cpu().numpy()

    @torch.inference_mode()
    def decode_prior(self, z: Tensor) -> np.ndarray:
        """Decode codes (N, D) that belong to no object: canonical probabilities (N, S, S)."""
        return self.model.decoder(z.to(self.device))[:, 0].float().sigmoid().cpu().numpy()

    def draw(
        self,
        query: Query,
        shown: Visible,
        evidence: Evidence = NO_EVIDENCE,
        samples: int = 20,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Decoded:
        """Run the network on one query; evidence chooses among its draws, then moves them.

        Without evidence the draws are those that `decode` makes.

        Args:
            shown: what the photo shows around the object, for the likelihood.
        """
        mask, class_id, cue = self._tensors([query])
        known, threshold = cue[:, 5].bool(), self.info.threshold
        said = None if evidence.empty else clues(evidence, query.crop, self.device)
        count = samples if said is None else CANDIDATES * samples
        with torch.no_grad():
            posterior, features = self.model.encoder(mask, class_id, cue)
            z = posterior.sample(count, generator=generator, temperature=temperature)[0]  # (N, D)

        def decoded(z: Tensor) -> tuple[Tensor, Tensor]:
            logits, theta = self.model.decode(z[None], features, known)
            return logits[0, :, None].sigmoid(), theta[0]

        if said is not None:
            with torch.no_grad():
                fit = log_likelihood(said, *decoded(z), threshold)
            z = z[likely(fit, samples, generator)]  # (K, D)
        z = torch.cat([posterior.mode, z])  # (1 + K, D)
        if said is not None:
            z = guide(posterior, z, lambda z: log_likelihood(said, *decoded(z), threshold))
        with torch.no_grad():
            canonical, theta = decoded(z)  # (1 + K, 1, S, S), (1 + K, 4)
            score = log_visible(shown, canonical, theta) + log_prior(z)
            if said is not None:
                score = score + log_likelihood(said, canonical, theta, threshold)
        return Decoded(canonical[:, 0].cpu().numpy(), theta.cpu().numpy(), score.cpu().numpy())

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
