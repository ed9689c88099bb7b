"""Completions a second through one worker and through two, in turns.

    python -m tests.load.replicas

Starts `python -m demo.replicas` three times (one worker on a processor, two on one each, and one
that may use two processors), then lets a few clients ask each of them in turn, always the next
question as soon as the last is answered, over HTTP as any program would. Needs nginx. Others' work
on the machine disturbs the numbers but, since the turns alternate, less so the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from demo.replicas import is_up

ROOT = Path(__file__).resolve().parents[2]
STREET = ROOT / "examples" / "street_taxi_night"
CLIENTS = 8
SAMPLES = 20


@dataclass(frozen=True)
class Setup:
    """What is measured: so many workers, each kept on a processor or free."""

    workers: int
    pin: bool
    port: int

    @property
    def name(self) -> str:
        workers = "1 worker" if self.workers == 1 else f"{self.workers} workers"
        return f"{workers}, {'a processor each' if self.pin else 'on any processor'}"

    def start(self) -> subprocess.Popen:
        """Its processes. Third-party weights are not needed, so none is looked for."""
        command = [sys.executable, "-m", "demo.replicas", "--port", str(self.port)]
        command += ["--workers", str(self.workers)]
        command += ["--pin"] if self.pin else ["--threads", "2"]
        environment = {**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9"}
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


class Asker:
    """A program that asks for completions through one address."""

    def __init__(self, port: int, number: int) -> None:
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}/", trust_env=False, timeout=120)
        self.http.get("/").raise_for_status()  # says which worker is ours
        with (STREET / "photo.jpg").open("rb") as photo:
            sent = self.http.post("/gradio_api/upload", files={"files": photo}).raise_for_status()
        file = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}
        instances = json.loads((STREET / "instances.json").read_text())
        self.data = [file, instances, 0, SAMPLES, number, 1.0, [], [], []]

    def ask(self) -> None:
        """One completion.

        Raises:
            RuntimeError: the answer is an error.
        """
        call = "/gradio_api/call/complete"
        asked = self.http.post(call, json={"data": self.data}).raise_for_status()
        answer = self.http.get(f"{call}/{asked.json()['event_id']}").raise_for_status().content
        if b"event: complete" not in answer:
            raise RuntimeError(answer[:300].decode())


def answers(askers: Sequence[Asker], seconds: float) -> float:
    """Completions a second of all clients together, each asking for `seconds`."""
    counts, failed = [0] * len(askers), []
    end = time.monotonic() + seconds

    def go_on(number: int) -> None:
        try:
            while time.monotonic() < end:
                askers[number].ask()
                counts[number] += 1
        except (RuntimeError, httpx.HTTPError) as error:
            failed.append(error)

    start = time.monotonic()
    threads = [threading.Thread(target=go_on, args=(number,)) for number in range(len(askers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return sum(counts) / (time.monotonic() - start)


def measure(setups: Sequence[Setup], rounds: int, seconds: float) -> dict[str, list[float]]:
    """Completions a second of each setup in each round; every second round goes backwards."""
    running = [setup.start() for setup in setups]
    try:
        for setup, process in zip(setups, running, strict=True):
            while not is_up(setup.port):
                if process.poll() is not None:
                    sys.exit(f"{setup.name} could not be started.")
                time.sleep(0.5)
        askers = {
            setup: [Asker(setup.port, number) for number in range(CLIENTS)] for setup in setups
        }
        for group in askers.values():
            answers(group, 2)  # the first answers are slower
        rates: dict[str, list[float]] = {setup.name: [] for setup in setups}
        for turn in range(rounds):
            for setup in setups[:: 1 if turn % 2 == 0 else -1]:
                rates[setup.name].append(answers(askers[setup], seconds))
        return rates
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load.replicas")
    parser.add_argument("--port", type=int, default=7860, help="the first (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=8, help="of each turn")
    options = parser.parse_args(arguments)
    port = options.port
    setups = (Setup(1, True, port), Setup(2, True, port + 2), Setup(1, False, port + 5))
    load, busy = os.getloadavg()[0], time.process_time()
    began = time.monotonic()
    rates = measure(setups, options.rounds, options.seconds)
    share = (time.process_time() - busy) / (time.monotonic() - began)
    base = rates[setups[0].name]
    print(f"{os.cpu_count()} processors, load {load:.1f} before, {CLIENTS} clients")
    for name, found in rates.items():
        ratios = [rate / one for rate, one in zip(found, base, strict=True)]
        print(
            f"{name}: {statistics.median(found):.1f} completions/s "
            f"({min(found):.1f} to {max(found):.1f}), "
            f"{statistics.median(ratios):.2f} times one worker"
        )
    print(f"The clients themselves took {share:.0%} of one processor.")


if __name__ == "__main__":
    main()
