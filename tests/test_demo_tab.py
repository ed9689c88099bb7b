"""Turns of one tab, and the tabs beside it."""

from __future__ import annotations

import asyncio
import platform
import re
import threading
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from demo.process import give_back_memory
from demo.session import Session
from demo.tab import Tab, all_or_nothing, editing, latest, lifting, reading
from tests import own_loop


class Shown(NamedTuple):
    """The least a View has."""

    session: object
    panel: str


def append(session: Session, letter: str) -> Shown:
    """An edit that takes a while."""
    threading.Event().wait(0.02)
    return Shown(replace(session, title=session.title + letter), letter)


async def all_at_once(*events: object) -> list:
    return await asyncio.gather(*events)


def test_events_of_a_tab_go_one_after_the_other_in_their_order() -> None:
    tab, edit = Tab(), editing(append)
    shown = own_loop.run(all_at_once(*(edit(tab, letter) for letter in "abcde")))
    assert tab.session.title == "abcde", "no edit is lost"
    assert [each.panel for each in shown] == list("abcde")
    assert all(each.session is tab for each in shown)


def passed_over(session: Session) -> Shown:
    return Shown(session, "-")


def test_of_several_changes_the_latest_counts_in_whatever_order_they_arrive() -> None:
    tab, edit = Tab(), latest(append, passed_over)
    arrived = (("a", 1), ("c", 3), ("b", 2), ("d", 3), ("e", None), ("f", 2.5))
    shown = own_loop.run(all_at_once(*(edit(tab, number, letter) for letter, number in arrived)))
    assert [each.panel for each in shown] == list("ac-de-")
    assert tab.session.title == "acde"


def test_tabs_do_not_wait_for_each_other() -> None:
    both = threading.Barrier(2)

    def meet(session: Session) -> Shown:
        both.wait(timeout=10)  # breaks unless the other tab's event runs, too
        return Shown(session, "met")

    one, other = Tab(), deepcopy(Tab())
    own_loop.run(all_at_once(editing(meet)(one), editing(meet)(other)))


def test_each_tab_starts_with_a_session_and_a_turn_of_its_own() -> None:
    tab = Tab()
    tab.session = replace(tab.session, title="mine")
    copy = deepcopy(tab)
    assert copy.session.title == ""
    assert copy.turn is not tab.turn


def test_a_mistake_leaves_the_session_and_gives_the_turn_back() -> None:
    def fail(session: Session) -> Shown:
        raise ValueError("no")

    async def run(tab: Tab) -> None:
        await editing(append)(tab, "a")
        with pytest.raises(ValueError, match="no"):
            await editing(fail)(tab)
        await editing(append)(tab, "b")

    tab = Tab()
    own_loop.run(run(tab))
    assert tab.session.title == "ab"


def test_what_cannot_be_shown_is_not_done() -> None:
    async def fail_to_show(tab: Tab) -> None:
        with all_or_nothing():
            await editing(append)(tab, "b")
            raise OSError("the disk is full: a panel's picture can't be written")

    async def run(tab: Tab) -> None:
        await editing(append)(tab, "a")
        with pytest.raises(OSError, match="full"):
            await fail_to_show(tab)
        with pytest.raises(ValueError, match="no"), all_or_nothing():
            raise ValueError("no event of this tab")
        assert tab.session.title == "a"
        await editing(append)(tab, "c")

    tab = Tab()
    own_loop.run(run(tab))
    assert tab.session.title == "ac"


def test_a_reader_sees_the_edits_before_it() -> None:
    tab = Tab()
    read = reading(lambda session: session.title)
    _, title = own_loop.run(all_at_once(editing(append)(tab, "a"), read(tab)))
    assert title == "a"


def test_a_kit_that_takes_long_undoes_no_edit_made_meanwhile() -> None:
    edited = threading.Event()

    def make(session: Session) -> str:
        assert edited.wait(10), "the edit had to wait for the kit"
        return f"kit of {session.title!r}"

    def use(session: Session, kit: str) -> tuple[Session, str]:
        return replace(session, example=kit), session.title

    async def edit(tab: Tab) -> None:
        await asyncio.sleep(0.02)
        await editing(append)(tab, "a")
        edited.set()

    tab = Tab()
    shown, _ = own_loop.run(all_at_once(lifting(make, use)(tab), edit(tab)))
    assert (tab.session.title, tab.session.example, shown) == ("a", "kit of ''", "a")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries give it back")
def test_memory_of_what_was_forgotten_goes_back_to_the_system() -> None:
    def megabytes() -> float:
        return int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024

    blocks = [np.ones(100_000, np.uint8) for _ in range(3000)]  # 286 MB of the heap
    full, last = megabytes(), blocks[-1]  # which keeps the heap from shrinking by itself
    del blocks
    give_back_memory()
    assert megabytes() < full - 200
    assert last.all()
