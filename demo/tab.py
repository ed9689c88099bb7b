"""One browser tab: its session, and whose turn it is.

Events of many tabs run at once. Those of one tab go one after the other, in the order in which they
came, each from the session that the one before has left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial, wraps
from inspect import Parameter, Signature, signature
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import gradio as gr
from anyio.to_thread import run_sync

from demo.process import give_back_memory
from demo.session import Session


class Tab:
    """What gr.State holds for a tab: the session now.

    Gradio copies the first value for each tab; a copy is a fresh tab.
    """

    def __init__(self) -> None:
        self.session = Session()
        self.turn = asyncio.Lock()  # first come, first served
        self.events = 0
        self.newest: dict[str, float] = {}  # numbers of events, by the names of their handlers

    def __deepcopy__(self, memo: dict) -> Tab:
        return Tab()


class Done(NamedTuple):
    """What an event has just done to a tab."""

    tab: Tab
    before: Session
    after: Session


_done: ContextVar[Done | None] = ContextVar("done", default=None)


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """Around an event and what shows its outcome: if that can't be shown, it wasn't done either."""
    _done.set(None)
    try:
        yield
    except Exception:
        done = _done.get()
        if done is not None and done.tab.session is done.after:
            done.tab.session = done.before
        raise


def editing(event: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """The event of a tab, from an event of a session that gives a View.

    It waits for its turn, and keeps it until its session is in the tab.
    """

    @wraps(event)
    async def wrapper(tab: Tab, *values: object) -> Any:
        return await _take_turn(tab, event, *values)

    return wrapper


def latest(
    event: Callable[..., Any], skip: Callable[[Session], Any]
) -> Callable[..., Awaitable[Any]]:
    """As `editing`, but of several at once only the latest counts, in whatever order they arrive.

    Args:
        event: of a session.
        skip: a View of which nothing changes, for one that was overtaken.

    Returns:
        The event of a tab. Its first input is its number, counted in the browser.
    """

    @wraps(event)
    async def wrapper(tab: Tab, number: float | None, *values: object) -> Any:
        def unless_overtaken(session: Session, *values: object) -> Any:
            if number is not None:  # a program's may be
                if number < tab.newest.get(event.__name__, 0):
                    return skip(session)
                tab.newest[event.__name__] = number
            return event(session, *values)

        return await _take_turn(tab, unless_overtaken, *values)

    first, *others = signature(event).parameters.values()
    numbered = Parameter("number", Parameter.POSITIONAL_OR_KEYWORD)
    wrapper.__signature__ = Signature([first, numbered, *others])  # Gradio counts the inputs
    return wrapper


async def _take_turn(tab: Tab, event: Callable[..., Any], *values: object) -> Any:
    tab.events += 1
    async with tab.turn:
        before = tab.session
        view = await run_sync(partial(event, before, *values))
        tab.session = view.session
        _done.set(Done(tab, before, view.session))
    return view._replace(session=tab)


def reading(event: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """The event of a tab, from an event of a session that changes nothing.

    It sees what the events before it have done, and holds none up.
    """

    @wraps(event)
    async def wrapper(tab: Tab, *values: object) -> Any:
        async with tab.turn:
            session = tab.session
        return await run_sync(partial(event, session, *values))

    return wrapper


class Leaving:
    """Forgets the work of tabs that were closed, a while later: a lost connection may come back.

    Args:
        keep: seconds.
    """

    def __init__(self, keep: float) -> None:
        self.keep = keep
        self._tabs: WeakValueDictionary[str, Tab] = WeakValueDictionary()

    def came(self, tab: Tab, request: gr.Request) -> None:
        """A page was opened."""
        self._tabs[request.session_hash] = tab

    async def left(self, request: gr.Request) -> None:
        """A page was closed, or its connection was."""
        tab = self._tabs.get(request.session_hash)
        if tab is not None:
            asyncio.get_running_loop().call_later(self.keep, _forget, tab, tab.events)


def _forget(tab: Tab, events: int) -> None:
    if tab.events == events:  # nobody has come back
        tab.session = Session()
        asyncio.get_running_loop().run_in_executor(None, give_back_memory)


def lifting(
    make: Callable[[Session], Any], use: Callable[[Session, Any], tuple[Session, Any]]
) -> Callable[[Tab], Awaitable[Any]]:
    """The event that gives a tab's stage a kit. Making one takes long and holds no event up.

    Args:
        make: a kit for a session.
        use: the session with a kit, and what the stage shows; the session may have moved on.
    """

    async def lift(tab: Tab) -> Any:
        async with tab.turn:
            session = tab.session
        kit = await run_sync(make, session)
        async with tab.turn:
            tab.session, shown = await run_sync(use, tab.session, kit)
        return shown

    return lift
