"""Amodal-VAE: sample whole object shapes from the visible part, then edit the photo."""

__version__ = "0.1.0"
