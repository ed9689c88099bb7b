"""The app several times behind one address, so that more processors serve more people.

    python -m demo.replicas --workers 2 --port 7860
    python -m demo.replicas --workers 2 -- --offline --weights OWNER/NAME    # app.py's own flags

Needs nginx (Debian: apt-get install nginx-light). Each worker is an `app.py` on a port of its own,
on this machine only, with a folder of its own for files. A worker that dies is started again.
Ctrl-C or SIGTERM ends all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from demo.balancer import nginx_conf

APP = Path(__file__).resolve().parents[1] / "app.py"
HEALTH = "/gradio_api/app_id"  # Gradio's lightest answer, another one for each process
POLL = 0.5  # seconds
PATIENCE = 5.0  # seconds for a process to end by itself
WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Plan:
    """What to start.

    Args:
        workers: how many.
        host, port: the address for visitors; the workers get the ports after it.
        threads: each worker's, for computing; as many workers as processors want 1.
        pin: keep each worker on a processor of its own (Linux): pictures are encoded on more
            threads than `threads`, so that else one visitor's may slow the others' workers.
        flags: for every app.py.
    """

    workers: int
    host: str = "127.0.0.1"
    port: int = 7860
    threads: int = 1
    pin: bool = False
    flags: tuple[str, ...] = ()

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(range(self.port + 1, self.port + 1 + self.workers))


@dataclass
class Worker:
    """One app.py, and again when it has died."""

    port: int
    command: Sequence[str]
    environment: Mapping[str, str]
    processor: int | None = None  # None: any
    ready: bool = False  # has answered since it was started
    process: subprocess.Popen = field(init=False)

    def start(self) -> None:
        self.ready = False
        # What it prints is its own address, which is not the visitors'. Errors are shown.
        self.process = subprocess.Popen(
            self.command, env=self.environment, stdout=subprocess.DEVNULL
        )
        if self.processor is not None:
            os.sched_setaffinity(self.process.pid, {self.processor})

    def look(self) -> None:
        """Start it again if it has died.

        Raises:
            SystemExit: it died before it ever answered, so it would do so again.
        """
        self.ready = self.ready or is_up(self.port)
        if self.process.poll() is None:
            return
        if not self.ready:
            sys.exit(f"The worker on port {self.port} ended with {self.process.returncode}.")
        print(f"The worker on port {self.port} has died and is started again.", flush=True)
        self.start()


def is_up(port: int, host: str = "127.0.0.1") -> bool:
    """Whether an app answers there."""
    try:
        with WITHOUT_PROXY.open(f"http://{host}:{port}{HEALTH}", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def find_nginx() -> str | None:
    """The program; Debian puts it where not every user's PATH leads."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def serve(plan: Plan) -> None:
    """Start all, and keep them running until interrupted.

    Raises:
        SystemExit: nginx is missing or has ended, or a worker can't start.
    """
    nginx = find_nginx()
    if nginx is None:
        sys.exit("nginx is missing: install it, on Debian by `apt-get install nginx-light`.")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amodal-")))
        workers = [_worker(plan, port, folder) for port in plan.ports]
        for worker in workers:
            worker.start()
            stack.callback(lambda worker=worker: end(worker.process))
        while not all(worker.ready for worker in workers):
            time.sleep(POLL)
            for worker in workers:
                worker.look()
        conf = folder / "nginx.conf"
        conf.write_text(nginx_conf(plan.host, plan.port, plan.ports, folder))
        front = subprocess.Popen([nginx, "-p", str(folder), "-c", str(conf), "-e", "stderr"])
        stack.callback(end, front)
        print(f"{plan.workers} workers at http://{plan.host}:{plan.port}", flush=True)
        while front.poll() is None:
            for worker in workers:
                worker.look()
            time.sleep(POLL)
        sys.exit(f"nginx ended with {front.returncode}.")


def _worker(plan: Plan, port: int, folder: Path) -> Worker:
    command = [sys.executable, str(APP), "--host", "127.0.0.1", "--port", str(port), *plan.flags]
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(plan.threads),
        "GRADIO_TEMP_DIR": str(folder / str(port)),  # a worker deletes old files in its own only
    }
    processor = None
    if plan.pin:
        usable = sorted(os.sched_getaffinity(0))
        processor = usable[plan.ports.index(port) % len(usable)]
    return Worker(port, command, environment, processor)


def end(process: subprocess.Popen) -> None:
    """Ask a process to end; make it, if it doesn't."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m demo.replicas", description="Several workers behind one address."
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="default: %(default)s")
    parser.add_argument("--host", default=Plan.host, help="default: %(default)s")
    parser.add_argument("--port", type=int, default=Plan.port, help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=1, help="of each worker (default: 1)")
    parser.add_argument("--pin", action="store_true", help="each worker to its own processor")
    parser.add_argument("flags", nargs="*", metavar="-- FLAG", help="given to every app.py")
    options = parser.parse_args(arguments)
    if options.workers < 1 or options.threads < 1:
        parser.error("--workers and --threads: expected at least 1.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(Plan(options.workers, options.host, options.port, options.threads, (*options.flags,)))
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
