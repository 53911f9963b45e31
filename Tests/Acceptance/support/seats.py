"""Many screens and some employees, who are sent from one server to another."""

import asyncio
import json
import uuid

import httpx

from .raw_socket import RawSocket

# Errors of the protocol, and of HTTP, that say: ask again.
BUSY = {100, 111, 460, 503, 504}


class Line:
    """A WebSocket with connected user: what is asked, and its answers. `code` is that of its end."""

    def __init__(self, token: str):
        self.code: int | None = None
        self._token = token
        self._answers: dict[int, asyncio.Future] = {}
        self._number = 0

    async def open(self, address: str) -> None:
        """Raises `ConnectionError`, as `ask` does."""
        self.code = None
        self.ended = asyncio.get_running_loop().create_future()
        self._socket = await RawSocket.open(address, self._heard, self._over)

    def command(self, **command) -> tuple[bytes, asyncio.Future]:
        self._number += 1
        self._answers[self._number] = future = asyncio.get_running_loop().create_future()
        return json.dumps({"id": self._number, **command}).encode(), future

    async def begin(self, *commands: dict) -> dict:
        """The connect command and others in one frame; the last one's reply."""
        lines = [self.command(**command) for command in ({"connect": {"token": self._token}}, *commands)]
        return await self._send(lines)

    async def ask(self, **command) -> dict:
        return await self._send([self.command(**command)])

    def close(self) -> None:
        self._socket.close()

    def published(self, offset: int) -> None:
        """A publication came."""

    async def _send(self, lines: list[tuple[bytes, asyncio.Future]]) -> dict:
        if self.code is not None:
            raise ConnectionError("the connection has ended")
        self._socket.send(b"\n".join(line for line, _ in lines))
        for _, future in lines:
            reply = await future
        return reply

    def _heard(self, payload: bytes) -> None:
        for message in payload.split(b"\n"):
            if message == b"{}":
                self._socket.send(b"{}")
            elif message.startswith(b'{"push":'):
                # Read without decoding it: there are many.
                at = message.rfind(b'"offset":')
                if at > 0:
                    self.published(int(message[at + 9 : message.index(b"}", at)]))
            else:
                reply = json.loads(message)
                self._answers.pop(reply["id"]).set_result(reply)

    def _over(self, code: int) -> None:
        self.code = code
        for future in self._answers.values():
            if not future.done():
                future.set_exception(ConnectionError(f"closed with {code}"))
        self._answers.clear()
        if not self.ended.done():
            self.ended.set_result(code)


class Seat(Line):
    """A screen that follows a queue, and checks that it hears of each version once and in order, wherever it is connected."""

    def __init__(self, token: str, queue: str):
        super().__init__(token)
        self.version = 0
        self.recovered: list[bool] = []
        self.gaps: list[tuple[int, int]] = []
        self._channel = f"queue:{queue}"
        self._epoch = ""

    async def sit(self, address: str) -> None:
        """Connects and goes on where it was."""
        await self.open(address)
        request = {"channel": self._channel, "data": {"limit": 1}}
        if self._epoch:
            request |= {"recover": True, "offset": self.version, "epoch": self._epoch}
        # What is published before its task has its turn is heard after the reply all the same.
        self._is_begun = False
        self._early: list[int] = []
        reply = await self.begin({"subscribe": request})
        assert "error" not in reply, reply
        result = reply["subscribe"]
        self.recovered.append(result.get("recovered", False))
        if self._epoch and result.get("recovered"):
            for publication in result.get("publications", []):
                self._step(publication["offset"])
        else:
            self.version = result.get("offset", 0)
        self._epoch = result["epoch"]
        self._is_begun = True
        for offset in self._early:
            self._step(offset)

    def published(self, offset: int) -> None:
        if self._is_begun:
            self._step(offset)
        else:
            self._early.append(offset)

    def _step(self, offset: int) -> None:
        if offset != self.version + 1:
            self.gaps.append((self.version, offset))
        self.version = offset


class Employee:
    """Submits services, and claims, starts and completes them, by turns at each of the servers. What was not answered it asks again
    under the same key, elsewhere. `done` counts the commands that were answered, each of which is one version of the queue."""

    def __init__(self, servers: list[str], queue: str, pause: float):
        self.done = 0
        self.repeated = 0
        self.completed: list[str] = []
        self._servers = servers
        self._queue = queue
        self._pause = pause
        self._turn = 0

    async def work(self, stopped: asyncio.Event) -> None:
        """Whole lives of services, until it is told to stop."""
        while not stopped.is_set():
            await self._do("submit", kind="drain", queue=self._queue)
            claimed = (await self._do("claim_next", queue=self._queue))["service"]
            for command in ("start", "complete"):
                await self._do(command, id=claimed["id"], fence=claimed["fence"])
            self.completed.append(claimed["id"])
        await self.leave()

    async def leave(self) -> None:
        raise NotImplementedError

    async def attempt(self, server: str, command: str, key: str, data: dict) -> dict | None:
        """The answer; None when it is to be asked again. Raises `ConnectionError` or `httpx.TransportError`."""
        raise NotImplementedError

    async def _do(self, command: str, **data) -> dict:
        await asyncio.sleep(self._pause)
        key = uuid.uuid4().hex
        async with asyncio.timeout(30):
            while True:
                self._turn += 1
                try:
                    answer = await self.attempt(self._servers[self._turn % len(self._servers)], command, key, data)
                except (OSError, httpx.TransportError):
                    answer = None
                if answer is not None:
                    self.done += 1
                    return answer
                self.repeated += 1
                await asyncio.sleep(0.05)


class RestEmployee(Employee):
    """By REST, with connections that are kept."""

    def __init__(self, token: str, servers: list[str], queue: str, pause: float):
        super().__init__(servers, queue, pause)
        self._http = httpx.AsyncClient(timeout=20, headers={"Authorization": f"Bearer {token}"})

    async def attempt(self, server: str, command: str, key: str, data: dict) -> dict | None:
        paths = {"submit": f"queues/{self._queue}/services", "claim_next": f"queues/{self._queue}/claim-next"}
        path = paths.get(command) or f"services/{data['id']}/{command}"
        body = {name: value for name, value in data.items() if name not in ("id", "queue")}
        answer = await self._http.post(f"http://{server}/v1/{path}", json=body, headers={"Idempotency-Key": key})
        if answer.status_code in BUSY:
            return None
        assert answer.status_code in (200, 201), f"{command}: {answer.status_code} {answer.text}"
        return answer.json()

    async def leave(self) -> None:
        await self._http.aclose()


class SocketEmployee(Employee):
    """Over a WebSocket to one server, and to the next one when that ends."""

    def __init__(self, token: str, servers: list[str], queue: str, pause: float):
        super().__init__(servers, queue, pause)
        self.codes: list[int] = []
        self._token = token
        self._line: Line | None = None

    async def attempt(self, server: str, command: str, key: str, data: dict) -> dict | None:
        if self._line is None or self._line.code is not None:
            if self._line is not None:
                self.codes.append(self._line.code)
            self._line = None
            line = Line(self._token)
            await line.open(server)
            await line.begin()
            self._line = line
        method = {"submit": "service.submit", "claim_next": "queue.claim_next"}.get(command, f"service.{command}")
        reply = await self._line.ask(rpc={"method": method, "data": {**data, "idempotency_key": key}})
        if "error" in reply:
            assert reply["error"]["code"] in BUSY, f"{command}: {reply['error']}"
            return None
        return reply["rpc"]["data"]

    async def leave(self) -> None:
        if self._line is not None and self._line.code is None:
            self._line.close()
