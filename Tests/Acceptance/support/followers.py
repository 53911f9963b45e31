"""Clients that listen to queues while they are disturbed, and others that change the queues."""

import asyncio
import contextlib
import random

from .environment import ENV
from .ledger import Ledger
from .raw_socket import RawSocket
from .rest import token

ADDRESS = ENV["USHER_HTTP_LISTEN"]
# From this code on a client is not to come back.
FINAL = 3500
# The server recovers so many events; whoever missed fewer must not get a snapshot instead.
SURELY_RECOVERED = 1_000


class Failure(AssertionError):
    """A client was told what it must not be told."""


class Caller:
    """A connection that asks and gets answers."""

    def __init__(self, user: str, wire):
        self.user = user
        self.wire = wire
        self.code: int | None = None
        self._socket: RawSocket | None = None
        self._next = 1
        self._asked: dict[int, asyncio.Future] = {}

    async def open(self) -> None:
        self.code = None
        self._next = 1
        self.ended = asyncio.get_running_loop().create_future()
        self._socket = await RawSocket.open(ADDRESS, self._received, self._over, self.wire.subprotocol)
        access = await asyncio.to_thread(token, self.user)
        reply = await self.ask(connect={"token": access})
        if "error" in reply:
            raise Failure(f"{self.user} was refused: {reply}")

    async def ask(self, **command) -> dict:
        """The reply to a command; `ConnectionError` when the connection ends before it."""
        if self.code is not None:
            raise ConnectionError
        number, self._next = self._next, self._next + 1
        future = self._asked[number] = asyncio.get_running_loop().create_future()
        self._socket.send(self.wire.encode({"id": number, **command}), self.wire.operation)
        return await future

    async def rpc(self, method: str, **data) -> dict:
        """A command's whole reply, an error's too."""
        return await self.ask(rpc={"method": method, "data": data})

    def published(self, _message: bytes) -> bool:
        """True when the message is a publication, which has been dealt with."""
        return False

    def pushed(self, push: dict) -> None:
        """Any other push."""

    def failed(self, error: Exception) -> None:
        raise error

    def _received(self, payload: bytes) -> None:
        try:
            for message in self.wire.split(payload):
                if self.wire.is_ping(message):
                    self._socket.send(self.wire.pong, self.wire.operation)
                elif not self.published(message):
                    reply = self.wire.decode(message)
                    if "push" in reply:
                        self.pushed(reply["push"])
                    else:
                        self._replied(reply)
        except Exception as error:
            self.failed(error)

    def _replied(self, reply: dict) -> None:
        future = self._asked.pop(reply["id"], None)
        if future and not future.done():
            future.set_result(reply)

    def _over(self, code: int) -> None:
        self.code = code
        for future in self._asked.values():
            if not future.done():
                future.set_exception(ConnectionError())
        self._asked.clear()
        if not self.ended.done():
            self.ended.set_result(code)

    def abort(self) -> None:
        if self._socket:
            self._socket.abort()


class Feed:
    """Where one client stands in one queue."""

    def __init__(self, ledger: Ledger, limit: int, wire):
        self.ledger = ledger
        self.limit = limit
        self.wire = wire
        self.channel = f"queue:{ledger.queue}"
        self.version = 0
        self.epoch = ""
        self.is_live = False
        self.was_refused = 0

    def request(self, forgets: bool) -> dict:
        """What to ask for: what was missed, or, where the client has forgotten its place, anything."""
        request = {"channel": self.channel, "data": {"limit": self.limit}}
        if self.epoch:
            request |= {"recover": True, "offset": self.version, "epoch": "forgotten" if forgets else self.epoch}
        return request

    def began(self, result: dict, forgets: bool) -> None:
        """A subscribe reply came."""
        offset = result["offset"]
        if result.get("recovered"):
            if forgets:
                raise Failure(f"{self.ledger} recovered an epoch that there never was")
            for publication in result.get("publications") or []:
                self.step(publication["offset"])
                self.ledger.recovered(publication["offset"], publication["data"])
            if self.version != offset:
                raise Failure(f"{self.ledger} recovered up to {self.version} of {offset}")
        else:
            if self.epoch:
                self.was_refused += 1
                if not result.get("was_recovering"):
                    raise Failure(f"{self.ledger} was not recovering")
                if not forgets and offset - self.version <= SURELY_RECOVERED:
                    raise Failure(f"{self.ledger} did not recover {self.version} to {offset}")
            snapshot = result["data"]
            if (snapshot["version"], snapshot["epoch"]) != (offset, result["epoch"]):
                raise Failure(f"{self.ledger}: a snapshot of {snapshot['version']} at {offset}")
            if self.epoch not in ("", result["epoch"]):
                raise Failure(f"{self.ledger} has epoch {result['epoch']} after {self.epoch}")
            self.version = offset
            self.epoch = result["epoch"]
            self.ledger.began(self.limit, snapshot)
        self.is_live = True

    def heard(self, version: int, message: bytes) -> None:
        """A publication came."""
        self.step(version)
        self.ledger.heard(version, self.wire, message)

    def step(self, version: int) -> None:
        if version != self.version + 1:
            raise Failure(f"{self.ledger}: a client heard {version} after {self.version}")
        self.version = version


