"""Whatever a person hands over as a photo, as (H, W, 3) uint8 RGB, or a sentence why not.

The size is read from the header and refused before a pixel is decoded. Photos are never reduced:
edits happen at full resolution, and what is too large for that is said to be too large.
"""

from __future__ import annotations

import io
import os
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from amodal.errors import AmodalError

MAX_PIXELS = 40_000_000  # 120 MB as RGB; a 7,300 x 5,400 photo
MIN_SIDE = 8

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
FORMATS_TEXT = "JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF"

_SUPPORTED_HEAD = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP|....ftypavi[fs]|GIF8[79]a|BM|II\*\0|MM\0\*", re.S
)
_OTHER_HEADS = (
    (re.compile(rb"....ftyp(hei|hev|mif1|msf1)", re.S), "a HEIC picture"),
    (re.compile(rb"....ftyp|\x1aE\xdf\xa3|RIFF....AVI |\0\0\x01[\xb3\xba]", re.S), "a video"),
    (
        re.compile(rb"\s*(\xef\xbb\xbf)?\s*(<\?xml.*|<!--.*|<!DOCTYPE svg.*)?<svg\b", re.S),
        "an SVG drawing",
    ),
    (re.compile(rb"%PDF"), "a PDF document"),
    (re.compile(rb"8BPS"), "a Photoshop document"),
    (re.compile(rb"%!PS|\xc5\xd0\xd3\xc6"), "a PostScript drawing"),
)

# What Pillow's decoders raise on damaged files, found by fuzzing.
DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def load_photo(source: str | os.PathLike | bytes | Image.Image | np.ndarray) -> np.ndarray:
    """Read a photo the way a picture viewer shows it.

    EXIF rotation and embedded colour profiles are applied, transparency lies on white, an animation
    gives its first frame, 16 bits a channel are scaled to 8.

    Args:
        source: a file in one of FORMATS, its bytes, a Pillow image, or an array (H, W),
            (H, W, 1 to 4): grey, grey + alpha, RGB, RGB + alpha; uint8, uint16, bool, other
            integers in 0..255 or 0..65535, floats in 0..1. It is not changed.

    Returns:
        (H, W, 3) uint8 RGB, the caller's own copy. Both sides are at least MIN_SIDE, and
        H * W is at most MAX_PIXELS.

    Raises:
        AmodalError: not a picture, damaged, too large, too small, or not of these value ranges.
        ValueError: the source is of another type.
    """
    if isinstance(source, np.ndarray):
        return _flatten(_image_of_array(source), "The picture")
    if isinstance(source, Image.Image):
        return _flatten(source, "The picture")
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(io.BytesIO(source), "The file")
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        with _open_file(path) as file:
            return _decode(file, path.name)
    raise ValueError(
        f"source: got {type(source).__name__}, expected a path, bytes, a Pillow image or an array"
    )


def save_png(pixels: np.ndarray, path: str | os.PathLike) -> None:
    """Write a picture (H, W, 3) or (H, W, 4) or (H, W), uint8, or a mask (H, W) bool, as PNG.

    Raises:
        AmodalError: the file can't be written.
    """
    try:
        Image.fromarray(pixels).save(path, format="PNG")
    except OSError as error:
        raise AmodalError(
            f"Can't write {path} ({error.strerror or error}): choose another folder."
        ) from error


def _open_file(path: Path) -> io.BufferedReader:
    try:
        if path.is_dir():
            raise AmodalError(f"{path.name or path} is a folder: name one picture file in it.")
        if path.exists() and not path.is_file():
            raise AmodalError(f"{path.name} is not an ordinary file: name a picture file.")
        return path.open("rb")
    except FileNotFoundError as error:
        raise AmodalError(f"There is no file {path}: check the name and the folder.") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or error
        raise AmodalError(f"Can't open {str(path)!r} ({reason}): check name and rights.") from error


