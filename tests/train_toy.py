"""`python -m tests.train_toy OUT`: the toy training, short, in float32, saving and recording often.

bfloat16 would hide small differences between one process and several.
"""

import sys
from dataclasses import replace

import torch

from amodal import train
from amodal.training import config, loop

BATCH = 9  # not divisible by two


def main(out: str) -> int:
    loop.SAVE_EVERY, loop.RECORD_EVERY = 5, 1
    autocast = torch.autocast
    torch.autocast = lambda device, *_, **__: autocast(device, enabled=False)
    toy = config.toy()
    stages = tuple(replace(stage, batch=BATCH) for stage in toy.stages)
    config.toy = lambda: replace(toy, stages=stages)
    return train.main(["--data", "toy", "--out", out, "--scale", "0.01", "--workers", "0"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
