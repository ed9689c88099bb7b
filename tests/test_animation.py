"""Films of shapes and edits: their frames, and the files."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from amodal import animation
from amodal.animation import Frame, before_after, cloud, gif_bytes, mp4_bytes
from amodal.errors import AmodalError
from amodal.scene import Completion, Completions, Instance

HEIGHT, WIDTH = 90, 161
RED = (230, 30, 30)


def photo(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Bluish, with some texture, (height, width, 3) uint8."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x % 90, y % 120, 120 + (x * y) % 60], axis=2).astype(np.uint8)


def box(x0: int, y0: int, x1: int, y1: int, shape: tuple[int, int] = (HEIGHT, WIDTH)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[y0:y1, x0:x1] = True
    return mask


def window(x0: int, y0: int, x1: int, y1: int) -> Completion:
    return Completion(np.ones((y1 - y0, x1 - x0), bool), x0, y0)


CAR = Instance(box(60, 30, 80, 50), "car")
WHOLE = (window(60, 30, 100, 50), window(60, 30, 90, 60), window(50, 25, 80, 50))


def completions(*shapes: Completion) -> Completions:
    return Completions(window(60, 30, 96, 50), shapes, np.zeros((1, 1), np.float32), 0, 0)


def redder(picture: np.ndarray, than: np.ndarray) -> np.ndarray:
    return picture[..., 0].astype(int) - than[..., 0] > 60


def decoded(data: bytes) -> list[np.ndarray]:
    image = Image.open(io.BytesIO(data))
    frames = []
    for number in range(image.n_frames):
        image.seek(number)
        frames.append(np.asarray(image.convert("RGB")))
    return frames


def test_a_cloud_shows_the_visible_part_and_then_every_sample() -> None:
    frames = cloud(photo(), CAR, completions(*WHOLE), RED)
    stills = [frame for frame in frames if frame.ms > animation.FADE]
    assert len(stills) == 1 + len(WHOLE)
    assert len(frames) == len(stills) * (1 + animation.FADES)
    seen, *shapes = (frame.picture for frame in stills)
    invented = [redder(shape, seen).sum() / seen[..., 0].size for shape in shapes]
    areas = [shape.area - CAR.area for shape in WHOLE]
    assert np.argsort(invented).tolist() == np.argsort(areas).tolist()
    assert min(invented) > 0


def test_a_fade_is_eased_and_goes_round() -> None:
    frames = [frame.picture.astype(float) for frame in cloud(photo(), CAR, completions(), RED)]
    step = 1 + animation.FADES
    for start, end in ((0, step), (step, 2 * step)):
        first, last = frames[start], frames[end % len(frames)]
        between = [*frames[start : start + step], last]
        way = [np.abs(frame - first).mean() for frame in between]
        assert way == sorted(way)
        steps = np.diff(way)
        assert steps[0] < steps[len(steps) // 2] > steps[-1]


def test_without_samples_the_mode_is_shown() -> None:
    frames = cloud(photo(), CAR, completions(), RED)
    assert len([frame for frame in frames if frame.ms > animation.FADE]) == 2


def test_a_small_object_is_shown_with_its_surroundings_only() -> None:
    large = photo(600, 1600)
    small = Instance(box(800, 300, 840, 330, (600, 1600)), "car")
    frames = cloud(large, small, completions(window(800, 300, 860, 330)), RED)
    height, width = frames[0].picture.shape[:2]
    assert max(height, width) == animation.SMALLEST
    assert 1 < width / height < 2


def test_a_large_object_is_shown_with_the_whole_photo() -> None:
    large = Instance(box(300, 200, 1500, 580, (600, 1600)), "bus")
    frames = cloud(photo(600, 1600), large, completions(window(300, 200, 1500, 590)), RED)
    assert frames[0].picture.shape == (360, 960, 3)


def test_shapes_beyond_the_photo_are_followed_but_not_for_ever() -> None:
    cut = Instance(box(0, 0, 60, 60), "car")
    near = cloud(photo(), cut, completions(window(-20, 0, 60, 60)), RED)[0].picture
    far = cloud(photo(), cut, completions(window(-900, 0, 60, 60)), RED)[0].picture
    for picture in (near, far):
        assert (picture[4, 4] == animation.BEYOND).all()
    share = (far == animation.BEYOND).all(axis=2).mean()
    assert 0.15 < share < 0.35


@settings(max_examples=40, deadline=None)
@given(st.integers(8, 300), st.integers(8, 300), st.data())
def test_frames_have_one_size_with_even_sides(height: int, width: int, data: st.DataObject) -> None:
    x0, y0 = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    mask = box(x0, y0, x0 + data.draw(st.integers(1, 90)), y0 + 5, (height, width))
    shift = data.draw(st.integers(-60, 60))
    shape = window(x0 + shift, y0 - shift, x0 + shift + 40, y0 - shift + 30)
    longest = data.draw(st.integers(40, 400))
    frames = cloud(photo(height, width), Instance(mask), completions(shape), RED, longest)
    sizes = {frame.picture.shape for frame in frames}
    assert len(sizes) == 1
    h, w, _ = sizes.pop()
    assert h % 2 == w % 2 == 0
    assert max(h, w) <= longest + 1


def test_a_wipe_goes_to_the_edit_and_back() -> None:
    before, after = photo(100, 200), 255 - photo(100, 200)
    frames = [frame.picture for frame in before_after(before, after)]
    assert np.array_equal(frames[0], before)
    middle = 1 + animation.WIPES
    assert np.array_equal(frames[middle], after)
    assert all(np.array_equal(*pair) for pair in zip(frames[1:], frames[:0:-1], strict=True))
    shares = [(frame == after).all(axis=2).mean() for frame in frames[: middle + 1]]
    assert shares == sorted(shares)
    quarter = frames[middle // 2]
    assert np.array_equal(quarter[:, :60], after[:, :60])
    assert np.array_equal(quarter[:, 140:], before[:, 140:])


def test_a_wipe_is_reduced_but_never_enlarged() -> None:
    assert before_after(photo(), photo())[0].picture.shape == (HEIGHT, WIDTH - 1, 3)
    large = photo(1000, 1500)
    assert before_after(large, large)[0].picture.shape == (640, 960, 3)
    assert before_after(large, large, longest=300)[0].picture.shape == (200, 300, 3)
    with pytest.raises(ValueError, match="expected the photo's"):
        before_after(large, photo())


def test_inputs_stay_as_they_are() -> None:
    pixels, kept = photo(), photo()
    cloud(pixels, CAR, completions(*WHOLE), RED)
    before_after(pixels, 255 - pixels)
    gif_bytes([Frame(pixels, 100), Frame(255 - pixels, 100)])
    assert np.array_equal(pixels, kept)


def test_a_gif_has_the_frames_their_times_and_loops() -> None:
    frames = cloud(photo(), CAR, completions(*WHOLE), RED)
    image = Image.open(io.BytesIO(gif_bytes(frames)))
    assert image.format == "GIF"
    assert image.info["loop"] == 0
    times = []
    for number in range(image.n_frames):
        image.seek(number)
        times.append(image.info["duration"])
    assert sum(times) == sum(frame.ms for frame in frames)
    assert image.n_frames == len(frames)
    for shown, frame in zip(decoded(gif_bytes(frames)), frames, strict=True):
        difference = np.abs(shown.astype(int) - frame.picture)
        assert difference.mean() < 6
        assert np.percentile(difference, 99) < 40


def test_what_does_not_change_does_not_flicker() -> None:
    """The same pixels, frame after frame, although the rest and so the palette's use changes."""
    frames = cloud(photo(), CAR, completions(*WHOLE), RED)
    still = np.all([frame.picture == frames[0].picture for frame in frames], axis=(0, 3))
    assert 0.3 < still.mean() < 0.95
    shown = decoded(gif_bytes(frames))
    assert all(np.array_equal(frame[still], shown[0][still]) for frame in shown)


