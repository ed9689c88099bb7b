"""Amodal-VAE (Ling et al., NeurIPS 2020): sample whole object shapes from the visible part.

Shape letters: B objects, K samples of each, D latent size, P = PLACE, S = config.size, F features,
C channels, N classes.

Masks are float32 in [0, 1]. Three frames (geometry.py): a partial mask y_hat comes in crop frame,
the decoder draws the whole mask y in canonical frame, and the spatial transformer says where y lies
in the crop frame. Tensors only: numpy lives in completer.py.

The paper leaves sizes and layers open; those here are ours. So are the cues: squeezing a mask to a
square loses its aspect ratio and whether the photo's border cut it; the cues give that back. So is
the place noise: how far a hidden side reaches is uncertain even where the shape is not, so a code
is (z, e) with e ~ N(0, I) of size P, and the transformer is a function of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from amodal.posterior import Posterior
from amodal.scene import CLASSES

CUES = 6  # log aspect (width / height); border left, top, right, bottom; is the box the full extent
PLACE = 4  # last numbers of a code: standard normal, read by the transformer alone
DECODED_AT_ONCE = 128  # more codes at once leave the processor's cache and are slower


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of the network.

    Args:
        size: S, side of the squeezed masks; a multiple of 2 ** len(channels).
        latent: D.
        channels: of the strided convolutions, from the mask inwards; the decoder mirrors them.
        features: F, width of the fully connected layers.
        classes: names, index 0 is "unknown".
    """

    size: int = 64
    latent: int = 64
    channels: tuple[int, ...] = (32, 64, 128, 256)
    features: int = 512
    classes: tuple[str, ...] = CLASSES

    def __post_init__(self) -> None:
        if self.size % 2 ** len(self.channels):
            raise ValueError(
                f"size: got {self.size}, expected a multiple of {2 ** len(self.channels)}"
            )

    @property
    def grid(self) -> int:
        """Side of the innermost feature map."""
        return self.size // 2 ** len(self.channels)


