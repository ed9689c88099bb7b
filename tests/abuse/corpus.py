"""Files as an attacker makes them. Made by code: none is in the repository."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

SIZE = (120, 90)  # width, height


def picture(form: str = "PNG", size: tuple[int, int] = SIZE, mode: str = "RGB") -> bytes:
    """A sound one."""
    out = io.BytesIO()
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(values).convert(mode).save(out, form)
    return out.getvalue()


def png_of_size(width: int, height: int, rows: int = 1) -> bytes:
    """A few bytes that say to be a huge picture."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * rows)
    chunks = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def photos() -> Iterator[tuple[str, bytes]]:
    """Pictures that are none, lie, or are too large, and some sound ones to be spoilt."""
    for form in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"):
        yield form, picture(form)
    yield "palette", picture(mode="P")
    yield "huge", png_of_size(60_000, 60_000)
    yield "largest number", png_of_size(2**31 - 1, 2**31 - 1)
    yield "a line", png_of_size(40_000_000, 1)
    yield "a bomb of text", bomb_of_text()
    yield "svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    yield "html", b"<!doctype html><script>alert(1)</script>"
    yield "exe", b"MZ" + bytes(300)
    yield "nothing", b""


def bomb_of_text() -> bytes:
    """A picture with 200 MB of comment in 200 kB."""
    sound = picture()
    text = b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9)
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + text))
    return sound[:33] + chunk + sound[33:]


def deflated(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def symlink(name: str, target: str) -> bytes:
    """A ZIP whose entry is a symbolic link."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, target)
    return out.getvalue()


def archives() -> Iterator[tuple[str, bytes]]:
    """ZIPs that unpack to too much, lead elsewhere or lie."""
    yield "a bomb", deflated({"project.json": bytes(300_000_000)})
    yield "bombs", deflated({f"{number}.png": bytes(40_000_000) for number in range(10)})
    yield "a bomb in a bomb", deflated({"project.json": deflated({"x": bytes(50_000_000)})})
    yield "traversal", deflated({"../../../tmp/amodal": b"x", "project.json": b"{}"})
    yield "absolute", deflated({"/etc/passwd": b"x", "project.json": b"{}"})
    yield "a symlink", symlink("project.json", "/etc/passwd")
    yield "many files", deflated({f"{number}": b"" for number in range(5000)})
    yield "a lie", _smaller(deflated({"project.json": bytes(1_000_000)}))
    yield "deep json", deflated({"project.json": b"[" * 200_000})
    yield "a long number", deflated({"project.json": b'{"format": ' + b"9" * 100_000 + b"}"})


def _smaller(archive: bytes) -> bytes:
    """The same ZIP, which says that it unpacks to 10 bytes."""
    return archive.replace(struct.pack("<I", 1_000_000), struct.pack("<I", 10))


def annotations() -> Iterator[tuple[str, object]]:
    """COCO-style JSON that is too much or makes no sense."""
    triangle = [[0, 0, 60, 0, 60, 60]]
    turn = np.linspace(0, 2 * np.pi, 100_000)
    circle = np.stack([60 + 30 * np.cos(turn), 45 + 30 * np.sin(turn)], axis=1)
    zigzag = [coordinate for row in range(10_000) for coordinate in (120 * (row % 2), row % 90)]
    yield "10^5 points", [{"segmentation": [circle.ravel().tolist()]}]
    yield "a zigzag", [{"segmentation": [zigzag]}]
    yield "10^6 objects", [{"segmentation": triangle}] * 1_000_000
    yield "10^5 polygons", [{"segmentation": triangle * 100_000}]
    yield "nan", [{"segmentation": [[float("nan")] * 6]}]
    yield "far", [{"segmentation": [[0, 0, 1e300, 0, 1e300, 1e300]]}]
    yield "a huge RLE", [{"segmentation": {"size": [10**9, 10**9], "counts": [10**18]}}]
    yield "a long RLE", [{"segmentation": {"size": [90, 120], "counts": "0" * 10_000_000}}]
    yield "a path", [{"segmentation": "/etc/passwd"}]
    yield "a path up", [{"segmentation": "../../../etc/passwd"}]
    yield "a zero byte", [{"segmentation": "mask\0.png"}]
    yield "half a character", [{"segmentation": triangle, "name": "\ud800"}]
    yield "a long name", [{"segmentation": triangle, "name": "x" * 10_000_000}]
    yield "control characters", [{"segmentation": triangle, "name": "a\x00b\x1b[31m"}]


def annotation_files() -> Iterator[tuple[str, bytes]]:
    """JSON files that aren't, or nest deeply."""
    yield "deep", b"[" * 1_000_000
    yield "utf-16", json.dumps([]).encode("utf-16")
    yield "infinity", b'[{"segmentation": [[0, 0, Infinity, 0, 9, 9]]}]'
    yield "a long number", b"[" + b"9" * 5_000_000 + b"]"
