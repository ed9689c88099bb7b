"""Protocols, baselines and metrics. The app never imports this."""
