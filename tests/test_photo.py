"""load_photo: what a viewer would show, or one sentence; never a traceback from a decoder."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from amodal import photo
from amodal.errors import AmodalError
from amodal.photo import MAX_PIXELS, MIN_SIDE, load_photo, save_png

HEIGHT, WIDTH = 20, 30


@pytest.fixture
def pixels() -> np.ndarray:
    """A smooth colour ramp, (20, 30, 3) uint8: every corner differs, and JPEG keeps it well."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack([x * 8, y * 12, 255 - x * 4 - y * 4], axis=2).astype(np.uint8)


def encoded(image: Image.Image | np.ndarray, file_format: str = "PNG", **options) -> bytes:
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to no data."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def lookup_profile(space: bytes, colours: list[tuple[int, int, int]]) -> bytes:
    """A minimal ICC v2 profile: the corners of the device cube, each a Lab colour (L, a, b)."""
    channels = {b"RGB ": 3, b"CMYK": 4}[space]
    ramp = bytes(range(256))
    identity = struct.pack(">9i", *(65536 if i in (0, 4, 8) else 0 for i in range(9)))
    # In 8-bit Lab, L is stretched over 0..255 and a, b are shifted by 128.
    grid = b"".join(bytes([round(L * 2.55), a + 128, b + 128]) for L, a, b in colours)
    lut = (
        b"mft1\0\0\0\0" + bytes([channels, 3, 2, 0]) + identity + ramp * channels + grid + ramp * 3
    )
    text = b"ours\0"
    desc = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    table, body = b"", b""
    start = 128 + 4 + 3 * 12
    for name, tag in ((b"desc", desc), (b"wtpt", white), (b"A2B0", lut)):
        tag += b"\0" * (-len(tag) % 4)
        table += name + struct.pack(">II", start + len(body), len(tag))
        body += tag
    size = start + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"lcms", 0x02400000, b"prtr", space, b"Lab ")
    head += b"\0" * 12 + b"acsp" + b"\0" * 28 + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", 3) + table + body


# What is a photo


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF"])
def test_lossless_formats_keep_every_pixel(pixels, file_format):
    assert np.array_equal(load_photo(encoded(pixels, file_format)), pixels)


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "AVIF"])
def test_lossy_formats_stay_close(pixels, file_format):
    loaded = load_photo(encoded(pixels, file_format, quality=95))
    assert loaded.shape == pixels.shape
    assert loaded.dtype == np.uint8
    assert np.abs(loaded.astype(int) - pixels).mean() < 6


def test_path_bytes_image_and_array_agree(pixels, tmp_path):
    path = tmp_path / "street.png"
    path.write_bytes(encoded(pixels))
    for source in (path, str(path), path.read_bytes(), Image.open(path), pixels):
        assert np.array_equal(load_photo(source), pixels)


def test_the_wrong_ending_does_not_matter(pixels, tmp_path):
    path = tmp_path / "street.jpg"
    path.write_bytes(encoded(pixels))
    assert np.array_equal(load_photo(path), pixels)


def test_result_is_the_callers_own(pixels):
    before = pixels.copy()
    loaded = load_photo(pixels)
    loaded[:] = 0
    assert np.array_equal(pixels, before)
    image = Image.fromarray(pixels)
    load_photo(image)[:] = 0
    assert np.array_equal(np.asarray(image), before)


def test_grey_becomes_three_equal_channels(pixels):
    grey = pixels[:, :, 0]
    expected = np.repeat(grey[:, :, None], 3, axis=2)
    for source in (encoded(grey), grey, grey[:, :, None], encoded(grey, "TIFF")):
        assert np.array_equal(load_photo(source), expected)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_not_clipped(file_format):
    values = np.linspace(0, 65535, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)
    loaded = load_photo(encoded(values, file_format))
    assert loaded[0, 0, 0] == 0
    assert loaded[-1, -1, 0] == 255
    assert np.abs(loaded[:, :, 0] - values / 257).max() <= 0.5


def test_dark_16_bit_stays_dark():
    values = np.full((HEIGHT, WIDTH), 200, np.uint16)
    assert load_photo(encoded(values)).max() == 1


