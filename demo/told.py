"""A user's mistake becomes a toast."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import gradio as gr

from amodal.errors import AmodalError

P = ParamSpec("P")
T = TypeVar("T")


def told(action: Callable[P, T]) -> Callable[P, T]:
    """Show our own errors as a toast; real bugs keep their traceback in the log."""

    @wraps(action)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return action(*args, **kwargs)
        except AmodalError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return wrapper
