"""Files that a request names by an address. The app fetches nothing from anywhere on request.

Gradio downloads any public address that stands where a file may stand, with no limit of size or
time, while the request holds its place in the queue; and its route file=ADDRESS passes on any
public page. Here an address is taken only if it is that of a file which this app keeps already:
what a program has uploaded, or what it was given. These are the files that it may name by their
path anyway. Programs that talk MCP know addresses only.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlparse

import gradio as gr
import safehttpx
from gradio import processing_utils
from gradio.utils import get_upload_folder

KEPT_FILE = "/gradio_api/file="
REFUSED = "Files at other addresses are not fetched: upload the file instead."


def fetch_nothing() -> None:
    """From now on Gradio, in this process, downloads no file that a request names."""
    processing_utils.async_ssrf_protected_download = _kept
    safehttpx.async_validate_url = _refuse


async def _kept(url: str, cache_dir: str) -> str:
    """The path of a kept file from its address here."""
    _, found, tail = urlparse(url).path.partition(KEPT_FILE)
    path, folder = Path(unquote(tail)).resolve(), Path(get_upload_folder()).resolve()
    if not found or not path.is_relative_to(folder) or not path.is_file():
        raise gr.Error(REFUSED, print_exception=False)
    return str(path)


async def _refuse(hostname: str) -> str:
    raise ValueError(REFUSED)