def test_a_repeated_frame_costs_nearly_nothing() -> None:
    one = gif_bytes([Frame(photo(), 100), Frame(255 - photo(), 100)])
    many = [Frame(photo(), 100)] * 30 + [Frame(255 - photo(), 100)] * 30
    assert len(gif_bytes(many)) < 1.5 * len(one)


def test_equal_frames_give_equal_bytes() -> None:
    frames = cloud(photo(), CAR, completions(*WHOLE), RED)
    assert gif_bytes(frames) == gif_bytes(frames)


def test_one_frame_is_a_gif_too() -> None:
    (shown,) = decoded(gif_bytes([Frame(photo(), 100)]))
    assert shown.shape == photo().shape


@pytest.mark.parametrize("write", [gif_bytes, mp4_bytes])
def test_every_frame_is_told(write) -> None:
    if write is mp4_bytes:
        pytest.importorskip("av")
    told = []
    frames = before_after(photo(), 255 - photo())
    write(frames, tell=lambda done, count: told.append((done, count)))
    assert told == [(done, len(frames)) for done in range(len(frames))]


@pytest.mark.parametrize("write", [gif_bytes, mp4_bytes])
def test_frames_of_other_sizes_are_a_bug(write) -> None:
    with pytest.raises(ValueError, match="expected one"):
        write([Frame(photo(), 100), Frame(photo(80, 80), 100)])
    with pytest.raises(ValueError, match="expected one"):
        write([])


def test_odd_sides_are_a_bug_in_a_video() -> None:
    with pytest.raises(ValueError, match="even sides"):
        mp4_bytes([Frame(photo(), 100)])


def test_without_pyav_the_user_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(AmodalError, match=r"pip install av.*or choose GIF"):
        mp4_bytes(before_after(photo(), photo()))


def test_an_mp4_is_what_players_want() -> None:
    av = pytest.importorskip("av")
    frames = cloud(photo(), CAR, completions(*WHOLE), RED)
    data = mp4_bytes(frames, fps=25)
    assert data.index(b"moov") < data.index(b"mdat")  # starts before all of it is there
    with av.open(io.BytesIO(data)) as film:
        (stream,) = film.streams
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        shown = [image.to_ndarray(format="rgb24") for image in film.decode(video=0)]
    assert len(shown) == sum(frame.ms for frame in frames) * 25 / 1000
    assert shown[0].shape == frames[0].picture.shape
    last = frames[-1 - animation.FADES].picture.astype(int)
    assert np.abs(shown[-1 - animation.FADES] - last).mean() < 5
    assert np.abs(shown[0] - last).mean() > np.abs(shown[-1 - animation.FADES] - last).mean()
