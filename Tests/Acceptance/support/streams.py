"""A reader of server-sent events, as an EventSource is one, over httpx."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator

import httpx

from .environment import HTTP
from .queue_copy import QueueCopy
from .rest import token


class Stream:
    """Keeps a `QueueCopy` by a queue's event stream. Use as an asynchronous context manager; `cut` drops the connection."""

    def __init__(self, user: str, queue: str, last_id: str | None = None, address: str = HTTP, limit: int = 5000):
        self.copy = QueueCopy()
        self.events: list[dict] = []
        self.snapshots: list[dict] = []
        self.raw = ""
        self.last_id = last_id
        self.end: dict | None = None
        self._user, self._address = user, address
        self._path = f"/v1/queues/{queue}/events?limit={limit}"
        self._task: asyncio.Task | None = None

    async def __aenter__(self) -> "Stream":
        self.open()
        return self

    async def __aexit__(self, *_) -> None:
        await self.cut()

    def open(self) -> None:
        """Connects, again with the id of the last event."""
        self._task = asyncio.create_task(self._read())

    async def cut(self) -> None:
        """Drops the connection; raises what went wrong while reading."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def ended(self) -> None:
        """Waits until the server has ended the stream; raises `OSError` where the connection broke."""
        try:
            await asyncio.shield(self._task)
        except httpx.TransportError as error:
            raise OSError(str(error)) from error

    async def until(self, condition, timeout: float = 30, what: str = "the stream") -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if self._task.done():
                self._task.result()
            assert time.monotonic() < deadline, f"{what}: not within {timeout} s; at version {self.copy.version}"
            await asyncio.sleep(0.02)

    async def _read(self) -> None:
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {await asyncio.to_thread(token, self._user)}"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        async with (
            httpx.AsyncClient(base_url=self._address, timeout=httpx.Timeout(20, read=60)) as client,
            client.stream("GET", self._path, headers=headers) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["content-type"] == "text/event-stream"
            async for event, event_id, data in self._events(answer):
                self._take(event, data)
                self.last_id = event_id or self.last_id

    async def _events(self, answer: httpx.Response) -> AsyncIterator[tuple[str, str | None, dict]]:
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            self.raw += line + "\n"
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
                continue
            if "data" in fields:
                yield fields["event"], fields.get("id"), json.loads(fields["data"])
            fields = {}

    def _take(self, event: str, data: dict) -> None:
        if event == "snapshot":
            self.snapshots.append(data)
            if len(data["services"]) == data["total"]:
                self.copy.reset(data)
        elif event == "change":
            self.copy.apply(data)
            self.events.append(data)
        elif event == "end":
            self.end = data
        else:
            assert event == "reset", event
