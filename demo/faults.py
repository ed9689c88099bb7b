"""What users are told when something breaks that is not their mistake: the disk, the memory, a bug.

A user's mistake is an AmodalError, which `told` makes a toast. All else that an event raises, in a
handler or in Gradio on either side of it, ends here: the user reads what to do, the log gets the
traceback, and the session stays as it was.
"""

from __future__ import annotations

import errno
import logging
import secrets
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import Request
from fastapi.responses import PlainTextResponse
from gradio.exceptions import ComponentProcessingError
from gradio.route_utils import GradioMultiPartParser
from gradio_client.exceptions import AppError
from starlette.requests import ClientDisconnect

from amodal.room import is_out_of_memory
from demo import text
from demo.tab import all_or_nothing

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_ROOM = 507  # HTTP: insufficient storage
_logger = logging.getLogger(__name__)


class Page(gr.Blocks):
    """Blocks in which no event fails without a sentence that the user understands."""

    async def process_api(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            with all_or_nothing():
                return await super().process_api(*args, **kwargs)
        except AppError:
            raise  # it is such a sentence
        except Exception as error:
            raise gr.Error(report(error), print_exception=False) from error


def report(error: Exception) -> str:
    """Log an error with its traceback; what the user is told about it."""
    number = secrets.token_hex(3)
    _logger.error("Error %s: an event failed", number, exc_info=error)
    reason = error
    if isinstance(error, ComponentProcessingError) and error.__cause__:
        reason = error.__cause__  # of a component that makes a file of a picture
    if is_disk_full(reason):
        return text.DISK_FULL
    if is_out_of_memory(reason):
        return text.NO_MEMORY
    return text.BUG.format(number)


def is_disk_full(error: BaseException) -> bool:
    """Whether a file could not be written for want of room."""
    return isinstance(error, OSError) and error.errno in FULL


async def answer_upload(_: Request, error: OSError) -> PlainTextResponse:
    """What a browser gets whose upload could not be written: Gradio shows the text as a toast."""
    _discard_upload(error)
    return PlainTextResponse(report(error), NO_ROOM if is_disk_full(error) else 500)


async def forget_upload(_: Request, error: ClientDisconnect) -> PlainTextResponse:
    """Nobody is there any more to get an answer."""
    _discard_upload(error)
    return PlainTextResponse("")


def _discard_upload(error: Exception) -> None:
    """Remove what came before the error. Gradio leaves it, and on a full disk that is worst."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        parser = frame.f_locals.get("self")
        if isinstance(parser, GradioMultiPartParser):
            for file in parser._files_to_close_on_error:
                with suppress(OSError):
                    Path(file.name).unlink()


# For FastAPI, which serves the uploads: they are no events.
HANDLERS = {OSError: answer_upload, ClientDisconnect: forget_upload}
