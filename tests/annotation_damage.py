"""Ways to spoil a JSON document, drawn by hypothesis."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from amodal.errors import AmodalError

JUNK = [
    None,
    True,
    "",
    "nonsense",
    -1,
    0,
    3.5,
    10**30,
    float("nan"),
    float("inf"),
    [],
    {},
    [[]],
    [[float("nan")] * 6],
    [1e300] * 8,
    [0, 0, 0, 0],
    [[0, 0, 1e9, 0, 1e9, 1e9]],
    {"size": [120, 240], "counts": "zz"},
    {"size": [120, 240], "counts": [28800]},
    {"size": [7, 7], "counts": [49]},
    {"size": [10**9, 10**9], "counts": [10**18]},
    [{"size": [120, 240], "counts": [0, 28800]}],
]


@st.composite
def spoilt(draw: st.DrawFn, document: Any, most: int = 3) -> Any:
    """The document with one or a few of its entries replaced, removed or doubled."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, most))):
        _spoil(draw, document)
    return document


def _spoil(draw: st.DrawFn, node: Any) -> None:
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        child = node[key]
        if isinstance(child, dict | list) and child and draw(st.integers(0, 4)):
            node = child
            continue
        action = draw(st.sampled_from(["replace", "replace", "remove", "double"]))
        if action == "remove":
            del node[key]
        elif action == "double" and isinstance(node, list):
            node.append(copy.deepcopy(child))
        else:
            node[key] = copy.deepcopy(draw(st.sampled_from(JUNK)))
        return


def attempt(read: Callable[[], Any]) -> Any:
    """What `read` returns, or None where it refuses with a sentence; anything else is a bug."""
    try:
        return read()
    except AmodalError as error:
        message = str(error)
    assert 20 < len(message) < 600
    assert "\n" not in message
    return None
