"""Many users at once against the real app: `python -m tests.load --help`."""
