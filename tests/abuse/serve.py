"""The real app, watched, and a reverse proxy in front of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.app_process import ROOT, App
from tests.demo_parts import TINY
from tests.loopback import Quiet, served, url

# Written by a process about whatever it wants to connect to.
WATCH = """
import os, sys

def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        what = args[1] if event == "socket.connect" else args[0]
        with open(os.environ["AMODAL_WATCHED"], "a") as log:
            print(event, repr(what), file=log)

sys.addaudithook(watch)
"""


def watched(folder: Path, *flags: str, **variables: str) -> App:
    """The app with the tests' tiny weights; `connections` in the folder lists whom it asks."""
    (folder / "sitecustomize.py").write_text(WATCH)
    (folder / "connections").touch()
    own = {
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "AMODAL_WATCHED": str(folder / "connections"),
    }
    return App(folder, "--weights", str(TINY), *flags, variables={**own, **variables})


@contextmanager
def proxied(upstream: str, prefix: str) -> Iterator[str]:
    """A reverse proxy that shows `upstream` below `prefix`, as nginx does it. Its address."""

    class Handler(Quiet):
        def _pass(self) -> None:
            if not self.path.startswith(prefix + "/"):
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            headers["X-Forwarded-Host"] = self.headers["Host"]
            headers["Accept-Encoding"] = "identity"
            asked = upstream + self.path.removeprefix(prefix)
            with httpx.stream(
                self.command, asked, content=body, headers=headers, timeout=120
            ) as answer:
                self.send_response(answer.status_code)
                for name, value in answer.headers.multi_items():
                    if name not in ("connection", "transfer-encoding", "keep-alive"):
                        self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                for part in answer.iter_raw():
                    self.wfile.write(part)
                    self.wfile.flush()

        do_GET = do_POST = do_HEAD = _pass

    with served(Handler) as server:
        yield f"{url(server)}{prefix}"
