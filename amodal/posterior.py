"""Diagonal Gaussians over the latent space: prior and posteriors (paper section 3.1, 4.1)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Posterior:
    """q(z | mask, class) = N(mean, diag(exp(logvar))); both (B, D)."""

    mean: Tensor
    logvar: Tensor

    @property
    def mode(self) -> Tensor:
        """The most likely code, (B, D)."""
        return self.mean

    def sample(
        self, count: int = 1, *, generator: torch.Generator | None = None, temperature: float = 1.0
    ) -> Tensor:
        """Draw `count` codes of each object by re-parameterisation, (B, count, D).

        Args:
            count: K.
            generator: CPU generator; noise is drawn on the CPU so that a seed means the same
                everywhere. None: torch's global one (training).
            temperature: scales the standard deviation; 0 gives the mode.
        """
        batch, size = self.mean.shape
        noise = torch.randn(batch, count, size, generator=generator, dtype=torch.float32)
        noise = noise.to(self.mean)
        std = torch.exp(0.5 * self.logvar)
        return self.mean[:, None] + temperature * std[:, None] * noise

    def kl(self) -> Tensor:
        """KL(q || N(0, I)) of each object in nats, (B,)."""
        return 0.5 * (self.mean**2 + self.logvar.exp() - 1 - self.logvar).sum(dim=1)

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z) of codes (B, D) in nats, (B,)."""
        squared = (z - self.mean) ** 2 / self.logvar.exp()
        log_two_pi = 1.8378770664093453
        return -0.5 * (squared + self.logvar + log_two_pi).sum(dim=1)