def test_one_bit_and_palette(pixels):
    black_and_white = Image.fromarray(pixels).convert("1")
    loaded = load_photo(encoded(black_and_white))
    assert set(np.unique(loaded)) == {0, 255}
    palette = Image.fromarray(pixels).quantize(16)
    assert np.array_equal(load_photo(encoded(palette)), np.asarray(palette.convert("RGB")))


def test_transparent_lies_on_white(pixels):
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    alpha[:, 10:20], alpha[:, 20:] = 128, 255
    loaded = load_photo(encoded(np.dstack([pixels, alpha])))
    assert (loaded[:, :10] == 255).all()
    assert np.array_equal(loaded[:, 20:], pixels[:, 20:])
    half = (pixels[:, 10:20].astype(float) * 128 + 255 * 127) / 255
    assert np.abs(loaded[:, 10:20] - half).max() <= 1


def test_transparent_palette_grey_and_colour_key():
    palette = Image.new("P", (WIDTH, HEIGHT), 0)
    palette.putpalette([10, 20, 30, 200, 0, 0])
    palette.paste(1, (0, 0, 15, HEIGHT))
    loaded = load_photo(encoded(palette, transparency=0))
    assert loaded[0, 0].tolist() == [200, 0, 0]
    assert loaded[0, -1].tolist() == [255, 255, 255]
    assert (load_photo(encoded(Image.new("LA", (WIDTH, HEIGHT), (0, 0)))) == 255).all()
    key = Image.new("RGB", (WIDTH, HEIGHT), (1, 2, 3))
    assert (load_photo(encoded(key, transparency=(1, 2, 3))) == 255).all()


@pytest.mark.parametrize("mode", ["La", "RGBa", "PA", "RGBX", "YCbCr", "HSV", "LAB", "CMYK", "I"])
def test_every_pillow_mode_is_handled(pixels, mode):
    through = "LA" if mode == "La" else "RGBA" if mode == "RGBa" else None
    image = Image.fromarray(pixels)
    image = (image.convert(through) if through else image).convert(mode)
    loaded = load_photo(image)
    assert loaded.shape == pixels.shape
    if mode in ("La", "I"):
        assert np.array_equal(loaded[:, :, 0], np.asarray(Image.fromarray(pixels).convert("L")))
    else:
        assert np.abs(loaded.astype(int) - pixels).mean() < (40 if mode == "PA" else 4)


def test_cmyk_jpeg_without_profile(pixels):
    loaded = load_photo(encoded(Image.new("CMYK", (WIDTH, HEIGHT), (0, 255, 255, 0)), "JPEG"))
    assert loaded[0, 0, 0] > 240
    assert loaded[0, 0, 1:].max() < 15


def test_cmyk_profile_is_applied():
    # Paper is white, black ink black; the others are green, so cyan ink must come out green.
    corners = [(100, 0, 0)] + [(50, -60, 50)] * 15
    corners[1::2] = [(0, 0, 0)] * 8
    profile = lookup_profile(b"CMYK", corners)
    cyan = Image.new("CMYK", (WIDTH, HEIGHT), (255, 0, 0, 0))
    plain = load_photo(encoded(cyan, "JPEG"))[0, 0].astype(int)
    managed = load_photo(encoded(cyan, "JPEG", icc_profile=profile))[0, 0].astype(int)
    assert plain[2] > 200
    assert managed[1] > managed[2] + 60


def test_rgb_profile_is_applied_srgb_and_broken_ones_change_nothing(pixels):
    all_red = lookup_profile(b"RGB ", [(0, 0, 0)] + [(50, 70, 50)] * 7)
    blue = load_photo(encoded(Image.new("RGB", (WIDTH, HEIGHT), "blue"), icc_profile=all_red))
    assert blue[0, 0, 0] > blue[0, 0, 2] + 60
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, b"not a profile"):
        assert np.array_equal(load_photo(encoded(pixels, icc_profile=profile)), pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied(pixels, orientation):
    # The EXIF standard's table: the visual sides that row 0 and column 0 of the file show.
    stored_as = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: a[:, ::-1].swapaxes(0, 1),
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: a[::-1].swapaxes(0, 1),
    }[orientation](pixels)
    exif = Image.Exif()
    exif[0x0112] = orientation
    loaded = load_photo(encoded(np.ascontiguousarray(stored_as), exif=exif))
    assert np.array_equal(loaded, pixels)


