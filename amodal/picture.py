"""Drawing results on photos. Every function returns a new picture (H, W, 3) uint8 RGB."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from amodal.geometry import Box, squeeze, tight_box
from amodal.scene import Completion, Completions, Instance, paste_window

Colour = tuple[int, int, int]

# Okabe and Ito's palette without black: told apart by colour-blind people too.
COLOURS: tuple[Colour, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (213, 94, 0),
    (204, 121, 167),
    (0, 114, 178),
)
BEYOND: Colour = (48, 48, 48)  # where there is no photo
PAPER: Colour = (255, 255, 255)

GAP = 6
TILE = 193
COLUMNS = 8
OVERVIEW_WIDTH = COLUMNS * (TILE + GAP) + GAP
MAX_ROWS = 24


def colour_of(index: int) -> Colour:
    """The colour of the object of this number; they repeat after seven."""
    return COLOURS[index % len(COLOURS)]


def tint(picture: np.ndarray, mask: np.ndarray, colour: Colour, opacity: float) -> np.ndarray:
    """Mix a colour into the pixels of a mask (H, W) bool; opacity 0..1."""
    out = picture.copy()
    mixed = picture[mask] * (1 - opacity) + np.array(colour) * opacity
    out[mask] = np.rint(mixed).astype(np.uint8)
    return out


def outline(picture: np.ndarray, mask: np.ndarray, colour: Colour, width: int = 2) -> np.ndarray:
    """Draw the borders of a mask (H, W) bool, holes too, with a dark rim that shows on any photo.

    Args:
        width: of the coloured line, pixels.
    """
    out = np.ascontiguousarray(picture).copy()
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    for line, thickness in (((0, 0, 0), width + 2), (colour, width)):
        cv2.drawContours(out, contours, -1, line, thickness, cv2.LINE_AA)
    return out


def draw_instances(
    photo: np.ndarray, instances: Sequence[Instance], picked: int | None = None
) -> np.ndarray:
    """All objects on their photo: a veil and an outline each, a stronger one for the picked."""
    out, width = photo, line_width(photo)
    for index, instance in enumerate(instances):
        out = tint(out, instance.modal, colour_of(index), 0.55 if index == picked else 0.3)
    for index, instance in enumerate(instances):
        bold = width * 2 if index == picked else width
        out = outline(out, instance.modal, colour_of(index), bold)
    return out if instances else photo.copy()


def draw_completion(
    photo: np.ndarray, modal: np.ndarray, amodal: np.ndarray, colour: Colour
) -> np.ndarray:
    """A whole shape on its photo: the invisible region filled, the whole outlined.

    Args:
        photo: (H, W, 3) uint8 RGB.
        modal: visible mask, (H, W) bool.
        amodal: whole mask, (H, W) bool.
    """
    out = tint(photo, amodal & ~modal, colour, 0.6)
    return outline(out, amodal, colour, line_width(photo))


def colour_map(values: np.ndarray) -> np.ndarray:
    """Values (H, W) in 0..1 in viridis, whose lightness grows evenly: 0 dark violet, 1 yellow."""
    levels = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB)


def draw_probability(photo: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Where the samples say that the object is, over a grey and darker photo.

    Args:
        photo: (H, W, 3) uint8 RGB.
        probability: (H, W) in 0..1; pixels of probability 0 show the photo.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(photo), cv2.COLOR_RGB2GRAY)[..., None] * 0.5
    # Even an unlikely pixel must be seen.
    opacity = np.where(probability > 0, 0.45 + 0.5 * probability, 0)[..., None]
    mixed = grey * (1 - opacity) + colour_map(probability) * opacity
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def cut_out(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The pixels of a mask (H, W) bool on nothing, cut to its tight box: (h, w, 4) uint8 RGBA.

    Raises:
        AmodalError: the mask is empty.
    """
    box = tight_box(mask)
    alpha = view(mask.astype(np.uint8) * np.uint8(255), box)
    rgb = view(photo, box)
    rgb[alpha == 0] = 0  # nothing of the surroundings is given away
    return np.dstack([rgb, alpha])


def view(picture: np.ndarray, box: Box, beyond: int | Colour = 0) -> np.ndarray:
    """A copy of the part of a picture (H, W, ...) inside a box; `beyond` fills what is outside.

    Args:
        box: image frame, rounded outwards to whole pixels; may leave the picture.
    """
    x0, y0 = int(np.floor(box.x0)), int(np.floor(box.y0))
    x1, y1 = max(int(np.ceil(box.x1)), x0 + 1), max(int(np.ceil(box.y1)), y0 + 1)
    out = paste_window(picture, -x0, -y0, y1 - y0, x1 - x0)
    inside = paste_window(np.ones(picture.shape[:2], bool), -x0, -y0, y1 - y0, x1 - x0)
    out[~inside] = beyond
    return out


def fit(picture: np.ndarray, height: int, width: int, beyond: Colour = PAPER) -> np.ndarray:
    """Resize to the largest size inside (height, width), centred; `beyond` fills the rest."""
    h, w = picture.shape[:2]
    factor = min(height / h, width / w)
    size = max(round(h * factor), 1), max(round(w * factor), 1)
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(np.ascontiguousarray(picture), size[::-1], interpolation=way)
    top, left = (height - size[0]) // 2, (width - size[1]) // 2
    return view(resized, Box(-left, -top, width - left, height - top), beyond)


