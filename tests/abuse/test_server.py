"""The running app over HTTP: what it serves, to whom, with which headers, and to nobody else."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from demo.guard import HEADERS, MAX_BODY, MAX_UPLOAD
from tests.abuse import corpus
from tests.abuse.serve import watched
from tests.app_process import ROOT

API = "/gradio_api"
EVIL = {"Origin": "https://evil.example"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[httpx.Client]:
    hub = {"HF_ENDPOINT": "https://huggingface.co"}  # which it could ask, but must not
    with (
        watched(folder, **hub) as app,
        httpx.Client(base_url=app.url, timeout=60, trust_env=False) as client,
    ):
        yield client


def uploaded(web: httpx.Client, data: bytes, name: str = "photo.png") -> str:
    (path,) = web.post(f"{API}/upload", files={"files": (name, data)}).json()
    return path


def file_data(path: str) -> dict:
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def called(web: httpx.Client, name: str, data: list) -> str:
    """The events of a call."""
    event = web.post(f"{API}/call/{name}", json={"data": data})
    assert event.status_code == 200, event.text
    return web.get(f"{API}/call/{name}/{event.json()['event_id']}").text


def is_well(web: httpx.Client) -> bool:
    """Whether the next good request is answered."""
    return "event: complete" in called(web, "example", ["street_taxi_night"])


def test_a_start_and_a_page_connect_to_nobody(web: httpx.Client, folder: Path) -> None:
    page = web.get("/").text
    loaded = re.findall(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["']([^"']+)""", page)
    assert loaded
    assert not [url for url in loaded if urlsplit(url).netloc]
    assert is_well(web)
    asked = (folder / "connections").read_text().splitlines()
    assert asked, "the hook sees Gradio's own check of its address"
    assert not [line for line in asked if not re.search(r"127\.0\.0\.1|localhost|'/|::1", line)]


def test_every_answer_carries_the_headers(web: httpx.Client) -> None:
    path = uploaded(web, corpus.picture())
    for url in ("/", "/config", "/theme.css", f"{API}/info", f"{API}/file={path}", "/nothing"):
        answer = web.get(url)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, url
        assert "object-src 'none'" in answer.headers["content-security-policy"]
    page = web.get("/")
    (nonce,) = set(re.findall(r'<script nonce="([^"]+)"', page.text))
    assert f"'nonce-{nonce}'" in page.headers["content-security-policy"]
    assert "'unsafe-inline'" not in page.headers["content-security-policy"].split("style-src")[0]
    assert page.text.count("<script") == page.text.count("<script nonce=")
    assert nonce not in web.get("/").text


def test_pages_of_other_sites_get_nothing(web: httpx.Client) -> None:
    path = uploaded(web, corpus.picture())
    strange = [EVIL, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}]
    for headers in strange:
        for url in ("/config", f"{API}/info", f"{API}/file={path}"):
            assert web.get(url, headers=headers).status_code == 403
        body = {"data": [], "fn_index": 0, "session_hash": "x"}
        assert web.post(f"{API}/queue/join", json=body, headers=headers).status_code == 403
        files = {"files": ("a.png", b"x")}
        assert web.post(f"{API}/upload", files=files, headers=headers).status_code == 403
    assert "access-control-allow-origin" not in web.get("/", headers=EVIL).headers
    asked = {**EVIL, "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in web.options("/config", headers=asked).headers


def test_own_pages_programs_and_links_are_let_in(web: httpx.Client) -> None:
    own = f"http://{urlsplit(str(web.base_url)).netloc}"
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    for headers in ({}, {"Origin": own}, {"Sec-Fetch-Site": "same-origin"}, followed):
        assert web.get("/", headers=headers).status_code == 200


FOREIGN = [
    "/etc/passwd",
    "../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "%252e%252e%252fetc%252fpasswd",
    "//etc/passwd",
    "/etc/passwd%00.png",
    "file:///etc/passwd",
    "file%3A%2F%2F%2Fetc%2Fpasswd",
    "/proc/self/environ",
    "app.py",
    "./app.py",
    "demo/ui.py",
    "weights/manifest.json",
    "~/.bashrc",
    "http://127.0.0.1:1/x",
    "https://example.com/x",
]


@pytest.mark.parametrize("way", ["file=", "file/", "proxy=", "stream/"])
def test_no_other_file_is_served(web: httpx.Client, folder: Path, way: str) -> None:
    upload = uploaded(web, corpus.picture())
    own = [str(ROOT / "app.py"), f"{Path(upload).parent}/../../../../../..{ROOT}/app.py"]
    for path in (*FOREIGN, *own, f"{upload}/../../../connections", str(folder / "gradio")):
        with socket.create_connection((web.base_url.host, web.base_url.port)) as raw:
            raw.sendall(f"GET {API}/{way}{path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
            answer = b"".join(iter(lambda: raw.recv(65536), b"")).decode(errors="replace")
        status = int(answer.split()[1])
        assert status in (307, 400, 403, 404, 405), (path, answer[:300])
        assert "root:" not in answer
        assert "argparse" not in answer


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "app.py", str(ROOT / "app.py"), "../app.py", "", "/"]
)
def test_a_request_names_no_file_of_the_server(web: httpx.Client, path: str) -> None:
    name = file_data(path)
    for data in ([name, None, None, [1, 2, 3, 4]], [None, name, name, name]):
        answer = called(web, "segment", data)
        assert "event: error" in answer
        assert "root:" not in answer
    assert "event: error" in called(web, "edit", [name, {"annotations": [name]}, []])


