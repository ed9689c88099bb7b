"""The real app as a process of its own: `python app.py` on loopback, and what it takes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.loopback import free_port

ROOT = Path(__file__).resolve().parents[1]
START = 240  # seconds that a loaded machine may need
END = 60  # seconds in which a loaded machine ends a process; alone it is 3
NOBODY = "http://127.0.0.1:9"  # where no Hub answers: nobody has the weights of others


class App:
    """The app at one address, as often as it is started; running between `with` and its end.

    It knows no Hub, unless its variables name one.

    Args:
        folder: for its files and what it says.
        flags: of the command line.
        port: a free one if left out.
        variables: of its environment.
    """

    def __init__(
        self, folder: Path, *flags: str, port: int = 0, variables: Mapping[str, str] | None = None
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.files = folder / "gradio"
        self.log = folder / "app.log"
        self.command = [sys.executable, "app.py", "--host", "127.0.0.1", "--port", str(self.port)]
        self.command += flags
        self.environment = {
            **os.environ,
            "HF_ENDPOINT": NOBODY,
            "HF_HUB_CACHE": str(folder / "hub"),
            "GRADIO_TEMP_DIR": str(self.files),
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONUNBUFFERED": "1",
            **(variables or {}),
        }
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> App:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end()

    def start(self) -> None:
        """Start it, and wait until it has told its address.

        Raises:
            RuntimeError: it ended, or said nothing for too long; with all that it said.
        """
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        end = time.monotonic() + START
        while "Running on local URL" not in self.log.read_text():
            if self.process.poll() is not None or time.monotonic() > end:
                self.end(signal.SIGKILL)
                raise RuntimeError(f"the app did not start:\n{self.log.read_text()}")
            time.sleep(0.1)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=END)

    def megabytes(self) -> float:
        """What it holds in memory now. Linux only."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def seconds(self) -> float:
        """CPU time used so far, of all cores. Linux only."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
