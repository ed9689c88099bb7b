"""What the server takes at all, and the headers that every answer carries.

Gradio's own rules come on top: a file is served from its cache only, and CORS for localhost.

    origin     what another site's page asks for is refused, but for a link to the page or a frame
    size       a body has at most MAX_UPLOAD bytes, and one that isn't an upload MAX_BODY
    headers    a page may load and call this server only, and be framed by FRAMES
"""

from __future__ import annotations

import gzip
import logging
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_FILE = 160_000_000  # bytes; a project with the largest photo, as PNG
MAX_UPLOAD = LARGEST_FILE + 1_000_000  # all files of one upload, and what is around them
MAX_BODY = 32_000_000  # of any other request: the masks of many objects as JSON
FRAMES = ("'self'", "https://huggingface.co", "https://*.hf.space")
SHARE_HOST = (
    "https://gradio.s3-us-west-2.amazonaws.com"  # the page of a public link is loaded there
)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), "
        "serial=(), midi=(), accelerometer=(), gyroscope=(), magnetometer=()"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
}
API = "/gradio_api/"
QUICKLY = 5  # gzip: an eighth of the page is left, after 5 ms
_LOG = logging.getLogger(__name__)

MALFORMED = (
    "The request has a form or names a thing that isn't known here: see “Use via API” at the foot "
    "of the page, or use gradio_client."
)
TOO_LARGE = (
    "The request has more than {most:,} bytes, which is the most that is taken here: send a "
    "smaller file, or fewer objects."
)
FOREIGN = (
    "The request comes from a page of another site, {origin}: open this site itself, or call it "
    "from a program. Behind a proxy, hand Host or X-Forwarded-Host on."
)


class TooLarge(Exception):
    """A body is longer than it may be."""


def guarded(share: bool = False) -> dict[str, Any]:
    """Arguments of launch(): the guard, and nothing that reports or records.

    Args:
        share: whether there is a public link; its page comes from Gradio's own server.
    """
    return {
        "app_kwargs": {"middleware": [Middleware(Guard, share=share)]},
        "max_file_size": LARGEST_FILE,
        "enable_monitoring": False,
        "run_history": False,
        "ssr_mode": False,  # Node would answer in front of the guard
    }


class Guard:
    """An ASGI middleware around Gradio's app."""

    def __init__(self, app: ASGIApp, share: bool = False) -> None:
        self.app = app
        self.share = share

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        dressed = _Dressed(send, headers, self.share)
        refusal = _refusal(scope["method"], headers)
        if refusal is None and scope["method"] == "POST":
            try:
                if _is_upload(headers):
                    receive = _counted(receive, MAX_UPLOAD)
                else:
                    receive = _again(await _read(receive, MAX_BODY), receive)
                await self._app(scope, receive, dressed)
                return
            except TooLarge as error:
                if dressed.started:
                    raise
                refusal = JSONResponse({"detail": str(error)}, 413)
        await (refusal or self._app)(scope, receive, dressed)

    async def _app(self, scope: Scope, receive: Receive, send: _Dressed) -> None:
        """Gradio's routes trust the form of a request and fall over what has another one. What an
        event or endpoint of ours raises doesn't come here: its caller gets it as an event."""
        try:
            await self.app(scope, receive, send)
        except TooLarge:
            raise
        except Exception as error:
            if send.started or API not in scope["path"]:
                raise
            _LOG.warning("%s %s: %r", scope["method"], scope["path"][:100], error)
            await JSONResponse({"detail": MALFORMED}, 400)(scope, receive, send)


class _Dressed:
    """`send` with the headers. Each script of an HTML page gets the nonce that the policy asks for:
    what somebody else has written into the page doesn't run. A page goes out compressed: Gradio
    leaves its half a megabyte as it is."""

    def __init__(self, send: Send, asked: Headers, share: bool) -> None:
        self.send = send
        self.compress = "gzip" in asked.get("accept-encoding", "")
        self.nonce = secrets.token_urlsafe(16)
        self.policy = policy(self.nonce, share)
        self.started = False
        self._start: Message | None = None  # of a page, until it is complete
        self._page = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers["Content-Security-Policy"] = self.policy
            if headers.get("content-type", "").startswith("text/html"):
                self._start = message
                return
        elif self._start is not None:
            self._page += message.get("body", b"")
            if message.get("more_body"):
                return
            page = self._page.replace(b"<script", f'<script nonce="{self.nonce}"'.encode())
            headers = MutableHeaders(scope=self._start)
            if self.compress and page:
                page = gzip.compress(page, QUICKLY)
                headers["Content-Encoding"] = "gzip"
            headers.add_vary_header("Accept-Encoding")
            headers["Content-Length"] = str(len(page))
            await self.send(self._start)
            message, self._start = {**message, "body": page}, None
        await self.send(message)


def policy(nonce: str, share: bool = False) -> str:
    """The Content-Security-Policy of an answer. Gradio makes functions of the texts of its own
    page ('unsafe-eval') and sets styles of elements; it needs no more than that."""
    here = f"'self' {SHARE_HOST}" if share else "'self'"
    rules = {
        "default-src": here,
        "script-src": f"{here} 'nonce-{nonce}' 'unsafe-eval'",
        "style-src": f"{here} 'unsafe-inline'",
        "img-src": f"{here} data: blob:",
        "media-src": f"{here} data: blob:",
        "font-src": f"{here} data:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(FRAMES),
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _refusal(method: str, headers: Mapping[str, str]) -> JSONResponse | None:
    """Why a request isn't taken, as far as its head tells."""
    if is_foreign(method, headers):
        origin = headers.get("origin", "unknown")[:100]
        return JSONResponse({"detail": FOREIGN.format(origin=origin)}, 403)
    most = MAX_UPLOAD if _is_upload(headers) else MAX_BODY
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        return JSONResponse({"detail": TOO_LARGE.format(most=most)}, 413)
    return None


def is_foreign(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a page of another site sends a request, other than by a link or a frame.

    Browsers tell it by Sec-Fetch-Site where the connection is safe, else by Origin. Programs send
    neither.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        opened = method in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate"
        return site not in ("same-origin", "none") and not opened
    origin = headers.get("origin")
    if origin is None:
        return False
    forwarded = headers.get("x-forwarded-host", "").split(",")[0].strip()
    return urlsplit(origin).netloc.lower() not in {
        host.lower() for host in (headers.get("host", ""), forwarded) if host
    }


def _is_upload(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").lower().startswith("multipart/form-data")


async def _read(receive: Receive, most: int) -> bytes:
    """The whole body."""
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > most:
            raise TooLarge(TOO_LARGE.format(most=most))
        if message["type"] != "http.request" or not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """`receive` that gives a body which was read before."""
    first = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed


def _counted(receive: Receive, most: int) -> Receive:
    """`receive` that stops when it has given more bytes than it may."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise TooLarge(TOO_LARGE.format(most=most))
        return message

    return counted
