"""Two real workers behind one address, as a browser and as a program see them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from demo.balancer import COOKIE
from demo.replicas import APP, HEALTH, Plan, find_nginx
from tests import wire
from tests.demo_parts import TINY
from tests.test_dockerfile import healthcheck
from tests.visitor import Visitor

pytestmark = pytest.mark.skipif(find_nginx() is None, reason="nginx is not installed")
STREET = APP.parent / "examples" / "street_taxi_night"


class Caller(Visitor):
    """A tab that also calls the API, and knows which process answers."""

    @property
    def home(self) -> str:
        return self.http.get(HEALTH).text

    def link(self) -> str:
        """How the page would say what it shows: this depends on its session."""
        return self.event("copy_link").data[1]

    def complete(self, seed: int) -> list[dict]:
        """Pictures of one object's whole shapes."""
        photo = wire.file(self.upload(STREET / "photo.jpg").raise_for_status().json()[0])
        instances = json.loads((STREET / "instances.json").read_text())
        data = [photo, instances, 0, 2, seed, 1.0, [], [], []]
        call = "/gradio_api/call/complete"
        event = self.http.post(call, json={"data": data}).json()["event_id"]
        answer = self.http.get(f"{call}/{event}").text
        assert "event: complete" in answer, answer[:300]
        return json.loads(re.search(r"event: complete\ndata: (.*)", answer).group(1))[1]


def wait_for(true: object, what: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.2)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, subprocess.Popen]]:
    """The address of two workers with small weights, and the process that keeps them."""
    folder = tmp_path_factory.mktemp("replicas")
    plan = Plan(2, port=free_ports(3))
    command = [sys.executable, "-m", "demo.replicas", "--workers", "2", "--port", str(plan.port)]
    environment = {
        **os.environ,
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "HF_HUB_CACHE": str(folder / "cache"),
        "TMPDIR": str(folder),
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--", "--weights", str(TINY)],
            cwd=APP.parent,
            env=environment,
            stdout=log,
            stderr=log,
        )

        def said() -> bool:
            return "2 workers at" in (folder / "log").read_text()

        try:
            wait_for(lambda: said() or process.poll() is not None, "not started")
            assert process.poll() is None, (folder / "log").read_text()
            yield f"http://{plan.host}:{plan.port}", process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert all(not answers(port) for port in (plan.port, *plan.ports)), "all have ended"
            assert not list(folder.glob("amodal-*")), "no file is left"


def free_ports(count: int) -> int:
    """The first of several free ports in a row."""
    for first in range(18600, 19600, 10):
        if not any(answers(port) for port in range(first, first + count)):
            return first
    raise AssertionError("no ports")


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def worker_pids(url: str) -> dict[str, int]:
    """Linux: the workers' processes by their names in the cookie."""
    first = int(url.rsplit(":", 1)[1]) + 1
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(APP).encode() in words:
            port = int(words[words.index(b"--port") + 1])
            if first <= port < first + 2:
                found[str(port - first + 1)] = int(folder.name)
    return found


def test_each_visitor_keeps_worker_and_session(running: tuple) -> None:
    url, _ = running
    one, two = Caller(url), Caller(url)
    assert one.home != two.home, "both workers are used"
    one.event("open_first")
    two.event("open_first")
    two.event("open_example", data={"index": 1, "value": None})
    first, other = one.link(), two.link()
    assert "example=" in first
    assert "example=" in other
    assert (one.link(), two.link()) == (first, other)


def test_files_go_up_and_come_down_through_the_address(running: tuple) -> None:
    url, _ = running
    for seed in (0, 1):
        visitor = Caller(url)
        pictures = visitor.complete(seed)
        assert len(pictures) == 4
        for item in pictures:
            picture = item["image"]
            assert picture["url"].startswith(url), "the address is the visitors' own"
            assert visitor.http.get(picture["url"]).content.startswith(b"\xff\xd8")


def test_the_image_s_healthcheck_tells_whether_it_answers(running: tuple) -> None:
    url, _ = running
    for where, healthy in ((url, True), ("http://127.0.0.1:9", False)):
        code = healthcheck().replace("http://127.0.0.1:7860", where)
        asked = subprocess.run([sys.executable, "-c", code], capture_output=True)
        assert (asked.returncode == 0) is healthy


def test_a_dead_worker_ends_its_sessions_only_and_comes_back(running: tuple) -> None:
    url, process = running
    visitors = {visitor.http.cookies[COOKIE]: visitor for visitor in (Caller(url), Caller(url))}
    lost, kept = visitors["1"], visitors["2"]
    for visitor in visitors.values():
        visitor.event("open_first")
    link, home = kept.link(), lost.home
    heartbeat = lost.http.stream("GET", f"{wire.HEARTBEAT}{lost.id}")
    with heartbeat as beats:
        pieces = beats.iter_raw()
        assert next(pieces)
        os.kill(worker_pids(url)["1"], signal.SIGKILL)
        # The open connection ends: a page says so then, asks who is there, and loads again.
        with pytest.raises(httpx.RemoteProtocolError):
            list(pieces)
    assert lost.home not in ("", home), "somebody else answers, from which the page knows"
    assert lost.complete(0), "and serves it"
    assert kept.link() == link, "the others have not noticed"
    assert Caller(url).complete(0)
    wait_for(lambda: answers(int(url.rsplit(":", 1)[1]) + 1), "started again")
    wait_for(lambda: len({Caller(url).home for _ in range(4)}) == 2, "used again")
    assert process.poll() is None
