"""What the stage gets to show a drag by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from amodal.inpaint.rough import Rough
from amodal.margins import Margins
from demo import kit as kits
from demo.handlers import Handlers
from demo.kit import make_kit
from demo.session import Session
from tests.demo_parts import CAR, ON_CAR, PERSON, click, photo, placed, shape


def lifted(handlers: Handlers, session: Session) -> Session:
    return handlers.lift(session, handlers.kit(session))[0]


def test_the_stage_asks_until_it_has_a_kit(handlers: Handlers, car: Session) -> None:
    view = handlers.gesture(car, "on", click(*ON_CAR))
    assert view.stage["kit"] is None
    assert view.stage["stale"]
    session, payload = handlers.lift(view.session, handlers.kit(view.session))
    assert not payload["stale"]
    assert sorted(payload["kit"]["sprites"]) == ["0", "1"]
    assert session.scene is view.session.scene  # only the stage gets more
    again, payload = handlers.lift(session, handlers.kit(session))
    assert again.kit is session.kit
    assert payload["kit"] is not None, "who asks again has not got it: it was overtaken"


def test_sprites_show_the_whole_object_and_the_plate_shows_none(
    handlers: Handlers, car: Session
) -> None:
    kit = lifted(handlers, car).kit
    sprite = kit.sprites["object-1"]
    with Image.open(sprite.file.path()) as image:
        alpha = np.asarray(image.convert("RGBA"))[..., 3]
    assert alpha.shape == car.scene.layer("object-1").completion.mask.shape
    assert ((alpha > 128) == car.scene.layer("object-1").completion.mask).mean() > 0.97
    assert sprite.hole.startswith("M")
    with Image.open(kit.plate.path()) as image:
        plate = np.asarray(image).astype(int)
    for x0, y0, x1, y1 in (CAR, PERSON):
        seen = photo()[y0 + 4 : y1 - 4, x0 + 4 : x1 - 4].astype(int)
        assert np.abs(plate[y0 + 4 : y1 - 4, x0 + 4 : x1 - 4] - seen).mean() > 40
    away = plate[:, 130:] - photo()[:, 130:].astype(int)
    assert np.abs(away).mean() < 4  # it is a JPEG


def test_a_kit_is_stale_once_pixels_were_painted_or_a_shape_chosen(
    handlers: Handlers, car: Session
) -> None:
    session = lifted(handlers, car)
    assert session.kit.fits(session.scene)
    moved = handlers.gesture(session, "on", placed(0, 30, 0))
    assert moved.stage["stale"]
    assert moved.stage["kit"] is not None  # better an older one than none
    again = lifted(handlers, moved.session)
    painted = again.scene.layer("object-1").appearance
    assert again.kit.sprites["object-1"].look is painted
    other = handlers.choose(session, shape(2))
    assert other.stage["stale"]


def test_a_kit_is_made_from_what_an_earlier_one_has(
    handlers: Handlers, car: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = lifted(handlers, car)
    moved = handlers.gesture(session, "on", placed(0, 5, 0)).session
    monkeypatch.setattr(Rough, "fill", lambda *_: pytest.fail("guessed again"))
    again = make_kit(moved.scene, session.kit)
    assert again.sprites["object-1"] is not session.kit.sprites["object-1"]
    assert again.sprites["object-2"] is session.kit.sprites["object-2"]


def test_other_objects_or_margins_need_another_kit(handlers: Handlers, car: Session) -> None:
    session = lifted(handlers, car)
    wider = replace(
        session, step=replace(session.step, scene=session.scene.with_margins(Margins(0.1, 0.3)))
    )
    assert not session.kit.covers(wider.scene)
    corrected = handlers.classify(session, "van")
    assert corrected.stage["kit"] is None
    assert corrected.stage["stale"]


def test_a_kit_of_a_large_photo_is_shrunk_for_the_browser(
    handlers: Handlers, car: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kits, "SHOWN", 80)  # the photo has 160
    kit = make_kit(car.scene)
    height, width = kit.sprites["object-2"].look.rgba.shape[:2]
    with Image.open(kit.sprites["object-2"].file.path()) as image:
        assert image.size == pytest.approx((width / 2, height / 2), abs=1)


def test_without_a_photo_there_is_nothing_to_lift(handlers: Handlers) -> None:
    session, _ = handlers.lift(Session(), handlers.kit(Session()))
    assert session.kit is None
