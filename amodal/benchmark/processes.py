"""What a fresh process costs: imports, the first completion, memory, the app's start."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request

from amodal.benchmark.steps import EXAMPLE, ROOT
from amodal.benchmark.timing import middle
from amodal.errors import AmodalError

START_LIMIT = 120  # seconds
RUNS = 3
FIRST = f"""
from amodal import Pipeline
from amodal.data.coco import read_instances
from amodal.photo import load_photo
photo = load_photo({str(next(EXAMPLE.glob("photo.*")))!r})
instances = read_instances({str(EXAMPLE / "instances.json")!r}, *photo.shape[:2])
Pipeline.load(device="cpu").complete(instances[0], instances[1:])
"""
IMPORTS = {
    "import the library": "import amodal.pipeline",
    "import the app": "import torch, gradio, demo.ui",
    "first completion, imports included": FIRST,
}
PEAK = "\nimport resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"


def time_code(code: str) -> float:
    """Seconds of a fresh interpreter that runs this; median of some, the files are warm."""

    def once() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        return time.perf_counter() - start

    once()
    return middle(once() for _ in range(RUNS))


def peak(code: str) -> float:
    """Megabytes that a fresh interpreter needs at most for this."""
    command = [sys.executable, "-c", code + PEAK]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def time_start(port: int = 7869) -> float:
    """Seconds from `python app.py` to the first page served.

    Raises:
        AmodalError: the app ended or was too slow.
    """
    start = time.perf_counter()
    command = [sys.executable, "app.py", "--port", str(port)]
    app = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while time.perf_counter() - start < START_LIMIT and app.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                    return time.perf_counter() - start
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
    finally:
        app.terminate()
        app.wait()
    raise AmodalError(f"The app did not answer within {START_LIMIT} seconds on port {port}.")
