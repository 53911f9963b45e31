"""The employee's screen: the public Centrifuge SDK, subscribed to a queue."""

import asyncio
import contextlib
import time

import centrifuge

from .environment import WEBSOCKET
from .queue_copy import QueueCopy
from .rest import token


class Screen:
    """A client of the WebSocket that keeps a `QueueCopy`. Use as an asynchronous context manager."""

    def __init__(self, user: str, queue: str | None = None, address: str = WEBSOCKET):
        self.copy = QueueCopy()
        self.events: list[dict] = []
        self.subscriptions: list[centrifuge.SubscribedContext] = []
        self._failure: BaseException | None = None
        self._queue = queue

        async def get_token() -> str:
            return await asyncio.to_thread(token, user)

        self.client = centrifuge.Client(
            address, get_token=get_token, max_reconnect_delay=0.5, timeout=10, proxy=None
        )

    async def __aenter__(self) -> "Screen":
        await self.client.connect()
        await self.client.ready(timeout=20)
        if self._queue:
            subscription = self.client.new_subscription(
                f"queue:{self._queue}",
                events=_Subscription(self),
                data={"limit": 5000},
                positioned=True,
                recoverable=True,
            )
            await subscription.subscribe()
            await subscription.ready(timeout=20)
        return self

    async def __aexit__(self, *_) -> None:
        with contextlib.suppress(centrifuge.CentrifugeError):
            await self.client.disconnect()
        self.check()

    async def rpc(self, method: str, **data) -> dict:
        """Carries out a command; raises `centrifuge.ReplyError` when it is refused."""
        return (await self.client.rpc(method, data)).data

    async def until(self, condition, timeout: float = 30, what: str = "the screen") -> None:
        """Waits until the condition holds, or a handler has failed."""
        deadline = time.monotonic() + timeout
        while not condition():
            self.check()
            assert time.monotonic() < deadline, f"{what}: not within {timeout} s; at version {self.copy.version}"
            await asyncio.sleep(0.02)
        self.check()

    async def until_version(self, version: int) -> None:
        await self.until(lambda: self.copy.version >= version, what=f"version {version}")

    def check(self) -> None:
        """Raises what went wrong in a handler: the SDK only logs it."""
        if self._failure:
            raise self._failure

    def guarded(self, action) -> None:
        try:
            action()
        except Exception as error:
            self._failure = self._failure or error

    def subscribed(self, context: centrifuge.SubscribedContext) -> None:
        self.subscriptions.append(context)
        if not context.recovered:
            assert context.stream_position.offset == context.data["version"]
            assert context.stream_position.epoch == context.data["epoch"]
            self.copy.reset(context.data)

    def published(self, publication: centrifuge.Publication) -> None:
        assert publication.offset == publication.data["version"]
        self.copy.apply(publication.data)
        self.events.append(publication.data)


class _Subscription(centrifuge.SubscriptionEventHandler):
    def __init__(self, screen: Screen):
        self._screen = screen

    async def on_subscribed(self, ctx: centrifuge.SubscribedContext) -> None:
        self._screen.guarded(lambda: self._screen.subscribed(ctx))

    async def on_publication(self, ctx: centrifuge.PublicationContext) -> None:
        self._screen.guarded(lambda: self._screen.published(ctx.pub))
