"""What is made of values that never change: made once, and kept as long as they live."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

V = TypeVar("V")
M = TypeVar("M")


class Once(Generic[V, M]):
    """A function of one value that remembers its results, without keeping the values alive.

    Values are told apart by identity, so they may be arrays. Whoever asks for what is being made
    waits for it. What was made must not refer to the value, or both stay for ever.
    """

    def __init__(self, make: Callable[[V], M]) -> None:
        self._make = make
        self._entries: dict[int, _Entry] = {}
        self._lock = threading.Lock()

    def __call__(self, value: V) -> M:
        key = id(value)
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.value() is not value:
                entry = _Entry(weakref.ref(value, partial(self._forget, key)))
                self._entries[key] = entry
        with entry.lock:
            if not entry.made:
                entry.made.append(self._make(value))
        return entry.made[0]

    def __len__(self) -> int:
        return len(self._entries)

    def _forget(self, key: int, gone: weakref.ref) -> None:
        # Called whenever a value goes, in any thread, even in one that holds the lock.
        entry = self._entries.get(key)
        if entry is not None and entry.value is gone:
            self._entries.pop(key, None)


class _Entry:
    def __init__(self, value: weakref.ref) -> None:
        self.value = value
        self.made: list = []
        self.lock = threading.Lock()
