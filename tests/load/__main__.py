"""Load the real app and report: python -m tests.load --users 1 8 32 64 --seconds 60

Each user visits again and again: page, open or upload, complete, choose, delete, download. Prints
the median and the 95th percentile of each step, visits a minute, the app's CPU time and memory.
Ends with 1 when an answer was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np

from tests.app_process import App
from tests.load.users import STEPS, Log, User

SETTLE = 5.0  # seconds after the last user has left, before memory is read


async def load(app: App, users: int, seconds: float, pause: float) -> tuple[Log, int, list[float]]:
    """`users` at a time for some seconds; the log, the number of visits, MB once a second."""
    log, numbers, end = Log(), itertools.count(), time.monotonic() + seconds
    memory: list[float] = []
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=users * 3)

    async def come_again(http: httpx.AsyncClient, delay: float) -> int:
        await asyncio.sleep(delay)
        visits = 0
        while time.monotonic() < end:
            await User(http, next(numbers), pause, log).visit()
            visits += 1
        return visits

    async def watch() -> None:
        while True:
            memory.append(app.megabytes())
            await asyncio.sleep(1)

    async with httpx.AsyncClient(base_url=app.url, timeout=120, limits=limits) as http:
        watcher = asyncio.create_task(watch())
        arrivals = [k * pause / users for k in range(users)]
        visits = await asyncio.gather(*(come_again(http, delay) for delay in arrivals))
        watcher.cancel()
    return log, sum(visits), memory


def report(users: int, log: Log, visits: int, seconds: float, cpu: float, memory: list) -> None:
    """Print one run."""
    print(f"\n{users} users: {60 * visits / seconds:.1f} visits a minute, ", end="")
    print(f"{cpu / seconds:.2f} cores busy, ", end="")
    print(f"memory {memory[0]:.0f} to {max(memory):.0f} MB, {memory[-1]:.0f} afterwards, ", end="")
    fifths = ", ".join(f"{np.mean(part):.0f}" for part in np.array_split(memory[:-1], 5))
    print(f"by fifths of the time {fifths}, ", end="")
    print(f"{len(log.refused)} refused, {log.waited} waited in the queue, {len(log.wrong)} wrong")
    print("| step | times | median s | 95 % s |\n|---|---:|---:|---:|")
    for step in STEPS:
        if times := log.seconds.get(step):
            middle, most = np.percentile(times, [50, 95])
            print(f"| {step} | {len(times)} | {middle:.2f} | {most:.2f} |")
    for line in (*log.wrong[:10], *sorted(set(log.refused))[:5]):
        print(f"  {line}")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[1, 8, 32, 64])
    parser.add_argument("--seconds", type=float, default=60, help="of each number of users")
    parser.add_argument("--pause", type=float, default=5, help="mean seconds between two steps")
    parser.add_argument("--port", type=int, default=7879)
    options = parser.parse_args()
    wrong = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        App(Path(folder), port=options.port) as app,
    ):
        for users in options.users:
            start, cpu = time.monotonic(), app.seconds()
            log, visits, memory = asyncio.run(load(app, users, options.seconds, options.pause))
            taken = time.monotonic() - start
            cpu = app.seconds() - cpu
            time.sleep(SETTLE)
            report(users, log, visits, taken, cpu, [*memory, app.megabytes()])
            wrong += len(log.wrong)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
