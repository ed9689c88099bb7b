"""What nobody should send, drawn by hypothesis, and the one rule for what comes back.

AMODAL_FUZZ is how many examples all properties have together; `make fuzz` draws several thousand.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import gradio as gr
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from amodal.errors import AmodalError

PROPERTIES = 11  # that share the examples
EXAMPLES = max(math.ceil(int(os.environ.get("AMODAL_FUZZ", "200")) / PROPERTIES), 5)
LONGEST = 600  # of a message, characters

fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=timedelta(minutes=2),  # a hang, on however slow a machine
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "[click](javascript:alert(1)) **bold** `code` $$x$$",
    "../../etc/passwd",
    "\x00\x01\x1b[31m",
    "\u202etxt.exe",
    "é" * 300,
    "😀👩‍👩‍👧",
    "\ud800",
    "",
]
WILD = [math.nan, math.inf, -math.inf, 1e308, -1e308, 1e-320, 2**63, -(2**63), 10**400, 0, -1, 0.5]

junk_number = st.sampled_from(WILD) | st.integers(-5, 300) | st.floats(-500, 500)
junk_text = st.sampled_from(HOSTILE) | st.text(max_size=20)
junk_value = st.none() | st.booleans() | junk_number | junk_text
junk = st.recursive(
    junk_value,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(junk_text | st.sampled_from(["path", "url", "meta"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def mostly(good: st.SearchStrategy) -> st.SearchStrategy:
    """Often what is right, so that the next check is reached; else anything."""
    return st.one_of(good, good, good, junk)


def answer(call: Callable[[], Any]) -> Any:
    """What a call gives, or None where it says in a sentence what is wrong; all else is a bug."""
    try:
        return call()
    except AmodalError as error:
        message = str(error)
    except gr.Error as error:
        message = error.message
    assert 15 < len(message) <= LONGEST, message[:2000]
    assert "Traceback" not in message
    return None
