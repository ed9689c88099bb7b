"""Time the demo's steps and whole data sets: `python -m amodal.benchmark`."""
