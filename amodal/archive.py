"""ZIP files in memory: written the same every time, read without trust."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from amodal.errors import AmodalError

MAX_FILES = 4096
MAX_BYTES = 256_000_000  # of all files, unpacked
# Python unpacks the others without a limit.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# What zipfile raises on damaged archives; RuntimeError where a password is needed.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    LookupError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)


def pack(files: Mapping[str, bytes]) -> bytes:
    """A ZIP of these files in this order, uncompressed: PNGs are compressed already.

    Equal files give equal bytes: the time of day is left out.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def unpack(source: str | os.PathLike | bytes) -> dict[str, bytes]:
    """The files of a ZIP, by name.

    Args:
        source: a file, or its bytes.

    Raises:
        AmodalError: not a ZIP, damaged, encrypted, or more than MAX_FILES and MAX_BYTES.
    """
    in_memory = isinstance(source, bytes)
    name = "The file" if in_memory else Path(source).name
    try:
        with zipfile.ZipFile(io.BytesIO(source) if in_memory else source) as archive:
            _check(archive.infolist(), name)
            return {info.filename: _read(archive, info) for info in archive.infolist()}
    except _DAMAGE as error:
        reason = repr(str(error))[1:-1][:100]  # it quotes the file
        raise AmodalError(
            f"{name} can't be read as a ZIP file ({reason}): choose another file, or save it again."
        ) from error


def _check(infos: Sequence[zipfile.ZipInfo], name: str) -> None:
    if len(infos) > MAX_FILES:
        raise AmodalError(
            f"{name} holds {len(infos)} files, expected at most {MAX_FILES}: choose another file."
        )
    if not infos:
        raise AmodalError(f"{name} is an empty ZIP, expected files in it: choose another file.")
    total = sum(info.file_size for info in infos)
    if total > MAX_BYTES:
        raise AmodalError(
            f"{name} holds {total / 1e6:,.0f} MB when unpacked, expected at most "
            f"{MAX_BYTES / 1e6:.0f} MB: choose another file."
        )
    often, count = Counter(info.filename for info in infos).most_common(1)[0]
    if count > 1:
        raise AmodalError(f"{name} holds {often!r} {count} times, expected it once: save it again.")
    other = next((info for info in infos if info.compress_type not in METHODS), None)
    if other is not None:
        raise AmodalError(
            f"{name} holds {other.filename!r}, compressed by method {other.compress_type}, "
            "expected stored or deflated files: pack it again as an ordinary ZIP."
        )


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """One file; zipfile unpacks no more than the size that was checked, and compares the CRC."""
    with archive.open(info) as file:
        content = file.read(info.file_size + 1)
    if len(content) != info.file_size:
        raise zipfile.BadZipFile(f"{info.filename!r} is cut off")
    return content
