"""Rivals of Amodal-VAE, trained on the same pairs. The app never imports this."""
