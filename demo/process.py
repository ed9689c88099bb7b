"""How the app's process begins and ends: what a killed one left is removed, SIGTERM is heard."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder


def use_own_folder() -> None:
    """Keep the files of the page apart from those of other Gradio apps on the machine."""
    os.environ.setdefault("GRADIO_TEMP_DIR", str(Path(tempfile.gettempdir()) / "amodal-demo"))


def sweep(age: float) -> int:
    """Remove files of the page that are older; how many.

    A process that ends in peace removes its own files, and every hour those that are too old. What
    one leaves that was killed only the next one can remove. Others that run beside it keep theirs,
    which are younger: Gradio, too, counts from the last use.

    Args:
        age: seconds.
    """
    removed, before = 0, time.time() - age
    for folder, _, names in os.walk(get_upload_folder(), topdown=False):
        for name in names:
            path = Path(folder, name)
            with suppress(OSError):  # another process may be quicker
                if path.lstat().st_ctime < before:
                    path.unlink()
                    removed += 1
        with suppress(OSError):
            if Path(folder).stat().st_ctime < before:
                Path(folder).rmdir()  # refuses a folder that isn't empty
    return removed


def give_back_memory() -> None:
    """Let the system have what is free here; glibc would keep it, which looks like a leak."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
        if trim is not None:
            trim(0)


def until_stopped(page: gr.Blocks) -> None:
    """Wait for SIGTERM or Ctrl+C, then close the page in some seconds, whoever is connected."""
    stopped = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    try:
        stopped.wait()
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
        page.close()