def test_the_page_goes_out_compressed_to_those_who_can_read_it(web: httpx.Client) -> None:
    plain = web.get("/", headers={"Accept-Encoding": "identity"})
    packed = web.get("/", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 4
    assert "<gradio-app" in packed.text
    assert "<gradio-app" in plain.text


def test_the_server_fetches_no_address(web: httpx.Client) -> None:
    for url in ("http://127.0.0.1:9/a.png", "https://example.com/a.png"):
        answer = called(web, "segment", [file_data(url), None, None, [1, 2, 3, 4]])
        assert "event: error" in answer
        assert "not fetched" in answer
        assert web.get(f"{API}/file={url}").status_code in (400, 403, 404)


def test_names_and_types_of_uploads_are_not_believed(web: httpx.Client, folder: Path) -> None:
    cache = folder / "gradio"
    for name in (
        "../../evil.png",
        "/etc/cron.d/evil",
        "a\\..\\b.html",
        "x" * 300 + ".png",
        "a;b.svg",
    ):
        answer = web.post(f"{API}/upload", files={"files": (name, b"<script>alert(1)</script>")})
        for path in answer.json() if answer.status_code == 200 else ():
            assert Path(path).resolve().is_relative_to(cache.resolve())
            served = web.get(f"{API}/file={path}")
            assert "html" not in served.headers.get("content-type", "")
            assert "svg" not in served.headers.get("content-type", "")
            assert served.headers["x-content-type-options"] == "nosniff"
    lying = uploaded(web, b"<html><script>alert(1)</script>", "photo.png")
    answer = called(web, "segment", [file_data(lying), None, None, [1, 2, 3, 4]])
    assert "event: error" in answer
    assert "not a picture" in answer


def test_bodies_that_are_too_large_are_refused_at_once(web: httpx.Client) -> None:
    for url, kind, size in (
        (f"{API}/upload", "multipart/form-data; boundary=x", MAX_UPLOAD + 1),
        (f"{API}/queue/join", "application/json", MAX_BODY + 1),
    ):
        with socket.create_connection((web.base_url.host, web.base_url.port), 30) as raw:
            head = (
                f"POST {url} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {size}"
            )
            raw.sendall(f"{head}\r\n\r\n".encode())
            answer = raw.recv(65536).decode()
        assert " 413 " in answer.splitlines()[0]
    endless = (b" " * 1_000_000 for _ in range(40))
    answer = web.post(f"{API}/queue/join", content=endless)
    assert answer.status_code == 413
    assert f"{MAX_BODY:,}" in answer.json()["detail"]


BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe\x00",
    b"{" * 50_000,
    b'{"data":' + b"[" * 800 + b"]" * 800 + b"}",
    b'{"data": null}',
    b'{"data": [NaN, Infinity]}',
    b'{"data": [], "fn_index": 1e400, "session_hash": "x"}',
    b'{"data": [], "fn_index": -1, "session_hash": "x"}',
    b'{"data": [], "fn_index": 99999, "session_hash": "x"}',
    b'{"data": [1], "fn_index": 0, "session_hash": "<script>"}',
    b'{"data": [], "session_hash": {"a": 1}}',
    b'{"data": ["' + b"A" * 1_000_000 + b'"], "session_hash": "x", "fn_index": 3}',
]


@pytest.mark.parametrize(
    "url", ["queue/join", "call/segment", "call/nothing", "call/v2/edit", "run/edit"]
)
def test_a_malformed_post_harms_nobody(web: httpx.Client, url: str) -> None:
    for body in BODIES:
        kind = {"Content-Type": "application/json"}
        answer = web.post(f"{API}/{url}", content=body, headers=kind)
        assert answer.status_code < 500, (body[:60], answer.text)
        assert ".py" not in answer.text
    assert is_well(web)


def test_events_of_the_page_are_checked_too(web: httpx.Client) -> None:
    """Whoever knows the page's wiring can send an event by hand."""
    for function in web.get("/config").json()["dependencies"]:
        for value in (None, "x", {"a": [1]}, 1e308):
            body = {
                "data": [value] * len(function["inputs"]),
                "event_data": {"kind": value},
                "fn_index": function["id"],
                "session_hash": "abuse",
                "trigger_id": None,
            }
            answer = web.post(f"{API}/queue/join", json=body)
            assert "Traceback" not in answer.text
    assert is_well(web)
