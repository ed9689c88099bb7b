"""What Gradio's page and its server say to each other, without the connection itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

JOIN, LISTEN = "/gradio_api/queue/join", "/gradio_api/queue/data"
UPLOAD, FILE, HEARTBEAT = "/gradio_api/upload", "/gradio_api/file=", "/gradio_api/heartbeat/"
PATIENCE = 120.0  # seconds that a loaded machine may need for one answer


class Refused(Exception):
    """The app said no, politely: its message."""


@dataclass(frozen=True)
class Answer:
    """What came back for an event.

    Args:
        data: the outputs.
        shown: those of them that have an id, by it.
        rank: the first queue position told (0 is the next), or None.
    """

    data: list
    shown: dict[str, Any]
    rank: int | None = None


@dataclass(frozen=True)
class Event:
    """One event of the page.

    Args:
        number: Gradio's.
        inputs: how many; the session is the first.
        outputs: the ids of the elements that it changes.
    """

    number: int
    inputs: int
    outputs: Sequence[str]

    def asked(self, session: str, values: Sequence[object], data: object) -> dict:
        """The body to post.

        Args:
            session: the tab's.
            values: of the last inputs; those before them are sent empty.
            data: what the component says of the event.
        """
        given = [None] * (self.inputs - len(values)) + list(values)
        return {
            "data": given,
            "event_data": data,
            "fn_index": self.number,
            "session_hash": session,
        }


class Outcome:
    """Reads the stream of messages up to the end of one event.

    Args:
        event: what was asked.
        id: the number that the server gave it.
    """

    def __init__(self, event: Event, id: str) -> None:
        self.event, self.id = event, id
        self.rank: int | None = None

    def read(self, line: str) -> Answer | None:
        """The answer, once it is there.

        Raises:
            Refused: the app answered with a message of its own.
            RuntimeError: Gradio has failed.
        """
        if not line.startswith("data:"):
            return None
        message = json.loads(line[5:])
        if message.get("event_id") not in (self.id, None):
            return None
        if message["msg"] == "estimation" and self.rank is None:
            self.rank = message["rank"]
        elif message["msg"] == "process_completed":
            if not message["success"]:
                raise Refused(str(message["output"].get("error")))
            data = message["output"]["data"]
            return Answer(data, dict(zip(self.event.outputs, data, strict=True)), self.rank)
        elif message["msg"] == "unexpected_error":
            raise RuntimeError(message["message"])
        return None


def events(config: dict) -> dict[str, Event]:
    """The page's, by the names of their handlers, from what it says of itself at /config."""
    ids = {part["id"]: part["props"].get("elem_id") or "" for part in config["components"]}
    found: dict[str, Event] = {}
    for event in config["dependencies"]:
        outputs = [ids.get(id, "") for id in event["outputs"]]
        found.setdefault(event["api_name"], Event(event["id"], len(event["inputs"]), outputs))
    return found


def file(path: str, name: str | None = None) -> dict:
    """An uploaded file, as an event takes it."""
    return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
