"""What the package `spaces` does with a function on a ZeroGPU Space, but for the card.

As there (spaces 0.51, zero/wrappers.py): a process is forked at the first call and kept for the
next ones, arguments and results are pickled, and of an error that isn't Gradio's only the name
comes back.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from typing import Any

import gradio as gr

FORK = multiprocessing.get_context("fork")
PATIENCE = 60  # seconds
refusing: list[str] = []  # the reason, while no card is to be had
pids: set[int] = set()  # of the processes that have answered
_processes: list[FORK.Process] = []


def end() -> None:
    """End the processes: they hold all that was open when they were forked."""
    while _processes:
        process = _processes.pop()
        process.terminate()
        process.join(PATIENCE)


def GPU(*, duration: int) -> Callable:
    """The decorator; `duration` in seconds."""
    assert duration > 0
    return _forked


def _forked(task: Callable) -> Callable:
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=_work, args=(theirs, task), daemon=True)

    def call(*args: Any, **kwargs: Any) -> Any:
        if refusing:
            raise gr.Error(refusing[0])
        if not process.is_alive():
            process.start()
            _processes.append(process)
        ours.send((args, kwargs))
        assert ours.poll(PATIENCE), "the forked process hangs"
        failed, value = ours.recv()
        if failed:
            raise gr.Error(value)
        pids.add(process.pid)
        return value

    return call


def _work(pipe: Any, task: Callable) -> None:
    while True:
        args, kwargs = pipe.recv()

        def run(args: tuple = args, kwargs: dict = kwargs) -> None:
            try:
                pipe.send((False, task(*args, **kwargs)))
            except Exception as error:
                pipe.send((True, type(error).__name__))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
