"""The nginx of several workers, before small servers that say who they are."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from demo.balancer import COOKIE, LARGEST_REQUEST, nginx_conf
from demo.guard import MAX_UPLOAD
from demo.replicas import find_nginx
from tests.loopback import Quiet, free_port, served

needs_nginx = pytest.mark.skipif(find_nginx() is None, reason="nginx is not installed")


class Named(Quiet):
    """Answers with the server's port; counts what it has read; `/drip` comes in two pieces."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        pieces = [str(self.server.server_port).encode()]
        if self.path == "/drip":
            pieces = [b"data: 1\n\n", b"data: 2\n\n"]
        if self.path == "/seen":
            pieces = [str(self.headers).encode()]
        self.answer(pieces)

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        self.rfile.read(size)
        self.answer([str(size).encode()])

    def answer(self, pieces: list[bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(sum(map(len, pieces))))
        self.end_headers()
        for number, piece in enumerate(pieces):
            if number:
                self.server.go_on.wait(10)
            self.wfile.write(piece)
            self.wfile.flush()


@contextmanager
def server(port: int = 0) -> Iterator[ThreadingHTTPServer]:
    with served(Named, port) as running:
        running.go_on = threading.Event()
        yield running


class Front:
    """A running nginx before two servers."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.stacks = [stack.enter_context(ExitStack()) for _ in range(2)]
        self.servers = [own.enter_context(server()) for own in self.stacks]
        self.ports = [running.server_port for running in self.servers]
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        conf = folder / "nginx.conf"
        conf.write_text(nginx_conf("127.0.0.1", port, self.ports, folder))
        command = [find_nginx(), "-p", str(folder), "-c", str(conf), "-e", "stderr"]
        process = subprocess.Popen(command)
        stack.callback(process.wait, 10)
        stack.callback(process.terminate)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError("nginx did not start")

    def visitor(self, **cookies: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, trust_env=False, timeout=20, cookies=cookies)

    def stop(self, number: int) -> None:
        self.stacks[number].close()


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with ExitStack() as stack:
        yield Front(tmp_path, stack)


@needs_nginx
def test_new_visitors_are_spread_and_stay_where_they_are(front: Front) -> None:
    homes = []
    for _ in range(4):
        with front.visitor() as visitor:
            home = visitor.get("/").text
            homes.append(home)
            asked = ("/", "/?example=a", "/gradio_api/queue/data?session_hash=x", "/config")
            assert {visitor.get(path).text for path in asked} == {home}
    assert set(homes) == {str(port) for port in front.ports}


@needs_nginx
def test_the_cookie_is_told_once(front: Front) -> None:
    with front.visitor() as visitor:
        told = visitor.get("/").headers["set-cookie"]
        assert re.fullmatch(rf"{COOKIE}=[12]; Path=/; HttpOnly; SameSite=Lax", told)
        assert "set-cookie" not in visitor.get("/").headers


@needs_nginx
def test_a_program_without_cookies_meets_one_worker(front: Front) -> None:
    paths = [f"/gradio_api/call/complete/{number}" for number in range(6)]
    with front.visitor() as visitor:
        answers = set()
        for path in paths:
            visitor.cookies.clear()
            answers.add(visitor.get(path).text)
    assert len(answers) == 1


@needs_nginx
@pytest.mark.parametrize("name", ["9", "x", "1; 2", "worker_1"])
def test_a_cookie_that_names_no_worker_is_replaced(front: Front, name: str) -> None:
    with front.visitor() as visitor:
        answer = visitor.get("/", headers={"Cookie": f"{COOKIE}={name}"})
    assert answer.text in {str(port) for port in front.ports}
    if name != "1; 2":  # that one is worker 1 and a part of another cookie
        assert answer.headers["set-cookie"].startswith(f"{COOKIE}=")


@needs_nginx
def test_another_worker_takes_over(front: Front) -> None:
    with front.visitor(**{COOKIE: "2"}) as visitor:
        assert visitor.get("/").text == str(front.ports[1])
        front.stop(1)
        answer = visitor.get("/gradio_api/app_id")
        assert answer.text == str(front.ports[0])
        assert answer.headers["set-cookie"].startswith(f"{COOKIE}=1;")
    with front.visitor() as newcomer:
        assert {newcomer.get("/").text for _ in range(3)} == {str(front.ports[0])}
    front.stop(0)
    with front.visitor() as visitor:
        assert visitor.get("/").status_code == 502


@needs_nginx
def test_a_stream_comes_as_it_is_made(front: Front) -> None:
    with front.visitor() as visitor, visitor.stream("GET", "/drip") as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"data: 1\n\n", "before the second one exists"
        for running in front.servers:
            running.go_on.set()
        assert next(pieces) == b"data: 2\n\n"


@needs_nginx
def test_the_largest_file_passes_and_more_is_refused(front: Front) -> None:
    assert int(LARGEST_REQUEST.removesuffix("m")) << 20 > MAX_UPLOAD
    with front.visitor() as visitor:
        data = bytes(2**21)  # more than nginx takes by default
        assert visitor.post("/gradio_api/upload", content=data).text == str(len(data))
    size = (int(LARGEST_REQUEST.removesuffix("m")) + 1) * 2**20
    with closing(HTTPConnection(front.url.removeprefix("http://"), timeout=20)) as announced:
        announced.putrequest("POST", "/gradio_api/upload")
        announced.putheader("Content-Length", str(size))
        announced.endheaders()
        assert announced.getresponse().status == 413


@needs_nginx
def test_workers_learn_who_asks(front: Front) -> None:
    with front.visitor() as visitor:
        seen = visitor.get("/seen", headers={"X-Forwarded-Proto": "https"}).text.lower()
        assert f"host: {front.url.removeprefix('http://')}" in seen
        assert "x-forwarded-proto: https" in seen
        assert "x-forwarded-for: 127.0.0.1" in seen
        assert "x-forwarded-proto: http\n" in visitor.get("/seen").text.lower().replace("\r", "")


def test_nginx_is_found_where_debian_puts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """/usr/sbin is not in every user's path."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert (find_nginx() is None) == (shutil.which("nginx", path="/usr/sbin") is None)