def test_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("red", "blue", "lime")]
    for file_format in ("GIF", "WEBP", "PNG"):
        options = {"save_all": True, "append_images": frames[1:], "duration": 50}
        loaded = load_photo(encoded(frames[0], file_format, **options))
        assert loaded.shape == (HEIGHT, WIDTH, 3)
        assert loaded[5, 5, 0] > 240
        assert loaded[5, 5, 1:].max() < 15


# Arrays


def test_arrays_are_read_by_their_type():
    ramp = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
    bytes_ = np.rint(ramp * 255)
    for array in (ramp, ramp.astype(np.float32), bytes_.astype(np.int64), ramp * 65535 // 1):
        array = array.astype(np.int32) if array.max() > 255 else array
        assert np.abs(load_photo(array)[:, :, 0] - bytes_).max() <= 1
    assert (load_photo(np.ones((HEIGHT, WIDTH), bool)) == 255).all()
    assert load_photo(np.full((HEIGHT, WIDTH, 3), 1.0001, np.float32)).min() == 255
    assert (load_photo(np.zeros((HEIGHT, WIDTH, 4), np.uint8)) == 255).all()
    assert (load_photo(np.zeros((HEIGHT, WIDTH, 4), np.uint16)) == 255).all()


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.full((HEIGHT, WIDTH, 3), np.nan), "NaN"),
        (np.full((HEIGHT, WIDTH), np.inf, np.float32), "infinite"),
        (np.full((HEIGHT, WIDTH, 3), 200.0), "from 200 to 200, expected floats in 0..1"),
        (np.full((HEIGHT, WIDTH), -3), "from -3 to -3, expected integers"),
        (np.full((HEIGHT, WIDTH), 70000), "expected integers in 0..255 or 0..65535"),
        (np.zeros((3, HEIGHT, WIDTH), np.uint8), "channels last"),
        (np.zeros((2, HEIGHT, WIDTH, 3), np.uint8), "channels last"),
        (np.zeros(HEIGHT, np.uint8), "channels last"),
        (np.zeros((0, 0, 3), np.uint8), "too small, 0 x 0"),
        (np.zeros((HEIGHT, WIDTH), complex), "complex128"),
        (np.full((HEIGHT, WIDTH), "a"), "pass uint8"),
        (Image.new("F", (WIDTH, HEIGHT), 12.5), "from 12.5 to 12.5, expected floats"),
    ],
)
def test_arrays_that_are_no_photo(array, sentence):
    with pytest.raises(AmodalError, match=sentence):
        load_photo(array)


def test_another_type_is_the_callers_bug():
    with pytest.raises(ValueError, match="got list"):
        load_photo([1, 2, 3])


# What is not a photo


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"hello, this is text", "not a picture: choose a photo as JPEG, PNG"),
        (b"\0" * 100, "not a picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC picture: .*convert it"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "a video"),
        (b"\x1aE\xdf\xa3\x01\0\0\0", "a video"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?>\n<!-- drawn -->\n<svg/>", "an SVG drawing"),
        (b"%PDF-1.7", "a PDF document"),
        (b"8BPS\0\1", "a Photoshop document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9", "a PostScript drawing"),
    ],
)
def test_files_that_are_no_photo(tmp_path, content, sentence):
    path = tmp_path / "holiday.jpg"
    path.write_bytes(content)
    with pytest.raises(AmodalError, match=rf"holiday\.jpg is .*{sentence}"):
        load_photo(path)
    with pytest.raises(AmodalError, match=sentence):
        load_photo(content)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.8])
def test_truncated_files_are_damaged(file_format, part):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    content = encoded(noise, file_format)
    cut = content[: max(int(len(content) * part), 16)]
    with pytest.raises(AmodalError, match=r"damaged or incomplete.*choose another file"):
        load_photo(cut)


