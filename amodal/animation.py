"""Short films for slides: what an object could look like, and what an edit changed.

First frames, pure; then the two files that show them, GIF and MP4. The frames of both are the same.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from amodal.errors import AmodalError
from amodal.geometry import Box, tight_box
from amodal.picture import BEYOND, Colour, draw_completion, line_width, outline, view
from amodal.scene import Completion, Completions, Instance, paste_window

LONGEST = 960  # side of a film, pixels; slides show it well
SMALLEST = 480  # an object far away is enlarged until its film is as long as this ...
ENLARGE = 4.0  # ... but a pixel of the photo never becomes larger than this
BEYOND_SHARE = 0.25  # of the photo's side: how far a film follows shapes beyond it
AIR = 0.6  # around an object, of its longer side: enough to see where it stands

STILL, SHAPE, FADE, WIPE = 1200, 480, 40, 40  # milliseconds that a frame stays
FADES, WIPES = 5, 20  # frames between two pictures

COLOURS = 255  # of a GIF; the last of 256 means "as before"
DITHER = 14.0  # levels; hides the steps between so few colours
FPS = 25
X264 = {"crf": "20", "preset": "veryfast"}
BT709, VIDEO_RANGE = 1, 1  # as FFmpeg numbers them
NO_MP4 = (
    "MP4 needs PyAV with H.264, which isn't installed here: run `pip install av` where the app "
    "runs and start it again, or choose GIF."
)

Tell = Callable[[int, int], object]
"""Called with how many frames are done, and how many there are."""


class Frame(NamedTuple):
    """A picture (h, w, 3) uint8 RGB, and how long it stays, milliseconds."""

    picture: np.ndarray
    ms: int


def cloud(
    photo: np.ndarray,
    instance: Instance,
    completions: Completions,
    colour: Colour,
    longest: int = LONGEST,
) -> list[Frame]:
    """An object's visible part, then its samples one after another; the last fades to the first.

    Args:
        photo: (H, W, 3) uint8 RGB.
        instance: the object.
        completions: its samples; without any the mode is shown.
        colour: of what is invented.
        longest: side of the frames, pixels.

    Returns:
        Frames of one size, even sides. Only the object's surroundings are shown, where it is small.
    """
    shapes = completions.samples or (completions.mode,)
    window = _surroundings(photo, instance, shapes)
    height, width = _size(window.height, window.width, longest)
    part = _resized(view(photo, window, BEYOND), height, width)
    modal = _mask(instance.modal, 0, 0, window, height, width)
    pictures = [outline(part, modal, colour, line_width(part))]
    for shape in shapes:
        amodal = modal | _mask(shape.mask, shape.x0, shape.y0, window, height, width)
        pictures.append(draw_completion(part, modal, amodal, colour))
    frames = []
    for number, picture in enumerate(pictures):
        frames.append(Frame(picture, SHAPE if number else STILL))
        following = pictures[(number + 1) % len(pictures)]
        frames += [Frame(_mixed(picture, following, share), FADE) for share in _shares(FADES)]
    return frames


def before_after(photo: np.ndarray, picture: np.ndarray, longest: int = LONGEST) -> list[Frame]:
    """The photo, a wipe to the edited picture, and a wipe back.

    Args:
        photo, picture: (H, W, 3) uint8 RGB, of one size.
        longest: side of the frames, pixels.

    Returns:
        Frames of one size, even sides.

    Raises:
        ValueError: the pictures differ in size.
    """
    if photo.shape != picture.shape:
        raise ValueError(f"picture: got {picture.shape}, expected the photo's {photo.shape}")
    height, width = _size(*photo.shape[:2], longest, enlarge=1.0)
    before, after = (_resized(pixels, height, width) for pixels in (photo, picture))
    there = [Frame(_wiped(before, after, share), WIPE) for share in _shares(WIPES)]
    return [Frame(before, STILL), *there, Frame(after, STILL), *reversed(there)]


def gif_bytes(frames: Sequence[Frame], tell: Tell | None = None) -> bytes:
    """An endless GIF.

    All frames share one palette and a dither that stays where it is, so what doesn't change doesn't
    flicker, and isn't stored twice.

    Raises:
        ValueError: there are no frames, or their sizes differ.
    """
    height, width = _check(frames)
    palette = _palette([frame.picture for frame in frames])
    dither = _dither(height, width)
    images, last = [], None
    for done, frame in enumerate(frames):
        if tell:
            tell(done, len(frames))
        dithered = np.clip(frame.picture + dither, 0, 255).astype(np.uint8)
        # Pillow caches the colours it has met, so most pixels are a look-up.
        quantized = Image.fromarray(dithered).quantize(palette=palette, dither=Image.Dither.NONE)
        indices = np.asarray(quantized)
        stored = indices if last is None else np.where(indices == last, COLOURS, indices)
        image = Image.fromarray(stored.astype(np.uint8), "P")
        image.putpalette(palette.getpalette())
        images.append(image)
        last = indices
    out = io.BytesIO()
    images[0].save(
        out,
        format="GIF",
        save_all=True,
        append_images=images[1:],
        duration=[frame.ms for frame in frames],
        loop=0,
        transparency=COLOURS,
        disposal=1,
        optimize=False,
    )
    return out.getvalue()


def mp4_bytes(frames: Sequence[Frame], fps: int = FPS, tell: Tell | None = None) -> bytes:
    """An MP4 that browsers and slide programs play: H.264, 4:2:0, its index in front.

    Args:
        fps: frames a second; a picture that stays is repeated.

    Raises:
        AmodalError: PyAV, or H.264 in it, is not installed.
        ValueError: there are no frames, or their sizes differ or are odd.
    """
    height, width = _check(frames)
    if height % 2 or width % 2:
        raise ValueError(f"frames: got {width} x {height}, expected even sides")
    try:
        import av  # optional: its wheels contain x264, which is under the GPL
        import av.codec

        av.codec.Codec("libx264", "w")
    except (ImportError, ValueError) as error:
        raise AmodalError(NO_MP4) from error
    # A real file: FFmpeg reads it once more to put the index in front.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        _encode(av, path, frames, fps, tell)
        return path.read_bytes()


ENCODERS = {"GIF": gif_bytes, "MP4": mp4_bytes}


def _encode(
    av: ModuleType, path: Path, frames: Sequence[Frame], fps: int, tell: Tell | None
) -> None:
    height, width = frames[0].picture.shape[:2]
    with av.open(path, "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=fps, options=X264)
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        coder = stream.codec_context
        coder.time_base = Fraction(1, fps)
        # Said, since players guess otherwise.
        coder.colorspace = coder.color_primaries = coder.color_trc = BT709
        coder.color_range = VIDEO_RANGE
        time = 0
        for done, frame in enumerate(frames):
            if tell:
                tell(done, len(frames))
            rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame.picture), format="rgb24")
            image = rgb.reformat(
                format="yuv420p", dst_colorspace=BT709, dst_color_range=VIDEO_RANGE
            )
            for _ in range(max(round(frame.ms * fps / 1000), 1)):
                image.pts, time = time, time + 1
                container.mux(stream.encode(image))
        container.mux(stream.encode(None))


def _check(frames: Sequence[Frame]) -> tuple[int, int]:
    """Their (height, width)."""
    sizes = {frame.picture.shape[:2] for frame in frames}
    if len(sizes) != 1:
        raise ValueError(f"frames: got the sizes {sorted(sizes)}, expected one")
    return sizes.pop()


def _surroundings(photo: np.ndarray, instance: Instance, shapes: Sequence[Completion]) -> Box:
    """What a cloud shows, whole pixels: the shapes, and some of the photo around them."""
    box = tight_box(instance.modal)
    for shape in shapes:
        if shape.mask.any():
            box = box.union(shape.box)
    air = AIR * max(box.width, box.height)
    height, width = photo.shape[:2]
    (x0, x1), (y0, y1) = _span(box.x0, box.x1, air, width), _span(box.y0, box.y1, air, height)
    return Box(x0, y0, x1, y1)


def _span(low: float, high: float, air: float, end: int) -> tuple[int, int]:
    """One direction of the window. The photo reaches from 0 to `end`: beyond it there is no air."""
    reach = BEYOND_SHARE * end
    start = max(low - air, min(low, 0), -reach)
    stop = min(high + air, max(high, end), end + reach)
    return round(start), round(stop)


def _size(height: float, width: float, longest: int, enlarge: float = ENLARGE) -> tuple[int, int]:
    """The (height, width) of the frames, even: video stores colours for two pixels at once."""
    side = max(height, width)
    factor = min(longest / side, max(min(SMALLEST / side, enlarge), 1.0))
    return tuple(max(2 * round(length * factor / 2), 2) for length in (height, width))


def _resized(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    larger = width > picture.shape[1]
    how = cv2.INTER_CUBIC if larger else cv2.INTER_AREA
    return cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=how)


def _mask(mask: np.ndarray, x0: int, y0: int, window: Box, height: int, width: int) -> np.ndarray:
    """The part in the window of a mask whose corner is at (x0, y0), (height, width) bool."""
    left, top = int(window.x0), int(window.y0)
    part = paste_window(mask, x0 - left, y0 - top, int(window.height), int(window.width))
    larger = width > part.shape[1]
    how = cv2.INTER_LINEAR if larger else cv2.INTER_AREA
    return cv2.resize(part.astype(np.float32), (width, height), interpolation=how) >= 0.5


def _shares(count: int) -> list[float]:
    """Of a following picture in the frames between, eased: slow at both ends."""
    steps = np.arange(1, count + 1) / (count + 1)
    return [float(step * step * (3 - 2 * step)) for step in steps]


def _mixed(picture: np.ndarray, following: np.ndarray, share: float) -> np.ndarray:
    return cv2.addWeighted(picture, 1 - share, following, share, 0)


def _wiped(before: np.ndarray, after: np.ndarray, share: float) -> np.ndarray:
    """The left part is the edited picture, up to a white line."""
    width = before.shape[1]
    line = line_width(before)
    edge = round(share * width)
    out = before.copy()
    out[:, :edge] = after[:, :edge]
    out[:, max(edge - line, 0) : edge + line] = 255
    return out


def _palette(pictures: Sequence[np.ndarray]) -> Image.Image:
    """COLOURS colours for all pictures, with one more to spare."""
    chosen = [pictures[i] for i in np.linspace(0, len(pictures) - 1, 12).astype(int)]
    step = -(-max(chosen[0].shape) // 240)
    sheet = Image.fromarray(np.concatenate([picture[::step, ::step] for picture in chosen]))
    # Median cut alone spends most colours on large even areas; k-means goes on until few pixels
    # change their colour.
    few = sheet.width * sheet.height // 50
    image = sheet.quantize(COLOURS, Image.Quantize.MEDIANCUT, kmeans=few)
    colours = image.getpalette()[: 3 * COLOURS]
    image.putpalette(colours + colours[-3:] * (256 - len(colours) // 3))
    return image


def _dither(height: int, width: int) -> np.ndarray:
    """Ordered dither (Bayer, 8 x 8), (height, width, 1) float32 around 0."""
    pattern = np.zeros((1, 1))
    for _ in range(3):
        pattern = np.block([[4 * pattern, 4 * pattern + 2], [4 * pattern + 3, 4 * pattern + 1]])
    tile = ((pattern + 0.5) / 64 - 0.5) * DITHER
    repeats = -(-height // 8), -(-width // 8)
    return np.tile(tile, repeats)[:height, :width, None].astype(np.float32)
