"""Pictures as files that a browser may fetch, named by their content."""

from __future__ import annotations

import io
import os
import tempfile
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from gradio import processing_utils
from gradio.utils import get_upload_folder
from PIL import Image

from demo.once import Once

SHOWN = 2400  # longest side of a picture that the browser gets, pixels


@dataclass(frozen=True, eq=False)
class BrowserFile:
    """What a browser may fetch.

    Args:
        data: its bytes.
        name: of the file.
    """

    data: bytes
    name: str

    @cached_property
    def _folder(self) -> str:
        return processing_utils.hash_bytes(self.data)

    def path(self) -> str:
        """Where it lies in Gradio's cache; it goes a day after it was last asked for.

        The folder is named by the content, so a file that is there is the right one. It is never
        written again: another tab may be reading it.
        """
        path = Path(get_upload_folder()) / self._folder / Path(self.name).name
        try:
            os.utime(path)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as partial:
                try:
                    partial.write(self.data)
                    partial.flush()
                except OSError:
                    Path(partial.name).unlink()  # half a file, on a disk that is full
                    raise
            Path(partial.name).replace(path)
        return str(path.resolve())


def file_for_browser(data: bytes, name: str) -> str:
    """The path of a file in Gradio's cache, from which a browser may fetch it."""
    return BrowserFile(data, name).path()


def jpeg_file(picture: np.ndarray, name: str) -> BrowserFile:
    """A picture (H, W, 3) uint8 for looking at; what is saved is never this one."""
    image = Image.fromarray(picture)
    image.thumbnail((SHOWN, SHOWN), Image.Resampling.LANCZOS, reducing_gap=2.0)
    out = io.BytesIO()
    image.save(out, format="JPEG", quality=92, subsampling=0)
    return BrowserFile(out.getvalue(), name)


_photos = Once(partial(jpeg_file, name="photo.jpg"))


def photo_file(picture: np.ndarray) -> str:
    """The path of a picture (H, W, 3) uint8 that never changes, coded once."""
    return _photos(picture).path()


def file_data(path: str) -> dict:
    """What Gradio turns into an address for the browser."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}}
