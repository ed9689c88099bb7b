"""Is this file what the manifest says, and is it safe to read?"""

from __future__ import annotations

import hashlib
import pickle
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from amodal.hub.manifest import WeightFile
from amodal.hub.notice import WeightsUnavailable

if TYPE_CHECKING:
    from torch import Tensor

_PICKLE_PROTOCOLS = tuple(bytes((0x80, version)) for version in range(2, 6))
_REMEDY = "Use weights from a source that you trust, saved as safetensors."


def find_problem(path: Path, expected: WeightFile) -> str | None:
    """What is wrong with a file, as a clause, or None. Size, sha256, then the format."""
    size = path.stat().st_size
    if size != expected.size:
        kind = "is truncated" if size < expected.size else "is too long"
        return (
            f"{expected.file} {kind}: got {size} bytes{_hint(path)}, expected {expected.size} bytes"
        )
    digest = sha256(path)
    if digest != expected.sha256:
        return (
            f"{expected.file} has the wrong sha256: got {digest}{_hint(path)}, "
            f"expected {expected.sha256}"
        )
    return _find_format_problem(path, expected.file)


def sha256(path: Path) -> str:
    """Hexadecimal sha256 of a file. An unchanged file is read once a process."""
    stat = path.stat()
    return _sha256(path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@lru_cache(maxsize=64)
def _sha256(path: Path, *_identity: int) -> str:
    # Any write to the file changes its identity, so a changed file is hashed again.
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read weights without running code: safetensors, or PyTorch files that hold tensors only.

    Returns:
        Name to tensor, on the CPU, as stored.

    Raises:
        WeightsUnavailable: the file is damaged, or holds a pickle that would run code.
    """
    # torch takes a second to import; who only downloads does not need it.
    import torch
    from safetensors.torch import load_file

    if path.suffix == ".safetensors":
        problem = _find_format_problem(path, path.name)
        if problem:
            raise WeightsUnavailable(f"{path}", problem, _REMEDY)
        return load_file(path)
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        reason = f"{path.name} is a pickle that holds more than tensors and could run code"
        raise WeightsUnavailable(f"{path}", reason, _REMEDY) from error
    except (RuntimeError, EOFError, OSError) as error:
        reason = f"{path.name} is damaged or not a PyTorch file ({_first_line(error)})"
        raise WeightsUnavailable(f"{path}", reason, "Delete it and load it again.") from error
    if not isinstance(tensors, dict) or not all(
        isinstance(value, torch.Tensor) for value in tensors.values()
    ):
        reason = f"{path.name} holds a {type(tensors).__name__}, expected names and tensors only"
        raise WeightsUnavailable(f"{path}", reason, _REMEDY)
    return dict(tensors)


def _find_format_problem(path: Path, name: str) -> str | None:
    """A wrong `.safetensors` file, as a clause. `path` may have another name, as in a cache."""
    if not name.endswith(".safetensors"):
        return None
    try:
        with safe_open(path, framework="np"):
            return None
    except (SafetensorError, OSError) as error:
        return f"{name} is not a safetensors file{_hint(path)} ({_first_line(error)})"


def _hint(path: Path) -> str:
    """What a wrong file looks like, so that the reader can guess how it came there."""
    with path.open("rb") as stream:
        start = stream.read(64)
    if start.startswith(_PICKLE_PROTOCOLS):
        return ", it looks like a Python pickle"
    if start.startswith(b"PK\x03\x04"):
        return ", it looks like a zip archive, as PyTorch pickles are"
    if start.startswith(b"version https://git-lfs"):
        return ", it is a git-lfs pointer and not the file itself"
    if start.lstrip()[:1] == b"<":
        return ", it looks like a web page"
    return ""


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