class Follower(Caller):
    """A client that follows queues, comes back when it is cut off, and goes on where it was."""

    def __init__(self, user: str, wire, feeds: list[Feed]):
        super().__init__(user, wire)
        self.feeds = feeds
        self.failure: Exception | None = None
        self.cuts = 0
        self.codes: list[int] = []
        # Subscribe commands under way: the feed, and whether it pretended to be somewhere else.
        self._beginning: dict[int, tuple[Feed, bool]] = {}

    @property
    def is_live(self) -> bool:
        return self.code is None and all(feed.is_live for feed in self.feeds)

    def published(self, message: bytes) -> bool:
        publication = self.wire.publication(message)
        if publication is None:
            return False
        channel, version = publication
        self._feed(channel).heard(version, message)
        return True

    def pushed(self, push: dict) -> None:
        if "unsubscribe" in push:
            feed = self._feed(push["channel"])
            feed.is_live = False
            if push["unsubscribe"]["code"] < 2500:
                raise Failure(f"the server ended {push}")
            self._subscribing = asyncio.ensure_future(self._subscribe([feed]))

    def _feed(self, channel: str) -> Feed:
        return next(feed for feed in self.feeds if feed.channel == channel)

    def failed(self, error: Exception) -> None:
        self.failure = self.failure or error
        self.abort()

    async def follow(self, disturb) -> None:
        """Connects again and again, and lets `disturb` go on at each connection, until cancelled.

        Raises what went wrong.
        """
        forgets = False
        while True:
            try:
                await self.open()
                await self._subscribe(self.feeds, forgets)
                disturbing = asyncio.ensure_future(disturb(self))
                try:
                    await asyncio.wait({disturbing, self.ended}, return_when=asyncio.FIRST_COMPLETED)
                    await self.ended
                finally:
                    disturbing.cancel()
            except OSError:
                pass
            self._check()
            for feed in self.feeds:
                feed.is_live = False
            if self.code is not None:
                self.codes.append(self.code)
            self.cuts += 1
            forgets = random.random() < 0.05
            await asyncio.sleep(random.expovariate(1) * 0.7)

    async def resubscribe(self) -> None:
        """Leaves one queue for a moment, over the same connection."""
        feed = random.choice(self.feeds)
        await self.ask(unsubscribe={"channel": feed.channel})
        feed.is_live = False
        await asyncio.sleep(random.random() * 0.5)
        await self._subscribe([feed], random.random() < 0.1)

    async def stop_reading(self, seconds: float, is_over: asyncio.Event) -> None:
        """Reads nothing for some time; the server may cut it off meanwhile."""
        transport = self._socket.transport
        transport.pause_reading()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(is_over.wait(), seconds)
        transport.resume_reading()

    async def leave(self) -> None:
        """Closes as the protocol has it."""
        self._socket.close()
        await self.ended

    async def _subscribe(self, feeds: list[Feed], forgets: bool = False) -> None:
        for feed in feeds:
            forgetful = forgets and feed.epoch != ""
            # The feed begins in the turn in which the reply comes: publications follow at once.
            self._beginning[self._next] = (feed, forgetful)
            await self.ask(subscribe=feed.request(forgetful))

    def _replied(self, reply: dict) -> None:
        feed, forgets = self._beginning.pop(reply["id"], (None, False))
        if feed:
            if "error" in reply:
                raise Failure(f"{self.user} was refused {feed.channel}: {reply['error']}")
            feed.began(reply["subscribe"], forgets)
        super()._replied(reply)

    def _over(self, code: int) -> None:
        self._beginning.clear()
        super()._over(code)

    def _check(self) -> None:
        if self.failure:
            raise self.failure
        if self.code is not None and self.code >= FINAL:
            raise Failure(f"{self.user} was sent away with {self.code}")
