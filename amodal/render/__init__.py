"""Rendered streets: the truth behind every object (development only; the app never imports it)."""
