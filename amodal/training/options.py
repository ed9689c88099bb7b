"""What the command lines of trainings share."""

from __future__ import annotations

import argparse
import os

from amodal.device import DEVICES


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """--device, --seed and --workers."""
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--seed", type=int, default=0)
    workers = 1 if (os.cpu_count() or 1) > 1 else 0
    parser.add_argument("--workers", type=int, default=workers, help="processes that draw batches")