def contact_sheet(
    pictures: Sequence[np.ndarray], columns: int, tile: tuple[int, int], gap: int = GAP
) -> np.ndarray:
    """Pictures in rows, each fitted into a tile.

    Args:
        pictures: at least one, of any sizes.
        columns: tiles in a row.
        tile: (height, width) of a tile, pixels.
        gap: between tiles and around the sheet, pixels.
    """
    if not pictures or columns < 1:
        raise ValueError(f"got {len(pictures)} pictures in {columns} columns, expected 1 or more")
    height, width = tile
    rows = -(-len(pictures) // columns)
    out = np.empty((rows * (height + gap) + gap, columns * (width + gap) + gap, 3), np.uint8)
    out[:] = PAPER
    for number, picture in enumerate(pictures):
        y = gap + (number // columns) * (height + gap)
        x = gap + (number % columns) * (width + gap)
        out[y : y + height, x : x + width] = fit(picture, height, width)
    return out


def caption(text: str, width: int, colour: Colour = (0, 0, 0), size: int = 18) -> np.ndarray:
    """A line of text on paper, (1.6 size, width, 3); what is too long is cut off.

    The font that Pillow brings has ASCII only: accents are dropped, other letters become "?".
    """
    text = unicodedata.normalize("NFKD", text)
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = text.encode("ascii", "replace").decode("ascii")
    image = Image.new("RGB", (width, round(1.6 * size)), PAPER)
    font = ImageFont.load_default(size)
    draw = ImageDraw.Draw(image)
    draw.rectangle((6, round(0.4 * size), 6 + size, round(1.3 * size)), fill=colour)
    draw.text((14 + size, round(0.2 * size)), text, fill=(0, 0, 0), font=font)
    return np.array(image)


def object_tiles(
    photo: np.ndarray, instance: Instance, result: Completions, colour: Colour, size: int = TILE
) -> list[np.ndarray]:
    """Pictures of one object, all of the same part of the plane.

    Args:
        size: of a tile, pixels.

    Returns:
        (size, size, 3) each: the mode, the probability, then every sample.
    """
    box = _surroundings(instance, result)
    part = fit(view(photo, box, BEYOND), size, size)
    modal = squeeze(instance.modal, box, size) >= 0.5
    whole = [
        draw_completion(part, modal, _squeezed(item.mask, item, box, size) >= 0.5, colour)
        for item in (result.mode, *result.samples)
    ]
    probability = draw_probability(part, _squeezed(result.probability, result, box, size))
    return [whole[0], probability, *whole[1:]]


def overview(
    photo: np.ndarray, instances: Sequence[Instance], completions: Sequence[Completions]
) -> np.ndarray:
    """Everything on one sheet: the photo with all whole shapes, then each object's tiles."""
    height, width = photo.shape[:2]
    shapes = photo
    for index, (instance, result) in enumerate(zip(instances, completions, strict=True)):
        amodal = result.mode.on_photo(height, width)
        shapes = draw_completion(shapes, instance.modal, amodal, colour_of(index))
    top = min(max(round(height * OVERVIEW_WIDTH / width), 1), OVERVIEW_WIDTH)
    parts = [fit(shapes, top, OVERVIEW_WIDTH)]
    for index in range(min(len(instances), MAX_ROWS)):
        instance, result = instances[index], completions[index]
        text = f"{instance.name or instance.category}: mode, probability, samples"
        parts.append(caption(text, OVERVIEW_WIDTH, colour_of(index)))
        tiles = object_tiles(photo, instance, result, colour_of(index))
        parts.append(contact_sheet(tiles, COLUMNS, (TILE, TILE)))
    if len(instances) > MAX_ROWS:
        parts.append(caption(f"and {len(instances) - MAX_ROWS} more objects", OVERVIEW_WIDTH))
    return np.concatenate(parts)


def line_width(picture: np.ndarray) -> int:
    """Of an outline that is seen when the whole picture is on a screen, pixels."""
    return max(2, round(max(picture.shape[:2]) / 600))


def _surroundings(instance: Instance, result: Completions) -> Box:
    """The part of the plane to show: a square around all samples, with some air."""
    h, w = result.probability.shape
    box = Box(result.x0, result.y0, result.x0 + w, result.y0 + h)
    box = box.union(tight_box(instance.modal))
    half = round(0.6 * max(box.width, box.height)) + 4
    x, y = round((box.x0 + box.x1) / 2), round((box.y0 + box.y1) / 2)
    return Box(x - half, y - half, x + half, y + half)


def _squeezed(
    window: np.ndarray, corner: Completion | Completions, box: Box, size: int
) -> np.ndarray:
    """The part of a window (h, w) inside a box of the image plane, (size, size) float32."""
    x, y = corner.x0, corner.y0
    return squeeze(window, Box(box.x0 - x, box.y0 - y, box.x1 - x, box.y1 - y), size)
