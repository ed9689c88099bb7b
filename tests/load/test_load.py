"""Several users at once against the app in this process: nothing lost, nothing mixed up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from weakref import WeakSet

import gradio as gr
import httpx
import pytest

from demo import ui
from demo.examples import find_examples
from demo.handlers import Handlers
from demo.tab import Tab as Work
from tests import own_loop
from tests.demo_parts import offline_pipeline
from tests.load.tab import Tab
from tests.load.users import Log, User
from tests.served_page import served_page
from tests.wire import Answer, Refused

KEEP = 0.5  # seconds that a closed tab's work is kept
WAITING = 6


@pytest.fixture(scope="module")
def alive() -> WeakSet[Work]:
    """The tabs that are in memory."""
    return WeakSet()


@pytest.fixture(scope="module")
def page(
    tmp_path_factory: pytest.TempPathFactory, alive: WeakSet[Work]
) -> Iterator[tuple[gr.Blocks, str]]:
    """The app, and its address."""
    folder = tmp_path_factory.mktemp("load")

    class Watched(Work):
        def __deepcopy__(self, memo: dict) -> Work:
            copy = Work()
            alive.add(copy)
            return copy

    def build() -> gr.Blocks:
        page = ui.build(Handlers(offline_pipeline(folder / "cache"), find_examples()[:3]), KEEP)
        return page.queue(max_size=WAITING)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ui, "Tab", Watched)
        with served_page(folder, build) as served:
            yield served


def visits(url: str, count: int) -> Log:
    log = Log()

    async def all_at_once() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=120) as http:
            await asyncio.gather(*(User(http, k, 0, log).visit() for k in range(count)))

    own_loop.run(all_at_once())
    return log


def test_users_at_once_get_their_own_pictures(page: tuple[gr.Blocks, str]) -> None:
    log = visits(page[1], 5)
    assert log.wrong == []
    assert log.refused == []
    assert {step: len(times) for step, times in log.seconds.items()} == dict.fromkeys(
        log.seconds, 5
    )


def test_the_work_of_closed_tabs_is_forgotten(
    page: tuple[gr.Blocks, str], alive: WeakSet[Work]
) -> None:
    assert visits(page[1], 2).wrong == []
    assert alive
    end = time.monotonic() + 30
    while any(tab.session.step for tab in alive) and time.monotonic() < end:
        time.sleep(0.1)
    assert [tab.session.title for tab in alive if tab.session.step] == []


def test_too_many_at_once_are_refused_politely_and_lose_nothing(
    page: tuple[gr.Blocks, str],
) -> None:
    async def run() -> tuple[list[Answer | BaseException], dict]:
        async with httpx.AsyncClient(base_url=page[1], timeout=120) as http:
            first = Tab(http)
            await first.open()
            await first.event("open_first")
            others = [Tab(http, events=first.events) for _ in range(24)]
            asked = await asyncio.gather(
                *(tab.event("open_first") for tab in others), return_exceptions=True
            )
            after = (await first.event("undo")).shown["stage"]
            await first.close()
            return asked, after

    asked, after = own_loop.run(run())
    refused = [str(each) for each in asked if isinstance(each, Refused)]
    served = [each for each in asked if isinstance(each, Answer)]
    assert refused
    assert len(served) == 24 - len(refused) >= WAITING
    assert all("Queue is full" in each for each in refused)
    assert any(each.rank for each in served), "who waits is told a place in the queue"
    assert after["alt"].startswith("Taxis at night"), "what was open still is"


def test_temporary_files_go_when_nobody_asks_for_them(page: tuple[gr.Blocks, str]) -> None:
    from gradio.route_utils import delete_files_created_by_app
    from gradio.utils import get_upload_folder

    visits(page[1], 2)
    files = [file for file in Path(get_upload_folder()).rglob("*.*") if file.is_file()]
    names = {file.name for file in files}
    assert {"photo.jpg", "street 1.png", "masks.json"} <= names
    delete_files_created_by_app(page[0], age=0)
    left = [file.name for file in files if file.is_file()]
    assert not {"photo.jpg", "street 1.png", "masks.json", "sprite.webp", "layers.webp"} & {*left}
    assert visits(page[1], 2).wrong == [], "what examples share is written again"