def test_a_lazily_opened_truncated_image_is_damaged(pixels):
    content = encoded(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    image = Image.open(io.BytesIO(content[: len(content) // 2]))
    with pytest.raises(AmodalError, match="damaged"):
        load_photo(image)


def test_decompression_bomb_is_refused_from_its_header(tmp_path, monkeypatch):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(20_000, 20_000))
    limit = Image.MAX_IMAGE_PIXELS

    def decoded(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr(Image.Image, "load", decoded)
    with pytest.raises(AmodalError, match=r"bomb\.png has far more than the 40 million pixels"):
        load_photo(path)
    with pytest.raises(AmodalError, match=r"8000 x 6000 pixels, more than .* reduce it"):
        load_photo(png_header(8000, 6000))
    assert limit == Image.MAX_IMAGE_PIXELS


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_between_our_limit_and_pillows_error():
    with pytest.raises(AmodalError, match="10000 x 10000"):
        load_photo(png_header(10_000, 10_000))


def test_the_limit_itself_is_allowed(pixels, monkeypatch):
    monkeypatch.setattr(photo, "MAX_PIXELS", pixels.shape[0] * pixels.shape[1])
    assert np.array_equal(load_photo(pixels), pixels)
    monkeypatch.setattr(photo, "MAX_PIXELS", pixels.shape[0] * pixels.shape[1] - 1)
    with pytest.raises(AmodalError, match="30 x 20"):
        load_photo(pixels)
    assert MAX_PIXELS == 40_000_000


def test_too_small():
    with pytest.raises(AmodalError, match=r"too small, 1 x 1 pixels.*at least 8 x 8"):
        load_photo(encoded(np.zeros((1, 1, 3), np.uint8)))
    with pytest.raises(AmodalError, match="7 x 400"):
        load_photo(np.zeros((400, MIN_SIDE - 1, 3), np.uint8))
    assert load_photo(np.zeros((MIN_SIDE, MIN_SIDE), np.uint8)).shape == (8, 8, 3)


def test_paths_that_are_no_file(tmp_path):
    with pytest.raises(AmodalError, match=r"There is no file .*nowhere"):
        load_photo(tmp_path / "nowhere.jpg")
    with pytest.raises(AmodalError, match="is a folder: name one picture file"):
        load_photo(tmp_path)
    with pytest.raises(AmodalError, match="not an ordinary file"):
        load_photo("/dev/null")
    for name in ("a\0b.png", "x" * 5000):
        with pytest.raises(AmodalError, match="Can't open"):
            load_photo(name)


def _seeds() -> list[bytes]:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (24, 24, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    formats = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
    options = {"JPEG": {"exif": exif}, "PNG": {"exif": exif}, "TIFF": {"exif": exif}}
    return [encoded(noise, name, **options.get(name, {})) for name in formats]


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow on corrupt EXIF
@settings(max_examples=150, deadline=None)
@given(
    content=st.sampled_from(_seeds()),
    edits=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8),
    keep=st.floats(0.3, 1),
)
def test_damage_gives_a_photo_or_a_sentence(content, edits, keep):
    damaged = bytearray(content[: int(len(content) * keep)])
    for place, value in edits:
        damaged[place % min(len(damaged), 400)] = value
    try:
        loaded = load_photo(bytes(damaged))
    except AmodalError:
        return
    assert loaded.dtype == np.uint8
    assert loaded.ndim == 3
    assert loaded.shape[2] == 3


# Writing


def test_save_png_round_trip(pixels, tmp_path):
    alpha = np.dstack([pixels, pixels[:, :, :1]])
    for name, array in (("rgb", pixels), ("rgba", alpha), ("mask", pixels[:, :, 0] > 99)):
        path = tmp_path / f"{name}.png"
        save_png(array, path)
        assert np.array_equal(np.asarray(Image.open(path)), array)


def test_save_png_says_what_fails(pixels, tmp_path):
    with pytest.raises(AmodalError, match=r"Can't write .*No such file"):
        save_png(pixels, tmp_path / "missing" / "a.png")
