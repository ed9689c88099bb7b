"""The selected object's possible shapes as a strip of thumbnails, a custom gr.HTML component.

Samples stand by reading, each reading's most likely one first and large. Which shape is looked at
is the browser's business alone: the tile under the pointer or the keyboard says so on the document
by the event "amodal-preview", with its outline, and whoever draws listens. A click is Python's:
"choose".
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import NamedTuple

import cv2
import gradio as gr
import numpy as np

from amodal.readings import Readings, readings
from amodal.scene import Completion, Completions
from demo import text
from demo.component import component
from demo.pictures import Backdrop, window_around
from demo.session import Session, number_of

LONGEST = 216  # of a tile's picture, pixels; the page shows it half as large
QUALITY = 82  # of JPEG
TEMPLATE = f"""
<div class="strip" role="group" aria-label="{text.SHAPES}"></div>
<p class="strip-caption" aria-hidden="true"></p>
"""


def strip() -> gr.HTML:
    """The component. Its value is what `value` gives, its event is "choose" with a number."""
    return component(TEMPLATE, "strip.js", id="shapes", label=text.SHAPES)


def value(session: Session, before: Session) -> dict | None:
    """What the strip shows, as JSON; None without a selected object.

    The shapes ("groups") are sent for another answer alone: the strip keeps those that it has.
    """
    answer = session.answer
    if answer is None or session.layer is None:
        return None
    marks = {"chosen": chosen_number(session), "in_place": session.in_place}
    if answer is before.answer and session.picked == before.picked:
        return marks
    return marks | {"groups": pictured(session)}


def chosen_number(session: Session) -> int | None:
    """Which of the shapes shown is the chosen one; None when it was drawn by other settings."""
    choice = session.choice
    shown = choice.number == 0 or choice.settings == session.answer.settings
    return choice.number if shown else None


def cloud(session: Session) -> list[str]:
    """Outlines of all samples, most likely first, as SVG paths in image pixels.

    Empty where no object is selected, or it does not stand where the photo shows it.
    """
    if session.answer is None or not session.in_place:
        return []
    samples, paths = session.answer.completions.samples, session.answer.outlines
    order = sorted(range(len(samples)), key=lambda k: -samples[k].log_posterior)
    return [paths[k + 1] for k in order]


def pictured(session: Session) -> list[dict]:
    """The mode and the samples by reading, as JSON.

    A tile's number is 0 for the mode, else the sample's, in the order they were drawn.
    """
    answer, layer = session.answer, session.layer
    completions = answer.completions
    found = readings(completions)
    framed = replace(completions, samples=typical(completions, found))
    window = window_around(layer.instance, framed)
    photo, number = session.scene.photo, number_of(layer.id)
    backdrop = Backdrop(photo, layer.instance, window, number, LONGEST)

    def tile(number: int) -> dict:
        item = completions.samples[number - 1] if number else completions.mode
        return {
            "number": number,
            "picture": _inline(backdrop.shape(item)),
            "path": answer.outlines[number],
            "caption": text.caption(number, item.area, item.visible_iou),
        }

    return [
        {"title": group.title, "lead": group.lead, "tiles": [*map(tile, group.numbers)]}
        for group in groups(found, len(completions.samples))
    ]


def typical(completions: Completions, found: Readings) -> tuple[Completion, ...]:
    """The samples that agree with others, or all: one that reaches far must not make every picture
    small, so what came once may be cut off."""
    numbers = [n for each in found.readings if len(each.members) > 1 for n in each.members]
    return tuple(completions.samples[n - 1] for n in numbers) or completions.samples


class Group(NamedTuple):
    """Tiles that stand together.

    Args:
        title: the heading.
        numbers: of the shapes.
        lead: whether the first one stands for all of them.
    """

    title: str
    numbers: tuple[int, ...]
    lead: bool = True


def groups(found: Readings, count: int) -> list[Group]:
    """The mode, the readings, and together what agrees with no other sample.

    Args:
        count: K.
    """
    several = [each for each in found.readings if len(each.members) > 1]
    alone = [each for each in found.readings if len(each.members) == 1]
    if len(alone) == 1:
        several, alone = [*several, *alone], []
    like = None if found.of_mode is None else found.readings[found.of_mode]
    mode = text.like_reading(several.index(like) + 1) if like in several else text.MODE_ALONE
    shown = [Group(mode, (0,))]
    for number, each in enumerate(several, 1):
        shown.append(Group(text.reading(number, len(each.members), count), each.members))
    if alone:
        numbers = tuple(each.members[0] for each in alone)
        shown.append(Group(text.once(len(alone), count), numbers, lead=False))
    return shown


def _inline(picture: np.ndarray) -> str:
    """An address that holds the picture: as files, 21 tiles would be as many requests, and Gradio
    would look at the folders of each."""
    _, coded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(coded).decode()}"
