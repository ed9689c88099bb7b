"""A user's words never become markup, a script or a link."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from amodal.data.coco import read_instances
from amodal.data.coco_write import write_instances
from amodal.errors import AmodalError
from amodal.names import LONGEST_NAME
from amodal.project import is_title, title_of
from demo import text
from demo.handlers import Handlers
from demo.session import Session
from demo.told import told, told_plainly
from demo.verbatim import verbatim
from tests.abuse.junk import HOSTILE, fuzzed
from tests.demo_parts import HEIGHT, WIDTH, click, instances
from tests.demo_parts import ON_CAR as CAR

TAG = "<img src=x onerror=alert(1)>"
LINK = "[x](javascript:alert(1))"


@fuzzed
@given(st.text())
def test_words_in_markdown_have_no_markup_left(words: str) -> None:
    shown = verbatim(words)
    assert not set(shown) & set("<>[]()*_`!~|\\\"'")
    found = text.seen_and_whole(words, 1, 2)
    assert found.startswith(f"**{shown}**")


def test_names_are_plain_in_every_sentence() -> None:
    for name in (TAG, LINK):
        for sentence in (text.seen_and_whole(name, 1, 2), text.explained(name, False)):
            assert "<" not in sentence
            assert "](" not in sentence


def test_a_toast_quotes_text_not_markup() -> None:
    def refuse() -> None:
        raise AmodalError(f"Name: got {TAG!r} & more.")

    with pytest.raises(gr.Error) as toast:
        told(refuse)()
    assert toast.value.message == "Name: got '&lt;img src=x onerror=alert(1)&gt;' &amp; more."
    with pytest.raises(gr.Error) as answer:
        told_plainly(refuse)()
    assert answer.value.message == f"Name: got {TAG!r} & more."


def test_what_a_page_shows_of_a_hostile_file(handlers: Handlers, tmp_path: Path) -> None:
    photo = tmp_path / f"{TAG.replace('/', '')}.png"
    Image.new("RGB", (WIDTH, HEIGHT)).save(photo)
    session = handlers.open_photo(Session(), str(photo)).session
    document = write_instances(instances(), "photo.png")
    for annotation in document["annotations"]:
        annotation["name"] = TAG
    (tmp_path / "masks.json").write_text(json.dumps(document))
    session = handlers.import_masks(session, [str(tmp_path / "masks.json")]).session
    view = handlers.gesture(session, "on", click(*CAR))
    assert TAG in view.stage["alt"]
    assert {shape["label"] for shape in view.stage["shapes"]} == {TAG}
    for shown in (view.about, view.hint, view.notices, view.uncertain, view.lesson):
        assert "<" not in str(shown)
    document["annotations"][0]["category"] = {TAG: TAG}
    (tmp_path / "masks.json").write_text(json.dumps(document))
    with pytest.raises(gr.Error) as toast:
        handlers.import_masks(session, [str(tmp_path / "masks.json")])
    assert "<" not in toast.value.message


def test_a_link_shows_nothing_of_itself(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_to_user: list[str] = []
    monkeypatch.setattr(gr, "Warning", told_to_user.append)

    class Request:
        query_params = {"example": TAG, "object": TAG, "seed": TAG, "samples": TAG}  # noqa: RUF012

    handlers.open_first(Session(), Request())
    assert told_to_user
    assert not [said for said in told_to_user if "<" in said or "alert" in said]


@pytest.mark.parametrize("words", HOSTILE)
def test_a_files_name_becomes_a_title(words: str) -> None:
    assert is_title(title_of(f"/tmp/{words.replace('/', '_')}.png"))


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "x" * (LONGEST_NAME + 1), "a\x1b[31m"])
def test_names_that_cannot_be_shown_are_refused(name: str) -> None:
    document = write_instances(instances(), "photo.png")
    document["annotations"][0]["name"] = name
    with pytest.raises(AmodalError, match=r"characters, expected at most|can't be shown"):
        read_instances(document, HEIGHT, WIDTH)
