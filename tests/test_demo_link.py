"""Addresses that open an example with an object: made, read, and followed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl

import gradio as gr
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from demo import text
from demo.examples import Example
from demo.handlers import Handlers
from demo.link import find_object, link_of, read_link
from demo.session import Session, Settings
from demo.view import View
from tests.demo_parts import chosen, photo, tiles

STREET = Example("street", "A small street", Path("photo.png"), Path("instances.json"))


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the user is warned of."""
    told: list[str] = []
    monkeypatch.setattr(gr, "Warning", told.append)
    return told


def visit(handlers: Handlers, query: str) -> View:
    """Open the page at an address."""
    request = SimpleNamespace(query_params=dict(parse_qsl(query, keep_blank_values=True)))
    return handlers.open_first(Session(), request)


def drawn(session: Session) -> list[bytes]:
    return [sample.mask.tobytes() for sample in session.answer.completions.samples]


def test_a_link_opens_what_it_names(handlers: Handlers, warnings: list[str]) -> None:
    view = visit(handlers, "example=street&object=person+1&seed=7&samples=12&temperature=0.8")
    session = view.session
    assert session.layer.instance.name == "person 1"
    assert session.settings == Settings(12, 7, 0.8)
    assert (view.samples, view.seed, view.temperature) == (12, 7, 0.8)
    assert len(session.answer.completions.samples) == 12
    assert len(tiles(view)) == 13
    assert session.past == ()
    assert warnings == []


@pytest.mark.parametrize("wanted", ["car 1", "1"])
def test_an_object_by_name_or_number(handlers: Handlers, warnings: list[str], wanted: str) -> None:
    view = visit(handlers, f"example=street&object={wanted}")
    assert view.session.picked == "object-1"
    assert warnings == []


def test_a_name_goes_before_a_number(opened: Session) -> None:
    assert find_object(opened.layers, "2") == "object-2"
    assert find_object(opened.layers, "3") is None
    first, second = opened.layers
    named = SimpleNamespace(id=first.id, instance=SimpleNamespace(name="2"))
    assert find_object((named, second), "2") == "object-1"


def test_a_link_without_an_object_selects_none(handlers: Handlers, warnings: list[str]) -> None:
    assert visit(handlers, "example=street").session.picked is None
    assert warnings == []


def test_other_parts_of_an_address_are_left_alone(handlers: Handlers, warnings: list[str]) -> None:
    view = visit(handlers, "__theme=dark&view=api&utm_source=mail")
    assert view.session.title == "A small street"
    assert view.session.settings == Settings()
    assert warnings == []


MISTAKES = {
    "example=moon&object=car+1": text.LINK_EXAMPLE,
    "example=street&object=bus+7": text.LINK_OBJECT,
    "example=street&object=<b>": text.LINK_OBJECT,
    "seed=-1": "“seed”",
    "seed=1e3": "“seed”",
    "seed=": "“seed”",
    "seed=99999999999999999999999": "“seed”",
    "samples=0": "“samples”",
    "samples=33": "“samples”",
    "temperature=nan": "“temperature”",
    "temperature=2.5": "“temperature”",
    "temperature=<img src=x onerror=alert(1)>": "“temperature”",
}


@pytest.mark.parametrize("query", MISTAKES)
def test_what_cannot_be_followed_is_told_and_the_rest_works(
    handlers: Handlers, warnings: list[str], query: str
) -> None:
    view = visit(handlers, query)
    (warning,) = warnings
    assert MISTAKES[query] in warning
    assert "<" not in warning
    assert view.session.title == "A small street"
    assert view.session.settings == Settings()
    other = visit(handlers, f"{query}&samples=5" if "samples" not in query else f"{query}&seed=5")
    assert 5 in other.session.settings


@given(
    st.dictionaries(
        st.sampled_from(["example", "object", "seed", "samples", "temperature"]), st.text()
    )
)
def test_nothing_in_an_address_breaks_the_page_or_is_repeated(parts: dict[str, str]) -> None:
    link = read_link(parts, [STREET])
    numbers = link.settings
    assert 1 <= numbers.samples <= 32
    assert numbers.seed >= 0
    assert 0 <= numbers.temperature <= 2
    usual = {
        notice
        for junk in ("junk", "{")
        for notice in read_link(dict.fromkeys(parts, junk), [STREET]).notices
    }
    assert set(link.notices) <= usual


@given(st.integers(1, 32), st.integers(0, 2**63 - 1), st.integers(0, 40))
def test_a_link_brings_its_settings_back(samples: int, seed: int, steps: int) -> None:
    settings = Settings(samples, seed, steps * 0.05)
    session = Session(step=SimpleNamespace(scene=()), example="street", settings=settings)
    link = read_link(dict(parse_qsl(link_of(session))), [STREET])
    assert link.settings == settings
    assert link.example is STREET
    assert link.notices == ()


def test_a_copied_link_draws_the_same_shapes(handlers: Handlers, car: Session) -> None:
    there = handlers.resample(car, 6, 11, 0.9).session
    update, query = handlers.copy_link(there)
    assert update["visible"] is True
    again = visit(handlers, query).session
    assert again.layer.instance.name == "car 1"
    assert drawn(again) == drawn(there)
    assert drawn(again) != drawn(car)[:6]


def test_edits_are_not_part_of_a_link(handlers: Handlers, car: Session) -> None:
    moved = handlers.move(car, 12, 0).session
    assert handlers.copy_link(moved) == handlers.copy_link(car)


def test_an_object_whose_name_is_taken_goes_by_its_number(
    handlers: Handlers, opened: Session
) -> None:
    twin = opened.layers[0].instance
    session = handlers.actions.with_instances(opened, [twin, twin])
    second = handlers.actions.pick(session, "object-2")
    assert dict(parse_qsl(link_of(second)))["object"] == "2"


def test_a_photo_of_ones_own_has_no_link(handlers: Handlers, car: Session, tmp_path: Path) -> None:
    Image.fromarray(photo()).save(tmp_path / "mine.png")
    own = handlers.open_photo(car, str(tmp_path / "mine.png")).session
    with pytest.raises(gr.Error, match="Only examples have links"):
        handlers.copy_link(own)
    project = handlers.open_project(own, handlers.save_project(car)).session
    with pytest.raises(gr.Error, match="Only examples have links"):
        handlers.copy_link(project)
    with pytest.raises(gr.Error, match="Open a photo first"):
        handlers.copy_link(Session())


def test_a_link_that_was_made_goes_when_it_would_be_another(
    handlers: Handlers, car: Session
) -> None:
    hidden = [
        handlers.gesture(car, "on", gr.EventData(None, {"kind": "pick", "points": [], "index": 1})),
        handlers.resample(car, 20, 1, 1.0),
        handlers.open_photo(car, _saved(photo(), handlers)),
    ]
    assert [view.link_part.get("visible") for view in hidden] == [False] * 3
    assert "visible" not in handlers.move(car, 5, 0).link_part
    assert "visible" not in handlers.use_tool(car, "add").link_part


def _saved(pixels: np.ndarray, handlers: Handlers) -> str:
    opened = handlers.open_example(Session(), chosen(0)).session
    assert np.array_equal(opened.sight.picture, pixels)
    return handlers.save_picture(opened)
