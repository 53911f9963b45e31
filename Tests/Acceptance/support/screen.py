"""The employee's screen: the public Centrifuge SDK, subscribed to a queue."""

import asyncio
import contextlib
import json
import time

import centrifuge

from .environment import WEBSOCKET
from .queue_copy import QueueCopy
from .rest import token


class Screen:
    """A client of the WebSocket that keeps a `QueueCopy`, in JSON or in Protobuf. Use as an asynchronous context manager.

    `user` is one of the demo users, or a function that gives a token. The lists hold what the SDK told, in its order: the
    codes with which the connection broke off (and is made again) or ended, and the connections that came and went."""

    def __init__(
        self, user, queue: str | None = None, address: str = WEBSOCKET, protobuf: bool = False, join_leave: bool = False
    ):
        self.copy = QueueCopy()
        self.events: list[dict] = []
        self.subscriptions: list[centrifuge.SubscribedContext] = []
        self.reconnects: list[int] = []
        self.ends: list[int] = []
        self.errors: list[Exception] = []
        self.joins: list[centrifuge.ClientInfo] = []
        self.leaves: list[centrifuge.ClientInfo] = []
        self._failure: BaseException | None = None
        self._queue = queue
        self._protobuf = protobuf
        self._join_leave = join_leave

        async def get_token() -> str:
            return await asyncio.to_thread(user if callable(user) else lambda: token(user))

        self.client = centrifuge.Client(
            address,
            events=_Connection(self),
            get_token=get_token,
            use_protobuf=protobuf,
            max_reconnect_delay=0.5,
            timeout=10,
            proxy=None,
        )

    async def __aenter__(self) -> "Screen":
        await self.client.connect()
        await self.client.ready(timeout=20)
        if self._queue:
            subscription = self.client.new_subscription(
                f"queue:{self._queue}",
                events=_Subscription(self),
                data=self.encoded({"limit": 5000}),
                positioned=True,
                recoverable=True,
                join_leave=self._join_leave,
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
        return self.decoded((await self.client.rpc(method, self.encoded(data))).data)

    def encoded(self, data: dict):
        """Data as the SDK takes it: in Protobuf it leaves the encoding to the application."""
        return json.dumps(data).encode() if self._protobuf else data

    def decoded(self, data):
        """Data as the SDK gives it."""
        return json.loads(data) if self._protobuf and data is not None else data

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
            data = self.decoded(context.data)
            assert context.stream_position.offset == data["version"]
            assert context.stream_position.epoch == data["epoch"]
            self.copy.reset(data)

    def published(self, publication: centrifuge.Publication) -> None:
        data = self.decoded(publication.data)
        assert publication.offset == data["version"]
        self.copy.apply(data)
        self.events.append(data)


class _Connection(centrifuge.ClientEventHandler):
    def __init__(self, screen: Screen):
        self._screen = screen

    async def on_connecting(self, ctx: centrifuge.ConnectingContext) -> None:
        # The first is the call of connect.
        if ctx.code:
            self._screen.reconnects.append(ctx.code)

    async def on_disconnected(self, ctx: centrifuge.DisconnectedContext) -> None:
        self._screen.ends.append(ctx.code)

    async def on_error(self, ctx: centrifuge.ErrorContext) -> None:
        self._screen.errors.append(ctx.error)


class _Subscription(centrifuge.SubscriptionEventHandler):
    def __init__(self, screen: Screen):
        self._screen = screen

    async def on_subscribed(self, ctx: centrifuge.SubscribedContext) -> None:
        self._screen.guarded(lambda: self._screen.subscribed(ctx))

    async def on_publication(self, ctx: centrifuge.PublicationContext) -> None:
        self._screen.guarded(lambda: self._screen.published(ctx.pub))

    async def on_join(self, ctx: centrifuge.JoinContext) -> None:
        self._screen.joins.append(ctx.info)

    async def on_leave(self, ctx: centrifuge.LeaveContext) -> None:
        self._screen.leaves.append(ctx.info)
