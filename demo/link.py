"""Addresses that open an example as it is now: which one, which object, how shapes are drawn.

/?example=NAME&object=NAME_OR_NUMBER&seed=7&samples=12&temperature=0.8

All parts are optional and come from outside: nothing of them is ever shown, only looked up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from amodal.completer import MAX_SAMPLES
from amodal.errors import AmodalError
from amodal.layers import Layer
from demo import text
from demo.examples import Example
from demo.notes import HOTTEST, LARGEST_SEED
from demo.pointing import scene_of
from demo.session import Session, Settings, number_of


class Link(NamedTuple):
    """What an address asks for.

    Args:
        example: the scene, or None where the address names none that is here.
        object: name or number of the object to select, or empty.
        settings: how shapes are drawn; the default where the address says nothing usable.
        notices: a sentence for each part that can't be followed.
    """

    example: Example | None
    object: str
    settings: Settings
    notices: tuple[str, ...]


def read_link(parts: Mapping[str, str], examples: Sequence[Example]) -> Link:
    """What the query of an address asks for. Parts of other names are left to others."""
    notices = []
    named = parts.get("example", "")
    example = next((example for example in examples if example.name == named), None)
    if named and example is None:
        notices.append(text.LINK_EXAMPLE)
    settings = {}
    for name, (read, most) in _NUMBERS.items():
        least = 1 if name == "samples" else 0
        if name not in parts:
            continue
        value = _number(parts[name], read, least, most)
        if value is None:
            notices.append(text.link_number(name, least, most))
        else:
            settings[name] = value
    # An object of an example that isn't here means nothing.
    wanted = "" if named and example is None else parts.get("object", "")
    return Link(example, wanted, Settings()._replace(**settings), tuple(notices))


def find_object(layers: Sequence[Layer], wanted: str) -> str | None:
    """The id of the layer of this name, or of this number counted from 1; None without one."""
    named = (layer.id for layer in layers if layer.instance.name == wanted)
    numbered = (layer.id for layer in layers if str(number_of(layer.id) + 1) == wanted)
    return next(named, None) or next(numbered, None)


def link_of(session: Session) -> str:
    """The query of the address that opens what the session shows; its edits are not part of it.

    Raises:
        AmodalError: no example is open.
    """
    scene_of(session)
    if not session.example:
        raise AmodalError(text.LINK_OWN)
    parts = {"example": session.example}
    if session.layer is not None:
        name = session.layer.instance.name
        found = find_object(session.layers, name) == session.picked
        parts["object"] = name if name and found else f"{number_of(session.picked) + 1}"
    return urlencode(parts | session.settings._asdict())


_NUMBERS = {
    "samples": (int, MAX_SAMPLES),
    "seed": (int, LARGEST_SEED),
    "temperature": (float, HOTTEST),
}


def _number(written: str, read: type, least: int, most: float) -> float | None:
    """A plain number in the range; None for anything else."""
    if len(written) > 20 or not written.isascii():
        return None
    try:
        value = read(written)
    except ValueError:
        return None
    return value if math.isfinite(value) and least <= value <= most else None
