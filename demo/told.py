"""A user's mistake becomes a toast, or a program's error."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import gradio as gr

from amodal.errors import AmodalError

P = ParamSpec("P")
T = TypeVar("T")


def told(action: Callable[P, T]) -> Callable[P, T]:
    """Show our own errors as a toast; real bugs keep their traceback in the log.

    Gradio takes a toast's text for HTML, so what it quotes is written as text.
    """
    return _telling(action, lambda message: html.escape(message, quote=False))


def told_plainly(action: Callable[P, T]) -> Callable[P, T]:
    """The same for a program, which gets the text as it is."""
    return _telling(action, str)


def _telling(action: Callable[P, T], written: Callable[[str], str]) -> Callable[P, T]:
    @wraps(action)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return action(*args, **kwargs)
        except AmodalError as error:
            raise gr.Error(written(str(error)), print_exception=False) from error

    return wrapper