class Encoder(nn.Module):
    """q(z | y, c) and q_hat(z | y_hat, c): strided convolutions that see mask, class and cues."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        previous = 1
        for width in config.channels:
            layers += [
                nn.Conv2d(previous, width, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            previous = width
        self.convolutions = nn.Sequential(*layers, nn.Flatten())
        self.classes = nn.Embedding(len(config.classes), config.features)
        self.cues = nn.Linear(CUES, config.features)
        self.merge = nn.Linear(previous * config.grid**2, config.features)
        self.hidden = nn.Sequential(
            nn.ReLU(), nn.Linear(config.features, config.features), nn.ReLU()
        )
        self.posterior = nn.Linear(config.features, 2 * config.latent)

    def forward(self, mask: Tensor, class_id: Tensor, cues: Tensor) -> tuple[Posterior, Tensor]:
        """Encode masks (B, 1, S, S), class_id (B,) int64, cues (B, CUES).

        Returns:
            (posterior over codes (B, D + P), whose last P are standard normal, features (B, F)).
        """
        merged = self.merge(self.convolutions(mask))  # (B, F)
        merged = merged + self.classes(class_id) + self.cues(cues)
        features = self.hidden(merged)  # (B, F)
        mean, logvar = self.posterior(features).float().chunk(2, dim=1)  # (B, D) each
        standard = mean.new_zeros(mean.shape[0], PLACE)  # N(0, 1): log variance 0
        mean = torch.cat([mean, standard], dim=1)  # (B, D + PLACE)
        logvar = torch.cat([logvar.clamp(-10, 4), standard], dim=1)
        return Posterior(mean, logvar), features


class Decoder(nn.Module):
    """p(y | z): deconvolutions to the logits of a factorial Bernoulli. Does not see the class."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths = config.channels[::-1]
        self.expand = nn.Linear(config.latent, widths[0] * config.grid**2)
        self.shape = (widths[0], config.grid, config.grid)
        layers: list[nn.Module] = [nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for before, after in pairwise(widths):
            layers += [
                nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        layers.append(LastDeconvolution(widths[-1], 1, 4, stride=2, padding=1))
        self.deconvolutions = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        """Logits (B, 1, S, S) of the canonical mask of codes (B, D + P); reads the first D."""
        shape = self.expand(z[:, : self.expand.in_features]).unflatten(1, self.shape)
        return self.deconvolutions(shape)


class LastDeconvolution(nn.ConvTranspose2d):
    """Doubles the sides, to one channel: a matrix product, then patches that overlap are added.

    What its parent does, three times faster on a CPU: libraries are slow at few channels.
    """

    def forward(self, values: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, 1, 2 H, 2 W)."""
        patches = torch.einsum("bchw,ck->bkhw", values, self.weight.flatten(1))  # (B, 16, H, W)
        size = [2 * side for side in values.shape[2:]]
        return F.fold(patches.flatten(2), size, 4, padding=1, stride=2) + self.bias


class SpatialTransformer(nn.Module):
    """g_theta(y, y_hat) -> (tx, ty, sx, sy): where the whole mask lies in crop frame (eq. 6).

    y comes in as the decoded mask and its code, y_hat through the encoder's features. The visible
    part is tight in the crop frame and belongs to the whole, so the whole's box contains the crop
    frame: g predicts how far it reaches beyond each of the four sides, and how sure that is.
    """

    POOLED = 16

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        inputs = self.POOLED**2 + config.latent + config.features
        self.regressor = nn.Sequential(
            nn.Linear(inputs, config.features),
            nn.ReLU(),
            nn.Linear(config.features, config.features // 2),
            nn.ReLU(),
            nn.Linear(config.features // 2, 2 * PLACE),
        )
        nn.init.zeros_(self.regressor[-1].weight)
        nn.init.constant_(self.regressor[-1].bias, -3.0)  # starts near the identity, narrow

    def forward(self, canonical: Tensor, z: Tensor, features: Tensor, known: Tensor) -> Tensor:
        """Predict theta (B, 4).

        Args:
            canonical: decoded probabilities, (B, 1, S, S).
            z: their codes, (B, D + P).
            features: of the partial masks, (B, F).
            known: whether the crop already is the full extent, (B,) bool; then theta is identity.
        """
        pooled = F.adaptive_avg_pool2d(canonical, self.POOLED).flatten(1)  # (B, 256)
        shape, noise = z[:, :-PLACE], z[:, -PLACE:]  # (B, D), (B, P)
        raw = self.regressor(torch.cat([pooled, shape, features], dim=1)).float()
        centre, spread = raw.chunk(2, dim=1)  # (B, P) each
        reach = F.softplus(centre + F.softplus(spread) * noise) * ~known[:, None]
        return reach_to_theta(reach)


def reach_to_theta(reach: Tensor) -> Tensor:
    """(B, 4) reach beyond the crop's left, top, right, bottom side, in half crop sizes -> theta."""
    start, end = reach[:, :2], reach[:, 2:]
    return torch.cat([(end - start) / 2, 1 + (end + start) / 2], dim=1)


class AmodalVAE(nn.Module):
    """Encoder of partial masks, decoder of whole masks, spatial transformer between the frames.

    Beside the paper: a linear head tells the class from the features of an object whose class is
    not given, for suggesting one to the user.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)  # partial mask, class -> q_hat(z | y_hat, c)
        self.decoder = Decoder(config)  # z -> p(y | z), canonical
        self.transformer = SpatialTransformer(config)  # y, y_hat -> theta
        self.class_head = nn.Linear(config.features, len(config.classes))  # y_hat -> p(c | y_hat)

    def classify(self, modal: Tensor, cues: Tensor) -> Tensor:
        """Logits (B, N) of the class, from partial masks (B, 1, S, S) encoded as "unknown"."""
        unknown = torch.zeros(modal.shape[0], dtype=torch.int64, device=modal.device)
        _, features = self.encoder(modal, unknown, cues)
        return self.class_head(features)

    def forward(
        self,
        modal: Tensor,
        class_id: Tensor,
        cues: Tensor,
        *,
        samples: int = 0,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, Tensor, Posterior]:
        """Complete each partial mask `samples` times.

        Args:
            modal: partial masks in crop frame, (B, 1, S, S).
            class_id: (B,) int64, index into config.classes.
            cues: (B, CUES).
            samples: K, drawn beside the mode.
            temperature: scales the posterior's standard deviation.
            generator: CPU generator of the samples.

        Returns:
            canonical probabilities (B, 1 + K, S, S), theta (B, 1 + K, 4), posterior. Entry 0 is the
            mode, the K samples follow.
        """
        posterior, features = self.encoder(modal, class_id, cues)
        z = posterior.mode[:, None]  # (B, 1, D + P)
        if samples:
            draws = posterior.sample(samples, generator=generator, temperature=temperature)
            z = torch.cat([z, draws], dim=1)  # (B, 1 + K, D + P)
        logits, theta = self.decode(z, features, cues[:, 5].bool())
        return logits.sigmoid(), theta, posterior

    def decode(self, z: Tensor, features: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Decode K codes of each object and say where the shapes lie.

        Args:
            z: (B, K, D + P).
            features: of the partial masks, (B, F).
            known: whether the crop already is the full extent, (B,) bool.

        Returns:
            canonical logits (B, K, S, S) float32, theta (B, K, 4).
        """
        count = z.shape[1]
        flat = z.flatten(0, 1)  # (B * K, D + P): from here each code is its own object
        logits = torch.cat([self.decoder(part) for part in flat.split(DECODED_AT_ONCE)]).float()
        theta = self.transformer(
            logits.sigmoid(),
            flat,
            features.repeat_interleave(count, dim=0),
            known.repeat_interleave(count, dim=0),
        )
        return logits.squeeze(1).unflatten(0, (-1, count)), theta.unflatten(0, (-1, count))
