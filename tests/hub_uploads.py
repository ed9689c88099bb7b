"""The uploading half of the loopback Hub: create, preupload, LFS batch, commit."""

from __future__ import annotations

import base64
import hashlib
import json
import re

from tests.hub_store import LFS_SUFFIXES, Blob


class Uploads:
    """Mixed into the server's handler, whose answers it uses."""

    def create(self) -> None:
        if not self._is_allowed():
            return None
        asked = json.loads(self.body)
        repo = "/".join(filter(None, (asked.get("organization"), asked["name"])))
        url = f"{self.hub.url}/{repo}"
        if repo in self.hub.repos:
            return self._json({"error": "You already created this model repo", "url": url}, 409)
        self.hub.put(repo, {".gitattributes": b"*.safetensors filter=lfs\n"})
        return self._json({"url": url, "id": repo, "name": repo})

    def validate_yaml(self) -> None:
        content = json.loads(self.body)["content"]
        if re.match(r"---\n(.*\n)*license: \S+\n(.*\n)*---\n", content):
            return self._json({"errors": [], "warnings": []})
        return self._json({"errors": [{"message": "no license in the card"}], "warnings": []}, 400)

    def preupload(self, repo: str, revision: str) -> None:
        found = self._find(repo, revision) if self._is_allowed() else None
        if found is None:
            return
        present = found[1]
        answers = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(LFS_SUFFIXES) else "regular",
                "shouldIgnore": False,
                "oid": _oid(file["path"], present),
            }
            for file in json.loads(self.body)["files"]
        ]
        self._json({"files": answers})

    def lfs_batch(self, repo: str) -> None:
        if not self._is_allowed():
            return
        objects = []
        for asked in json.loads(self.body)["objects"]:
            answer = {"oid": asked["oid"], "size": asked["size"]}
            if asked["oid"] not in self.hub.blobs:
                upload = f"http://localhost:{self.hub.port}/upload/{asked['oid']}"
                verify = f"{self.hub.url}/{repo}/lfs/verify"
                answer["actions"] = {"upload": {"href": upload}, "verify": {"href": verify}}
            objects.append(answer)
        self._json({"transfer": "basic", "objects": objects}, kind="application/vnd.git-lfs+json")

    def upload(self, digest: str) -> None:
        if fault := self._take_fault("upload"):
            return self._error(fault.status, "", "told to fail")
        if hashlib.sha256(self.body).hexdigest() != digest:
            return self._error(400, "", "wrong sha256")
        self.hub.blobs[digest] = Blob(self.body)
        return self._send(200, b"", {})

    def verify(self, repo: str) -> None:
        asked = json.loads(self.body)
        blob = self.hub.blobs.get(asked["oid"])
        good = repo in self.hub.repos and blob is not None and blob.size == asked["size"]
        self._json({}, 200 if good else 404)

    def commit(self, repo: str, revision: str) -> None:
        if not self._is_allowed() or self._find(repo, revision) is None:
            return None
        changed = {}
        for line in self.body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "file":
                changed[value["path"]] = Blob(base64.b64decode(value["content"]))
            elif item["key"] == "lfsFile":
                changed[value["path"]] = self.hub.blobs[value["oid"]]
            elif item["key"] != "header":
                return self._error(400, "", f"no support for {item['key']}")
        oid = self.hub.repos[repo].commit(changed)
        return self._json({"commitUrl": f"{self.hub.url}/{repo}/commit/{oid}", "commitOid": oid})


def _oid(path: str, present: dict[str, Blob]) -> str | None:
    """What the client compares with its own file, to skip one that has not changed."""
    if path not in present:
        return None
    blob = present[path]
    return blob.sha256() if path.endswith(LFS_SUFFIXES) else blob.git_oid()
