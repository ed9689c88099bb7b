"""A plain web server on loopback that holds one file, and ways to spoil it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Spoilt:
    """What goes wrong with the next answers.

    Args:
        status: answered in place of 200.
        cut: announce the whole file, send so many bytes, hang up.
        stall: announce the whole file, send so many bytes, then nothing.
        announced: send everything, but don't say how much it is.
    """

    status: int = 200
    cut: int | None = None
    stall: int | None = None
    announced: bool = True


class WebServer:
    """Runs in a thread between `with` and its end.

    Args:
        path: of the file, such as "/models/network.pth".
        content: its bytes.
    """

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content
        self.spoilt = Spoilt()
        self.asked: list[str] = []
        self.stopped = threading.Event()
        handler = type("BoundHandler", (_Handler,), {"web": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> WebServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    web: WebServer

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        web, spoilt = self.web, self.web.spoilt
        web.asked.append(self.path)
        status = spoilt.status if self.path == web.path else 404
        body = web.content if status == 200 else b"no"
        self.send_response(status)
        if spoilt.announced:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            if spoilt.stall is not None:
                self.wfile.write(body[: spoilt.stall])
                self.wfile.flush()
                web.stopped.wait(30)
            else:
                self.wfile.write(body[: spoilt.cut])
        except ConnectionError:
            pass  # the client has hung up, which is its right
