"""A browser tab over plain HTTP that does one thing after the other."""

from __future__ import annotations

import secrets
from pathlib import Path

import httpx

from tests import wire
from tests.wire import Answer, Refused


class Visitor:
    """One tab, with a cookie jar of its own. It has loaded the page.

    Args:
        url: the app's address.
    """

    def __init__(self, url: str) -> None:
        self.id = secrets.token_hex(6)
        self.http = httpx.Client(base_url=url, timeout=wire.PATIENCE, trust_env=False)
        self.http.get("/").raise_for_status()
        self.events = wire.events(self.http.get("/config").raise_for_status().json())

    def event(self, name: str, *values: object, data: object = None) -> Answer:
        """Send an event, and wait for its end.

        Args:
            name: of its handler.
            values: of its last inputs.
            data: what the component says of the event.

        Raises:
            Refused: the app answered with a message of its own.
        """
        event = self.events[name]
        asked = self.http.post(wire.JOIN, json=event.asked(self.id, values, data))
        outcome = wire.Outcome(event, asked.raise_for_status().json()["event_id"])
        with self.http.stream("GET", wire.LISTEN, params={"session_hash": self.id}) as stream:
            for line in stream.iter_lines():
                if answer := outcome.read(line):
                    return answer
        raise RuntimeError("the stream ended before the event did")

    def told(self, name: str, *values: object) -> str:
        """The sentence in which an event that fails ends."""
        try:
            self.event(name, *values)
        except Refused as refusal:
            return str(refusal)
        raise AssertionError(f"{name} did not fail")

    def click_photo(self, x: float, y: float) -> Answer:
        """With the tool in hand."""
        data = {"kind": "click", "points": [[x, y]], "reach": 3}
        return self.event("gesture", "on", data=data)

    def upload(self, path: Path) -> httpx.Response:
        with path.open("rb") as stream:
            return self.http.post(wire.UPLOAD, files={"files": (path.name, stream)})