def _decode(file: io.BufferedIOBase, name: str) -> np.ndarray:
    head = file.read(1024)
    if not head:
        raise AmodalError(
            f"{name} is empty (zero bytes): choose another file or download it again."
        )
    file.seek(0)
    with _damage_explained(name, head):
        image = Image.open(file, formats=FORMATS)
    with image:
        return _flatten(image, name)


@contextmanager
def _damage_explained(name: str, head: bytes = b"") -> Iterator[None]:
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name, "has far") from error
    except DECODING_ERRORS as error:
        if isinstance(error, UnidentifiedImageError) and not _SUPPORTED_HEAD.match(head):
            kind = next(
                (kind for magic, kind in _OTHER_HEADS if magic.match(head)), "not a picture"
            )
            raise AmodalError(
                f"{name} is {kind}: choose a photo as {FORMATS_TEXT} (export or convert it first)."
            ) from error
        raise AmodalError(
            f"{name} is damaged or incomplete: open it in a picture viewer and save it again, or "
            "choose another file."
        ) from error


def _flatten(image: Image.Image, name: str) -> np.ndarray:
    """From any Pillow image, decoded or not, to (H, W, 3) uint8 RGB."""
    _check_size(image.width, image.height, name)
    profile = image.info.get("icc_profile")
    with _damage_explained(name):
        image.load()
    orientation = _orientation(image)
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    elif image.mode in ("La", "RGBa"):
        image = image.convert(image.mode.upper())
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, coloured).convert("RGB")
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    if profile:
        image = _to_srgb(image, profile)
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    return np.array(image.convert("RGB"))


def _check_size(width: int, height: int, name: str) -> None:
    if min(width, height) < MIN_SIDE:
        raise AmodalError(
            f"{name} is too small, {width} x {height} pixels: choose a photo of at least "
            f"{MIN_SIDE} x {MIN_SIDE}."
        )
    if width * height > MAX_PIXELS:
        raise _too_large(name, f"is {width} x {height} pixels,")


def _too_large(name: str, size: str) -> AmodalError:
    return AmodalError(
        f"{name} {size} more than the {MAX_PIXELS // 1_000_000} million pixels that fit here: "
        "reduce it in a picture editor (6,000 pixels on the long side are fine) and try again."
    )


def _orientation(image: Image.Image) -> int | None:
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except DECODING_ERRORS:
        return None  # viewers show a photo with broken EXIF as it is stored, and so do we


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Apply an embedded ICC profile; one that is broken or of another mode is left out."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return image
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(
            image,
            source,
            target,
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError):
        return image


def _image_of_array(array: np.ndarray) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (2, 3, 4)):
        raise AmodalError(
            f"The array has the shape {array.shape}: pass (height, width, 3), channels last."
        )
    _check_size(array.shape[1], array.shape[0], "The picture")
    return Image.fromarray(np.ascontiguousarray(_eight_bits(array)))


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """Scale to uint8: bool, 8 and 16 bits by their type, other integers by their largest value."""
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind not in "buif":
        raise AmodalError(f"The picture holds {values.dtype} values: pass uint8, 0 to 255.")
    if values.dtype.kind == "b":
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        return _divided(values, 257)
    if not np.isfinite(values).all():
        raise AmodalError(
            "The picture holds NaN or infinite values: replace them by numbers first."
        )
    low, high = values.min(), values.max()
    is_float = values.dtype.kind == "f"
    # Half of an 8-bit step: rounding errors of arithmetic on floats are no reason to refuse.
    slack, highest = (0.5 / 255, 1) if is_float else (0, 65535)
    if low < -slack or high > highest + slack:
        wanted = "floats in 0..1" if is_float else "integers in 0..255 or 0..65535"
        raise AmodalError(
            f"The picture holds values from {low:g} to {high:g}, expected {wanted}: "
            "save or pass it with 8 bits a channel."
        )
    if is_float:
        return (np.clip(values, 0, 1).astype(np.float32) * 255 + 0.5).astype(np.uint8)
    return _divided(values, 1 if high <= 255 else 257)


def _divided(values: np.ndarray, divisor: int) -> np.ndarray:
    return ((values.astype(np.uint32) + divisor // 2) // divisor).astype(np.uint8)
