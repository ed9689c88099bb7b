"""A browser tab over plain HTTP, as a coroutine: many of them at once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests import wire
from tests.wire import Answer, Refused


@dataclass
class Tab:
    """One user's connection.

    A tab listens to its stream of messages while an event of its own is under way, and holds a
    heartbeat all the time, as the page does.
    """

    http: httpx.AsyncClient
    id: str = field(default_factory=lambda: secrets.token_hex(6))
    events: Mapping[str, wire.Event] = field(default_factory=dict)
    heart: asyncio.Task | None = None

    async def open(self) -> None:
        """Load the page."""
        await self._get("/")
        self.events = wire.events((await self._get("/config")).json())
        self.heart = asyncio.create_task(self._beat())

    async def close(self) -> None:
        """Leave: the heartbeat ends."""
        if self.heart:
            self.heart.cancel()
            await asyncio.gather(self.heart, return_exceptions=True)

    async def event(self, name: str, *values: Any, data: Any = None) -> Answer:
        """Send an event, and wait for its end.

        Raises:
            Refused: the app answered with a message of its own.
        """
        event = self.events[name]
        reply = await self.http.post(wire.JOIN, json=event.asked(self.id, values, data))
        if reply.status_code == 503:
            raise Refused(reply.json()["detail"])
        reply.raise_for_status()
        outcome = wire.Outcome(event, reply.json()["event_id"])
        stream = self.http.stream(
            "GET", wire.LISTEN, params={"session_hash": self.id}, timeout=wire.PATIENCE
        )
        async with stream as reply:
            async for line in reply.aiter_lines():
                if answer := outcome.read(line):
                    return answer
        raise RuntimeError("the stream ended before the event did")

    async def upload(self, name: str, content: bytes) -> dict:
        """Send a file; what comes back goes into an event."""
        reply = await self.http.post(wire.UPLOAD, files={"files": (name, content)})
        reply.raise_for_status()
        return wire.file(reply.json()[0], name)

    async def fetch(self, file: dict) -> bytes:
        """A file that an event has made."""
        return (await self._get(f"{wire.FILE}{file['path']}")).content

    async def _beat(self) -> None:
        async with self.http.stream("GET", wire.HEARTBEAT + self.id, timeout=None) as reply:
            async for _ in reply.aiter_lines():
                pass

    async def _get(self, path: str) -> httpx.Response:
        reply = await self.http.get(path)
        reply.raise_for_status()
        return reply
