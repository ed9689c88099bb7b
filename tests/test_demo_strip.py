"""The strip of possible shapes, and the maps of all samples together."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import gradio as gr
import numpy as np
import pytest
from PIL import Image

from amodal.paste import gather
from amodal.readings import Reading, Readings, readings
from amodal.scene import Completion
from demo import text
from demo.examples import find_examples
from demo.handlers import Handlers
from demo.pictures import outline, sketch
from demo.session import Session
from demo.strip import cloud, groups, typical
from tests.demo_parts import NOTHING, ON_CAR, click, drag, shape, tiles, with_tool

LARGEST_STRIP = 300_000  # bytes


def drawn(path: str, height: int, width: int) -> np.ndarray:
    """An SVG path filled, (height, width) bool."""
    rings = [
        np.array([[float(v) for v in point.split()] for point in ring.split("L")])
        for ring in re.findall(r"M([^Z]*)Z", path)
    ]
    canvas = np.zeros((height * 4, width * 4), np.uint8)
    cv2.fillPoly(canvas, [np.round(ring * 4 - 0.5).astype(np.int32) for ring in rings], 1)
    return canvas[2::4, 2::4].astype(bool)


def iou(one: np.ndarray, two: np.ndarray) -> float:
    return (one & two).sum() / (one | two).sum()


def test_each_shape_stands_once_and_the_mode_first(handlers: Handlers, opened: Session) -> None:
    view = handlers.gesture(opened, "on", click(*ON_CAR))
    numbers = [tile["number"] for tile in tiles(view)]
    assert numbers[0] == 0
    assert sorted(numbers) == list(range(21))
    assert len(view.shapes["groups"][0]["tiles"]) == 1


def test_the_likeliest_of_a_group_comes_first(handlers: Handlers, opened: Session) -> None:
    view = handlers.gesture(opened, "on", click(*ON_CAR))
    samples = view.session.answer.completions.samples
    several = [g for g in view.shapes["groups"][1:] if g["lead"] and len(g["tiles"]) > 1]
    assert several
    for group in several:
        scores = [samples[tile["number"] - 1].log_posterior for tile in group["tiles"]]
        assert scores == sorted(scores, reverse=True)


def reading(*members: int) -> Reading:
    return Reading(members, len(members) / 20, members[0])


def test_what_came_once_stands_together_without_a_lead() -> None:
    found = Readings((reading(3, 1, 2), reading(5, 4), reading(6), reading(7)), 1)
    shown = groups(found, 7)
    assert [group.numbers for group in shown] == [(0,), (3, 1, 2), (5, 4), (6, 7)]
    assert [group.lead for group in shown] == [True, True, True, False]
    assert [group.title for group in shown] == [
        "Like reading 2",
        "Reading 1 · 3 of 7",
        "Reading 2 · 2 of 7",
        "Once each · 2 of 7",
    ]


def test_a_single_outlier_is_a_reading() -> None:
    shown = groups(Readings((reading(1, 2), reading(3)), None), 3)
    assert [group.title for group in shown] == [
        text.MODE_ALONE,
        "Reading 1 · 2 of 3",
        "Reading 2 · 1 of 3",
    ]


def test_a_mode_like_what_came_once_has_no_reading() -> None:
    shown = groups(Readings((reading(1, 2), reading(3), reading(4)), 2), 4)
    assert shown[0].title == text.MODE_ALONE


def test_a_sample_that_reaches_far_does_not_frame_the_pictures() -> None:
    near = [Completion(np.ones((10, 10 + k), bool), 0, 0) for k in range(3)]
    far = Completion(np.ones((10, 90), bool), 0, 0)
    completions = gather(near[0], (near[1], far, near[2]))
    assert typical(completions, readings(completions)) == (near[1], near[2])
    alone = gather(near[0], (near[1], far))
    assert typical(alone, readings(alone)) == (near[1], far), "nothing agrees: all of them"


def test_choosing_sends_no_picture_again(handlers: Handlers, car: Session) -> None:
    view = handlers.choose(car, shape(3))
    assert "groups" not in view.shapes
    assert view.shapes["chosen"] == 3


@pytest.mark.parametrize("number", [-1, 21])
def test_a_shape_that_is_not_there_is_refused(
    handlers: Handlers, car: Session, number: int
) -> None:
    with pytest.raises(gr.Error, match="from 0 to 20"):
        handlers.choose(car, shape(number))


def test_nothing_selected_leaves_the_strip_empty(handlers: Handlers, car: Session) -> None:
    view = handlers.gesture(car, "on", click(*NOTHING))
    assert view.shapes is None
    assert cloud(view.session) == []


def test_outlines_trace_the_shapes(handlers: Handlers, opened: Session) -> None:
    view = handlers.gesture(opened, "on", click(*ON_CAR))
    completions = view.session.answer.completions
    for tile in tiles(view):
        number = tile["number"]
        item = completions.samples[number - 1] if number else completions.mode
        size = opened.scene.photo.shape[:2]
        assert iou(drawn(tile["path"], *size), item.on_photo(*size)) > 0.95


def test_a_large_outline_is_sketched() -> None:
    canvas = np.zeros((900, 1200), np.uint8)
    cv2.ellipse(canvas, (600, 450), (500, 350), 20, 0, 360, 1, -1)
    item = Completion(canvas.astype(bool), 30, -20)
    quick = sketch(item)
    assert len(quick) < len(outline(item.mask, item.x0, item.y0))
    assert iou(drawn(quick, 900, 1300), item.on_photo(900, 1300)) > 0.98


def test_the_cloud_holds_every_sample_likeliest_first(car: Session) -> None:
    paths = cloud(car)
    samples = car.answer.completions.samples
    best = int(np.argmax([item.log_posterior for item in samples]))
    assert len(paths) == 20
    assert paths[0] == car.answer.outlines[best + 1]
    assert sorted(paths) == sorted(car.answer.outlines[1:])


def test_a_moved_object_has_no_cloud_and_previews_nothing(handlers: Handlers, car: Session) -> None:
    view = handlers.move(car, 10, 0)
    assert view.shapes["in_place"] is False
    assert "groups" not in view.shapes
    assert cloud(view.session) == []
    assert handlers.put_back(view.session).shapes["in_place"] is True
    assert cloud(handlers.put_back(view.session).session) == cloud(car)


@pytest.mark.parametrize("position", [0, 3])
def test_the_strip_is_small(handlers: Handlers, position: int) -> None:
    shipped = Handlers(handlers.pipeline, [find_examples()[position]])
    session = shipped.open_first(Session()).session
    largest = max(session.layers, key=lambda layer: layer.instance.area)
    again = replace(session, answers={}, picked=None)
    view = shipped.show(shipped.actions.pick(again, largest.id), again)
    total = len(json.dumps(view.shapes))
    assert total < LARGEST_STRIP
    first = tiles(view)[0]["picture"].removeprefix("data:image/jpeg;base64,")
    with Image.open(io.BytesIO(base64.b64decode(first))) as picture:
        assert max(picture.size) > 128, "a tile's picture is sharp on the page"


def test_the_map_of_uncertainty_takes_the_place_of_probability(
    handlers: Handlers, car: Session
) -> None:
    view = handlers.use_map(car, "uncertainty")
    assert view.map == "uncertainty"
    assert view.map_key == text.MAP_KEYS["uncertainty"]
    probable = handlers.use_map(view.session, "probability")
    assert view.chance.shape == probable.chance.shape
    assert not np.array_equal(view.chance, probable.chance)
    assert handlers.use_map(car, "probability").chance == {"__type__": "update"}, "as it was"


def test_the_map_stays_when_another_document_is_opened(
    handlers: Handlers, car: Session, tmp_path: Path
) -> None:
    session = handlers.use_map(car, "uncertainty").session
    assert handlers.open_first(replace(session, step=None)).session.map == "uncertainty"
    saved = handlers.save_project(session)
    assert handlers.open_project(session, saved).session.map == "uncertainty"


def test_the_uncertain_area_is_told_and_a_box_shrinks_it(handlers: Handlers, car: Session) -> None:
    view = handlers.use_map(car, "uncertainty")
    before = car.answer.completions.uncertain_area
    assert text.count(round(before)) in view.uncertain
    told = handlers.gesture(with_tool(handlers, car, "extent"), "on", drag((18, 38), (92, 82)))
    after = told.session.answer.completions.uncertain_area
    assert text.count(round(after)) in told.uncertain
    assert after < before
    assert handlers.gesture(car, "on", click(*NOTHING)).uncertain == ""
