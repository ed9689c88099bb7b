"""A Hugging Face Hub on loopback, for tests: what huggingface_hub 2.4 asks over HTTP.

Serves a folder laid out OWNER/NAME/FILE, and takes uploads. Large files go the Hub's way: /resolve
redirects to a second origin, with size and sha256 in X-Linked-* headers; uploads use the LFS batch
protocol. Xet storage is not served: uploads need HF_HUB_DISABLE_XET=1.

    python -m tests.hub_server DIR --port 8000
    HF_ENDPOINT=http://127.0.0.1:8000 python app.py
"""

from __future__ import annotations

import argparse
import json
import re
import threading
import time
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.hub_store import LFS_SUFFIXES, Blob, Fault, Repo, Request
from tests.hub_uploads import Uploads

CHUNK = 1 << 20


class HubServer:
    """Runs in a thread between `with` and its end.

    Args:
        folder: what to serve from the start, or None for an empty Hub.
        token: the access token that uploads need.
    """

    def __init__(self, folder: Path | None = None, port: int = 0, token: str = "hf_test") -> None:
        self.repos: dict[str, Repo] = {}
        self.blobs: dict[str, Blob] = {}
        self.faults: dict[str, Fault] = {}
        self.requests: list[Request] = []
        self.token = token
        self.stopped = threading.Event()
        for path in sorted(folder.glob("*/*/*")) if folder else ():
            self.put("/".join(path.parts[-3:-1]), {path.name: path}, any_commit=True)
        handler = type("BoundHandler", (Handler,), {"hub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def put(self, repo: str, files: dict[str, bytes | Path], any_commit: bool = False) -> str:
        """Commit files to a repo, made if it is missing; the commit's hash."""
        blobs = {name: Blob(content) for name, content in files.items()}
        self.blobs.update({blob.sha256(): blob for blob in blobs.values()})
        where = self.repos.setdefault(repo, Repo())
        where.any_commit = where.any_commit or any_commit
        return where.commit(blobs)

    def count(self, method: str, ending: str = "") -> int:
        """How many requests of a method asked for a path with this ending."""
        return sum(r.method == method and r.path.endswith(ending) for r in self.requests)

    def __enter__(self) -> HubServer:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()


class Handler(Uploads, BaseHTTPRequestHandler):
    """One connection. Routes are tried in order."""

    hub: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def do_HEAD(self) -> None:
        self._route()

    do_GET = do_POST = do_PUT = do_HEAD

    def _route(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append(Request(self.command, path, _lower(self.headers)))
        self.body = self._read_body()
        for methods, pattern, answer in ROUTES:
            match = re.fullmatch(pattern, path)
            if match and self.command in methods.split():
                return answer(self, **match.groupdict())
        return self._error(404, "NotFound", f"no route for {self.command} {path}")

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    # ---- downloads

    def resolve(self, repo: str, revision: str, file: str) -> None:
        found = self._find(repo, revision)
        if found is None:
            return None
        commit, files = found
        headers = {"X-Repo-Commit": commit}
        if file not in files:
            return self._error(404, "EntryNotFound", f"no {file}", headers)
        blob = files[file]
        if not file.endswith(LFS_SUFFIXES):
            return self._content(file, blob, {**headers, "ETag": f'"{blob.git_oid()}"'})
        fault = self._take_fault(file) if self.command == "HEAD" else None
        if fault and fault.status:
            return self._error(fault.status, "", "told to fail")
        digest = blob.sha256()
        self.hub.blobs[digest] = blob
        # Another origin, as the Hub's storage is: clients must not send their token there.
        headers["Location"] = f"http://localhost:{self.hub.port}/storage/{digest}/{file}"
        headers |= {"X-Linked-Size": str(blob.size), "X-Linked-Etag": f'"{digest}"'}
        return self._send(302, b"", headers)

    def storage(self, digest: str, file: str) -> None:
        self._content(file, self.hub.blobs[digest], {"ETag": f'"{digest}"'})

    def _content(self, file: str, blob: Blob, headers: dict[str, str]) -> None:
        fault = self._take_fault(file) or Fault()
        if fault.status:
            return self._error(fault.status, "", "told to fail")
        data = blob.read()
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        data = data[start : fault.short]
        return self._send(206 if start else 200, data, headers, fault.cut)

    def _take_fault(self, file: str) -> Fault | None:
        fault = self.hub.faults.get(file)
        if fault is None or fault.method != self.command or fault.times <= 0:
            return None
        fault.times -= 1
        self.hub.stopped.wait(fault.delay)
        return fault

    # ---- the API

    def info(self, repo: str, revision: str = "main") -> None:
        if found := self._find(repo, revision):
            commit, files = found
            siblings = [{"rfilename": name} for name in files]
            self._json({"id": repo, "modelId": repo, "sha": commit, "siblings": siblings})

    def tree(self, repo: str, revision: str) -> None:
        if found := self._find(repo, revision):
            self._json([_describe(name, blob) for name, blob in found[1].items()])

    # ---- answers

    def _find(self, repo: str, revision: str) -> tuple[str, dict[str, Blob]] | None:
        if repo not in self.hub.repos:
            self._error(401, "RepoNotFound", "Repository not found")
            return None
        found = self.hub.repos[repo].find(revision)
        if found is None:
            self._error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return found

    def _is_allowed(self) -> bool:
        allowed = self.headers.get("Authorization") == f"Bearer {self.hub.token}"
        if not allowed:
            self._error(401, "", "Invalid username or password.")
        return allowed

    def _json(self, value: object, status: int = 200, kind: str = "application/json") -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": kind})

    def _error(
        self, status: int, code: str, text: str, headers: dict[str, str] | None = None
    ) -> None:
        named = {"X-Error-Code": code} if code else {}
        body = json.dumps({"error": text}).encode()
        self._send(status, body, {**(headers or {}), **named, "X-Error-Message": text})

    def _send(
        self, status: int, body: bytes, headers: dict[str, str], cut: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Accept-Ranges": "bytes", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        try:
            for start in range(0, len(body[:cut]), CHUNK):
                self.wfile.write(body[:cut][start : start + CHUNK])
        except ConnectionError:
            self.close_connection = True  # the client has hung up, which is its right
        if cut is not None:
            self.close_connection = True


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _describe(name: str, blob: Blob) -> dict[str, object]:
    entry = {"type": "file", "path": name, "size": blob.size, "oid": blob.git_oid()}
    if name.endswith(LFS_SUFFIXES):
        entry["lfs"] = {"oid": blob.sha256(), "size": blob.size, "pointerSize": 134}
    return entry


_REPO = r"(?P<repo>[^/]+/[^/]+)"
_REVISION = r"(?P<revision>[^/]+)"
ROUTES: tuple[tuple[str, str, Callable[..., None]], ...] = (
    ("HEAD GET", rf"/{_REPO}/resolve/{_REVISION}/(?P<file>.+)", Handler.resolve),
    ("HEAD GET", r"/storage/(?P<digest>\w+)/(?P<file>.+)", Handler.storage),
    ("GET", rf"/api/models/{_REPO}", Handler.info),
    ("GET", rf"/api/models/{_REPO}/revision/{_REVISION}", Handler.info),
    ("GET", rf"/api/models/{_REPO}/tree/{_REVISION}/?", Handler.tree),
    ("POST", r"/api/repos/create", Handler.create),
    ("POST", r"/api/validate-yaml", Handler.validate_yaml),
    ("POST", rf"/api/models/{_REPO}/preupload/{_REVISION}", Handler.preupload),
    ("POST", rf"/{_REPO}\.git/info/lfs/objects/batch", Handler.lfs_batch),
    ("PUT", r"/upload/(?P<digest>\w+)", Handler.upload),
    ("POST", rf"/{_REPO}/lfs/verify", Handler.verify),
    ("POST", rf"/api/models/{_REPO}/commit/{_REVISION}", Handler.commit),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve a folder OWNER/NAME/FILE like the Hub.")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    with HubServer(options.folder, options.port) as hub:
        print(f"HF_ENDPOINT={hub.url}  ({', '.join(hub.repos) or 'no repos'})", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
