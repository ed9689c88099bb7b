"""A network that is loaded when it is first needed, without keeping everybody waiting for it."""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable
from math import inf
from typing import Any

from amodal.errors import AmodalError
from amodal.hub.notice import Notice
from amodal.packages import explain
from amodal.room import Roomy, load_roomy

Progress = Callable[[int, int], None]
"""(done, in all)."""

RETRY_AFTER = 60.0  # seconds that a stand-in is used before the real network is tried again
BRIEFLY = 3.0  # seconds that one waits for a second try; a network in the cache is there by then
LOOK = 0.1  # seconds from one progress report to the next
_logger = logging.getLogger(__name__)


class Lazy:
    """Loads one network at its first use, once, whatever the number of threads.

    Who asks waits for it, at most `patience` seconds from the start of the download; then there is
    the stand-in, until the download is done. A stand-in that is there because the real network
    can't be had is kept for a while, then the next use tries for the real one again.

    Args:
        module: where the loader is; imported at the first use.
        load: its name; (progress, device) to (network, notice), a stand-in if there is a notice.
        stand_in: name of a function of (reason, remedy, device) to (network, notice), or None: then
            who asks waits as long as it takes, and gets the error.
        device: "auto", "cpu", "cuda" or "mps".
        patience: None waits as long as it takes.
        retry_after: seconds.
    """

    def __init__(
        self,
        module: str,
        load: str,
        stand_in: str | None = None,
        *,
        device: str = "auto",
        patience: float | None = None,
        retry_after: float = RETRY_AFTER,
    ) -> None:
        self.module, self.load, self.stand_in = module, load, stand_in
        self.device = device
        self.patience = patience if stand_in else None
        self.retry_after = retry_after
        self._lock = threading.Lock()
        self._value: Roomy[Any] | None = None
        self._notice: Notice | None = None
        self._ended = 0.0
        self._loading: _Loading | None = None

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What differs from what was asked for: the network, or where it computes."""
        value = self._value
        both = (self._notice, value.notice if value else None)
        return tuple(notice for notice in both if notice is not None)

    def get(self, progress: Progress | None = None) -> Any:
        """The network, or what stands in for it.

        Raises:
            AmodalError: it can't be had, and nothing stands in for it.
        """
        with self._lock:
            if self._is_settled():
                return self._value
            loading = self._loading = self._loading or self._begin()
            limit = self._limit(loading)
        if not loading.wait(progress, limit):
            self._give_up(loading)
        if self._value is None:
            raise loading.error
        return self._value

    def _is_settled(self) -> bool:
        if self._value is None or self._notice is None:
            return self._value is not None
        return self._loading is None and time.monotonic() - self._ended <= self.retry_after

    def _limit(self, loading: _Loading) -> float | None:
        """Seconds from a loading's beginning that one waits for it."""
        if self.patience is None or self._value is None:
            return self.patience
        return 0.0 if loading.given_up else min(BRIEFLY, self.patience)

    def _begin(self) -> _Loading:
        loading = _Loading()
        # A daemon: a download must not keep the app from ending.
        threading.Thread(target=self._run, args=(loading,), daemon=True).start()
        return loading

    def _run(self, loading: _Loading) -> None:
        try:
            value, notice = load_roomy(lambda device: self._call(loading, device), self.device)
            with self._lock:
                self._value, self._notice = value, notice
        except Exception as error:
            loading.error = error
            if self._value is not None:
                _logger.exception("%s failed; what stands in for it is kept.", self.load)
        finally:
            with self._lock:
                self._ended = time.monotonic()
                self._loading = None
            loading.ended.set()

    def _call(self, loading: _Loading, device: str) -> tuple[Any, Notice | None]:
        try:
            load = getattr(importlib.import_module(self.module), self.load)
            return load(progress=loading.tell, device=device)
        except ImportError as error:
            reason, remedy = explain(error)
            raise AmodalError(f"{self.load} failed: {reason}. {remedy}") from error

    def _give_up(self, loading: _Loading) -> None:
        """Whoever waits gets the stand-in; the download goes on."""
        reason = f"its download takes longer than {self.patience:g} seconds"
        remedy = "It goes on, and is used as soon as it is done."
        with self._lock:
            loading.given_up = True
            if self._value is None and not loading.ended.is_set():
                make = getattr(importlib.import_module(self.module), self.stand_in)
                self._value, self._notice = load_roomy(
                    lambda device: make(reason, remedy, device), self.device
                )


class _Loading:
    """One try to load a network, by one thread, while others wait."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.ended = threading.Event()
        self.given_up = False
        self._begun = time.monotonic()
        self._done: tuple[int, int] | None = None

    def tell(self, done: int, total: int) -> None:
        """For the loader."""
        self._done = done, total

    def wait(self, progress: Progress | None, limit: float | None) -> bool:
        """Whether it ended within `limit` seconds of its beginning; tells how far it is."""
        told = None
        while True:
            left = inf if limit is None else self._begun + limit - time.monotonic()
            ended = self.ended.wait(max(min(left, LOOK), 0))
            if progress and self._done != told:
                told = self._done
                progress(*told)
            if ended or left <= LOOK:
                return ended
